"""How a record begins and ends: what is under test, how it was asked, and how the run ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, TypeAlias

from reports.record.case import Case
from reports.record.claims import ClaimStatement
from reports.record.grades import Level
from reports.record.model import Depth

# 0: as expected, 1: something is new or stale, 3: the suite itself failed
Exit: TypeAlias = Literal[0, 1, 3]
# the modes in which a rule is asked
Modes: TypeAlias = Literal["every", "not costly", "beyond the first", "the first"]


@dataclass(frozen=True)
class RuleStatement:
    """A rule as the header states it; `devices` are the kinds that it is about, None where all are."""

    id: str
    chapter: str
    level: Level
    sentence: str
    source: str
    modes: Modes
    contracts: tuple[str, ...]
    devices: tuple[str, ...] | None = None


@dataclass(frozen=True)
class NotPromised:
    """A SHOULD rule that a contract itself breaks: what `case` gives, correctly rounded, is `result`."""

    contract: str
    rule: str
    sentence: str
    case: Case
    weights: str
    result: str


@dataclass(frozen=True)
class Device:
    """Where a stack computes; `details` are versions of its driver and libraries."""

    kind: str
    name: str
    details: Mapping[str, str] | None = None


@dataclass(frozen=True)
class StackDescription:
    """Who is asked; a stack that could not start is here too, with the reason."""

    name: str
    available: bool
    reason: str | None
    sentence: str
    versions: Mapping[str, str]
    python: str | None
    backend: str | None
    device: Device | None
    formats: Mapping[str, str | None]
    modes: tuple[str, ...]
    contracts: tuple[str, ...]
    compiled: tuple[str, ...]
    costly: tuple[str, ...] | None = None
    # what adapters.user wrote and reads again
    declared: Mapping[str, Any] | None = None
    unsuited: tuple[str, ...] | None = None
    # of somebody's own constraint, every mode that there is for it, and what is done in it
    uses: Mapping[str, str] | None = None

    @property
    def device_kind(self) -> str | None:
        """The kind of device, None where a stack that is not available was not asked on any in particular."""
        return self.device.kind if self.device else None


@dataclass(frozen=True)
class Host:
    """The suite's own process."""

    python: str
    platform: str
    processor: str
    numpy: str
    hypothesis: str


@dataclass(frozen=True)
class Planned:
    """The rules that are to be put to a stack in one of its modes."""

    stack: str
    mode: str
    rules: tuple[str, ...]


@dataclass(frozen=True)
class Header:
    """What is under test, and how it was asked."""

    kind: ClassVar[str] = "header"
    schema: ClassVar[int] = 1
    suite: str
    started: str
    seed: int
    depth: Depth
    options: Mapping[str, str]
    host: Host
    rules: tuple[RuleStatement, ...]
    stacks: tuple[StackDescription, ...]
    claims: tuple[ClaimStatement, ...] | None = None
    not_promised: tuple[NotPromised, ...] | None = None
    plan: tuple[Planned, ...] | None = None
    code: str | None = None


@dataclass(frozen=True)
class Footer:
    """How the run ended; a killed run has none."""

    kind: ClassVar[str] = "footer"
    complete: bool
    finished: str
    seconds: float
    results: int
    exit: Exit
    note: str | None
    claims: int | None = None
