"""Known divergences of a report, by their reasons."""

from __future__ import annotations

from dataclasses import dataclass

from reports.analysis.merge import Report
from reports.analysis.report import Told, findings
from reports.record.model import Column, Known
from reports.text import KNOWN

STATES = {"stale": "✘ STALE", "known": f"{KNOWN} known", "not run": "· not tried"}


@dataclass(frozen=True)
class Reason:
    """Why some divergences are accepted: their entries, and what was found of them now."""

    text: str
    links: tuple[str, ...]
    entries: tuple[Known, ...]
    told: tuple[Told, ...]

    @property
    def state(self) -> str:
        """The worst state of the entries; what was found without an entry is known all the same."""
        return next((state for state in STATES if self.count(state)), "known")

    @property
    def columns(self) -> tuple[Column, ...]:
        """Where an entry stands or something was found."""
        entered = [Column(one["stack"], one["mode"], one["device"]) for one in self.entries]
        return tuple(dict.fromkeys([*entered, *(column for told in self.told for column in told.columns)]))

    def count(self, state: str) -> int:
        """How many entries ended in a state."""
        return sum(one["state"] == state for one in self.entries)


def reasons(report: Report) -> tuple[Reason, ...]:
    """Every reason that an entry or a finding names, the stale ones first."""
    entries: dict[str, list[Known]] = {}
    told: dict[str, list[Told]] = {}
    for entry in report.known:
        entries.setdefault(entry["reason"], []).append(entry)
    for one in findings(report)["KNOWN"]:
        told.setdefault(one.finding["known"] or "", []).append(one)
    found = []
    for text in dict.fromkeys([*entries, *told]):
        own = entries.get(text, [])
        links = dict.fromkeys(link for entry in own for link in entry["links"])
        found.append(Reason(text, tuple(links), tuple(own), tuple(told.get(text, ()))))
    return tuple(sorted(found, key=lambda reason: list(STATES).index(reason.state)))
