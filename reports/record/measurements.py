"""What a result holds that was measured rather than judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
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


@dataclass(frozen=True)
class Cell:
    """What came of one contract in one format; `errors` counts groups by the ulps that they are off by at most."""

    contract: str
    format: str
    grades: Mapping[Grade, int]
    worst_ulps: float | None
    errors: tuple[tuple[float, int], ...]
