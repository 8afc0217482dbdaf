"""The run on a terminal: progress while it goes on, and a summary at its end."""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar
from rich.text import Text

from reports.analysis.aggregates import characterizations
from reports.analysis.known import Reason, known_divergences, reasons
from reports.analysis.report import FindingGroup, Report
from reports.analysis.summary import summary_sentence
from reports.console.overview import overview
from reports.record.model import Column, Result
from reports.text import GLYPHS, KNOWN, call, duration, escape_control, grade, names, pluralize, truncate

_LINE = 300
# the share of a run from which the rest can be told
LEAST_DONE = 0.03
_MOST = 8  # findings that break nothing, and names in a line; the report has them all


class Progress:
    """What the run is doing: a live bar on a terminal, one plain line per result anywhere else."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._bar: Bar | None = None
        self._total = self._done = self._cases = 0
        self._start = self._compiling = 0.0

    def carried(self, results: int, since: str, left_out: int) -> None:
        """So many results of the run that began then are carried over, and so many questions are left out."""
        said = f"{pluralize(results, 'result')} of the run of {since} {'is' if results == 1 else 'are'} carried over"
        if left_out:
            said += f"; not asked, because they did not fail there: {pluralize(left_out, 'question')}"
        say(self._console, said)

    def start(self, total: int) -> None:
        """`total` results are expected, from now on."""
        self.stop()
        self._total, self._done, self._cases, self._compiling = total, 0, 0, 0.0
        self._start = time.monotonic()
        if self._console.is_terminal:
            # Markup is off: names come from frameworks and subjects.
            words = TextColumn("{task.description}", markup=False)
            shown = (SpinnerColumn(), BarColumn(bar_width=20), MofNCompleteColumn(), TimeElapsedColumn())
            self._bar = Bar(*shown, words, console=self._console)
            self._bar.add_task("starting", total=total)
            self._bar.start()

    def advance(self, event: Result, done: float | None = None) -> None:
        """One more result is there; `done` is the share of the whole that it completes, if that is known."""
        self._done += 1
        self._cases += event.cases
        self._compiling += event.calls.compiling
        what = escape_control(truncate(f"{event.stack} {event.mode} {event.device}: {event.rule}", _LINE))
        if self._bar is not None:
            task = self._bar.task_ids[0]
            said = f"{self._left(done)}{what}, {pluralize(self._cases, 'case')} so far{_compiling(self._compiling)}"
            self._bar.update(task, advance=1, description=said)
        else:
            taken = f"{duration(event.seconds)}{_compiling(event.calls.compiling)}"
            said = f"{grade(event)}, {pluralize(event.cases, 'case')} in {taken}"
            self._console.print(Text(f"[{self._done}/{self._total}] {what}: {said}"), soft_wrap=True)

    def _left(self, done: float | None) -> str:
        """How long it will take from here, if the rest goes as what is done did; before that says anything, nothing."""
        if done is None or done < LEAST_DONE:
            return ""
        elapsed = time.monotonic() - self._start
        return f"about {duration(elapsed * (1.0 - min(done, 1.0)) / done)} left, "

    def stop(self) -> None:
        """The display is gone; calling this twice is harmless."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None


def _compiling(seconds: float) -> str:
    """How much of the time a framework has taken for compiling, where that is enough to be waited for."""
    return f", compiled for {duration(seconds)}" if seconds >= 1.0 else ""


def summary(report: Report, console: Console, written: Iterable[Path] = ()) -> None:
    """The verdict, a row per stack and mode, a line per finding and per disagreement, and where to read more."""
    say(console, summary_sentence(report), "bold green" if report.passed else "bold red")
    for part in overview(report, console.width):
        console.print(part)
    every = report.columns
    found = report.findings
    if stale := report.rechecks_in("stale"):
        say(
            console,
            f"STALE: {pluralize(known_divergences(report, 'stale'), 'known divergence')} no longer there",
            "bold red",
        )
    for one in stale:
        where = names([Column(one.stack, one.mode, one.device)], every)
        asked = f"{call(one.case)} on {one.format}"
        say(console, truncate(f"  ✘ {one.rule} on {where}: {one.observed} [{asked}]", _LINE))
    for section in ("MUST", "SHOULD", "RANGE", "RECORD"):
        _section(console, section, found[section], every)
    _known(console, report, every)
    split = [probe for probe in characterizations(report) if probe.disagree]
    if split:
        say(console, "Unspecified input on which the stacks disagree", "bold")
    for probe in split:
        said = [f"{text}: {names(where, every, _MOST)}" for text, where in probe.behaviours().items()]
        say(console, f"  {probe.name}, {probe.contract}: {'; '.join(said)}")
    for record in report.records:
        say(console, f"Record: {record.path}")
    for path in written:
        say(console, f"Report: {path}")


def say(console: Console, text: str, style: str = "") -> None:
    """The text on one line, whatever it holds."""
    # A Text is never read for markup; escape_control() leaves no control character in it.
    console.print(Text(escape_control(text), style=style), soft_wrap=True)


def _section(console: Console, section: str, groups: tuple[FindingGroup, ...], every: tuple[Column, ...]) -> None:
    if groups:
        say(console, f"{section}: {pluralize(len(groups), 'new finding')}", "bold")
    shown = groups if section in ("MUST", "SHOULD") else groups[:_MOST]
    for one in shown:
        say(console, _line(one, every))
    if len(groups) > len(shown):
        say(console, f"  and {len(groups) - len(shown)} more in the report")


def _line(group: FindingGroup, every: tuple[Column, ...]) -> str:
    finding = group.finding
    head = f"{GLYPHS[finding.grade]} {finding.grade} {group.rule.id} on {names(group.columns, every, _MOST)}"
    what = truncate(f"{finding.sentence} [{call(finding.case)} on {finding.format}]", _LINE)
    return f"  {head}: {what} ({finding.id})"


def _known(console: Console, report: Report, every: tuple[Column, ...]) -> None:
    """A line for each reason; what is stale was said before."""
    there = [
        reason for reason in reasons(report) if reason.findings or reason.count("known") or reason.count("not run")
    ]
    if there:
        say(console, f"KNOWN: {pluralize(len(there), 'known divergence')}, no news", "bold")
    for reason in there:
        say(console, _reason(reason, every))


def _reason(reason: Reason, every: tuple[Column, ...]) -> str:
    states = {"seen again": reason.count("known"), "not tried": reason.count("not run"), "STALE": reason.count("stale")}
    said = ", ".join(f"{number:,} {state}" for state, number in states.items() if number) or "without an entry"
    return f"  {KNOWN} {names(reason.columns, every, _MOST)}: {truncate(reason.text, _LINE)} ({said})"
