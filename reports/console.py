"""The run on a terminal: progress while it goes on, and a summary at its end."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from rich.box import SIMPLE
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar
from rich.table import Table
from rich.text import Text

from reports.events import Result
from reports.merge import Report
from reports.views import BROKEN, Column, Told, breaches, cell, columns, findings, probes, whole
from reports.wording import GLYPHS, call, count, cut, duration, grade, label, plain, verdict

_STYLES = {"✔": "green", "◐": "yellow", "✘": "bold red", "○": "cyan"}
_LINE = 300
_MOST = 8  # findings that break nothing; the report has them all


class Progress:
    """What the run is doing: a live bar on a terminal, one plain line per result anywhere else."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._bar: Bar | None = None
        self._total = self._done = self._cases = 0

    def start(self, total: int) -> None:
        """`total` results are expected."""
        self._total, self._done, self._cases = total, 0, 0
        if self._console.is_terminal:
            # Markup is off: names come from frameworks and subjects.
            words = TextColumn("{task.description}", markup=False)
            shown = (SpinnerColumn(), BarColumn(bar_width=20), MofNCompleteColumn(), TimeElapsedColumn())
            self._bar = Bar(*shown, words, console=self._console)
            self._bar.add_task("starting", total=total)
            self._bar.start()

    def advance(self, event: Result) -> None:
        """One more result is there."""
        self._done += 1
        self._cases += event["cases"]
        what = plain(cut(f"{event['stack']} {event['mode']} {event['device']}: {event['rule']}", _LINE))
        if self._bar is not None:
            task = self._bar.task_ids[0]
            self._bar.update(task, advance=1, description=f"{what}, {count(self._cases, 'case')} so far")
        else:
            said = f"{grade(event)}, {count(event['cases'], 'case')} in {duration(event['seconds'])}"
            self._console.print(Text(f"[{self._done}/{self._total}] {what}: {said}"), soft_wrap=True)

    def stop(self) -> None:
        """The display is gone; calling this twice is harmless."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None


def summary(report: Report, console: Console, markdown: Path | None = None) -> None:
    """The verdict, a row per stack, a line per finding and per disagreement, and where to read more."""
    passed = whole(report) and not breaches(report, "MUST")
    _say(console, verdict(report), "bold green" if passed else "bold red")
    console.print(_table(report))
    console.print(
        Text("✔ holds  ◐ left the format's range  ✘ broken  ○ recorded  ∅ unsupported  · not run", style="dim")
    )
    every = columns(report)
    for section, told in findings(report).items():
        if told:
            _say(console, f"{section}: {count(len(told), 'finding')}", "bold")
        shown = told if section in ("MUST", "SHOULD") else told[:_MOST]
        for one in shown:
            _say(console, _line(one, every))
        if len(told) > len(shown):
            _say(console, f"  and {len(told) - len(shown)} more in the report")
    split = [probe for probe in probes(report) if probe.disagree]
    if split:
        _say(console, "Unspecified input on which the stacks disagree", "bold")
    for probe in split:
        said = [f"{text}: {_names(where, every)}" for text, where in probe.behaviours().items()]
        _say(console, f"  {probe.name}, {probe.contract}: {'; '.join(said)}")
    for record in report.records:
        _say(console, f"Record: {record.path}")
    if markdown is not None:
        _say(console, f"Report: {markdown}")


def _say(console: Console, text: str, style: str = "") -> None:
    # A Text is never read for markup; plain() leaves no control character in it.
    console.print(Text(plain(text), style=style), soft_wrap=True)


def _line(told: Told, every: tuple[Column, ...]) -> str:
    finding = told.finding
    head = f"{GLYPHS[finding['grade']]} {finding['grade']} {told.rule['id']} on {_names(told.columns, every)}"
    what = cut(f"{finding['sentence']} [{call(finding['case'])} on {finding['format']}]", _LINE)
    return f"  {head}: {what} ({finding['id']})"


def _names(where: Iterable[Column], every: tuple[Column, ...]) -> str:
    return ", ".join(label(column, every) for column in where)


def _table(report: Report) -> Table:
    every = columns(report)
    chapters = list(dict.fromkeys(rule["chapter"] for rule in report.rules))
    shown = Table(box=SIMPLE, padding=(0, 1, 0, 0))
    shown.add_column("stack", no_wrap=True)
    for name in chapters:
        shown.add_column(Text(plain(name)), overflow="fold")
    for column in every:
        cells = [_chapter(report, chapter, column) for chapter in chapters]
        shown.add_row(Text(plain(label(column, every))), *cells)
    return shown


def _chapter(report: Report, chapter: str, column: Column) -> Text:
    """How many rules of the chapter ended how, the worst first."""
    results = [cell(report, rule["id"], column) for rule in report.rules if rule["chapter"] == chapter]
    counts: dict[str, int] = {}
    for result in results:
        glyph = "✘" if result and result["grade"] in BROKEN else grade(result)[0]
        counts[glyph] = counts.get(glyph, 0) + 1
    text = Text()
    for glyph in sorted(counts, key="✘·◐○∅✔".index):
        text.append(f"{glyph}{counts[glyph]} ", style=_STYLES.get(glyph, ""))
    text.rstrip()
    return text
