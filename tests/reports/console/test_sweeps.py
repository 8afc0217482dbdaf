"""A summary says in one line what was swept."""

from __future__ import annotations

from pathlib import Path

from reports.console.sweeps import swept_line
from tests.reports.analysis.sweeps.test_alike import BROKEN, OTHER, gathered
from tests.reports.analysis.sweeps.test_sentences import FINE, INFINITY, sweep
from tests.support.builder import REASON, finding, report, varied


def test_what_was_swept_is_counted(tmp_path: Path) -> None:
    """Formats together that were swept at as many settings."""
    found = [sweep(), sweep(**OTHER), sweep(format="bfloat16"), sweep(format="bfloat16", **OTHER)]
    (line,) = swept_line(gathered(tmp_path, {"torch": found, "jax": [sweep()]}))
    assert str(line) == (
        "Swept: every number of float16 and bfloat16 in 2 settings of 2 stacks, 327,680 groups: none broken."
    )


def test_what_is_broken_is_said_with_where(tmp_path: Path) -> None:
    """New or known."""
    findings = [finding(known=REASON)]
    (line,) = swept_line(gathered(tmp_path, {"torch": [BROKEN]}, grade="DIVERGENT", findings=findings))
    assert str(line).endswith(": 42,158 broken, known, on torch.")


def test_a_sweep_that_stopped_is_said(tmp_path: Path) -> None:
    """It is not every number."""
    (line,) = swept_line(gathered(tmp_path, {"torch": [sweep(FINE[:2], (), groups=INFINITY, stopped="why")]}))
    assert str(line).endswith("31,744 groups: none broken; 1 sweep stopped early.")


def test_without_sweeps_there_is_no_line(tmp_path: Path) -> None:
    """Records from before have none."""
    assert swept_line(report(tmp_path, varied())) == []
