"""Whether all that is wrong with a subject is that it refuses a part of what its contract takes."""

from __future__ import annotations

from collections.abc import Sequence

from reports.analysis.report import FindingGroup
from reports.record.grades import Grade
from reports.record.model import Result


def refusal(counts: Sequence[FindingGroup], results: Sequence[Result]) -> str | None:
    """The part of its contract's domain that a subject refuses, where nothing else is wrong with it."""
    findings = [group.finding for group in counts]
    if not findings or any(finding.grade != Grade.ERROR for finding in findings):
        return None
    raised = findings[0].observed
    right = _right(results)
    for name, value in findings[0].case.parameters.items():
        if value == 0.0 and right and all(finding.case.parameters.get(name) == value for finding in findings):
            unseen = any(result.hidden_findings for result in results)
            rest = "." if unseen else "; for other values it keeps every rule."
            return f"It {raised} where {name} = {value:g}{rest}"
    refused = {finding.format for finding in findings}
    if right and not refused & right:
        known = f"its mark can say formats={sorted(right)!r}"
        return f"It {raised} for {_and(refused)} weights only. If it is not meant for those, {known}."
    return None


def _right(results: Sequence[Result]) -> set[str]:
    """The formats in which some group was right."""
    cells = (cell for result in results for cell in result.cells or ())
    return {cell.format for cell in cells if any(not grade.is_broken for grade in cell.grades)}


def _and(names: set[str]) -> str:
    *first, last = sorted(names)
    return f"{', '.join(first)} and {last}" if first else last
