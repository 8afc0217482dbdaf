"""A gate on the console: the verdict of each rule, and each divergence with its smallest case and a program."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from math import prod

from rich.console import Console
from rich.text import Text

from reports.analysis.report import FindingGroup, Report
from reports.gating.asked import assumptions, meanings
from reports.gating.subject import Subject, follows
from reports.record.failure import FailureCode, same_failure
from reports.record.grades import Level
from reports.record.model import Result
from reports.text import KNOWN, call, distance, escape_control, grade, pluralize, truncate, worst

MOST_LINES = 8  # of what a program printed
MOST_CHARACTERS = 6000  # of a program, two screens
_LINE = 300


def show(report: Report, found: Sequence[Subject], console: Console) -> None:
    """All that an author needs to see, from what is asked first to what few look up: verdicts, faults, rules."""
    for subject in found:
        mark, style = ("✔", "bold green") if subject.conforms else ("✘", "bold red")
        _say(console, f"{mark} {subject.verdict}", style)
        _asked(subject, console)
    for subject in found:
        _faults(subject, len(found) > 1, console)
    for subject in found:
        _say(console, "")
        _rules(subject, console)
        _promises(report, subject, console)
    for record in report.records:
        _say(console, f"\nRecord: {record.path}, and a report beside it")


def _asked(subject: Subject, console: Console) -> None:
    """What was assumed, and what an axis of the subject's own means in a layer: loudly where it may be a mistake."""
    _say(console, f"  {assumptions(subject.stack)}")
    for meaning, expected in meanings(subject.stack):
        _say(console, f"  {meaning}" if expected else f"⚠ {meaning}", "" if expected else "bold yellow")


def _faults(subject: Subject, named: bool, console: Console) -> None:
    """What is wrong with a subject: the hint, one counterexample in full, and the other rules in a line each."""
    if named and (subject.hint or subject.counts or subject.known or subject.stale):
        _say(console, f"\n{subject.name}", "bold")
    if subject.hint:
        _say(console, f"\nHint: {subject.hint}" if not named else f"Hint: {subject.hint}", "bold")
    if subject.counts:
        shown = min(subject.counts, key=_plainness)
        _in_full(shown, subject, console)
        others = [group for group in subject.counts if group is not shown]
        alike = [group for group in others if follows(group, shown)]
        if alike:
            elsewhere = [rule for rule in dict.fromkeys(g.rule.id for g in alike) if rule != shown.rule.id]
            if elsewhere:
                _say(console, f"\nThe same fault shows under {', '.join(elsewhere)}.")
        others = [group for group in others if group not in alike]
        if others:
            _say(console, "\nBroken too:")
        for _, groups in groupby(others, lambda group: group.rule.id):
            _in_a_line(list(groups), subject, console)
    told = [group for group in subject.new if group.rule.level == "RECORD"]
    for sentence in dict.fromkeys(group.finding.sentence for group in told):
        _say(console, f"\n○ To know, and no fault: {sentence}")
    for reason in dict.fromkeys(group.finding.known or "" for group in subject.known):
        alike = [group for group in subject.known if group.finding.known == reason]
        rules = ", ".join(dict.fromkeys(group.rule.id for group in alike))
        _say(console, f"\n◆ KNOWN, and not charged to it: {reason}")
        _in_a_line(alike, subject, console)
        _say(console, f"    under {rules}")
    for stale in subject.stale:
        _say(console, f"✘ STALE {stale.rule}: {truncate(stale.observed, _LINE)} (known because {stale.reason})")


def _plainness(group: FindingGroup) -> tuple[bool, bool, bool, bool, bool, int]:
    """Smaller for what is plainer.

    That is a MUST rule, on values, the contract's own, that are merely wrong, the format most used, few weights.
    """
    finding = group.finding
    own = group.rule.id == f"{finding.contract}_value"
    wrong = same_failure(finding.failure) != FailureCode.WRONG_VALUES
    of_values = group.rule.chapter == "values"
    size = prod(finding.case.weights.shape)
    return finding.level != "MUST", not of_values, not own, wrong, finding.format != "float32", size


def _rules(subject: Subject, console: Console) -> None:
    versions = ", ".join(f"{name} {version}" for name, version in subject.stack.versions.items())
    _say(console, f"{subject.name} on {subject.device} ({versions})", "bold")
    for place, results in groupby(sorted(subject.results, key=_level), _level):
        _say(console, f" {list(Level)[place]}")
        silent: dict[str, list[str]] = {}
        for result in results:
            if not result.cases and result.unsupported:
                silent.setdefault(result.unsupported[0].reason, []).append(result.rule)
                continue
            off = None if result.grade.is_broken else worst(result)  # that of what is wrong is shown above
            measured = "" if off is None else f", at most {off} ulps"
            asked = f"{pluralize(result.cases, 'case')}, {pluralize(result.groups, 'group')}{measured}"
            mode = "" if result.mode == subject.stack.modes[0] else f" in {result.mode}"
            _say(console, f"  {grade(result):<14} {result.rule}{mode} ({asked})")
        for reason, rules in silent.items() if place == 0 else ():
            said = ", ".join(dict.fromkeys(rules))
            _say(console, f"  not asked, because {truncate(reason, _LINE)}: {said}")
    for reason in dict.fromkeys(subject.left_out.values()):
        modes = [_mode(subject, mode) for mode, why in subject.left_out.items() if why == reason]
        _say(console, f" not asked in {', '.join(modes)}: {truncate(reason, _LINE)}")


def _mode(subject: Subject, name: str) -> str:
    said = subject.uses.get(name, "")
    return f"{name} ({said})" if said else name


def _promises(report: Report, subject: Subject, console: Console) -> None:
    """What the contract itself breaks, and so nobody who keeps it is held to."""
    own = [entry for entry in report.not_promised if entry.contract == subject.contract]
    if own:
        _say(console, f" not promised by {subject.contract}, whose own results, correctly rounded, break it")
    for entry in own:
        calls = "" if entry.case.calls == 1 else f" after {pluralize(entry.case.calls, 'call')}"
        gives = f"{call(entry.case)} of {entry.weights} is {entry.result}{calls}"
        _say(console, f"  – {entry.rule}: {truncate(gives, _LINE)} in {entry.case.weights.format}")


def _level(result: Result) -> int:
    return list(Level).index(result.level)


def _elsewhere(group: FindingGroup, subject: Subject) -> list[str]:
    """The modes of a divergence that is not there where the subject is called plainly."""
    modes = group.modes
    return [] if subject.stack.modes[0] in modes else modes


def _in_full(group: FindingGroup, subject: Subject, console: Console) -> None:
    finding, case = group.finding, group.finding.case
    weights = case.weights
    shape = "×".join(map(str, weights.shape)) or "a number"
    times = "" if case.calls == 1 else f", called {case.calls} times"
    _say(console, f"\n✘ {finding.level} {group.rule.id}: {group.rule.sentence}", "bold")
    _say(console, f"  {finding.sentence} ({pluralize(finding.count, 'group')} alike).")
    layout = "" if weights.layout == "C" else f", layout {weights.layout}"
    rows = [
        ("mode", ", ".join(_mode(subject, mode) for mode in _elsewhere(group, subject))),
        ("case", f"{call(case)} on {weights.format}, {shape}{layout}{times} ({case.id})"),
        ("weights", truncate(finding.weights, _LINE)),
        ("observed", truncate(finding.observed, _LINE)),
        ("accepted", truncate(finding.accepted, _LINE)),
        ("ulps", distance(finding)),
    ]
    for name, text in rows:
        if text:
            _say(console, f"    {name:<9} {text}")
    if (program := finding.program) and program.missing:
        _say(console, f"    no program is shown: {program.missing}")
    elif program:
        ran = "was run and printed" if program.reproduces else "did NOT reproduce it in a fresh process, and printed"
        if len(program.source) > MOST_CHARACTERS:  # of a case that could not be reduced
            _say(console, f"    | (a program of {len(program.source):,} characters: it stands in the report)")
        else:
            for line in program.source.rstrip("\n").split("\n"):
                _say(console, f"    | {line}")
        first, *others = program.printed.split("\n")[:MOST_LINES]
        _say(console, f"    this program {ran}: {truncate(first, _LINE)}")
        for line in others:
            _say(console, f"      {truncate(line, _LINE)}")


def _in_a_line(groups: Sequence[FindingGroup], subject: Subject, console: Console) -> None:
    """The plainest of the divergences from one rule; the others are counted."""
    plainest = min(groups, key=_plainness)
    finding, modes = plainest.finding, _elsewhere(plainest, subject)
    more = "" if len(groups) == 1 else f", and {pluralize(len(groups) - 1, 'other kind')}"
    said = truncate(f"{finding.sentence} [{call(finding.case)} on {finding.format}]", _LINE)
    place = f"{groups[0].rule.id} in {', '.join(modes)}" if modes else groups[0].rule.id
    mark = "✘" if finding.is_new else KNOWN
    _say(console, f"  {mark} {finding.level} {place}: {said} ({finding.id}){more}")


def _say(console: Console, text: str, style: str = "") -> None:
    # a newline at the beginning is ours; any other is the subject's
    lead = "\n" if text.startswith("\n") else ""
    console.print(Text(lead + escape_control(text.removeprefix("\n")), style=style), soft_wrap=True)
