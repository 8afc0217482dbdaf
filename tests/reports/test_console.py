"""The terminal shows the verdict and one line for each thing; text from records is only text."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from reports.console import Progress, summary
from reports.events import Event
from tests.reports.builder import finding, realistic, report, result, stack, whole

HOSTILE = "[red]x[/red] [/] \x1b[31m\x07\r \ud800 [link=http://x]y[/link]"


def printed(folder: Path, events: list[Event], terminal: bool = False) -> str:
    """What the summary of these events prints."""
    console = Console(file=io.StringIO(), width=100, force_terminal=terminal, color_system=None)
    summary(report(folder, events), console, folder / "report.md")
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_the_summary_begins_with_the_verdict(tmp_path: Path) -> None:
    """Then the stacks, the findings, and where to read more."""
    text = printed(tmp_path, realistic())
    assert text.startswith("3 stacks, 4 rules") and text.rstrip().endswith("report.md")


def test_findings_take_one_line_each_and_must_comes_first(tmp_path: Path) -> None:
    """MUST, SHOULD, RANGE."""
    lines = [
        line.split()[:2] for line in printed(tmp_path, realistic()).splitlines() if line.startswith(("  ✘", "  ◐"))
    ]
    assert lines[:3] == [["✘", "DIVERGENT"], ["✘", "DIVERGENT"], ["◐", "RANGE"]]


def test_a_killed_run_is_said_first(tmp_path: Path) -> None:
    """An incomplete record never looks like a pass."""
    text = printed(tmp_path, whole([stack("torch")])[:3])
    assert text.startswith("INCOMPLETE") and "·1" in text


def test_text_from_records_is_only_text(tmp_path: Path) -> None:
    """Markup stands as it is, control characters are spelled out."""
    bad = result("max_norm_value", "torch", grade="DIVERGENT", findings=[finding(sentence=HOSTILE)])
    text = printed(tmp_path, whole([stack("torch")], [bad]))
    assert "[red]x[/red] [/] \\x1b[31m\\x07\\r \\ud800 [link=http://x]y[/link]" in text


@pytest.mark.parametrize("terminal", [False, True], ids=["file", "terminal"])
def test_progress_shows_rule_and_cases(terminal: bool) -> None:
    """A bar on a terminal, plain lines elsewhere, hostile names harmless on both."""
    console = Console(file=io.StringIO(), width=200, force_terminal=terminal, color_system=None)
    progress = Progress(console)
    progress.start(1)
    progress.advance({**result("max_norm_value", "torch"), "stack": HOSTILE})
    progress.stop()
    progress.stop()
    assert isinstance(console.file, io.StringIO)
    text = console.file.getvalue()
    assert "max_norm_value" in text and "300 cases" in text and "\x07" not in text and "[red]" in text
