"""What a finding is called wherever a report is read: in report.json, and in the address of its place on a page."""

from __future__ import annotations

from itertools import chain, count

from reports.analysis.merge import Report
from reports.analysis.report import Told, findings
from reports.text import slug


def named(report: Report) -> tuple[tuple[str, Told], ...]:
    """Every told finding with its id RULE-CASE, section by section; ids are unique, and can stand in an address.

    Of findings that share a rule and a case, the second has -2 behind its id, the third -3, and so on.
    """
    found: dict[str, Told] = {}
    for told in chain.from_iterable(findings(report).values()):
        first = f"{slug(told.rule['id'])}-{told.finding['case']['id']}"
        numbered = chain([first], (f"{first}-{number}" for number in count(2)))
        found[next(name for name in numbered if name not in found)] = told
    return tuple(found.items())
