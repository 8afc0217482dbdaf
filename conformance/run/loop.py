"""The loop of a run: its rules are asked round by round and task by task, by whoever does that."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

import pytest

from conformance.run.recorder import Recorder
from conformance.schedule.costs import cost, longest_first
from conformance.schedule.crew import MemberFailed
from conformance.schedule.opening import Asking, SessionDoers, asking
from conformance.schedule.plan import Question
from conformance.schedule.rounds import Round, least_tried_first
from conformance.schedule.tasks import Fault, Hinting, Task, is_of, tasks_of
from conformance.stacks.session import Place
from reports.record.events import Event
from reports.record.model import Result


@dataclass(frozen=True)
class TaskOfRun:
    """A task in a run of these rules; no question of it is begun after `until`.

    `before`: what had come of it before the run was interrupted.
    """

    task: Task | Hinting
    rules: frozenset[str]
    until: float
    before: tuple[Result, ...] = ()


RunCrew: TypeAlias = SessionDoers[TaskOfRun, Event | Fault]


@dataclass(frozen=True)
class Schedule:
    """The rounds of a run, and the most seconds that it may take, with what is done after each round but the last."""

    rounds: Sequence[Round]
    seconds: float = math.inf
    after_round: Callable[[], None] = lambda: None


class Loop:
    """A pytest plugin that has the chosen rules asked by a crew, round by round and task by task."""

    def __init__(self, recorder: Recorder, crew: RunCrew, schedule: Schedule) -> None:
        self._recorder, self._crew, self._schedule = recorder, crew, schedule
        self._until = time.monotonic() + schedule.seconds

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool | None:
        """Take down what comes, or leave it to pytest to say that rules could not be collected."""
        if session.testsfailed:
            return None
        questions = {question.name: question for question in self._recorder.plan}
        chosen = [questions[item.name] for item in session.items]
        *earlier, last = self._schedule.rounds
        for each in earlier:
            self._ask(each, chosen)
            if time.monotonic() < self._until:
                self._schedule.after_round()
        self._ask(last, chosen, hints=self._recorder.session.options.hints)
        if time.monotonic() > self._until and not self._recorder.is_whole:
            self._recorder.note = "its time was over"
        return True

    def _ask(self, one: Round, chosen: Sequence[Question], hints: bool = False) -> None:
        """Ask the questions of a round, and for what is wrong, what it does instead, as soon as that is known."""
        recorder = self._recorder
        tasks = self._tasks(one, chosen)
        recorder.begin_round(sum(len(task.questions) for task in tasks))
        costs = [cost(task) / max(1, len(task.questions)) for task in tasks]
        spent, whole = 0.0, sum(map(cost, tasks))
        parts, hinted = [self._asking(task) for task in tasks], set[Place]()
        parts += self._hints(hinted) if hints else ()
        for number, event in self._do(parts):
            spent += costs[number] if isinstance(event, Result) else 0.0
            recorder.take(event, spent / whole if whole else None)
            parts += self._hints(hinted) if hints else ()

    def _hints(self, hinted: set[Place]) -> list[Asking[TaskOfRun]]:
        """What is wrong, and not among those for which a hint was looked for; from now on it is."""
        new = [place for place in self._recorder.session.targets() if place in self._recorder.wrong - hinted]
        hinted.update(new)
        return [self._asking(Hinting(*place)) for place in new]

    def _do(self, parts: Sequence[Asking[TaskOfRun]]) -> Iterator[tuple[int, Event | Fault]]:
        """What comes of parts, each with the number of its part."""
        try:
            for number, event in self._crew.do(parts):
                assert not isinstance(event, tuple)
                yield number, event
        except MemberFailed as fault:
            yield 0, Fault(str(fault))

    def _tasks(self, one: Round, chosen: Sequence[Question]) -> list[Task]:
        """The tasks of a round in their order: what is known is asked again in the first that is more than a look."""
        recorder = self._recorder
        session, found = recorder.session, recorder.found
        reached = {key: each.depth for key, each in found.items()}
        rechecks = one == next(each for each in self._schedule.rounds if not each.first_look)
        questions = [question for question in chosen if one.asks(session, question, reached)]
        depth_of = partial(one.depth_of, session)
        tasks = tasks_of(session, questions, recorder.divergences if rechecks else (), depth_of)
        if self._schedule.seconds < math.inf and not one.first_look:
            return least_tried_first(tasks, {key: each.groups for key, each in found.items()})
        return longest_first(tasks) if self._crew.is_spread else tasks

    def _asking(self, task: Task | Hinting) -> Asking[TaskOfRun]:
        recorder = self._recorder
        before = recorder.before.results if recorder.before and isinstance(task, Task) else ()
        own = tuple(result for result in before if is_of(task, result))
        return asking(recorder.session, task.stack, TaskOfRun(task, recorder.rules, self._until, own))
