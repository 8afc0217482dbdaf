"""What was drawn: how many cases, and groups, of each kind a run has asked about."""

from __future__ import annotations

import re
from collections import Counter

from reports.analysis.report import Report
from reports.markdown.markup import prose, table

TITLE = "What was drawn"
INTRODUCTION = (
    "How many cases of each kind were drawn, over all rules and stacks; of norms, how many weight groups. What is not "
    "here was not asked."
)


def drawn(report: Report) -> list[str]:
    """The kinds of what was drawn, with their counts; what records have none of is said."""
    found: dict[str, Counter[str]] = {}
    for _, _, result in report.ordered:
        for name, kinds in (result.drawn or {}).items():
            found.setdefault(name, Counter()).update(kinds)
    if not found:
        return ["These records are from before it was counted."]
    rows = [
        [prose(name), "; ".join(f"{prose(kind)}: {kinds[kind]:,}" for kind in sorted(kinds, key=_by_number))]
        for name, kinds in found.items()
    ]
    return [INTRODUCTION, table(("what", "kinds"), rows)]


def _by_number(kind: str) -> tuple[bool, int, str]:
    """Sizes in their order, and the largest, which have no upper end, last."""
    number = re.match(r"[\d,]+", kind)
    return kind.startswith("more"), int(number[0].replace(",", "")) if number else 0, kind
