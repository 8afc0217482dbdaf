"""Rounds of a run: all stacks are looked at first, then asked deeper, so that a page is there early and at any time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from statistics import fmean

from conformance.rules.execute import DEPTHS
from conformance.schedule.plan import Key, Question
from conformance.schedule.tasks import Task
from conformance.stacks.session import Session


@dataclass(frozen=True)
class Round:
    """Questions that are asked at one depth before any of the next round.

    `first_look`: only stacks of our own, each in the mode in which it is called plainly, where nothing is compiled.
    """

    depth: str
    first_look: bool = False

    def depth_of(self, session: Session, stack: str) -> str:
        """How deep the round asks a stack.

        Somebody's own subject is asked once, at the depth of the run: what its calls may cost is bounded in all.
        """
        return self.depth if session.known[stack].declaration is None else session.options.depth

    def asks(self, session: Session, question: Question, reached: Mapping[Key, str]) -> bool:
        """Whether the round asks a question, of which there may be a result that reaches a depth already."""
        stack = session.known[question.stack]
        if self.first_look and not (stack.declaration is None and question.mode == stack.plainest_mode):
            return False
        before = reached.get(question.key)
        return before is None or not is_as_deep(before, self.depth_of(session, question.stack))


def rounds_of(depth: str, look_first: bool = False, deepen: bool = False) -> tuple[Round, ...]:
    """The rounds of a run of this depth: with a first look or without, at once or `deepen` from depth to depth."""
    depths = [one for one in DEPTHS if is_as_deep(depth, one)] if deepen else [depth]
    return (*([Round("quick", first_look=True)] if look_first else []), *map(Round, depths))


def is_as_deep(one: str, other: str) -> bool:
    """Whether one depth has all cases of the other: with one seed, fewer cases are the first of more."""
    return DEPTHS[one] >= DEPTHS[other]


def least_tried_first(tasks: Iterable[Task], groups: Mapping[Key, int]) -> list[Task]:
    """The tasks, and the questions of each, in the order of the groups that were judged for them until now.

    Where least was tried most is to be found, and time may run out.
    """

    def tried(task: Task, question: tuple[str, str]) -> int:
        rule, mode = question
        return groups.get((rule, task.stack, mode), 0)

    def ordered(task: Task) -> Task:
        return replace(task, questions=tuple(sorted(task.questions, key=lambda question: tried(task, question))))

    def usual(task: Task) -> float:
        return fmean(tried(task, question) for question in task.questions) if task.questions else 0.0

    return sorted(map(ordered, tasks), key=usual)
