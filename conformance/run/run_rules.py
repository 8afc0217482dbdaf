"""A run: the rules are pytest tests, and the recorder takes down what comes of them."""

from __future__ import annotations

import contextlib
import math
import os
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeAlias

import pytest
from rich.console import Console

from conformance.errors import UsageError
from conformance.known.entries import Divergence
from conformance.run.earlier import Earlier
from conformance.run.lock import locked
from conformance.run.recorder import Recorder
from conformance.schedule.costs import cost, longest_first
from conformance.schedule.crew import MemberFailed
from conformance.schedule.opening import Asking, SessionDoers, asking, crew_of, open_session
from conformance.schedule.plan import Question
from conformance.schedule.rounds import Round, least_tried_first, rounds_of
from conformance.schedule.tasks import HALVES, Fault, Hinting, Task, carry_out, hinted, is_of, tasks_of
from conformance.stacks.session import Session
from conformance.stacks.workers import ROOT
from reports.console.run import Progress
from reports.record.events import Event
from reports.record.file import Record
from reports.record.model import Result
from reports.write import make_folder

# the rules assert nothing themselves, so pytest need not rewrite assertions
PLUGINS = ("--assert=plain", "-p", "no:terminal", "-p", "no:cacheprovider", "-p", "no:logging")
# nothing of the user's own reaches the rules: no settings, no conftest, no plugin
SETTINGS = ("-c", str(Path(__file__).with_name("pytest.ini")), "--noconftest", "-p", "conformance.conftest")


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
        self._ask(last, chosen)
        if self._recorder.session.options.hints:
            self._hint()
        if time.monotonic() > self._until:
            self._recorder.note = "its time was over"
        return True

    def _ask(self, one: Round, chosen: Sequence[Question]) -> None:
        """Ask the questions of a round."""
        recorder = self._recorder
        tasks = self._tasks(one, chosen)
        recorder.begin_round(sum(len(task.questions) for task in tasks))
        costs = [cost(task) / max(1, len(task.questions)) for task in tasks]
        spent, whole = 0.0, sum(map(cost, tasks))
        for number, event in self._do(tasks):
            spent += costs[number] if isinstance(event, Result) else 0.0
            recorder.take(event, spent / whole)

    def _hint(self) -> None:
        """Last, for what is wrong, what it does instead."""
        places = [place for place in self._recorder.session.targets() if place in self._recorder.wrong]
        for _, event in self._do([Hinting(*place) for place in places]):
            self._recorder.take(event)

    def _do(self, tasks: Sequence[Task | Hinting]) -> Iterator[tuple[int, Event | Fault]]:
        """What comes of tasks, each with the number of its task."""
        try:
            for number, event in self._crew.do([self._asking(task) for task in tasks]):
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


def run_rules(
    session: Session,
    path: Path,
    expression: str | None,
    console: Console,
    divergences: Sequence[Divergence] = (),
    progress: bool = True,
    jobs: int = 1,
    schedule: Schedule | None = None,
    cluster: str | None = None,
    before: Record | None = None,
    earlier: Earlier | None = None,
) -> Recorder:
    """Hold the stacks of a session to the rules that match, and record it at `path`; raises UsageError.

    `divergences`: those that are known, and so no news. `jobs`: how many processes ask, each with workers of its own.
    `schedule`: in which rounds, and for how long; all at once if nothing is said. `cluster`: the address of a scheduler
    of Dask, whose workers ask instead.
    `before`: the record at `path` of a run that was interrupted, to go on with. `earlier`: another, from which what
    cannot have changed is carried over.
    """
    make_folder(path.parent)
    # what Hypothesis keeps for itself lies beside the record, not where the user happens to be
    os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", str(path.parent / ".hypothesis"))
    recorder = Recorder(path, session, divergences, Progress(console) if progress else None, before, earlier)
    recorder.asks_again = False
    try:
        with locked(path.parent):
            doers = _cluster(recorder, cluster) if cluster else _crew(recorder, jobs)
            _run(recorder, expression, console, doers, schedule or Schedule(rounds_of(session.options.depth)))
        if not recorder.seal():
            print(f"{path} was changed by something else during the run, and was written again", file=sys.stderr)
    finally:
        recorder.close()
    return recorder


def _run(
    recorder: Recorder,
    expression: str | None,
    console: Console,
    doers: AbstractContextManager[RunCrew],
    schedule: Schedule,
) -> None:
    session = recorder.session
    with doers as crew:
        open_session(session, crew, console)
        recorder.open()  # only now: a run that cannot start leaves an older record as it is
        if session.empty:  # the record says why
            recorder.pytest_sessionfinish()
            return
        selection = ["-k", expression] if expression else []
        rules = [str(ROOT / "conformance"), f"--rootdir={ROOT}"]
        with _only_our_plugins():
            plugins = [recorder, Loop(recorder, crew, schedule)]
            ended = pytest.main([*rules, *SETTINGS, *PLUGINS, *selection], plugins=plugins)
    if recorder.broken is not None:
        raise recorder.broken
    if ended == pytest.ExitCode.USAGE_ERROR:
        raise UsageError(f"-k takes an expression of rule names, 'and', 'or' and 'not', not {expression!r}")
    for fault in recorder.faults[:1]:
        print(f"{fault}\n{len(recorder.faults)} faults of the suite itself; the first is shown", file=sys.stderr)
    if recorder.expected == 0 and not recorder.faults:
        raise UsageError(f"no rule matches {expression!r}")


def _cluster(recorder: Recorder, address: str) -> AbstractContextManager[RunCrew]:
    """Workers of a cluster, who ask; raises UsageError where Dask distributed is not installed."""
    try:
        from conformance.schedule.cluster import Cluster
        from conformance.schedule.cluster_worker import Errand
    except ModuleNotFoundError as missing:
        raise UsageError(f"--cluster needs Dask distributed, and there is no {missing.name}") from missing

    def errand(one: TaskOfRun) -> Errand:
        assert isinstance(one.task, Task)  # hints are of subjects, whose files are not on other machines
        return Errand(recorder.session.options, one.task, one.rules, one.until - time.monotonic())

    return Cluster(address, errand)


def _crew(recorder: Recorder, jobs: int) -> AbstractContextManager[RunCrew]:
    """Those who ask: no more than there can be tasks."""
    session = recorder.session

    def ask(one: TaskOfRun) -> Iterator[Event | Fault]:
        if isinstance(one.task, Hinting):
            return hinted(session, one.task)
        return carry_out(session, one.task, one.rules, recorder.divergences, one.until, one.before)

    stacks = [session.known[name] for name in session.workers]
    most = sum(len(HALVES) if stack.declaration else len(stack.modes) for stack in stacks)
    return crew_of(session, min(jobs, most), ask)


@contextlib.contextmanager
def _only_our_plugins() -> Iterator[None]:
    """Without what the environment tells pytest and Python's warnings, and without the plugins that are installed."""
    kept = {name: value for name, value in os.environ.items() if name.startswith("PYTEST_")}
    for name in kept:
        del os.environ[name]
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    try:
        with warnings.catch_warnings():
            if sys.warnoptions:
                warnings.resetwarnings()
            yield
    finally:
        del os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"]
        os.environ.update(kept)
