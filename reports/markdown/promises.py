"""What the contracts do not promise, in Markdown: once, and of no stack."""

from __future__ import annotations

from collections.abc import Iterator

from reports.analysis.report import Report
from reports.markdown.markup import code, prose, table
from reports.text import call, pluralize

TITLE = "What the contracts do not promise"
INTRODUCTION = """\
Users expect more of these contracts than they say. Each sentence below is broken by the contract itself: by what its
formula gives for the weights shown, without any error but one rounding at the end. No stack is held to it."""


def promises(report: Report) -> Iterator[str]:
    """What users expect of each contract, and a case in which its own correctly rounded result is something else."""
    entries = sorted(report.not_promised, key=lambda entry: entry.contract)
    if not entries:
        yield "Nothing is said of it in these records."
        return
    yield INTRODUCTION
    head = ("contract", "what it does not promise", "for example", "of the weights", "correctly rounded")
    rows = []
    for entry in entries:
        case = entry.case
        called = f"{call(case)} in {case.weights.format}"
        calls = "" if case.calls == 1 else f", after {pluralize(case.calls, 'call')}"
        given, result = code(entry.weights, 120), f"{code(entry.result, 120)}{calls}"
        rows.append([prose(entry.contract), prose(entry.sentence), code(called, 160), given, result])
    yield table(head, rows)
