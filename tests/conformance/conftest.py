"""The miniatures behind real workers, two processes for all tests."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from adapters.core.stack import Stack
from conformance.cases.case import Case
from conformance.stacks.options import Options
from conformance.stacks.outcome import Outcome
from conformance.stacks.session import Lab
from conformance.stacks.target import Target
from conformance.stacks.workers import Worker
from tests.mutants.adapter import KNOWN

Subjects = Callable[[str], Target]


@pytest.fixture(scope="session")
def lab() -> Iterator[Lab]:
    """The stack of the miniatures, and that of the faults."""
    lab = Lab(Options(stacks=("miniatures", "faults")), known=KNOWN)
    lab.open()
    yield lab
    lab.close()


@pytest.fixture(scope="session")
def miniature(lab: Lab) -> Iterator[Subjects]:
    """A miniature by its name; all of them run their programs in one process."""
    clean = Worker(KNOWN["miniatures"])

    def of_name(name: str) -> Target:
        target = lab.target("miniatures", name)
        target.clean_worker.close()
        target.clean_worker = clean
        return target

    yield of_name
    clean.close()


@pytest.fixture(scope="session")
def correct(miniature: Subjects) -> Target:
    """The right miniature."""
    return miniature("correct")


@pytest.fixture(scope="session")
def fault(lab: Lab) -> Iterator[Subjects]:
    """A fault by its name; a call that has not come back after a second is lost."""
    made: list[Target] = []

    def of_name(name: str) -> Target:
        made.append(lab.target("faults", name))
        made[-1].timeout = 1.0 if name == "loops" else 30.0
        return made[-1]

    yield of_name
    for target in made:
        target.clean_worker.close()


@pytest.fixture
def only_miniatures(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command line knows the miniatures and no other stack."""
    for module in ("stacks.session", "cli.stacks", "run.replay"):
        monkeypatch.setattr(f"conformance.{module}.discover", lambda: dict(KNOWN))


def stack_of(**changes: Any) -> Stack:
    """A stack in name only: two modes, held to max_norm, over any dimensions, but for some changes."""
    plain = Stack("made up", "tests.mutants.adapter", (), {}, ("eager", "graph"), "In name only.", ("max_norm",))
    return replace(plain, **changes)


class Fake(Target):
    """A target without a process: a function of a case answers in its place; `ever` keeps what it was asked."""

    def __init__(self, answer: Callable[[Case], Outcome], stack: Stack | None = None) -> None:
        self.answer, self.stack = answer, stack or stack_of()
        self.mode, self.device, self.timeout = self.stack.modes[0], "cpu", 60.0
        formats = {"float32": None, "float64": None, "bfloat16": "there is none"}
        self.worker = cast(Worker, SimpleNamespace(stack=self.stack, description={"formats": formats}))
        self.clean_worker = cast(Worker, SimpleNamespace(request=lambda *_: {"outcome": "ran", "stdout": ""}))
        self._lost = Counter()
        self.ever: list[Case] = []

    def call(self, case: Case, even_unsupported: bool = False, mode: str | None = None) -> Outcome:
        """What the function answers."""
        self.ever.append(case)
        return self.answer(case)
