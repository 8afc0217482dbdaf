"""A run: the rules are pytest tests, and the recorder takes down what comes of them."""

from __future__ import annotations

import contextlib
import os
import sys
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from rich.console import Console

from conformance.errors import UsageError
from conformance.known.entries import Divergence
from conformance.run.lock import locked
from conformance.run.recorder import Recorder
from conformance.stacks.session import Session
from conformance.stacks.workers import ROOT
from reports.console.run import Progress
from reports.write import make_folder

# the rules assert nothing themselves, so pytest need not rewrite assertions
PLUGINS = ("--assert=plain", "-p", "no:terminal", "-p", "no:cacheprovider", "-p", "no:logging")
# nothing of the user's own reaches the rules: no settings, no conftest, no plugin
SETTINGS = ("-c", str(Path(__file__).with_name("pytest.ini")), "--noconftest", "-p", "conformance.conftest")


def run_rules(
    session: Session,
    path: Path,
    expression: str | None,
    console: Console,
    divergences: Sequence[Divergence] = (),
    progress: bool = True,
) -> Recorder:
    """Hold the stacks of a session to the rules that match, and record it at `path`; raises UsageError.

    `divergences`: those that are known, and so no news.
    """
    make_folder(path.parent)
    # what Hypothesis keeps for itself lies beside the record, not where the user happens to be
    os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", str(path.parent / ".hypothesis"))
    recorder = Recorder(path, session, divergences, Progress(console) if progress else None)
    try:
        with locked(path.parent):
            _run(recorder, expression, console)
        if not recorder.seal():
            print(f"{path} was changed by something else during the run, and was written again", file=sys.stderr)
    finally:
        recorder.close()
    return recorder


def _run(recorder: Recorder, expression: str | None, console: Console) -> None:
    session = recorder.session
    with session.opened(console):
        recorder.open()  # only now: a run that cannot start leaves an older record as it is
        if session.empty:  # the record says why
            recorder.pytest_sessionfinish()
            return
        selection = ["-k", expression] if expression else []
        rules = [str(ROOT / "conformance"), f"--rootdir={ROOT}"]
        with _only_our_plugins():
            ended = pytest.main([*rules, *SETTINGS, *PLUGINS, *selection], plugins=[recorder])
    if recorder.broken is not None:
        raise recorder.broken
    if ended == pytest.ExitCode.USAGE_ERROR:
        raise UsageError(f"-k takes an expression of rule names, 'and', 'or' and 'not', not {expression!r}")
    for fault in recorder.faults[:1]:
        print(f"{fault}\n{len(recorder.faults)} faults of the suite itself; the first is shown", file=sys.stderr)
    if recorder.expected == 0 and not recorder.faults:
        raise UsageError(f"no rule matches {expression!r}")


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
