"""What is new against a report from before, as the page tells it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from reports.analysis.report import Report
from reports.changes.diff import CATEGORIES, compare
from reports.console.diff import entries, head, updates
from reports.record.file import RecordError
from reports.text import join_and


@dataclass(frozen=True)
class Changes:
    """Against what, counts, warnings, versions, and the entries of each category but unchanged; or why not."""

    refused: str = ""
    before: str = ""
    head: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)
    grave: int = 0
    warnings: tuple[str, ...] = ()
    updates: tuple[str, ...] = ()
    entries: Mapping[str, tuple[tuple[str, tuple[tuple[str, str], ...]], ...]] = field(default_factory=dict)


def changes(old: Report, new: Report) -> Changes:
    """What changed from one report to another."""
    try:
        diff = compare(old, new)
    except RecordError as error:
        return Changes(refused=str(error))
    shown: dict[str, tuple[tuple[str, tuple[tuple[str, str], ...]], ...]] = {
        category: tuple((entry.named(diff), entry.rows) for entry in entries(diff, category))
        for category in CATEGORIES
        if category != "unchanged"
    }
    counts: dict[str, int] = {category: len(members) for category, members in diff.changes.items()}
    additions = [*diff.changes["added"], *diff.changes["changed"]]
    grave = sum(change.fact.level == "MUST" and change.fact.known is None for change in additions)
    return Changes("", _named(old), head(diff), counts, grave, diff.warnings, tuple(updates(diff)), shown)


def _named(report: Report) -> str:
    """The records of a report, and when they were made."""
    return join_and([f"{record.path} of {record.header.started}" for record in report.records])
