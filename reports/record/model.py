"""What a record says of the rules: results with their findings, and what became of known divergences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal, TypeAlias

from reports.record.case import Case
from reports.record.failure import same_failure
from reports.record.grades import BROKEN, Grade, Level
from reports.record.measurements import Cell, Curve, Equivalence
from reports.record.programs import no_program
from reports.record.sweeps import Sweep

Depth: TypeAlias = Literal["quick", "default", "thorough"]
# of a known divergence that was asked for again
State: TypeAlias = Literal["known", "stale", "not run"]


@dataclass(frozen=True)
class Column:
    """A stack in one mode on one device."""

    stack: str
    mode: str
    device: str


@dataclass(frozen=True)
class Program:
    """Code in the framework's own words, what a fresh process printed, and whether that was what is shown."""

    source: str
    printed: str
    reproduces: bool

    @property
    def missing(self) -> str | None:
        """Why none is shown; None where one is."""
        return no_program(self.source)


@dataclass(frozen=True)
class Finding:
    """One way in which a stack departed from a rule, with its smallest case; `known` is the reason of a known one."""

    id: str
    grade: Grade
    level: Level
    contract: str
    format: str
    sentence: str
    model: str | None
    tier: str | None
    case: Case
    weights: str
    observed: str
    accepted: str
    ulps: float | None
    count: int
    failure: str
    known: str | None
    program: Program | None = field(metadata={"key": "snippet"})
    # the calls that were made before, where the case alone does not show it
    before: tuple[Case, ...] | None = field(default=None, kw_only=True)

    @property
    def is_broken(self) -> bool:
        """Whether a rule is broken by it, known or not; where only the format ran out of range none is."""
        return self.grade.is_broken

    @property
    def is_new(self) -> bool:
        """Whether no known divergence explains it."""
        return self.known is None

    @property
    def kind(self) -> tuple[str, str, str]:
        """What makes two findings of a rule on a stack alike, whatever their cases are."""
        return self.contract, self.format, same_failure(self.failure)


@dataclass(frozen=True)
class Observation:
    """What a stack does with input that no contract specifies."""

    probe: str
    character: str
    contract: str
    format: str
    case: Case
    weights: str
    observed: str
    program: Program | None = field(metadata={"key": "snippet"})


@dataclass(frozen=True)
class Unsupported:
    """What could not be asked of a stack, and why."""

    what: str
    reason: str
    cases: int


@dataclass(frozen=True)
class CallTimes:
    """Wall time inside the stack's calls; `compiling` is that of first calls in compiled modes."""

    seconds: float
    compiling: float


@dataclass(frozen=True)
class Difference:
    """Elements compared with the stack's first mode, how many differ in their bits, and by how much at most."""

    elements: int
    differ: int
    ulps: float

    def __post_init__(self) -> None:
        """Raise ValueError where more differ than there are."""
        if self.differ > self.elements:
            raise ValueError(f"of {self.elements} elements {self.differ} differ")


@dataclass(frozen=True)
class Result:
    """What one rule found on one stack in one mode; records from before there were curves or cells have None there."""

    kind: ClassVar[str] = "result"
    rule: str
    chapter: str
    level: Level
    stack: str
    mode: str
    device: str
    grade: Grade
    cases: int
    groups: int
    elements: int
    grades: Mapping[Grade, int]
    worst_ulps: Mapping[str, float]
    tiers: Mapping[str, Mapping[str, Mapping[str, int]]]
    unsupported: tuple[Unsupported, ...]
    findings: tuple[Finding, ...]
    observations: tuple[Observation, ...]
    equivalences: tuple[Equivalence, ...]
    curves: tuple[Curve, ...] | None = field(default=None, kw_only=True)
    cells: tuple[Cell, ...] | None = field(default=None, kw_only=True)
    # of what was drawn, by what is counted, how many are of each kind; records from before it was counted have None
    drawn: Mapping[str, Mapping[str, int]] | None = field(default=None, kw_only=True)
    # of a rule that sweeps
    sweeps: tuple[Sweep, ...] | None = field(default=None, kw_only=True)
    differences: Mapping[str, Difference]
    calls: CallTimes
    seconds: float
    # the time that the subject's calls may take had run out before anything could be compared
    unfinished: bool = field(default=False, kw_only=True)
    # when the run began that has found it, where this one did not ask again
    carried: str | None = field(default=None, kw_only=True)
    # how deep it was asked, where that is less deep than the run was to go
    depth: Depth | None = field(default=None, kw_only=True)

    @property
    def column(self) -> Column:
        """Where it was found."""
        return Column(self.stack, self.mode, self.device)

    @property
    def broken_findings(self) -> tuple[Finding, ...]:
        """The findings by which the rule is broken."""
        return tuple(finding for finding in self.findings if finding.is_broken)

    @property
    def is_known(self) -> bool:
        """Whether the rule is broken, and only in ways that are known."""
        broken = self.broken_findings
        return bool(broken) and not any(finding.is_new for finding in broken)

    @property
    def is_broken(self) -> bool:
        """Whether a grade is that of something broken, be there a finding or not."""
        return self.grade.is_broken or any(self.grades.get(grade) for grade in BROKEN)

    @property
    def is_unexplained(self) -> bool:
        """Whether the rule is broken, and no finding shows how."""
        return self.is_broken and not self.broken_findings

    @property
    def hidden_findings(self) -> tuple[str, ...]:
        """What was counted and is not shown, a sentence for each level."""
        return tuple(one.reason for one in self.unsupported if one.what == HIDDEN)

    @property
    def hides_findings(self) -> bool:
        """Whether the rule is broken in ways that the record only counts."""
        return self.is_unexplained or bool(self.hidden_findings)


# under `unsupported`, the findings that were counted and left out; records name them so
HIDDEN = "detail"


@dataclass(frozen=True)
class Recheck:
    """A divergence that the project knows of, and what became of it in this run."""

    kind: ClassVar[str] = "known"
    rule: str
    stack: str
    mode: str
    device: str
    contract: str
    format: str
    failure: str
    reason: str
    links: tuple[str, ...]
    versions: Mapping[str, str]
    case: Case
    state: State
    observed: str = field(metadata={"key": "said"})

    @property
    def column(self) -> Column:
        """Where it was asked again."""
        return Column(self.stack, self.mode, self.device)


@dataclass(frozen=True)
class Hint:
    """What a subject does instead of what it promises, and how many groups of how many cases bear it out."""

    kind: ClassVar[str] = "hint"
    stack: str
    mode: str
    device: str
    sentence: str
    cases: int
    groups: int
