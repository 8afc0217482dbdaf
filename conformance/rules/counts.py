"""Counting what a rule saw on one target: grades, distances, tiers of accumulation, what could not be asked."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from conformance.cases.case import Case
from conformance.cases.kinds import GROUPS, kinds_of, norms_of_groups
from conformance.judging.verdict import GRADES, Difference, Verdict
from conformance.stacks.outcome import Call, Returned
from reports.record import measurements as recorded
from reports.record.grades import Grade
from reports.record.sweeps import Sweep

_BUCKETS = (16, 128, 1024, 4096, 65536)


@dataclass
class Cell:
    """What came of one contract in one format."""

    grades: Counter[str] = field(default_factory=Counter)
    worst_ulps: float | None = None
    errors: Counter[float] = field(default_factory=Counter)

    def add(self, verdict: Verdict) -> None:
        """Count one more verdict."""
        self.grades += verdict.grades
        self.errors += verdict.errors
        if verdict.worst_ulps is not None:
            self.worst_ulps = max(self.worst_ulps or 0.0, verdict.worst_ulps)


@dataclass
class Counts:
    """What was asked, and how many groups came out how; `unsupported` counts cases by what and why."""

    cases: int = 0
    elements: int = 0
    seconds: float = 0.0
    compiling: float = 0.0
    grades: Counter[str] = field(default_factory=Counter)
    worst_ulps: dict[str, float] = field(default_factory=dict)
    tiers: dict[str, dict[str, Counter[str]]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(Counter)))
    unsupported: Counter[tuple[str, str]] = field(default_factory=Counter)
    cells: dict[tuple[str, str], Cell] = field(default_factory=lambda: defaultdict(Cell))
    differences: dict[str, Difference] = field(default_factory=dict)
    drawn: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))

    def add(self, case: Case, verdict: Verdict, calls: Iterable[Call]) -> None:
        """Count one case, its verdict and the calls behind it."""
        self.cases += 1
        for name, kind in kinds_of(case):
            self.drawn[name][kind] += 1
        self.drawn[GROUPS] += norms_of_groups(case)
        self.elements += verdict.elements
        self.grades += verdict.grades
        self.add_calls(calls)
        if verdict.unsupported is not None:
            self.unsupported[case.weights.format, verdict.unsupported] += 1
        if verdict.worst_ulps is not None:
            self.worst_ulps[verdict.format] = max(self.worst_ulps.get(verdict.format, 0.0), verdict.worst_ulps)
        if verdict.grades:
            self.cells[case.contract, case.weights.format].add(verdict)
        if verdict.tiers:
            self.tiers[verdict.format][_bucket(verdict.length)] += verdict.tiers
        if verdict.difference is not None:
            before = self.differences.get(verdict.format, Difference(0, 0, 0.0))
            self.differences[verdict.format] = before.plus(verdict.difference)

    def add_sweep(self, sweep: Sweep) -> None:
        """Count one sweep and its groups."""
        self.cases += 1
        self.elements += sweep.groups * sweep.length
        self.grades += Counter({str(grade): groups for grade, groups in sweep.grades.items()})
        self.seconds += sweep.calling
        if sweep.worst is not None:
            self.worst_ulps[sweep.format] = max(self.worst_ulps.get(sweep.format, 0.0), sweep.worst.ulps)

    def add_calls(self, calls: Iterable[Call]) -> None:
        """Count the time that calls took."""
        for call in calls:
            if isinstance(call.outcome, Returned):
                self.seconds += call.outcome.seconds
                self.compiling += call.outcome.compiling

    def by_grade(self) -> dict[Grade, int]:
        """The groups by grade, the best first."""
        return _by_grade(self.grades)

    def recorded_tiers(self) -> dict[str, dict[str, dict[str, int]]]:
        """How many groups each tier of accumulation explains, by format and length."""
        return {
            name: {
                bucket: {tier: groups for tier, groups in counted.items() if groups}
                for bucket, counted in lengths.items()
                if any(counted.values())
            }
            for name, lengths in self.tiers.items()
        }

    def recorded_cells(self) -> tuple[recorded.Cell, ...]:
        """What came of each contract in each format."""
        return tuple(
            recorded.Cell(
                contract,
                name,
                _by_grade(cell.grades),
                None if cell.worst_ulps is None else round(cell.worst_ulps, 4),
                tuple((shortened(most), cell.errors[most]) for most in sorted(cell.errors)),
            )
            for (contract, name), cell in self.cells.items()
        )

    def recorded_drawn(self) -> dict[str, dict[str, int]]:
        """What was drawn, by what is counted: of each kind how many cases, or groups."""
        return {name: dict(sorted(kinds.items())) for name, kinds in self.drawn.items()}


def _by_grade(grades: Counter[str]) -> dict[Grade, int]:
    return {Grade(grade): count for grade in GRADES if (count := grades[grade])}


def _bucket(length: int) -> str:
    low = 1
    for high in _BUCKETS:
        if length <= high:
            return f"{low}-{high}"
        low = high + 1
    return f"{low}+"


def shortened(number: float) -> float:
    """A number with as many digits as a reader needs, six."""
    return float(f"{number:.6g}") if math.isfinite(number) else number
