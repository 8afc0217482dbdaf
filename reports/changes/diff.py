"""What changed from one report to another: divergences, unspecified input, stand-ins, claims, sweeps, what is gone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

from reports.analysis.facts import Fact, facts
from reports.analysis.report import Report
from reports.changes.comparable import refuse, updates
from reports.changes.sweeps import compared
from reports.record.grades import BROKEN, Grade
from reports.record.model import Column, Result

Category: TypeAlias = Literal["added", "changed", "fixed", "no longer run", "unchanged"]
CATEGORIES: tuple[Category, ...] = ("added", "changed", "fixed", "no longer run", "unchanged")


@dataclass(frozen=True)
class Change:
    """A fact of the old report, of the new one, or of both; `why` says what else there is to know.

    `ranges`: of a sweep, the numbers of which something else came, what it was, and what it is.
    """

    before: Fact | None
    after: Fact | None
    why: str = ""
    ranges: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    @property
    def fact(self) -> Fact:
        """The newest that there is."""
        found = self.after or self.before
        assert found is not None
        return found

    @property
    def differences(self) -> dict[str, tuple[str, str]]:
        """What differs: its name, what it was, and what it is."""
        if self.before is None or self.after is None:
            return {}
        both = {name: (old, self.after.values.get(name, "none")) for name, old in self.before.values.items()}
        return {name: pair for name, pair in both.items() if pair[0] != pair[1]} | dict(self.ranges)


@dataclass(frozen=True)
class Diff:
    """All changes by category, and what has to be said before them.

    `updates`: by package, old and new version, the stacks; `warnings`: sentences on reports that are not whole;
    `columns`: those of both reports.
    """

    updates: Mapping[tuple[str, str, str], tuple[str, ...]]
    warnings: tuple[str, ...]
    changes: Mapping[Category, tuple[Change, ...]]
    columns: tuple[Column, ...]

    @property
    def anything_new(self) -> bool:
        """True where something was added or changed."""
        return bool(self.changes["added"] or self.changes["changed"])


def compare(old: Report, new: Report) -> Diff:
    """What changed; `RecordError` where the two were not asked the same.

    Nothing is fixed unless the new report shows that it is: what was not asked there is no longer run.
    """
    refuse(old, new)
    before, after = facts(old), facts(new)
    if not (old.claims and new.claims):  # one of them tried none, of which nothing follows
        before, after = (
            {key: fact for key, fact in found.items() if fact.kind != "claim"} for found in (before, after)
        )
    found: dict[Category, list[Change]] = {category: [] for category in CATEGORIES}
    found["no longer run"] += _gone(old, new)
    for key, fact in after.items():
        if key in before:
            change = Change(before[key], fact)
            if {"case", "grade"} & set(change.differences) == {"case"}:
                change = replace(change, why="perhaps the same, for its smallest case is another one")
            found["changed" if change.differences else "unchanged"].append(change)
        else:
            found["added"].append(Change(None, fact, _doubt(old, fact)))
    for key, fact in before.items():
        if key not in after:
            why = _unsettled(new, fact)
            found["no longer run" if why else "fixed"].append(Change(fact, None, why))
    for was, now, ranges in compared(old, new):
        change = Change(was, now, ranges=ranges)
        found["changed" if change.differences else "unchanged"].append(change)
    every = tuple(dict.fromkeys([*old.columns, *new.columns]))
    changes = {category: tuple(members) for category, members in found.items()}
    return Diff(updates(old, new), tuple(_warnings(old, new)), changes, every)


def _result(report: Report, fact: Fact) -> Result | None:
    """What the report has of the rule and the place of a fact."""
    if fact.rule is None or fact.where is None:
        return None
    return report.results.get((fact.rule, fact.where.stack, fact.where.mode, fact.where.device))


def _doubt(old: Report, fact: Fact) -> str:
    """What keeps a fact that only the new report has from being certainly new; empty where nothing does."""
    result = _result(old, fact)
    if result is None:
        return "not run before"
    return (
        "perhaps not new, for the old record only counts some ways in which the rule is broken"
        if result.hides_findings
        else ""
    )


def _unsettled(new: Report, fact: Fact) -> str:
    """Why the new report does not show that a fact of the old one is no longer so; empty where it does."""
    result = _result(new, fact)
    if result is None:
        return "not run"
    if fact.kind != "divergence":
        return "not asked"
    _, contract, form, _ = fact.about
    grades = _grades(result, contract, form)
    if grades is None:
        return "not asked"
    if any(grades.get(grade) for grade in BROKEN) and (result.hides_findings or not contract):
        return "perhaps still so, for the rule is broken in more ways than the record shows"
    return ""


def _grades(result: Result, contract: str, form: str) -> Mapping[Grade, int] | None:
    """The grades of a contract in a format, or of all where these are not told apart; None where it was not asked."""
    if result.grade == "UNSUPPORTED":
        return None
    if contract and result.cells is not None:
        cells = {(cell.contract, cell.format): cell.grades for cell in result.cells}
        return cells.get((contract, form))
    return None if any(one.what == form for one in result.unsupported) else result.grades


def _gone(old: Report, new: Report) -> Iterator[Change]:
    """The stacks and the rules that the new report does not have."""
    reasons = {stack.name: stack.reason for stack in new.stacks if not stack.available}
    for name, device in old.available:
        if (name, device) not in new.available:
            why = f"not available: {reasons.get(name) or 'there is no record of it'}"
            yield Change(Fact("stack", (name, device), None, {}), None, why)
    there = {rule.id for rule in new.rules}
    for rule in old.rules:
        if rule.id not in there:
            yield Change(Fact("rule", (rule.id,), None, {}, rule.sentence), None, "not among the rules")


def _warnings(old: Report, new: Report) -> Iterator[str]:
    if not new.whole:
        yield "The NEW run is INCOMPLETE: what did not run there counts as no longer run, never as fixed."
    if not old.whole:
        yield "The OLD run is INCOMPLETE: what did not run there counts as added."
