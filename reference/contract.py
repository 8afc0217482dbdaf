"""What a contract is: a promise about groups of weights as data, with its parameters, their domain and its source.

Most contracts scale each group of weights by one gain that depends on the group's norm N alone:

    y = w * g(N),   g(N) = numerator(N) / denominator(N)

numerator and denominator are written once, for float64 and for double-double arrays alike (reference.wide,
reference.parts). Those about each weight by itself are in reference.elementwise.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import ClassVar, Protocol

from reference.norms import NormName
from reference.wide import Real

# Nobody constrains weights to norms beyond 2^400 or to positive norms below 1e-60; the limits keep the reference's own
# arithmetic in range (a bound of 1e-100 on a float64 norm of 1e305 is beyond it). An epsilon of zero is not specified:
# at norm zero the formula would be 0 / 0.
HUGE = 2.0**400
TINY = 1e-60


class Part(Protocol):
    """A function of the norm and the parameters, in the kind of arithmetic of its arguments."""

    def __call__(self, norm: Real, p: Mapping[str, Real], /) -> Real: ...


@dataclass(frozen=True)
class Parameter:
    """A named number of a contract.

    `scales`: it has the unit of the weights. `monotonicity`: +1 if the gain never falls as the parameter grows, -1 if
    it never grows, 0 if either may happen (then both ends of an interval are tried).
    """

    name: str
    default: float
    lowest: float
    highest: float
    scales: bool
    monotonicity: int


@dataclass(frozen=True)
class Contract:
    """What is promised, in words and in its parameters, their domain and its source.

    `statement`: the rule on its values, in one sentence, and `share` that rule's part of the cases of a run. `formula`:
    the result for a weight w of a group of norm N. `breakpoints` names, in ascending order, the parameters at which the
    result changes its piece. A constant that the source fixes is a parameter whose domain is one number. `dimension` is
    the parameter that says which dimensions norms are taken over, None where they are taken of all weights together;
    "dim" names the dimension that is kept. `norm`: which norm that is. `floor`: the parameter for which a norm is taken
    that is less, empty where there is none. `zero_is_specified`: whether a group of zeros lies in the domain, where the
    formula would divide by zero.
    """

    name: str
    statement: str
    share: int
    formula: str
    source: str
    parameters: tuple[Parameter, ...]
    breakpoints: tuple[str, ...]
    dimension: str | None = field(default="axis", kw_only=True)
    norm: NormName = field(default="l2", kw_only=True)
    floor: str = field(default="", kw_only=True)
    zero_is_specified: bool = field(default=True, kw_only=True)

    single_weights: ClassVar[bool]  # whether every weight is a group of its own

    @property
    def defaults(self) -> dict[str, float]:
        """Every parameter at its default."""
        return {p.name: p.default for p in self.parameters}

    @property
    def bounds(self) -> tuple[str, ...]:
        """The breakpoints that bound norms, or magnitudes."""
        return tuple(name for name in self.breakpoints if name != self.floor)

    def outside_domain(self, values: Mapping[str, float]) -> str | None:
        """Why `values` are not specified by the contract, in one sentence; None if they are."""
        names = [p.name for p in self.parameters]
        if sorted(values) != sorted(names):
            return f"{self.name} takes {', '.join(names) or 'nothing'}, not {', '.join(values) or 'nothing'}"
        for p in self.parameters:
            value = values[p.name]
            if math.isnan(value) or not p.lowest <= value <= p.highest:
                return f"{p.name} = {value!r} lies outside [{p.lowest:g}, {p.highest:g}]"
            if p.scales and 0.0 < abs(value) < TINY:
                return f"{p.name} = {value!r} lies between 0 and {math.copysign(TINY, value):g}"
        for low, high in pairwise(self.breakpoints):
            if values[low] > values[high]:
                return f"{low} = {values[low]!r} is greater than {high} = {values[high]!r}"
        return None


@dataclass(frozen=True)
class GainContract(Contract):
    """A contract that each group is multiplied by one gain of its norm.

    Between breakpoints the gain is monotone in N, and so it is around one at which it jumps, or which is not exactly
    at the parameter (clip_grad_norm's is an epsilon below it).
    `roundings` bounds the roundings between the computed norm and the result, whatever the order of the operations,
    the reciprocal form a * (1 / b) and one conversion included. `degree`: scaling the weights and every parameter
    that has their unit by t scales the result by t ** degree. `rearranged`: other numerators and denominators of the
    same gain, which people write as well, and which leave a format's range elsewhere.
    """

    single_weights: ClassVar[bool] = False

    numerator: Part
    denominator: Part
    numerator_slope: Part  # the derivatives with respect to N; at a breakpoint, that of either side
    denominator_slope: Part
    roundings: int
    degree: int
    rearranged: tuple[tuple[Part, Part], ...] = ()

    @property
    def arrangements(self) -> tuple[GainContract, ...]:
        """The contract as it is written, and with its other numerators and denominators."""
        others = (replace(self, numerator=top, denominator=bottom) for top, bottom in self.rearranged)
        return self, *others

    def gain(self, norm: Real, p: Mapping[str, Real]) -> Real:
        """g(N): the factor by which every weight of a group of norm N is multiplied."""
        return self.numerator(norm, p) / self.denominator(norm, p)
