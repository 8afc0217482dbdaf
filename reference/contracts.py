"""The contracts: what a weight-norm constraint promises, as data.

Every contract scales each group of weights by one gain that depends on the group's L2 norm N alone:

    y = w * g(N),   g(N) = numerator(N) / denominator(N)

numerator and denominator are written once, for float64 and for double-double arrays alike (reference.wide).
To add a contract, add a `GainContract` to this module. Those about each weight by itself are in reference.elementwise.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import ClassVar, Protocol

from reference.wide import Real, chosen, constant, maximum, minimum


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
    "dim" names the dimension that is kept.
    """

    name: str
    statement: str
    share: int
    formula: str
    source: str
    parameters: tuple[Parameter, ...]
    breakpoints: tuple[str, ...]
    dimension: str | None = field(default="axis", kw_only=True)

    single_weights: ClassVar[bool]  # whether every weight is a group of its own

    @property
    def defaults(self) -> dict[str, float]:
        """Every parameter at its default."""
        return {p.name: p.default for p in self.parameters}

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
    that has their unit by t scales the result by t ** degree.
    """

    single_weights: ClassVar[bool] = False

    numerator: Part
    denominator: Part
    numerator_slope: Part  # the derivatives with respect to N; at a breakpoint, that of either side
    denominator_slope: Part
    roundings: int
    degree: int

    def gain(self, norm: Real, p: Mapping[str, Real]) -> Real:
        """g(N): the factor by which every weight of a group of norm N is multiplied."""
        return self.numerator(norm, p) / self.denominator(norm, p)


def _epsilon_plus_norm(norm: Real, p: Mapping[str, Real]) -> Real:
    return p["epsilon"] + norm


def _norm_up_to_max(norm: Real, p: Mapping[str, Real]) -> Real:
    return minimum(maximum(norm, constant(0.0, norm)), p["max_value"])


def _norm_moved_by_rate(norm: Real, p: Mapping[str, Real]) -> Real:
    clipped = minimum(maximum(norm, p["min_value"]), p["max_value"])
    return p["rate"] * clipped + (constant(1.0, norm) - p["rate"]) * norm


def _zero(norm: Real, p: Mapping[str, Real]) -> Real:
    return constant(0.0, norm)


def _above(bound: str) -> Part:
    """1 where N is greater than the bound, else 0."""

    def step(norm: Real, p: Mapping[str, Real]) -> Real:
        return chosen(p[bound] < norm, constant(1.0, norm), constant(0.0, norm))

    return step


def _up_to_max(norm: Real, p: Mapping[str, Real]) -> Real:
    return chosen(norm <= p["max_value"], constant(1.0, norm), constant(0.0, norm))


def _share_of_norm_kept(norm: Real, p: Mapping[str, Real]) -> Real:
    one = constant(1.0, norm)
    between = (p["min_value"] <= norm) & (norm <= p["max_value"])
    return chosen(between, one, one - p["rate"])


def _above_max_norm_less_epsilon(norm: Real, p: Mapping[str, Real]) -> Real:
    return chosen(norm + p["epsilon"] <= p["max_norm"], constant(0.0, norm), constant(1.0, norm))


def _one(norm: Real, p: Mapping[str, Real]) -> Real:
    return constant(1.0, norm)


def _itself(bound: str) -> Part:
    """The bound, whatever the norm."""

    def part(norm: Real, p: Mapping[str, Real]) -> Real:
        return p[bound]

    return part


def _at_least(bound: str) -> Part:
    """The larger of the norm and the bound."""

    def part(norm: Real, p: Mapping[str, Real]) -> Real:
        return maximum(norm, p[bound])

    return part


# Inside the bound the quotients below are 1 / 1. The comparisons are written as they are in the sources, because the
# norm may be NaN: torch.renorm then leaves the weights alone, torch's clipping of gradients does not.


def _maxnorm_outside(norm: Real, p: Mapping[str, Real]) -> Real:
    return chosen(p["maxnorm"] < norm, p["maxnorm"], constant(1.0, norm))


def _norm_plus_epsilon_outside_maxnorm(norm: Real, p: Mapping[str, Real]) -> Real:
    return chosen(p["maxnorm"] < norm, norm + p["epsilon"], constant(1.0, norm))


def _max_norm_outside(norm: Real, p: Mapping[str, Real]) -> Real:
    return chosen(norm + p["epsilon"] <= p["max_norm"], constant(1.0, norm), p["max_norm"])


def _norm_plus_epsilon_outside_max_norm(norm: Real, p: Mapping[str, Real]) -> Real:
    bottom = norm + p["epsilon"]
    return chosen(bottom <= p["max_norm"], constant(1.0, norm), bottom)


# Nobody constrains weights to norms beyond 2^400 or to positive norms below 1e-60; the limits keep the reference's own
# arithmetic in range (a bound of 1e-100 on a float64 norm of 1e305 is beyond it). An epsilon of zero is not specified:
# at norm zero the formula would be 0 / 0.
HUGE = 2.0**400
TINY = 1e-60
_EPSILON = Parameter("epsilon", 1e-7, TINY, HUGE, scales=True, monotonicity=-1)
_KERAS = "https://keras.io/api/layers/constraints/"

MAX_NORM = GainContract(
    name="max_norm",
    statement="max_norm multiplies each group by min(N, max_value) / (epsilon + N), where N is its L2 norm.",
    share=5,
    formula="w * min(max(N, 0), max_value) / (epsilon + N)",
    source=_KERAS + " (MaxNorm)",
    parameters=(Parameter("max_value", 2.0, 0.0, HUGE, scales=True, monotonicity=+1), _EPSILON),
    numerator=_norm_up_to_max,
    denominator=_epsilon_plus_norm,
    numerator_slope=_up_to_max,
    denominator_slope=_one,
    breakpoints=("max_value",),
    roundings=4,  # epsilon + N, the quotient as reciprocal and product (2), times w
    degree=1,
)

MIN_MAX_NORM = GainContract(
    name="min_max_norm",
    statement="min_max_norm multiplies each group by (rate * clip(N, min, max) + (1 - rate) * N) / (epsilon + N).",
    share=5,
    formula="w * (rate * min(max(N, min_value), max_value) + (1 - rate) * N) / (epsilon + N)",
    source=_KERAS + " (MinMaxNorm)",
    parameters=(
        Parameter("min_value", 0.0, 0.0, HUGE, scales=True, monotonicity=+1),
        Parameter("max_value", 1.0, 0.0, HUGE, scales=True, monotonicity=+1),
        Parameter("rate", 1.0, 0.0, 1.0, scales=False, monotonicity=0),
        _EPSILON,
    ),
    numerator=_norm_moved_by_rate,
    denominator=_epsilon_plus_norm,
    numerator_slope=_share_of_norm_kept,
    denominator_slope=_one,
    breakpoints=("min_value", "max_value"),
    roundings=8,  # 1 - rate, its product, the sum (3), epsilon + N, reciprocal and product (2), times w, a conversion
    degree=1,
)

UNIT_NORM = GainContract(
    name="unit_norm",
    statement="unit_norm divides each group by epsilon + N.",
    share=4,
    formula="w / (epsilon + N)",
    source=_KERAS + " (UnitNorm)",
    parameters=(_EPSILON,),
    numerator=_one,
    denominator=_epsilon_plus_norm,
    numerator_slope=_zero,
    denominator_slope=_one,
    breakpoints=(),
    roundings=3,  # epsilon + N, the quotient as reciprocal and product
    degree=0,
)


def _bound(name: str, default: float) -> Parameter:
    return Parameter(name, default, TINY, HUGE, scales=True, monotonicity=+1)


def _fixed(name: str, value: float) -> Parameter:
    return Parameter(name, value, value, value, scales=True, monotonicity=-1)


CLIP_BY_NORM = GainContract(
    name="clip_by_norm",
    statement="clip_by_norm multiplies each group by clip_norm / max(N, clip_norm).",
    share=4,
    formula="(w * clip_norm) / max(N, clip_norm)",
    source="https://www.tensorflow.org/api_docs/python/tf/clip_by_norm",
    parameters=(_bound("clip_norm", 1.0),),
    numerator=_itself("clip_norm"),
    denominator=_at_least("clip_norm"),
    numerator_slope=_zero,
    denominator_slope=_above("clip_norm"),
    breakpoints=("clip_norm",),
    roundings=3,  # the quotient as reciprocal and product (2), times w
    degree=1,
    dimension="axes",
)

RENORM = GainContract(
    name="renorm",
    statement="renorm multiplies each group with N > maxnorm by maxnorm / (N + 1e-7), and the others by 1.",
    share=4,
    formula="w * (maxnorm / (N + epsilon) where N > maxnorm, else 1), epsilon = 1e-7",
    source="https://docs.pytorch.org/docs/stable/generated/torch.renorm.html",
    parameters=(_bound("maxnorm", 1.0), _fixed("epsilon", 1e-7)),
    numerator=_maxnorm_outside,
    denominator=_norm_plus_epsilon_outside_maxnorm,
    numerator_slope=_zero,
    denominator_slope=_above("maxnorm"),
    breakpoints=("maxnorm",),
    roundings=4,  # N + epsilon, the quotient as reciprocal and product (2), times w
    degree=1,
    dimension="dim",
)

L2_BALL = GainContract(
    name="l2_ball",
    statement="l2_ball multiplies each group with N > scale by scale / N, and the others by 1.",
    share=4,
    formula="w * (scale / max(N, scale))",
    source="https://optax.readthedocs.io/en/latest/api/projections.html (projection_l2_ball)",
    parameters=(_bound("scale", 1.0),),
    numerator=_itself("scale"),
    denominator=_at_least("scale"),
    numerator_slope=_zero,
    denominator_slope=_above("scale"),
    breakpoints=("scale",),
    # max(N, scale) may be the root of max(S, scale ** 2): the square, which the root halves, and the root are 3 / 2, so
    # 2; then the quotient as reciprocal and product (2), times w
    roundings=5,
    degree=1,
    dimension=None,
)

CLIP_GRAD_NORM = GainContract(
    name="clip_grad_norm",
    statement="clip_grad_norm multiplies each group by min(1, max_norm / (N + 1e-6)).",
    share=4,
    formula="w * min(max_norm / (N + epsilon), 1), epsilon = 1e-6",
    source="https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.clip_grad_norm_.html",
    parameters=(_bound("max_norm", 1.0), _fixed("epsilon", 1e-6)),
    numerator=_max_norm_outside,
    denominator=_norm_plus_epsilon_outside_max_norm,
    numerator_slope=_zero,
    denominator_slope=_above_max_norm_less_epsilon,
    breakpoints=("max_norm",),
    # N is the norm of a stack of norms: each is rounded and squared again, which the root halves: 3 / 2, so 2; then
    # N + epsilon, the quotient as reciprocal and product (2), times w
    roundings=6,
    degree=1,
    dimension=None,
)

GAIN_CONTRACTS: dict[str, GainContract] = {c.name: c for c in tuple(vars().values()) if isinstance(c, GainContract)}
