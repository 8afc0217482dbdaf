"""Targets without a process: what judging, rules and runs are tested on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from copy import copy
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, Protocol, cast

from adapters.core.messages import Ran
from adapters.core.stack import Mode, Stack
from conformance.cases.case import Case
from conformance.stacks.outcome import Outcome
from conformance.stacks.patience import Patience
from conformance.stacks.target import Target
from conformance.stacks.workers import Worker

Subjects = Callable[[str], Target]


class Mutants(Protocol):
    """Gives a mutant by its name, held to the contracts that a rule is about."""

    def __call__(self, name: str, rule: str = "") -> Target: ...


def stack_of(**changes: Any) -> Stack:
    """A stack in name only: two modes, held to max_norm, over any dimensions, but for some changes."""
    plain = Stack(
        "made up", "tests.mutants.adapter", (), {}, (Mode("eager"), Mode("graph")), "In name only.", ("max_norm",)
    )
    return replace(plain, **changes)


class Fake(Target):
    """A target without a process: a function of a case answers in its place; `ever` keeps what it was asked."""

    def __init__(self, answer: Callable[[Case], Outcome], stack: Stack | None = None) -> None:
        self.answer, self.stack = answer, stack or stack_of()
        self.mode, self.device, self.timeout = self.stack.plainest_mode, "cpu", 60.0
        formats = {"float32": None, "float64": None, "bfloat16": "there is none"}
        self.worker = cast(Worker, SimpleNamespace(stack=self.stack, formats=formats, load=lambda: None))
        self.clean_worker = cast(Worker, SimpleNamespace(request=lambda *_: Ran("")))
        self._lost = Counter()
        self.patience = Patience()
        self.ever: list[Case] = []

    def call(self, case: Case, even_unsupported: bool = False, mode: str | None = None) -> Outcome:
        """What the function answers."""
        self.ever.append(case)
        return self.answer(case)

    def call_afresh(self, case: Case) -> Outcome:
        """The same."""
        return self.answer(case)

    def in_mode(self, mode: str) -> Fake:
        """The same function in another mode."""
        other = copy(self)
        other.mode = mode
        return other
