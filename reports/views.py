"""What the writers show of a report: columns, breaches, findings told once, and disagreements."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from reports.events import Finding, Grade, Level, Observation, Result, Rule, Unsupported
from reports.merge import Report

BROKEN: tuple[Grade, ...] = ("DIVERGENT", "ERROR", "ACCEPTED", "CRASH", "TIMEOUT")
SECTIONS = ("MUST", "SHOULD", "RANGE", "RECORD")
TIERS = ("exact", "wide", "pairwise", "any order")


@dataclass(frozen=True)
class Column:
    """A stack in one mode on one device."""

    stack: str
    mode: str
    device: str


@dataclass(frozen=True)
class Told:
    """A finding told once for every column that showed it; the first of `alike` has the best snippet."""

    rule: Rule
    alike: tuple[tuple[Column, Finding, Path], ...]

    @property
    def finding(self) -> Finding:
        """The one that is shown for all."""
        return self.alike[0][1]

    @property
    def columns(self) -> tuple[Column, ...]:
        """Where it was seen."""
        return tuple(dict.fromkeys(column for column, _, _ in self.alike))

    @property
    def section(self) -> str:
        """RANGE is told apart from the levels: the format ran out, the rule was not broken."""
        return "RANGE" if self.finding["grade"] == "RANGE" else self.finding["level"]


@dataclass(frozen=True)
class Probe:
    """One kind of unspecified input for one contract: what each column did with it, with examples."""

    name: str
    contract: str
    disagree: bool
    cells: Mapping[Column, str]
    examples: Mapping[str, tuple[Column, Observation]]

    def behaviours(self) -> dict[str, list[Column]]:
        """Columns by what they did."""
        found: dict[str, list[Column]] = {}
        for column, text in self.cells.items():
            found.setdefault(text, []).append(column)
        return found


def columns(report: Report) -> tuple[Column, ...]:
    """Every column that was promised by a header or has a result, stack by stack."""
    promised = [
        Column(stack["name"], mode, stack["device"]["kind"])
        for stack in report.stacks
        if stack["available"] and stack["device"]
        for mode in stack["modes"]
    ]
    order = {stack["name"]: place for place, stack in enumerate(report.stacks)}
    found = dict.fromkeys([*promised, *(Column(*key[1:]) for key in report.results)])
    return tuple(sorted(found, key=lambda column: order.get(column.stack, len(order))))


def cell(report: Report, rule: str, column: Column) -> Result | None:
    """The result of a rule in a column, None where there is none."""
    return report.results.get((rule, column.stack, column.mode, column.device))


def missing(report: Report) -> int:
    """How many cells of the matrix have no result."""
    every = columns(report)
    return sum(cell(report, rule["id"], column) is None for rule in report.rules for column in every)


def whole(report: Report) -> bool:
    """True only where the suite worked, all of it ran, and there is something to judge."""
    failed = any(record.footer is not None and record.footer["exit"] == 3 for record in report.records)
    return report.complete and not failed and bool(report.results) and not missing(report)


def ordered(report: Report) -> list[tuple[Rule, Column, Result]]:
    """Every result, by rule and then by column."""
    every = columns(report)
    found = ((rule, column, cell(report, rule["id"], column)) for rule in report.rules for column in every)
    return [(rule, column, result) for rule, column, result in found if result is not None]


def breaches(report: Report, level: Level) -> dict[str, set[str]]:
    """The rules that each stack breaks at a level; a finding may stand at a milder level than its rule."""
    found: dict[str, set[str]] = {}
    for rule, column, result in ordered(report):
        levels = {finding["level"] for finding in result["findings"] if finding["grade"] in BROKEN}
        if not levels and (result["grade"] in BROKEN or any(result["grades"].get(grade) for grade in BROKEN)):
            levels = {result["level"]}
        if level in levels:
            found.setdefault(column.stack, set()).add(rule["id"])
    return found


def findings(report: Report) -> dict[str, tuple[Told, ...]]:
    """Findings by section; those that differ in nothing but the stack are one."""
    rules: dict[str, Rule] = {}
    found: dict[str, list[tuple[Column, Finding, Path]]] = {}
    for rule, column, result in ordered(report):
        path = report.origins[rule["id"], column.stack, column.mode, column.device]
        for finding in result["findings"]:
            same = _identity(rule, finding)
            rules[same] = rule
            found.setdefault(same, []).append((column, finding, path))
    told = [Told(rules[same], tuple(sorted(alike, key=_snippet_first))) for same, alike in found.items()]
    return {section: tuple(one for one in told if one.section == section) for section in SECTIONS}


def _identity(rule: Rule, finding: Finding) -> str:
    names = ("contract", "format", "grade", "level", "model", "weights", "observed")
    same = {name: value for name, value in finding.items() if name in names}
    case = finding["case"]
    return json.dumps([rule["id"], same, case["parameters"], case["axis"], case["calls"]], sort_keys=True)


def _snippet_first(one: tuple[Column, Finding, Path]) -> int:
    snippet = one[1]["snippet"]
    return 2 if snippet is None else 1 - snippet["reproduces"]


def probes(report: Report) -> tuple[Probe, ...]:
    """Unspecified input, the kinds on which columns disagree first."""
    seen: dict[tuple[str, str], dict[Column, dict[str, dict[str, Observation]]]] = {}
    for _, column, result in ordered(report):
        for one in result["observations"]:
            formats = seen.setdefault((one["probe"], one["contract"]), {}).setdefault(column, {})
            formats.setdefault(one["format"], {}).setdefault(one["character"], one)
    found = [_probe(name, contract, cells) for (name, contract), cells in seen.items()]
    return tuple(sorted(found, key=lambda probe: not probe.disagree))


def _probe(name: str, contract: str, seen: dict[Column, dict[str, dict[str, Observation]]]) -> Probe:
    disagree = False
    for form in {form for formats in seen.values() for form in formats}:
        # A stack without the format says nothing about it.
        disagree |= len({frozenset(formats[form]) for formats in seen.values() if form in formats}) > 1
    examples: dict[str, tuple[Column, Observation]] = {}
    for column, formats in seen.items():
        for form in formats:
            for character, one in formats[form].items():
                examples.setdefault(character, (column, one))
    return Probe(name, contract, disagree, {column: _said(seen[column]) for column in seen}, examples)


def _said(formats: dict[str, dict[str, Observation]]) -> str:
    by_text: dict[str, list[str]] = {}
    for form, characters in formats.items():
        by_text.setdefault(", or ".join(sorted(characters)), []).append(form)
    if len(by_text) == 1:
        return next(iter(by_text))
    return "; ".join(f"{text} ({', '.join(forms)})" for text, forms in by_text.items())


def tiers(report: Report) -> dict[tuple[Column, str], dict[str, tuple[str, int]]]:
    """By column and format: for each group length, the loosest tier needed, and by how many groups."""
    counts: dict[tuple[Column, str], dict[str, dict[str, int]]] = {}
    for _, column, result in ordered(report):
        for form, buckets in result["tiers"].items():
            for bucket, used in buckets.items():
                sums = counts.setdefault((column, form), {}).setdefault(bucket, {})
                for tier, number in used.items():
                    sums[tier] = sums.get(tier, 0) + number
    return {
        key: {bucket: loosest for bucket, sums in buckets.items() if (loosest := _loosest(sums))}
        for key, buckets in counts.items()
    }


def _loosest(sums: dict[str, int]) -> tuple[str, int] | None:
    needed = [tier for tier, number in sums.items() if number]
    # A tier that this page does not know is shown, never taken for a tighter one.
    tier = max(needed, key=lambda tier: TIERS.index(tier) if tier in TIERS else len(TIERS), default=None)
    return None if tier is None else (tier, sums[tier])


def unsupported(report: Report) -> list[tuple[str, str, int, list[Column]]]:
    """What could not be asked, why, in how many cases, and where."""
    found: dict[tuple[str, str], list[tuple[Column, Unsupported]]] = {}
    for _, column, result in ordered(report):
        for one in result["unsupported"]:
            found.setdefault((one["what"], one["reason"]), []).append((column, one))
    return [
        (what, reason, sum(one["cases"] for _, one in seen), list(dict.fromkeys(where for where, _ in seen)))
        for (what, reason), seen in found.items()
    ]


def groups(results: Iterable[Result]) -> int:
    """The weight groups that were checked."""
    return sum(result["groups"] for result in results)
