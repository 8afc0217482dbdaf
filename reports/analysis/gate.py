"""What a gate says of each subject: the rules that hold, what diverges, and the hint that explains it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reports.analysis.report import FindingGroup, Report, weight_groups
from reports.record.grades import BROKEN, LEVELS, Level
from reports.record.header import StackDescription
from reports.record.model import Column, Recheck, Result
from reports.text import on_device, pluralize


@dataclass(frozen=True)
class Subject:
    """One subject in one mode; `new` are its findings that are not known, `counts` those of the levels that count.

    `whole`: all of the run took place. `finished`: the rules of those levels were asked before its time had run out.
    """

    column: Column
    stack: StackDescription
    results: tuple[Result, ...]
    new: tuple[FindingGroup, ...]
    counts: tuple[FindingGroup, ...]
    stale: tuple[Recheck, ...]
    hint: str | None
    whole: bool
    finished: bool

    @property
    def conforms(self) -> bool:
        """True only where something was checked, all of it ran, nothing that counts is broken, nothing is stale."""
        return self.whole and bool(weight_groups(self.results)) and not self.counts and not self.stale and self.finished

    @property
    def is_open(self) -> bool:
        """Whether it may conform or not: its time ran out, and nothing broke before."""
        return not self.finished and not self.counts and not self.stale

    @property
    def contract(self) -> str:
        """What it promises."""
        return self.stack.contracts[0]

    @property
    def unasked(self) -> str | None:
        """Why nothing at all could be checked; None where something was."""
        reasons = [one.reason for result in self.results for one in result.unsupported]
        return None if weight_groups(self.results) else next(iter(reasons), "no rule applies to it")

    def at(self, level: Level) -> tuple[Result, ...]:
        """The results of the rules of a level."""
        return tuple(result for result in self.results if result.level == level)

    def broken(self, level: Level) -> tuple[Result, ...]:
        """Of these, those that are broken in a new way; a SHOULD rule need not show how."""
        found = []
        for result in self.at(level):
            new = any(f.level == level and f.is_new and f.is_broken for f in result.findings)
            counted = level == "SHOULD" and any(result.grades.get(grade) for grade in BROKEN)
            if new or (counted and not result.is_known):
                found.append(result)
        return tuple(found)

    def _held(self, level: Level) -> str:
        asked = [result for result in self.at(level) if result.grade != "UNSUPPORTED"]
        broken, others = len(self.broken(level)), len(self.at(level)) - len(asked)
        rules = pluralize(len(asked), f"{level} rule")
        said = f"{broken} of {rules} broken" if broken else f"{rules} {'holds' if len(asked) == 1 else 'hold'}"
        return f"{said} ({others} could not be asked)" if others else said

    @property
    def verdict(self) -> str:
        """One sentence."""
        name = on_device(self.column.stack, self.column.device)
        said = f"{name} {'conforms' if self.conforms else 'does NOT conform'} to {self.contract}"
        if self.is_open:
            said = f"{name} was not finished: whether it conforms to {self.contract} is not known"
        ending = [self._held(level) for level in LEVELS if self.at(level)]
        if self.stale:
            ending.append(f"{pluralize(len({one.reason for one in self.stale}), 'known divergence')} no longer there")
        if not self.whole:
            ending.append("not all of it ran")
        if not self.finished:
            late = sum(result.unfinished for result in self.results)
            ending.append(f"the time for its calls ran out before {pluralize(late, 'rule')}")
        ending.append(f"{pluralize(weight_groups(self.results), 'weight group')} checked")
        return f"{said}: {', '.join(ending)}."


def subjects(report: Report, fails: Sequence[str]) -> list[Subject]:
    """Every subject of a report; a finding counts where its level is among `fails`."""
    every = [group for section in report.findings.values() for group in section]
    hints = {(h.stack, h.mode, h.device): h.sentence for record in report.records for h in record.hints}
    results, stale, all_of_it = report.ordered, report.rechecks_in("stale"), report.whole
    found = []
    for column in report.columns:
        own = tuple(result for _, place, result in results if place == column)
        new = tuple(
            group for group in every if column in group.columns and group.finding.is_new and group.finding.is_broken
        )
        found.append(
            Subject(
                column=column,
                stack=report.available[column.stack, column.device],
                results=own,
                new=new,
                counts=tuple(group for group in new if group.finding.level in fails),
                stale=tuple(k for k in stale if (k.stack, k.device) == (column.stack, column.device)),
                hint=hints.get((column.stack, column.mode, column.device)),
                whole=all_of_it,
                finished=not any(result.unfinished for result in own if result.level in fails),
            )
        )
    return found
