"""What a rule is: a sentence of the specification, and whom it is put to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from adapters.core.stack import Stack
from conformance.cases.case import Case
from conformance.judging.verdict import Verdict
from conformance.stacks.target import Subject

Body = Callable[[Subject, Case], Verdict]


Tell = Callable[[dict[str, Any]], None]


# in which modes a rule is asked: all of them, all but those that take seconds to compile, or by their place
EVERY_MODE, USUAL_MODES, BEYOND_THE_FIRST, FIRST_ONLY = "every", "not costly", "beyond the first", "the first"


EVERY_DEVICE = ("cpu", "gpu")


@dataclass(frozen=True)
class Rule:
    """A rule's identity for catalogues and records, and whom it is put to."""

    id: str
    chapter: str
    level: str
    sentence: str
    source: str
    contracts: tuple[str, ...] = ()
    modes: str = USUAL_MODES
    suits: Callable[[Stack], bool] = field(default=lambda stack: True, repr=False, compare=False)
    devices: tuple[str, ...] = EVERY_DEVICE

    def applies(self, stack: Stack, mode: str, device: str = "cpu") -> bool:
        """Whether a stack in a mode on a device is asked."""
        if device not in self.devices:
            return False
        asked = {
            EVERY_MODE: True,
            USUAL_MODES: mode not in stack.costly,
            BEYOND_THE_FIRST: mode != stack.modes[0],
            FIRST_ONLY: mode == stack.modes[0],
        }
        return asked[self.modes] and bool(set(self.contracts) & set(stack.contracts)) and self.suits(stack)

    def stated(self) -> dict[str, Any]:
        """The rule as a record's header has it."""
        names = ("id", "chapter", "level", "sentence", "source", "modes")
        stated = {**{name: getattr(self, name) for name in names}, "contracts": list(self.contracts)}
        return stated if self.devices == EVERY_DEVICE else {**stated, "devices": list(self.devices)}
