"""What a record says of claims: the sentences of documents, and what became of each on a stack."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal, TypeAlias

Role: TypeAlias = Literal["says", "leaves out", "read as"]
ExpectedVerdict: TypeAlias = Literal["TRUE", "FALSE", "INCOMPLETE", "AMBIGUOUS"]
ClaimVerdict: TypeAlias = Literal["TRUE", "FALSE", "INCOMPLETE", "AMBIGUOUS", "NOT TRIED"]


# of the text of a claim in the docstring that it is taken from
Lookup: TypeAlias = Literal["found", "changed", "no docstring"]


@dataclass(frozen=True)
class ClaimPart:
    """A property that a claim stands for: what it says, what it leaves out, or how it can be read."""

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
    since: str
    truth: str
    docstring: str
    anchor: str
    answers: str
    links: tuple[str, ...]
    parts: tuple[ClaimPart, ...]


@dataclass(frozen=True)
class Trial:
    """A call, what came of it, and the program that shows it, with what that printed in a fresh process."""

    call: str
    observed: str
    source: str
    printed: str
    reproduces: bool


@dataclass(frozen=True)
class Series:
    """Lines over x, which counts from 0, for a picture."""

    title: str
    x: str
    lines: Mapping[str, tuple[float, ...]]


@dataclass(frozen=True)
class PropertyResult:
    """A property of a claim: on how many groups it was tried, how many broke it, and the smallest that did.

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


@dataclass(frozen=True)
class ClaimResult:
    """What became of a claim on one stack."""

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

    @property
    def is_unexpected(self) -> bool:
        """Whether it came out otherwise than expected, or its text is no longer in the document."""
        return self.verdict != self.expected or self.document == "changed"
