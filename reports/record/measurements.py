"""What a result holds that was measured rather than judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from math import inf, isfinite
from typing import Literal, TypeAlias

from reports.record.case import AXIS, PARAMETERS, Axis, Parameter
from reports.record.grades import Grade

Relation: TypeAlias = Literal[
    "exactly",
    "within the interval",
    "only where N > max_value",
    "only where N <= max_value",
    "not at all",
    "no such groups",
]


@dataclass(frozen=True)
class Agreement:
    """Weight groups on one side of the bound, how many agree, and the largest relative difference."""

    groups: int
    exact: int
    within: int
    difference: float | None

    def __post_init__(self) -> None:
        """Raise ValueError where more agree than there are."""
        if max(self.exact, self.within) > self.groups:
            raise ValueError(f"of {self.groups} groups {max(self.exact, self.within)} agree")


@dataclass(frozen=True)
class Equivalence:
    """Whether a call can replace a Keras constraint, and what changes."""

    target: str
    rank: int
    axis: Axis = field(metadata=AXIS)
    format: str
    call: str | None
    relation: Relation
    sentence: str
    inside: Agreement
    outside: Agreement


@dataclass(frozen=True)
class Curve:
    """Norms y at x: x is the norm that goes in ("norms"), or how many calls there were ("drift", "rate").

    `errors` are y - expected in ulps, and `low` and `high` the band that is accepted; empty where x counts calls.
    """

    shows: Literal["norms", "drift", "rate"]
    contract: str
    format: str
    parameters: Mapping[str, Parameter] = field(metadata=PARAMETERS)
    x: tuple[float, ...]
    y: tuple[float, ...]
    expected: tuple[float, ...]
    errors: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]

    def __post_init__(self) -> None:
        """Raise ValueError where this is no curve that can be drawn."""
        length = len(self.x)
        if not length or {len(self.y), len(self.expected)} != {length}:
            raise ValueError(f"a curve of {length} x has {len(self.y)} y and {len(self.expected)} expected")
        if {len(self.errors), len(self.low), len(self.high)} != ({length} if self.shows == "norms" else {0}):
            raise ValueError(f"a curve of {self.shows} at {length} x has other numbers of errors, low and high")
        if not all(a < b for a, b in pairwise((*self.x, inf))) or self.x[0] < 0.0 or any(y < 0.0 for y in self.y):
            raise ValueError("a curve has numbers below 0, or x that do not ascend")
        if self.shows == "norms":
            if self.x[0] == 0.0:
                raise ValueError("a curve of norms begins at 0")
        elif not (self.y[0] > 0.0 and self.expected[0] > 0.0 and all(map(isfinite, (*self.y, *self.expected)))):
            raise ValueError(f"a curve of {self.shows} begins at 0, or is not finite")


@dataclass(frozen=True)
class Cell:
    """What came of one contract in one format; `errors` counts groups by the ulps that they are off by at most."""

    contract: str
    format: str
    grades: Mapping[Grade, int]
    worst_ulps: float | None
    errors: tuple[tuple[float, int], ...]
