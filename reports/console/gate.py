"""A gate on the console: the verdict of each rule, and each divergence with its smallest case and a program."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from math import prod

from rich.console import Console
from rich.text import Text

from reports.analysis.gate import Subject
from reports.analysis.report import FindingGroup, Report
from reports.record.failure import FailureCode, same_failure
from reports.record.model import Result
from reports.text import call, escape_control, grade, pluralize, truncate, ulps, worst

MOST = 4  # divergences shown in full; the others in a line each
MOST_LINES = 8  # of what a program printed
_LINE = 300


def show(report: Report, found: Sequence[Subject], console: Console) -> None:
    """All that an author needs to see of every subject, the verdict last."""
    for subject in found:
        _rules(subject, console)
        _promises(report, subject, console)
        full = _shown_in_full(subject.counts)
        for group in full:
            _in_full(group, console)
        for group in subject.counts:
            if group not in full:
                _in_a_line(group, console)
        for stale in subject.stale:
            _say(console, f"✘ STALE {stale.rule}: {truncate(stale.observed, _LINE)} (known because {stale.reason})")
        if subject.hint:
            _say(console, f"\nHint: {subject.hint}", "bold")
    for record in report.records:
        _say(console, f"\nRecord: {record.path}, and a report beside it")
    for subject in found:
        _say(console, subject.verdict, "bold green" if subject.conforms else "bold red")


def _shown_in_full(counts: Sequence[FindingGroup]) -> list[FindingGroup]:
    """One divergence of each rule: where values are merely wrong, in the format most used, with few weights."""

    def plainness(group: FindingGroup) -> tuple[bool, bool, int]:
        finding = group.finding
        weights = prod(finding.case.weights.shape)
        return same_failure(finding.failure) != FailureCode.WRONG_VALUES, finding.format != "float32", weights

    rules = dict.fromkeys(group.rule.id for group in counts)
    return [min((group for group in counts if group.rule.id == rule), key=plainness) for rule in list(rules)[:MOST]]


def _rules(subject: Subject, console: Console) -> None:
    versions = ", ".join(f"{name} {version}" for name, version in subject.stack.versions.items())
    _say(console, f"{subject.column.stack} {subject.column.mode} on {subject.column.device} ({versions})", "bold")
    for level, results in groupby(sorted(subject.results, key=_level), _level):
        _say(console, f" {level}")
        for result in results:
            distance = worst(result)
            measured = "" if distance is None else f", at most {distance} ulps"
            asked = f"{pluralize(result.cases, 'case')}, {pluralize(result.groups, 'group')}{measured}"
            _say(console, f"  {grade(result):<14} {result.rule} ({asked})")


def _promises(report: Report, subject: Subject, console: Console) -> None:
    """What the contract itself breaks, and so nobody who keeps it is held to."""
    own = [entry for entry in report.not_promised if entry.contract == subject.contract]
    if own:
        _say(console, f" not promised by {subject.contract}, whose own results, correctly rounded, break it")
    for entry in own:
        calls = "" if entry.case.calls == 1 else f" after {pluralize(entry.case.calls, 'call')}"
        gives = f"{call(entry.case)} of {entry.weights} is {entry.result}{calls}"
        _say(console, f"  – {entry.rule}: {truncate(gives, _LINE)} in {entry.case.weights.format}")


def _level(result: Result) -> str:
    return result.level


def _in_full(group: FindingGroup, console: Console) -> None:
    finding, case = group.finding, group.finding.case
    weights = case.weights
    shape = "×".join(map(str, weights.shape)) or "a number"
    times = "" if case.calls == 1 else f", called {case.calls} times"
    _say(console, f"\n✘ {finding.level} {group.rule.id}: {group.rule.sentence}", "bold")
    _say(console, f"  {finding.sentence} ({pluralize(finding.count, 'group')} alike).")
    layout = "" if weights.layout == "C" else f", layout {weights.layout}"
    rows = [
        ("case", f"{call(case)} on {weights.format}, {shape}{layout}{times} ({case.id})"),
        ("weights", truncate(finding.weights, _LINE)),
        ("observed", truncate(finding.observed, _LINE)),
        ("accepted", truncate(finding.accepted, _LINE)),
        ("ulps", "" if finding.ulps is None else ulps(finding.ulps)),
    ]
    for name, text in rows:
        if text:
            _say(console, f"    {name:<9} {text}")
    if (program := finding.program) and program.missing:
        _say(console, f"    no program is shown: {program.missing}")
    elif program:
        ran = "was run and printed" if program.reproduces else "did NOT reproduce it in a fresh process, and printed"
        for line in program.source.rstrip("\n").split("\n"):
            _say(console, f"    | {line}")
        first, *others = program.printed.split("\n")[:MOST_LINES]
        _say(console, f"    this program {ran}: {truncate(first, _LINE)}")
        for line in others:
            _say(console, f"      {truncate(line, _LINE)}")


def _in_a_line(group: FindingGroup, console: Console) -> None:
    finding = group.finding
    said = f"{finding.sentence} [{call(finding.case)} on {finding.format}]"
    _say(console, f"✘ {finding.level} {group.rule.id}: {truncate(said, _LINE)} ({finding.id})")


def _say(console: Console, text: str, style: str = "") -> None:
    # a newline at the beginning is ours; any other is the subject's
    lead = "\n" if text.startswith("\n") else ""
    console.print(Text(lead + escape_control(text.removeprefix("\n")), style=style), soft_wrap=True)
