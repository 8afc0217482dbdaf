"""What is new against a report from before, as the page tells it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from reports.diff import CATEGORIES, compare
from reports.diff_text import entries, head, updates
from reports.merge import Report
from reports.record import RecordError


@dataclass(frozen=True)
class Changes:
    """Counts, warnings, versions, and the entries of each category but unchanged; or why nothing can be told."""

    refused: str = ""
    head: str = ""
    warnings: tuple[str, ...] = ()
    updates: tuple[str, ...] = ()
    entries: Mapping[str, tuple[tuple[str, tuple[tuple[str, str], ...]], ...]] = field(default_factory=dict)


def changes(old: Report, new: Report) -> Changes:
    """What changed from one report to another."""
    try:
        diff = compare(old, new)
    except RecordError as error:
        return Changes(refused=str(error))
    told: dict[str, tuple[tuple[str, tuple[tuple[str, str], ...]], ...]] = {
        category: tuple((entry.named(diff), entry.rows) for entry in entries(diff, category))
        for category in CATEGORIES
        if category != "unchanged"
    }
    return Changes("", head(diff), diff.warnings, tuple(updates(diff)), told)
