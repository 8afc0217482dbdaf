"""What a rule is: a sentence of the specification, whom it is put to, and how it is checked."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from adapters.core.stack import Stack
from conformance.cases.case import Case
from conformance.cases.generate import CaseSpec
from conformance.judging.verdict import MUST, SHOULD, Verdict
from conformance.rules.promises import not_promised
from conformance.stacks.target import Trace
from reports.record.measurements import Curve, Equivalence

# in which modes a rule is asked: all of them, all but those that take seconds to compile, or by their place
EVERY_MODE, USUAL_MODES, BEYOND_THE_FIRST, FIRST_ONLY = "every", "not costly", "beyond the first", "the first"
EVERY_DEVICE = ("cpu", "gpu")


@dataclass(frozen=True)
class RuleDefinition:
    """A rule's identity, for catalogs and records, and whom it is put to.

    modes: one of the four above. suits: whether a stack has what the rule is about, its contracts apart.
    """

    id: str
    chapter: str
    level: str
    statement: str
    source: str
    contracts: tuple[str, ...]
    modes: str
    devices: tuple[str, ...]
    suits: Callable[[Stack], bool]

    def applies(self, stack: Stack, mode: str, device: str = "cpu") -> bool:
        """Whether a stack in a mode on a device is asked."""
        if device not in self.devices:
            return False
        asked = {
            EVERY_MODE: True,
            USUAL_MODES: not stack.mode(mode).slow,
            BEYOND_THE_FIRST: mode != stack.plainest_mode,
            FIRST_ONLY: mode == stack.plainest_mode,
        }
        return asked[self.modes] and bool(set(self.promised_by) & set(stack.contracts)) and self.suits(stack)

    @property
    def promised_by(self) -> tuple[str, ...]:
        """The contracts that are held to it: not those that break a SHOULD rule however they are evaluated."""
        if self.level != SHOULD:
            return self.contracts
        return tuple(name for name in self.contracts if (name, self.id) not in not_promised())

    def level_of(self, level: str) -> str:
        """The level at which a violation of some level is shown: none is graver than its rule."""
        return level if self.level == MUST else self.level

    def stated(self) -> dict[str, Any]:
        """The rule as a record's header has it."""
        stated = {
            "id": self.id,
            "chapter": self.chapter,
            "level": self.level,
            "sentence": self.statement,
            "source": self.source,
            "modes": self.modes,
            "contracts": list(self.promised_by),
        }
        return stated if self.devices == EVERY_DEVICE else {**stated, "devices": list(self.devices)}


@dataclass(frozen=True)
class CaseRule(RuleDefinition):
    """A rule that judges cases: `check` forms the verdict on one; `share` is its part of the cases of a run.

    over_time: it is about what comes of calls in any order, so that histories are played too.
    """

    cases: CaseSpec
    share: float
    check: Callable[[Trace, Case], Verdict]
    over_time: bool = False

    @property
    def promised(self) -> CaseRule:
        """The rule about the contracts that are held to it only."""
        return replace(self, cases=replace(self.cases, contracts=self.promised_by))


@dataclass(frozen=True)
class SweepRule(CaseRule):
    """A rule that is put to every group of a space: `cases` are those among which a finding is made smaller."""


@dataclass(frozen=True)
class UnspecifiedInput:
    """Input that no contract specifies: what a stack makes of it is classified, and compared across stacks."""

    name: str
    case: Case


@dataclass(frozen=True)
class Characterization(RuleDefinition):
    """A rule at RECORD level about unspecified input: `classify` says in a few words what a stack makes of it."""

    inputs: tuple[UnspecifiedInput, ...]
    classify: Callable[[Trace, Case], str]


@dataclass(frozen=True)
class Measurement(RuleDefinition):
    """A rule at RECORD level that measures: what `measure` gives stands in the result."""

    measure: Callable[[Trace], Iterable[Equivalence | Curve]]
