"""The terminal shows the verdict and one line for each thing; text from records is only text."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from reports.console.overview import overview
from reports.console.run import Progress, summary
from reports.record.chapters import CHAPTERS
from reports.record.events import Event
from tests.support.builder import (
    KERAS,
    REASON,
    RULES,
    finding,
    footer,
    header,
    known,
    realistic,
    report,
    result,
    stack,
    varied,
    whole,
)

HOSTILE = "[red]x[/red] [/] \x1b[31m\x07\r \ud800 [link=http://x]y[/link]"


def printed(folder: Path, events: list[Event], terminal: bool = False) -> str:
    """What the summary of these events prints."""
    console = Console(file=io.StringIO(), width=100, force_terminal=terminal, color_system=None)
    summary(report(folder, events), console, [folder / "report.md"])
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


def row(text: str, name: str) -> list[str]:
    """The cells of a stack and mode, blanks as they are."""
    (line,) = [line for line in text.splitlines() if line.startswith(f" {name} ")]
    return line.removeprefix(f" {name} ").split()


def test_a_row_has_the_worst_outcome_of_each_chapter(tmp_path: Path) -> None:
    """With how many of its rules ended so; a chapter that does not apply is blank, one that is known is told apart."""
    text = printed(tmp_path, varied())
    assert row(text, "torch")[:1] == ["◆1"] and row(text, "torch.renorm") == ["✔1", "✔1"]
    assert row(text, "jax jit") == ["✔1", "✔1", "✔1", "✔1", "✔1"]


def test_rows_with_the_same_contracts_stand_together(tmp_path: Path) -> None:
    """Under the names of the contracts."""
    lines = [line.strip() for line in printed(tmp_path, varied()).splitlines()]
    assert lines.index("renorm") + 1 == lines.index(next(line for line in lines if line.startswith("torch.renorm ")))


@pytest.mark.parametrize("width", [80, 100])
def test_the_table_fits_a_terminal(tmp_path: Path, width: int) -> None:
    """With all chapters, which are then numbered, and long names."""
    rules = [replace(RULES[0], id=f"rule{place}", chapter=chapter) for place, chapter in enumerate(CHAPTERS)]
    name = "optax.projections.projection_l2_ball"
    body = [replace(result("max_norm_value", name), rule=rule.id, chapter=rule.chapter) for rule in rules]
    events: Any = [header([stack(name, modes=["eager"])], rules=rules), *body, footer(len(body))]
    console = Console(file=io.StringIO(), width=width, color_system=None)
    for part in overview(report(tmp_path, events), width):
        console.print(part)
    assert isinstance(console.file, io.StringIO)
    text = console.file.getvalue()
    assert "…" not in text and "12=sweeps" in text and text.count("✔1") == 12


def test_stale_then_new_then_known(tmp_path: Path) -> None:
    """What is no news comes last, a line for each reason."""
    lines = printed(tmp_path, varied()).splitlines()
    stale = lines.index("STALE: 1 known divergence no longer there")
    known = lines.index("KNOWN: 1 known divergence, no news")
    assert stale < known and lines[known + 1].endswith(f"{REASON} (1 seen again, 1 not tried, 1 STALE)")


def test_text_from_records_is_only_text(tmp_path: Path) -> None:
    """Markup stands as it is, control characters are spelled out."""
    bad = result("max_norm_value", "torch", grade="DIVERGENT", findings=[finding(sentence=HOSTILE)])
    entries = [known(reason=HOSTILE), known("stale", format="float64", said=HOSTILE)]
    text = printed(tmp_path, whole([stack("torch", contracts=[*KERAS, HOSTILE])], [bad], entries))
    assert text.count("[red]x[/red] [/] \\x1b[31m\\x07\\r \\ud800 [link=http://x]y[/link]") == 3 and "\x1b" not in text


@pytest.mark.parametrize("terminal", [False, True], ids=["file", "terminal"])
def test_progress_shows_rule_and_cases(terminal: bool) -> None:
    """A bar on a terminal, plain lines elsewhere, hostile names harmless on both."""
    console = Console(file=io.StringIO(), width=200, force_terminal=terminal, color_system=None)
    progress = Progress(console)
    progress.start(1)
    progress.advance(replace(result("max_norm_value", "torch"), stack=HOSTILE))
    progress.stop()
    progress.stop()
    assert isinstance(console.file, io.StringIO)
    text = console.file.getvalue()
    assert "max_norm_value" in text and "300 cases" in text and "\x07" not in text and "[red]" in text


def test_progress_tells_how_long_the_rest_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the part that is done did, once that is enough to tell."""
    clock = iter([100.0, 160.0])
    monkeypatch.setattr("reports.console.run.time.monotonic", lambda: next(clock))
    console = Console(file=io.StringIO(), width=200, force_terminal=True, color_system=None)
    progress = Progress(console)
    progress.start(3)
    told = [progress._left(done) for done in (None, 0.01, 0.25)]
    assert told == ["", "", "about 3 min 0 s left, "]


@pytest.mark.parametrize(("seconds", "said"), [(0.5, ""), (12.0, ", compiled for 12.0 s")])
def test_what_compiling_takes_is_said_while_it_does(seconds: float, said: str) -> None:
    """On a terminal of all questions so far, elsewhere of each; not where nobody waits for it."""
    console = Console(file=io.StringIO(), width=200)
    progress = Progress(console)
    progress.start(2)
    progress.advance(result("max_norm_value", "torch", calls={"seconds": 13.0, "compiling": seconds}))
    assert isinstance(console.file, io.StringIO)
    assert console.file.getvalue().rstrip().endswith(f" s{said}")
