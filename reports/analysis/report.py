"""A report: what several records say together, and everything that is worked out from it more than once."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TypeAlias

from reports.record.claims import ClaimResult, ClaimStatement
from reports.record.codec import to_json
from reports.record.file import Record
from reports.record.grades import Level
from reports.record.header import NotPromised, RuleStatement, StackDescription
from reports.record.model import Column, Finding, Recheck, Result, State

Key: TypeAlias = tuple[str, str, str, str]  # rule, stack, mode, device
ClaimKey: TypeAlias = tuple[str, str, str]  # claim, stack, device
SECTIONS = ("MUST", "SHOULD", "RANGE", "RECORD", "KNOWN")


@dataclass(frozen=True)
class Occurrence:
    """A finding where it was seen, and the record that holds it; `subject`: who must be named to be asked again."""

    column: Column
    finding: Finding
    origin: Path
    subject: str | None


@dataclass(frozen=True)
class FindingGroup:
    """A finding shown once for every column that showed it; the first occurrence has the best program."""

    rule: RuleStatement
    occurrences: tuple[Occurrence, ...]

    @property
    def finding(self) -> Finding:
        """The one that is shown for all."""
        return self.occurrences[0].finding

    @property
    def columns(self) -> tuple[Column, ...]:
        """Where it was seen."""
        return tuple(dict.fromkeys(seen.column for seen in self.occurrences))

    @property
    def modes(self) -> list[str]:
        """The modes in which it was seen."""
        return list(dict.fromkeys(column.mode for column in self.columns))

    def within(self, columns: Collection[Column]) -> FindingGroup | None:
        """What of it was seen in some columns, with a program of theirs; None where nothing was."""
        own = tuple(seen for seen in self.occurrences if seen.column in columns)
        return replace(self, occurrences=own) if own else None

    @property
    def section(self) -> str:
        """Known findings stand apart, and so does RANGE: the format ran out, and no rule was broken."""
        if not self.finding.is_new:
            return "KNOWN"
        return "RANGE" if self.finding.grade == "RANGE" else self.finding.level


@dataclass(frozen=True)
class Report:
    """What all records say together; every result is there once, with the file it came from."""

    records: tuple[Record, ...]
    stacks: tuple[StackDescription, ...]
    rules: tuple[RuleStatement, ...]
    results: Mapping[Key, Result]
    origins: Mapping[Key, Path]
    rechecks: tuple[Recheck, ...]
    statements: tuple[ClaimStatement, ...] = ()
    claims: Mapping[ClaimKey, ClaimResult] = field(default_factory=dict)

    @property
    def complete(self) -> bool:
        """True only where every record is complete."""
        return all(record.complete for record in self.records)

    @cached_property
    def available(self) -> Mapping[tuple[str, str], StackDescription]:
        """The stacks that ran, by name and kind of device."""
        return {(stack.name, stack.device.kind): stack for stack in self.stacks if stack.available and stack.device}

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """Every column that was promised by a header or has a result, stack by stack."""
        promised = (Column(name, mode, kind) for (name, kind), stack in self.available.items() for mode in stack.modes)
        order = {stack.name: place for place, stack in enumerate(self.stacks)}
        found = dict.fromkeys([*promised, *(Column(*key[1:]) for key in self.results)])
        return tuple(sorted(found, key=lambda column: order.get(column.stack, len(order))))

    def result(self, rule: str, column: Column) -> Result | None:
        """The result of a rule in a column, None where there is none."""
        return self.results.get((rule, column.stack, column.mode, column.device))

    @cached_property
    def not_promised(self) -> tuple[NotPromised, ...]:
        """What the contracts of its stacks do not promise, each once."""
        entries = [entry for record in self.records for entry in record.header.not_promised or ()]
        return tuple({(entry.contract, entry.rule): entry for entry in entries}.values())

    @cached_property
    def ordered(self) -> tuple[tuple[RuleStatement, Column, Result], ...]:
        """Every result, by rule and then by column."""
        cells = ((rule, column, self.result(rule.id, column)) for rule in self.rules for column in self.columns)
        return tuple((rule, column, result) for rule, column, result in cells if result is not None)

    def subject(self, column: Column) -> str | None:
        """The name of somebody's own constraint; None for a stack that everybody has."""
        stack = self.available.get((column.stack, column.device))
        return stack.name if stack is not None and stack.declared is not None else None

    def applies(self, rule: RuleStatement, column: Column) -> bool:
        """True where the column is held to a contract of the rule, in a mode that the rule is for, and it suits."""
        stack = self.available.get((column.stack, column.device))
        return stack is None or self.result(rule.id, column) is not None or _is_asked(rule, column, stack)

    @cached_property
    def missing(self) -> int:
        """How many cells have no result where a rule applies."""
        cells = ((rule, column) for rule in self.rules for column in self.columns if self.applies(rule, column))
        return sum(self.result(rule.id, column) is None for rule, column in cells)

    @cached_property
    def whole(self) -> bool:
        """True only where the suite worked, all of it ran, and there is something to judge."""
        failed = any(record.footer is not None and record.footer.exit == 3 for record in self.records)
        return self.complete and not failed and bool(self.results or self.claims) and not self.missing

    @cached_property
    def passed(self) -> bool:
        """True only where all of it ran, nothing is new, and every known divergence is still there.

        New is a MUST rule that is newly broken, and a claim that came out otherwise than expected.
        """
        unexpected = any(claim.is_unexpected for claim in self.claims.values())
        new = self.breaches(Level.MUST, new=True)
        return self.whole and not new and not self.rechecks_in("stale") and not unexpected

    def rechecks_in(self, state: State) -> tuple[Recheck, ...]:
        """The known divergences that ended in a state."""
        return tuple(recheck for recheck in self.rechecks if recheck.state == state)

    def breaches(self, level: Level, new: bool = False) -> dict[str, set[str]]:
        """The rules that each stack breaks at a level, which may be milder than the rule's; `new`: in unknown ways."""
        found: dict[str, set[str]] = {}
        for rule, column, result in self.ordered:
            if level in _broken_levels(result, new):
                found.setdefault(column.stack, set()).add(rule.id)
        return found

    @cached_property
    def findings(self) -> Mapping[str, tuple[FindingGroup, ...]]:
        """Findings by section; those that differ in nothing but the stack are one."""
        rules: dict[str, RuleStatement] = {}
        found: dict[str, list[Occurrence]] = {}
        for rule, column, result in self.ordered:
            origin = self.origins[rule.id, column.stack, column.mode, column.device]
            for finding in result.findings:
                same = _identity(rule, finding)
                rules[same] = rule
                found.setdefault(same, []).append(Occurrence(column, finding, origin, self.subject(column)))
        groups = [FindingGroup(rules[same], tuple(sorted(seen, key=_program_first))) for same, seen in found.items()]
        return {section: tuple(group for group in groups if group.section == section) for section in SECTIONS}


def weight_groups(results: Iterable[Result]) -> int:
    """The weight groups that were checked."""
    return sum(result.groups for result in results)


def _is_asked(rule: RuleStatement, column: Column, stack: StackDescription) -> bool:
    if rule.id in (stack.unsuited or ()) or not set(rule.contracts) & set(stack.contracts):
        return False
    if rule.devices is not None and column.device not in rule.devices:
        return False
    match rule.modes:
        case "every":
            return True
        case "not costly":
            return column.mode not in (stack.costly or ())
        case "the first":
            return column.mode == stack.modes[0]
        case "beyond the first":
            return column.mode != stack.modes[0]


def _broken_levels(result: Result, new: bool) -> set[Level]:
    if result.is_unexplained:
        return {result.level}
    return {finding.level for finding in result.broken_findings if not new or finding.is_new}


def _identity(rule: RuleStatement, finding: Finding) -> str:
    names = ("contract", "format", "grade", "level", "model", "weights", "observed", "failure", "known")
    case = to_json(finding.case)
    asked = [case["parameters"], case["axis"], case["calls"], case.get("way")]
    return json.dumps([rule.id, *(getattr(finding, name) for name in names), *asked], sort_keys=True)


def _program_first(seen: Occurrence) -> int:
    program = seen.finding.program
    return 2 if program is None else 1 - program.reproduces
