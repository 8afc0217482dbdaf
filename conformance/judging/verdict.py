"""Verdicts: what the suite says of one outcome, group by group."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from reference.formats import FloatArray
from reports.record.failure import Failure

MUST, SHOULD, RECORD = "MUST", "SHOULD", "RECORD"

# from the best to the worst
GRADES = ("EXACT", "BOUNDED", "UNSUPPORTED", "RANGE", "ERROR", "DIVERGENT", "TIMEOUT", "CRASH")


@dataclass(frozen=True)
class Violation:
    """Groups that failed in the same way, shown by the first of them.

    failure: what known divergences are known by; a smaller case with the same failure shows the same fault. sentence:
    the failure in words, which may be worded anew at any time. count: of groups. group: the number of the one shown.
    observed, accepted: its numbers in words, made only where they are shown. ulps: how far off it is.
    """

    grade: str
    level: str
    failure: Failure
    sentence: str
    count: int
    group: int | None = None
    observed: Callable[[], str] = lambda: ""
    accepted: Callable[[], str] = lambda: ""
    ulps: float | None = None
    model: str | None = None
    tier: str | None = None


@dataclass(frozen=True)
class Difference:
    """Results of the same calls in two modes: how many elements differ in a bit, and the largest distance in ulps."""

    elements: int
    differ: int
    ulps: float

    def plus(self, other: Difference) -> Difference:
        """Both counted together."""
        return Difference(self.elements + other.elements, self.differ + other.differ, max(self.ulps, other.ulps))


@dataclass
class Verdict:
    """The grades of one case's groups, and the violations among them; empty if the stack cannot do the case.

    `errors` counts the groups by the distance of their worst weight in ulps: the powers of two from 1/2 on that it is
    at most, or infinity.
    """

    format: str
    length: int = 0
    elements: int = 0
    grades: Counter[str] = field(default_factory=Counter)
    tiers: Counter[str] = field(default_factory=Counter)
    errors: Counter[float] = field(default_factory=Counter)
    worst_ulps: float | None = None
    violations: list[Violation] = field(default_factory=list)
    unsupported: str | None = None
    difference: Difference | None = None

    @property
    def groups(self) -> int:
        """The number of groups that were judged."""
        return sum(self.grades.values())

    @property
    def breaks_must(self) -> bool:
        """Whether something is wrong that no implementation may do."""
        return any(violation.level == MUST for violation in self.violations)

    def add(self, other: Verdict) -> Verdict:
        """This verdict, with another one of the same case added."""
        self.length = max(self.length, other.length)
        self.elements += other.elements
        self.grades += other.grades
        self.tiers += other.tiers
        self.errors += other.errors
        measured = [ulps for ulps in (self.worst_ulps, other.worst_ulps) if ulps is not None]
        self.worst_ulps = max(measured, default=None)
        self.violations += other.violations
        self.unsupported = self.unsupported or other.unsupported
        self.difference = self.difference or other.difference
        return self


def errors_of(ulps: FloatArray) -> Counter[float]:
    """How many distances in ulps are at most 1/2, 1, 2, 4, ...; those that are no numbers are counted as infinite."""
    finite = np.isfinite(ulps)
    mantissas, exponents = np.frexp(np.maximum(ulps[finite], 0.5))
    # 0.5 * 2^k is at most 2^(k - 1), and 1/2 comes first
    places = np.bincount(exponents - (mantissas == 0.5) + 1).tolist()
    found: Counter[float] = Counter()
    for place, groups in enumerate(places):
        # beyond the largest power of two is as good as infinitely far
        found[2.0 ** (place - 1) if place <= 1024 else math.inf] += groups
    found[math.inf] += int((~finite).sum())
    return +found
