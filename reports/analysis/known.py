"""Known divergences of a report: one root cause is one, whatever rules, formats, modes and cases show it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from reports.analysis.report import FindingGroup, Report
from reports.record.model import Column, Recheck, State
from reports.text import KNOWN

STATES: Mapping[State, str] = {"stale": "✘ STALE", "known": f"{KNOWN} known", "not run": "· not tried"}


@dataclass(frozen=True)
class Reason:
    """A known divergence: a root cause, the entries that share it, and what was found of it now."""

    text: str
    links: tuple[str, ...]
    entries: tuple[Recheck, ...]
    findings: tuple[FindingGroup, ...]

    @property
    def state(self) -> State:
        """The worst state of the entries; what was found without an entry is known all the same."""
        return next((state for state in STATES if self.count(state)), "known")

    @property
    def columns(self) -> tuple[Column, ...]:
        """Where an entry stands or something was found."""
        entered = [one.column for one in self.entries]
        return tuple(dict.fromkeys([*entered, *(column for group in self.findings for column in group.columns)]))

    def count(self, state: State) -> int:
        """How many entries ended in a state."""
        return sum(one.state == state for one in self.entries)


def known_divergences(report: Report, state: State = "known") -> int:
    """How many there are in a state: the one count of all that is written of a report."""
    return sum(reason.state == state for reason in reasons(report))


def reasons(report: Report) -> tuple[Reason, ...]:
    """Every reason that an entry or a finding names, the stale ones first."""
    entries: dict[str, list[Recheck]] = {}
    groups: dict[str, list[FindingGroup]] = {}
    for entry in report.rechecks:
        entries.setdefault(entry.reason, []).append(entry)
    for group in report.findings["KNOWN"]:
        groups.setdefault(group.finding.known or "", []).append(group)
    found = []
    for text in dict.fromkeys([*entries, *groups]):
        own = entries.get(text, [])
        links = dict.fromkeys(link for entry in own for link in entry.links)
        found.append(Reason(text, tuple(links), tuple(own), tuple(groups.get(text, ()))))
    return tuple(sorted(found, key=lambda reason: list(STATES).index(reason.state)))
