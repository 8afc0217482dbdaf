"""What a gate says of each subject: the rules that hold, what diverges, and the hint that explains it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reports.analysis.report import FindingGroup, Report, weight_groups
from reports.gating.domain import refusal
from reports.record.failure import same_failure
from reports.record.grades import BROKEN, LEVELS, Level
from reports.record.header import StackDescription
from reports.record.model import Column, Recheck, Result
from reports.text import on_device, pluralize


@dataclass(frozen=True)
class Subject:
    """One subject on one device; `new` are its findings that are not known, `counts` those of the levels that count.

    `known`: those for which there is a reason beside it, such as that its framework does the same. `columns`: its
    modes, the plainest first. `whole`: all of the run took place. `finished`: the rules of those levels were asked
    before its time had run out.
    """

    columns: tuple[Column, ...]
    stack: StackDescription
    results: tuple[Result, ...]
    new: tuple[FindingGroup, ...]
    known: tuple[FindingGroup, ...]
    counts: tuple[FindingGroup, ...]
    stale: tuple[Recheck, ...]
    hint: str | None
    whole: bool
    finished: bool

    @property
    def name(self) -> str:
        """What it is called."""
        return self.columns[0].stack

    @property
    def device(self) -> str:
        """The kind of device on which it ran."""
        return self.columns[0].device

    @property
    def conforms(self) -> bool:
        """True only where something was checked, all of it ran, nothing that counts is broken, nothing is stale."""
        return self.whole and bool(weight_groups(self.results)) and not self.counts and not self.stale and self.finished

    @property
    def is_open(self) -> bool:
        """Whether it may conform or not: not all of it ran, or its time ran out, and nothing broke before."""
        return not (self.conforms or self.counts or self.stale)

    @property
    def contract(self) -> str:
        """What it promises."""
        return self.stack.contracts[0]

    @property
    def uses(self) -> Mapping[str, str]:
        """Every mode that there is for it, asked or not, and what is done in it."""
        return self.stack.uses or dict.fromkeys(self.stack.modes, "")

    @property
    def unasked(self) -> str | None:
        """Why nothing at all could be checked; None where something was."""
        return None if weight_groups(self.results) else _reason(self.results)

    @property
    def left_out(self) -> Mapping[str, str]:
        """The modes in which nothing was checked, and why."""
        found = {mode: "its mark, or --modes, leaves it out" for mode in self.uses if mode not in self.stack.modes}
        for column in self.columns:
            own = self.in_mode(column.mode)
            if own and not weight_groups(own):
                found[column.mode] = _reason(own)
        return found

    def in_mode(self, mode: str) -> tuple[Result, ...]:
        """The results in one mode."""
        return tuple(result for result in self.results if result.mode == mode)

    def at(self, level: Level) -> tuple[Result, ...]:
        """The results of the rules of a level, in all modes."""
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
        """How many rules hold: in every mode in which they were asked."""
        rules = {result.rule for result in self.at(level)}
        asked = {result.rule for result in self.at(level) if result.grade != "UNSUPPORTED"}
        broken, others = len({result.rule for result in self.broken(level)}), len(rules - asked)
        said = pluralize(len(asked), f"{level} rule")
        said = f"{broken} of {said} broken" if broken else f"{said} {'holds' if len(asked) == 1 else 'hold'}"
        return f"{said} ({others} could not be asked)" if others else said

    @property
    def _where(self) -> str:
        """In which of several modes it conforms, or does not although it does as it is called plainly."""
        asked = [column.mode for column in self.columns if column.mode not in self.left_out]
        if self.conforms:
            return f" in {' and '.join([', '.join(asked[:-1]), asked[-1]])}" if len(asked) > 1 else ""
        broken = {mode for group in self.counts for mode in group.modes}
        plainly = not broken or self.stack.modes[0] in broken
        return "" if plainly else f" in {', '.join(mode for mode in asked if mode in broken)}"

    @property
    def verdict(self) -> str:
        """One sentence."""
        name = on_device(self.name, self.device)
        said = f"{name} {'conforms' if self.conforms else 'does NOT conform'} to {self.contract}{self._where}"
        if self.is_open:
            state = "judged" if self.unasked else "finished"
            said = f"{name} was not {state}: whether it conforms to {self.contract} is not known"
        ending = [self._held(level) for level in LEVELS if self.at(level)]
        if self.stale:
            ending.append(f"{pluralize(len({one.reason for one in self.stale}), 'known divergence')} no longer there")
        if not self.whole:
            ending.append("not all of it ran")
        if not self.finished:
            late = len({result.rule for result in self.results if result.unfinished})
            ending.append(f"the time for its calls ran out before {pluralize(late, 'rule')}")
        if self.known:
            ending.append(f"{pluralize(len({group.finding.known for group in self.known}), 'divergence')} known")
        ending.append(f"{pluralize(weight_groups(self.results), 'weight group')} checked")
        return f"{said}: {', '.join(ending)}."


# chapters whose rules are about values, so that they break where those are wrong
_OF_VALUES = ("values", "axis", "symmetries", "identities", "beliefs", "gradients")
_OF_VALUES_TOO = ("memory_layout_does_not_matter", "earlier_calls_do_not_matter")


def follows(group: FindingGroup, shown: FindingGroup) -> bool:
    """Whether a divergence is another sign of the fault shown: it raises the same, or is on values that are wrong."""
    one, other = group.finding, shown.finding
    if other.grade == "ERROR":
        return same_failure(one.failure) == same_failure(other.failure)
    wrong = other.grade == "DIVERGENT" and shown.rule.chapter == "values" and one.grade == "DIVERGENT"
    return wrong and (group.rule.chapter in _OF_VALUES or group.rule.id in _OF_VALUES_TOO)


def _reason(results: Sequence[Result]) -> str:
    reasons = [one.reason for result in results for one in result.unsupported]
    return next(iter(reasons), "no rule applies to it")


def subjects(report: Report, fails: Sequence[str]) -> list[Subject]:
    """Every subject of a report; a finding counts where its level is among `fails`."""
    every = [group for section in report.findings.values() for group in section]
    hints = {(h.stack, h.device): h.sentence for record in report.records for h in reversed(record.hints)}
    stale, found = report.rechecks_in("stale"), []
    for (stack, device), description in report.available.items():
        columns = tuple(column for column in report.columns if (column.stack, column.device) == (stack, device))
        asked = tuple(result for _, column, result in report.ordered if column in columns)
        broken = [own for group in every if (own := group.within(columns)) and own.finding.is_broken]
        new = tuple(group for group in broken if group.finding.is_new)
        counts = tuple(group for group in new if group.finding.level in fails)
        found.append(
            Subject(
                columns=columns,
                stack=description,
                results=asked,
                new=new,
                known=tuple(group for group in broken if not group.finding.is_new),
                counts=counts,
                stale=tuple(k for k in stale if (k.stack, k.device) == (stack, device)),
                hint=hints.get((stack, device)) or refusal(counts, asked),
                whole=report.whole,
                finished=not any(result.unfinished for result in asked if result.level in fails),
            )
        )
    return found
