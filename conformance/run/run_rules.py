"""A run: the rules are pytest tests, and the recorder takes down what comes of them."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from rich.console import Console

from conformance.errors import UsageError
from conformance.known.entries import Divergence
from conformance.run.recorder import Recorder
from conformance.stacks.session import Session
from conformance.stacks.workers import ROOT
from reports.console.run import Progress
from reports.write import make_folder

# the rules assert nothing themselves, so pytest need not rewrite assertions
PLUGINS = ("--assert=plain", "-p", "no:terminal", "-p", "no:cacheprovider", "-p", "no:logging")


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
    with session.opened(console):
        recorder.open()  # only now: a run that cannot start leaves an older record as it is
        if session.empty:  # the record says why
            recorder.pytest_sessionfinish()
            return recorder
        selection = ["-k", expression] if expression else []
        rules = [str(ROOT / "conformance"), f"--rootdir={ROOT}"]
        ended = pytest.main([*rules, *PLUGINS, *selection], plugins=[recorder])
    if ended == pytest.ExitCode.USAGE_ERROR:
        raise UsageError(f"-k takes an expression of rule names, 'and', 'or' and 'not', not {expression!r}")
    for fault in recorder.faults[:1]:
        print(f"{fault}\n{len(recorder.faults)} faults of the suite itself; the first is shown", file=sys.stderr)
    if recorder.expected == 0 and not recorder.faults:
        raise UsageError(f"no rule matches {expression!r}")
    return recorder
