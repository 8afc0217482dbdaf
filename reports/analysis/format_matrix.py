"""The matrix: for every contract, stack, mode and device what came of each format, and how far results lie off."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from reports.analysis.report import Report
from reports.record.grades import BROKEN, Grade
from reports.record.header import StackDescription
from reports.record.measurements import Cell
from reports.record.model import Column, Finding, Result
from reports.text import KNOWN, pluralize, size, ulps

FORMATS = ("float16", "bfloat16", "float32", "float64")
# from the worst; what a cell is sorted by
ORDER = ("new", "known", "missing", "range", "unsupported", "good", "none")
WORDS = {
    "new": "✘ new",
    "known": f"{KNOWN} known",
    "missing": "· not run",
    "range": "◐",
    "unsupported": "∅",
    "good": "✔",
    "none": "–",
}


@dataclass(frozen=True)
class Square:
    """One format: its state, the worst distance in ulps, how many groups, a note, and a finding of a rule if any."""

    state: str
    worst: float | None
    groups: int
    note: str = ""
    rule: str = ""
    finding: Finding | None = None

    @property
    def words(self) -> str:
        """A glyph, so that nothing is said by colour alone, and the distance."""
        return f"{WORDS[self.state]} {self.distance}".strip()

    @property
    def distance(self) -> str:
        """The worst distance, nothing where none was measured."""
        if self.worst is None or self.state in ("unsupported", "missing", "none"):
            return ""
        return "∞" if math.isinf(self.worst) else "NaN" if math.isnan(self.worst) else ulps(self.worst)


@dataclass(frozen=True)
class Row:
    """A contract on a stack in a mode on a device: its formats, and the SHOULD rules that are asked and broken."""

    contract: str
    column: Column
    squares: Mapping[str, Square]
    asked: int
    broken: tuple[str, ...]

    @property
    def state(self) -> str:
        """The worst state of its formats."""
        return min((square.state for square in self.squares.values()), key=ORDER.index)


def grid(report: Report) -> tuple[Row, ...]:
    """A row for every contract that a column is held to, contract by contract."""
    by_column: dict[Column, list[Result]] = {}
    for _, column, result in report.ordered:
        by_column.setdefault(column, []).append(result)
    found = []
    for column in report.columns:
        stack = report.available.get((column.stack, column.device))
        for contract in stack.contracts if stack else ():
            assert stack is not None
            if wanted := _promises(report, column, contract):
                found.append(_row(column, stack, contract, by_column.get(column, []), wanted))
    order = list(dict.fromkeys(row.contract for row in found))
    return tuple(sorted(found, key=lambda row: order.index(row.contract)))


def _row(column: Column, stack: StackDescription, contract: str, results: list[Result], wanted: set[str]) -> Row:
    must = [result for result in results if result.level == "MUST"]
    should = [result for result in results if result.level == "SHOULD" and _cells(result, contract)]
    broken = [result.rule for result in should if _is_broken(_cells(result, contract))]
    absent = len(wanted - {result.rule for result in must})
    squares = {form: _square(stack, contract, form, must, absent) for form in FORMATS}
    return Row(contract, column, squares, len(should), tuple(broken))


def _promises(report: Report, column: Column, contract: str) -> set[str]:
    """The MUST rules on the contract that apply here."""
    rules = [rule for rule in report.rules if rule.level == "MUST" and contract in rule.contracts]
    return {rule.id for rule in rules if report.applies(rule, column)}


def _cells(result: Result, contract: str, form: str | None = None) -> list[Cell]:
    cells = result.cells or ()
    return [one for one in cells if one.contract == contract and (form is None or one.format == form)]


def _is_broken(cells: Iterable[Cell]) -> bool:
    return any(cell.grades.get(grade) for cell in cells for grade in BROKEN)


def _square(stack: StackDescription, contract: str, form: str, must: list[Result], absent: int) -> Square:
    cells = [cell for result in must for cell in _cells(result, contract, form)]
    values = [cell for r in must if r.chapter == "values" for cell in _cells(r, contract, form)]
    mine = [(r.rule, f) for r in must for f in r.findings if (f.contract, f.format) == (contract, form)]
    groups = sum(sum(cell.grades.values()) for cell in cells)
    distances = [float(cell.worst_ulps) for cell in values if cell.worst_ulps is not None]
    worst = max(distances, default=None)
    broken = [(rule, f) for rule, f in mine if f.is_broken and f.level == "MUST"]
    new = [(rule, f) for rule, f in broken if f.is_new]
    if broken:
        rule, shown = max(new or broken, key=lambda one: _far(one[1]))
        return Square("new" if new else "known", _far(shown), groups, shown.sentence, rule, shown)
    lacked = stack.formats.get(form) is not None  # what becomes of it breaks no MUST rule
    if _is_broken(cells) and not lacked:  # and no finding is of this format
        may_be_new = any(_may_hide_new(r) for r in must if _is_broken(_cells(r, contract, form)))
        return Square("new" if may_be_new else "known", worst, groups, "counted beside what is shown of other formats")
    if absent:
        return Square("missing", worst, groups, f"{pluralize(absent, 'rule')} without a result")
    reason = stack.formats.get(form, "it is not known to this stack")
    if reason is not None and (lacked or not groups):
        return Square("unsupported", None, 0, reason)
    if not groups:
        return Square("none", None, 0, "no group was checked")
    if any(cell.grades.get(Grade.RANGE) for cell in cells):
        for rule, finding in mine:
            if finding.grade == "RANGE":
                return Square("range", worst, groups, finding.sentence, rule, finding)
        return Square("range", worst, groups, "counted only")
    # a SHOULD finding under a MUST rule (a sum worse than pairwise) breaks nothing that is promised
    return Square("good", worst, groups)


def _may_hide_new(result: Result) -> bool:
    """Whether what the record only counts may be new: of what is new it shows a few kinds, of what is known all."""
    return bool(result.hidden_findings) or not result.is_known


def _far(finding: Finding) -> float:
    return math.inf if finding.ulps is None else size(finding.ulps)
