"""Known divergences in Markdown: why each is there, what was seen of it now, and the evidence."""

from __future__ import annotations

from reports.analysis.known import STATES, Reason, known_divergences, reasons
from reports.analysis.report import Report
from reports.markdown.findings import evidence
from reports.markdown.markup import code, prose, source, table
from reports.record.model import Column, Recheck
from reports.text import call, names, pluralize

ONE = {
    "stale": "is **STALE** (it no longer shows, and has to go)",
    "known": "was seen again",
    "not run": "was not tried",
}
MANY = {
    "stale": "are **STALE** (they no longer show, and have to go)",
    "known": "were seen again",
    "not run": "were not tried",
}


def divergences(report: Report) -> list[str]:
    """The section: how the known divergences ended, then each reason with its entries and findings."""
    found = reasons(report)
    if not found:
        return ["No divergence is known of the stacks in this report."]
    every = report.columns
    return [_overview(report), *(part for reason in found for part in _reason(reason, every))]


def _overview(report: Report) -> str:
    if not report.rechecks:
        return "These findings are known; no entry in the records says more of them."
    counts = {state: known_divergences(report, state) for state in STATES}
    said = [f"{number:,} {(ONE if number == 1 else MANY)[state]}" for state, number in counts.items() if number]
    return (
        "These are no news and do not fail a run; a new divergence does, and so does an entry that no longer "
        f"shows. One root cause is one known divergence, whatever rules, formats and modes show it. "
        f"Of {pluralize(sum(counts.values()), 'known divergence')}, {'; '.join(said)} "
        f"({pluralize(len(report.rechecks), 'case')} asked again)."
    )


def _reason(reason: Reason, every: tuple[Column, ...]) -> list[str]:
    parts = [
        f"### {prose(f'{STATES[reason.state]}: {names(reason.columns, every, most=8)}')}",
        f"**Why:** {prose(reason.text)}",
    ]
    if reason.links:
        parts.append(f"**See:** {', '.join(source(link) for link in reason.links)}")
    if reason.entries:
        head = ("state", "rule", "on", "failure", "case", "versions", "seen now")
        parts.append(table(head, [_entry(one, every) for one in reason.entries]))
    return [*parts, *(evidence(one, every) for one in reason.findings)]


def _entry(one: Recheck, every: tuple[Column, ...]) -> list[str]:
    where = names([one.column], every)
    case = f"{code(call(one.case))} on {prose(one.case.weights.format)}; case {code(one.case.id)}"
    versions = ", ".join(prose(f"{name} {version}") for name, version in one.versions.items())
    failure = f"{prose(one.failure)} ({prose(one.contract)}, {prose(one.format)})"
    return [STATES[one.state], code(one.rule), prose(where), failure, case, versions, prose(one.observed)]
