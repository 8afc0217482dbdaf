"""A run: the rules are pytest tests, and the recorder takes down what comes of them."""

from __future__ import annotations

import contextlib
import math
import os
import sys
import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from rich.console import Console

from conformance.errors import UsageError
from conformance.known.entries import Divergence
from conformance.rules.registry import catalog
from conformance.run.earlier import Earlier
from conformance.run.examples import Examples
from conformance.run.lock import locked
from conformance.run.loop import Loop, RunCrew, Schedule, TaskOfRun
from conformance.run.recorder import Recorder
from conformance.schedule.opening import crew_of, open_session
from conformance.schedule.rounds import rounds_of
from conformance.schedule.tasks import HALVES, Fault, Hinting, Task, carry_out, hinted
from conformance.stacks.session import Session
from conformance.stacks.workers import ROOT
from reports.console.run import Progress
from reports.record.events import Event
from reports.record.file import Record
from reports.write import make_folder

# the rules assert nothing themselves, so pytest need not rewrite assertions
PLUGINS = (
    "--assert=plain",
    *(f"-pno:{name}" for name in ("terminal", "cacheprovider", "logging", "unraisableexception")),
)
# nothing of the user's own reaches the rules: no settings, no conftest, no plugin
SETTINGS = ("-c", str(Path(__file__).with_name("pytest.ini")), "--noconftest", "-p", "conformance.conftest")


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
    storage = path.parent / ".hypothesis"
    os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", str(storage))
    examples = Examples(storage / "examples")
    recorder = Recorder(path, session, divergences, Progress(console) if progress else None, before, earlier, examples)
    recorder.asks_again = False
    try:
        with locked(path.parent):
            schedule = schedule or Schedule(rounds_of(session.options.depth))
            session.examples = examples.first((rule.id, stack) for rule in catalog() for stack in session.workers)
            doers = _cluster(recorder, cluster) if cluster else _crew(recorder, jobs, schedule.seconds < math.inf)
            _run(recorder, expression, console, doers, schedule)
        examples.forget()
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


def _crew(recorder: Recorder, jobs: int, in_order: bool) -> AbstractContextManager[RunCrew]:
    """Those who ask: no more than there can be tasks."""
    session = recorder.session

    def ask(one: TaskOfRun) -> Iterator[Event | Fault]:
        if isinstance(one.task, Hinting):
            return hinted(session, one.task)
        return carry_out(session, one.task, one.rules, recorder.divergences, one.until, one.before)

    stacks = [session.known[name] for name in session.workers]
    most = sum(len(HALVES) if stack.declaration else len(stack.modes) for stack in stacks)
    return crew_of(session, min(jobs, most), ask, in_order)


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
