"""The one sentence that a report begins with: who breaks what, what of it is new, and what did not run."""

from __future__ import annotations

from collections.abc import Sequence

from reports.analysis.aggregates import characterizations
from reports.analysis.claims import answered, summary
from reports.analysis.known import known_divergences
from reports.analysis.report import Report, weight_groups
from reports.record.grades import Grade, Level
from reports.record.header import StackDescription
from reports.text import escape_control, join_and, pluralize, truncate

_NAMED = 6  # stacks in a clause about SHOULD rules; more are counted


def missing_stacks(report: Report) -> list[StackDescription]:
    """Stacks that did not run."""
    return [stack for stack in report.stacks if not stack.available]


def summary_sentence(report: Report) -> str:
    """One sentence: who breaks what; it never sounds like a pass unless all of it ran and passed."""
    head, outcomes = summary_parts(report)
    return f"{head}: {'; '.join(outcomes)}."


def summary_parts(report: Report) -> tuple[str, tuple[str, ...]]:
    """The same as its beginning, what was checked, and what came of it, the gravest first."""
    head = escape_control("; ".join([*troubles(report), _head(report)]))
    claims = answered(report)
    claimed = [summary(claims)] if claims else []
    if not report.results:
        return head, tuple(map(escape_control, claimed or ["nothing was checked"]))
    return head, tuple(map(escape_control, [*_broken(report), *_rest(report), *claimed]))


def troubles(report: Report) -> list[str]:
    """A clause for each record that is not whole, or in which the suite failed."""
    found = []
    for record in report.records:
        note = f" ({truncate(record.footer.note, 300)})" if record.footer and record.footer.note else ""
        if record.footer is None:
            found.append(f"INCOMPLETE: {record.path} has no footer, so its run was killed or still goes on")
        elif not record.complete:
            found.append(f"INCOMPLETE: {record.path} says that it did not finish{note}")
        elif record.footer.exit == 3:
            found.append(f"THE SUITE ITSELF FAILED in {record.path}{note}")
    return found


def _head(report: Report) -> str:
    ran = {stack.name for stack in report.stacks if stack.available}
    checked = weight_groups(result for _, _, result in report.ordered)
    return (
        f"{pluralize(len(ran), 'stack')}, {pluralize(len(report.rules), 'rule')}, {pluralize(checked, 'weight group')}"
    )


def _broken(report: Report) -> list[str]:
    found = []
    if report.passed:
        found.append("no new divergence" if report.breaches(Level.MUST) else "no stack breaks a MUST rule")
    elif not report.breaches(Level.MUST) and not report.whole:
        found.append("no breach of a MUST rule in the part that ran")
    found += _who(report, Level.MUST)
    if stale := known_divergences(report, "stale"):
        found.append(f"{pluralize(stale, 'known divergence')} {'is' if stale == 1 else 'are'} stale")
    if untried := known_divergences(report, "not run"):
        found.append(f"{pluralize(untried, 'known divergence')} {'was' if untried == 1 else 'were'} not tried")
    return [*found, *_who(report, Level.SHOULD)]


def _rest(report: Report) -> list[str]:
    found = []
    if absent := report.missing:
        found.append(f"{pluralize(absent, 'result')} missing")
    if ranged := sum(result.grades.get(Grade.RANGE, 0) for _, _, result in report.ordered):
        found.append(f"{pluralize(ranged, 'weight group')} left the range of their format")
    if asked := characterizations(report):
        split = sum(probe.disagree for probe in asked)
        found.append(f"the stacks disagree on {split} of {pluralize(len(asked), 'kind')} of unspecified input")
    if gone := missing_stacks(report):
        reasons: dict[str, list[str]] = {}
        for stack in gone:
            where = f"{stack.name} on {stack.device.kind}" if stack.device else stack.name
            reasons.setdefault(truncate(stack.reason or "", 200).rstrip("."), []).append(where)
        named = [f"{', '.join(stacks)} ({reason})" for reason, stacks in reasons.items()]
        found.append(f"not available: {join_and(named)}")
    return found


def _who(report: Report, level: Level) -> list[str]:
    new = report.breaches(level, new=True)
    alike: dict[tuple[int, int], list[str]] = {}
    for stack, rules in report.breaches(level).items():
        alike.setdefault((len(rules), len(new.get(stack, ()))), []).append(stack)
    return [
        f"{_some(stacks, level)} {'breaks' if len(stacks) == 1 else 'break'} {pluralize(number, f'{level} rule')}"
        f"{_how_new(number, fresh, level)}"
        for (number, fresh), stacks in sorted(alike.items(), key=lambda one: (-one[0][1], -one[0][0]))
    ]


def _some(stacks: Sequence[str], level: Level) -> str:
    return join_and(stacks) if level == "MUST" or len(stacks) <= _NAMED else pluralize(len(stacks), "stack")


def _how_new(number: int, fresh: int, level: Level) -> str:
    """Nothing for what breaks no MUST rule and is new, for that is the usual."""
    if fresh == number:
        return "" if level != "MUST" else ", all new" if number > 1 else ", new"
    if fresh:
        return f", {fresh} of them new"
    return ", all known" if number > 1 else ", known"
