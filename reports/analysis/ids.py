"""What a finding is called wherever a report is read: in report.json, and in the address of its place on a page."""

from __future__ import annotations

from itertools import chain, count

from reports.analysis.report import FindingGroup, Report
from reports.text import slug


def named(report: Report) -> tuple[tuple[str, FindingGroup], ...]:
    """Every told finding with its id RULE-CASE, section by section; ids are unique, and can stand in an address.

    Of findings that share a rule and a case, the second has -2 behind its id, the third -3, and so on.
    """
    found: dict[str, FindingGroup] = {}
    for group in chain.from_iterable(report.findings.values()):
        first = f"{slug(group.rule.id)}-{group.finding.case.id}"
        numbered = chain([first], (f"{first}-{number}" for number in count(2)))
        found[next(name for name in numbered if name not in found)] = group
    return tuple(found.items())
