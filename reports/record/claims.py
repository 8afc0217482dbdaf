"""What a record says of claims: the sentences of documents, and what became of each on a stack."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal, TypeAlias

from reports.record.programs import no_program

Role: TypeAlias = Literal["says", "leaves out", "read as", "would be true"]
# what is counted where a property is tried: groups of weights of cases, or checks that a program makes
Unit: TypeAlias = Literal["group", "check"]
ExpectedVerdict: TypeAlias = Literal["TRUE", "FALSE", "INCOMPLETE", "AMBIGUOUS"]
ClaimVerdict: TypeAlias = Literal["TRUE", "FALSE", "INCOMPLETE", "AMBIGUOUS", "NOT TRIED"]


# of the text of a claim in the docstring that it is taken from
Lookup: TypeAlias = Literal["found", "changed", "no docstring"]


@dataclass(frozen=True)
class ClaimPart:
    """A property that a claim stands for: what it says, what it leaves out, how it can be read, what would be true."""

    role: Role
    property: str
    words: str


@dataclass(frozen=True)
class ClaimStatement:
    """A sentence of a document as the header states it: in our words, and the properties that it stands for."""

    id: str
    source: str
    document: str
    url: str
    version: str
    sentence: str
    truth: str
    docstring: str
    anchor: str
    answers: str
    links: tuple[str, ...]
    parts: tuple[ClaimPart, ...]
    checked_with: str = ""
    since: str = ""

    @property
    def last_checked(self) -> str:
        """The versions with which the verdict was last checked, which older records call `since`."""
        return self.checked_with or self.since

    @property
    def oldest(self) -> str:
        """The oldest versions in which the verdict is the same; empty where none but the last were tried."""
        return self.since if self.checked_with else ""


@dataclass(frozen=True)
class Trial:
    """A call, what came of it, and the program that shows it, with what that printed in a fresh process."""

    call: str
    observed: str
    source: str
    printed: str
    reproduces: bool

    @property
    def missing(self) -> str | None:
        """Why no program is shown; None where one is."""
        return no_program(self.source)


@dataclass(frozen=True)
class Series:
    """Lines over x, which counts from 0, for a picture."""

    title: str
    x: str
    lines: Mapping[str, tuple[float, ...]]

    def __post_init__(self) -> None:
        """Raise ValueError where there is nothing to draw."""
        if not self.lines or not all(self.lines.values()):
            raise ValueError("a series has no lines, or one of no numbers")


@dataclass(frozen=True)
class PropertyResult:
    """A property of a claim: how many groups or checks it was tried on, how many broke it, and the smallest that did.

    Where none did, `example` is a trial in which it held.
    """

    role: Role
    words: str
    property: str
    sentence: str
    tried: int
    broken: int
    counterexample: Trial | None
    example: Trial | None
    series: Series | None
    # records from before it was counted apart do not say which
    unit: Unit = "check"

    def __post_init__(self) -> None:
        """Raise ValueError where it was broken more often than tried."""
        if self.broken > self.tried:
            raise ValueError(f"of {self.tried} groups {self.broken} break {self.property!r}")


@dataclass(frozen=True)
class ClaimResult:
    """What became of a claim on one stack; `carried`: when the run began that found it, where that was one before."""

    kind: ClassVar[str] = "claim"
    claim: str
    stack: str
    device: str
    verdict: ClaimVerdict
    expected: ExpectedVerdict
    document: Lookup
    reason: str | None
    parts: tuple[PropertyResult, ...]
    seconds: float
    carried: str | None = field(default=None, kw_only=True)

    @property
    def is_unexpected(self) -> bool:
        """Whether it came out otherwise than expected, its text is gone from the document, or our own does not hold."""
        return bool(self.surprises)

    @property
    def surprises(self) -> tuple[str, ...]:
        """What is not as it is known to be, a few words each."""
        found = [f"{self.verdict}, where {self.expected} was expected"] if self.verdict != self.expected else []
        found += ["the document changed, review"] if self.document == "changed" else []
        for part in self.contradicted:
            found.append(f"our correction does not hold ({part.property}: broken by {part.broken:,} of {part.tried:,})")
        return tuple(found)

    @property
    def contradicted(self) -> tuple[PropertyResult, ...]:
        """What our correction asserts, and its own evidence contradicts."""
        return tuple(part for part in self.parts if part.role == "would be true" and part.broken)
