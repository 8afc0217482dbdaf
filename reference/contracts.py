"""The contracts: what a weight-norm constraint promises, as data.

Every contract scales each group of weights by one gain that depends on the group's L2 norm N alone:

    y = w * g(N),   g(N) = numerator(N) / denominator(N)

numerator and denominator are written once, for float64 and for double-double arrays alike (reference.wide).
To add a contract, add a `Contract` to this module.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from reference.wide import Real, constant, maximum, minimum


class Part(Protocol):
    """A function of the norm and the parameters, in the kind of arithmetic of its arguments."""

    def __call__(self, norm: Real, p: Mapping[str, Real], /) -> Real: ...


@dataclass(frozen=True)
class Parameter:
    """A named number of a contract.

    `scales`: it has the unit of the weights. `sense`: +1 if the gain never falls as the parameter grows, -1 if it
    never grows, 0 if either may happen (then both ends of an interval are tried).
    """

    name: str
    default: float
    lowest: float
    highest: float
    scales: bool
    sense: int


@dataclass(frozen=True)
class Contract:
    """A gain with its parameters, their domain and its source.

    `knees` names the parameters at which the gain changes its piece; between knees it is monotone in N.
    `roundings` bounds the roundings between the computed norm and the result, whatever the order of the operations,
    the reciprocal form a * (1 / b) and one conversion included. `degree`: scaling the weights and every parameter
    that has their unit by t scales the result by t ** degree.
    """

    name: str
    sentence: str
    source: str
    parameters: tuple[Parameter, ...]
    numerator: Part
    denominator: Part
    knees: tuple[str, ...]
    roundings: int
    degree: int

    def gain(self, norm: Real, p: Mapping[str, Real]) -> Real:
        """g(N): the factor by which every weight of a group of norm N is multiplied."""
        return self.numerator(norm, p) / self.denominator(norm, p)

    def outside_domain(self, values: Mapping[str, float]) -> str | None:
        """Why `values` are not specified by the contract, in one sentence; None if they are."""
        names = [p.name for p in self.parameters]
        if sorted(values) != sorted(names):
            return f"{self.name} takes {', '.join(names)}, not {', '.join(values) or 'nothing'}"
        for p in self.parameters:
            value = values[p.name]
            if math.isnan(value) or not p.lowest <= value <= p.highest:
                return f"{p.name} = {value!r} lies outside [{p.lowest:g}, {p.highest:g}]"
            if p.scales and 0.0 < value < _TINY:
                return f"{p.name} = {value!r} lies between 0 and {_TINY:g}"
        if values.get("min_value", 0.0) > values.get("max_value", math.inf):
            return f"min_value = {values['min_value']!r} is greater than max_value = {values['max_value']!r}"
        return None


def _epsilon_plus_norm(norm: Real, p: Mapping[str, Real]) -> Real:
    return p["epsilon"] + norm


def _norm_up_to_max(norm: Real, p: Mapping[str, Real]) -> Real:
    return minimum(maximum(norm, constant(0.0, norm)), p["max_value"])


def _norm_moved_by_rate(norm: Real, p: Mapping[str, Real]) -> Real:
    clipped = minimum(maximum(norm, p["min_value"]), p["max_value"])
    return p["rate"] * clipped + (constant(1.0, norm) - p["rate"]) * norm


def _one(norm: Real, p: Mapping[str, Real]) -> Real:
    return constant(1.0, norm)


# Nobody constrains weights to norms beyond 2^400 or to positive norms below 1e-60; the limits keep the reference's own
# arithmetic in range (a bound of 1e-100 on a float64 norm of 1e305 is beyond it). An epsilon of zero is not specified:
# at norm zero the formula would be 0 / 0.
_HUGE = 2.0**400
_TINY = 1e-60
_EPSILON = Parameter("epsilon", 1e-7, _TINY, _HUGE, scales=True, sense=-1)
_KERAS = "https://keras.io/api/layers/constraints/"

MAX_NORM = Contract(
    name="max_norm",
    sentence="w * min(max(N, 0), max_value) / (epsilon + N)",
    source=_KERAS + " (MaxNorm)",
    parameters=(Parameter("max_value", 2.0, 0.0, _HUGE, scales=True, sense=+1), _EPSILON),
    numerator=_norm_up_to_max,
    denominator=_epsilon_plus_norm,
    knees=("max_value",),
    roundings=4,  # epsilon + N, the quotient as reciprocal and product (2), times w
    degree=1,
)

MIN_MAX_NORM = Contract(
    name="min_max_norm",
    sentence="w * (rate * min(max(N, min_value), max_value) + (1 - rate) * N) / (epsilon + N)",
    source=_KERAS + " (MinMaxNorm)",
    parameters=(
        Parameter("min_value", 0.0, 0.0, _HUGE, scales=True, sense=+1),
        Parameter("max_value", 1.0, 0.0, _HUGE, scales=True, sense=+1),
        Parameter("rate", 1.0, 0.0, 1.0, scales=False, sense=0),
        _EPSILON,
    ),
    numerator=_norm_moved_by_rate,
    denominator=_epsilon_plus_norm,
    knees=("min_value", "max_value"),
    roundings=8,  # 1 - rate, its product, the sum (3), epsilon + N, reciprocal and product (2), times w, a conversion
    degree=1,
)

UNIT_NORM = Contract(
    name="unit_norm",
    sentence="w / (epsilon + N)",
    source=_KERAS + " (UnitNorm)",
    parameters=(_EPSILON,),
    numerator=_one,
    denominator=_epsilon_plus_norm,
    knees=(),
    roundings=3,  # epsilon + N, the quotient as reciprocal and product
    degree=0,
)

CONTRACTS: dict[str, Contract] = {c.name: c for c in tuple(vars().values()) if isinstance(c, Contract)}
