"""What a record says of sweeps: spaces of groups that were asked whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from reports.record.case import PARAMETERS, Parameter
from reports.record.grades import Grade

SpaceKind: TypeAlias = Literal["numbers", "pairs", "equal weights"]
# of the results of a group, the last of these that one of them is; "nothing" where a call raised
Becomes: TypeAlias = Literal["normal", "subnormal", "zero", "infinite", "NaN", "nothing"]


@dataclass(frozen=True)
class Run:
    """The groups from `first` to `last`, both included, which have one grade and become the same.

    parts: of so many runs, too short to be told apart; the grade, and what they become, is then the worst of theirs.
    """

    first: int
    last: int
    grade: Grade
    becomes: Becomes
    parts: int = 1


@dataclass(frozen=True)
class Worst:
    """The group whose result is furthest from the exact one, of those that are accepted, and by how many ulps."""

    group: int
    ulps: float


@dataclass(frozen=True)
class Changed:
    """How many groups have a norm of at most the bound, and how many of those do not stay as they are, bit by bit.

    `norm`: the largest of a group that changes, None where all stay as they are.
    """

    inside: int
    changed: int
    norm: float | None


@dataclass(frozen=True)
class Differing:
    """How many groups of a sweep, by their bits, become something else than in another mode, and the first of them."""

    mode: str
    groups: int
    first: int | None


@dataclass(frozen=True)
class Sweep:
    """What became of every group of a space; groups are numbered by their bits (adapters.core.spaces).

    `groups`: how many were asked, from the first on; fewer than `size` where `stopped` says why. `runs`: in order.
    `becomes`: how many groups become what. `digest`: of the bits of all results, so that two sweeps can be compared;
    None of a large one. `calling`: of the seconds those of the calls themselves.
    """

    contract: str
    parameters: Mapping[str, Parameter] = field(metadata=PARAMETERS)
    format: str
    space: SpaceKind
    length: int
    size: int
    groups: int
    grades: Mapping[Grade, int]
    becomes: Mapping[Becomes, int]
    runs: tuple[Run, ...]
    worst: Worst | None
    changed: Changed | None
    differing: Differing | None
    digest: str | None
    stopped: str | None
    seconds: float
    calling: float

    def __post_init__(self) -> None:
        """Raise ValueError where its numbers contradict each other."""
        if not self.groups == sum(self.grades.values()) == sum(self.becomes.values()) <= self.size:
            raise ValueError(f"of {self.groups} groups other numbers have a grade, or become something")
        if (self.groups < self.size) != (self.stopped is not None):
            raise ValueError(f"of {self.size} groups {self.groups} were asked, and it says {self.stopped!r}")
        ends = [-1, *(run.last for run in self.runs)]
        if any(run.first != before + 1 or run.last < run.first for before, run in zip(ends, self.runs, strict=False)):
            raise ValueError("its runs do not follow one another")
        if ends[-1] != self.groups - 1:
            raise ValueError(f"its runs end with group {ends[-1]} of {self.groups}")

    @property
    def folded(self) -> int:
        """How many runs are not told apart from others."""
        return sum(run.parts for run in self.runs) - len(self.runs)

    @property
    def name(self) -> str:
        """What was swept, in a few words."""
        set_to = ", ".join(f"{name} {value:g}" for name, value in self.parameters.items() if isinstance(value, float))
        return f"{self.contract} ({set_to})" if set_to else self.contract

    @property
    def is_whole(self) -> bool:
        """Whether every group was asked."""
        return self.groups == self.size
