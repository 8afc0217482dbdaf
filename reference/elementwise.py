"""Elementwise contracts: what becomes of each weight by itself, and the results that a correct evaluation may give.

Clipping takes a weight to itself or to a bound, and it never decreases as the weight or a bound grows. Rounding is
monotone and leaves the weights alone, so a clipped weight rounded is the weight clipped at rounded bounds: nothing
else is rounded. What is left is how a bound is rounded (`parameter_roundings` of reference.formats): to float32 first
and then to the format it may become another number than at once. So the results accepted are those between the weight
clipped at the lowest rounding of every bound and at the highest, both rounded to the format.

Range: a subnormal weight, bound or result may be flushed to zero, which the interval does not hold; `flushed` says
where. To add a contract, add an `ElementwiseContract` to this module.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from reference.contract import HUGE, Contract, Parameter
from reference.formats import FloatArray, Format, parameter_roundings, round_to

Mask = NDArray[np.bool_]


class Function(Protocol):
    """A function of weights of any shape and the parameters that falls with none of them, in float64."""

    def __call__(self, weights: FloatArray, p: Mapping[str, float], /) -> FloatArray: ...


@dataclass(frozen=True)
class ElementwiseContract(Contract):
    """A contract about each weight by itself; `others` are ways to write it that differ for infinite weights only."""

    single_weights: ClassVar[bool] = True

    function: Function
    others: tuple[Function, ...] = ()
    dimension: str | None = field(default=None, kw_only=True)


def exact(
    contract: ElementwiseContract, parameters: Mapping[str, float], weights: FloatArray, fmt: Format
) -> FloatArray:
    """What the contract makes of each weight, rounded once to the format."""
    return round_to(contract.function(weights, parameters), fmt)


def accepted(
    contract: ElementwiseContract, parameters: Mapping[str, float], weights: FloatArray, fmt: Format
) -> tuple[FloatArray, FloatArray]:
    """The smallest and the largest result that a correct evaluation may give, both numbers of the format.

    weights: any shape, numbers of `fmt`, infinities and NaN among them if need be; the ends are NaN where a weight is.
    """
    return _between(contract.function, parameters, weights, fmt)


def flushed(contract: ElementwiseContract, parameters: Mapping[str, float], weights: FloatArray, fmt: Format) -> Mask:
    """The weights for which a zero is explained by flushing: a subnormal number other than zero would be accepted."""
    low, high = accepted(contract, parameters, weights, fmt)
    tiny: Mask = (low < fmt.smallest_normal) & (high > -fmt.smallest_normal) & ((low != 0.0) | (high != 0.0))
    return tiny


def follows_formula(
    contract: ElementwiseContract,
    parameters: Mapping[str, float],
    weights: FloatArray,
    results: FloatArray,
    fmt: Format,
) -> Mask:
    """The weights whose result is the formula's in IEEE 754 arithmetic: NaN stays NaN, infinity becomes its bound."""
    found = np.zeros(np.shape(weights), dtype=bool)
    for function in (contract.function, *contract.others):
        low, high = _between(function, parameters, weights, fmt)
        found |= ((low <= results) & (results <= high)) | (np.isnan(low) & np.isnan(results))
    return found


def _between(
    function: Function, parameters: Mapping[str, float], weights: FloatArray, fmt: Format
) -> tuple[FloatArray, FloatArray]:
    lowest = {name: min(parameter_roundings(value, fmt)) for name, value in parameters.items()}
    highest = {name: max(parameter_roundings(value, fmt)) for name, value in parameters.items()}
    return round_to(function(weights, lowest), fmt), round_to(function(weights, highest), fmt)


def _clip(weights: FloatArray, p: Mapping[str, float]) -> FloatArray:
    return np.minimum(np.maximum(weights, p["clip_value_min"]), p["clip_value_max"])


def _not_below_zero(weights: FloatArray, p: Mapping[str, float]) -> FloatArray:
    return np.maximum(weights, 0.0)


def _times_not_negative(weights: FloatArray, p: Mapping[str, float]) -> FloatArray:
    with np.errstate(invalid="ignore"):  # -infinity times 0 is NaN
        return weights * (weights >= 0.0)


CLIP_BY_VALUE = ElementwiseContract(
    name="clip_by_value",
    statement="clip_by_value moves each weight to the nearest number in [clip_value_min, clip_value_max].",
    share=4,
    formula="min(max(w, clip_value_min), clip_value_max)",
    source="https://www.tensorflow.org/api_docs/python/tf/clip_by_value",
    parameters=(
        Parameter("clip_value_min", -1.0, -HUGE, HUGE, scales=True, monotonicity=+1),
        Parameter("clip_value_max", 1.0, -HUGE, HUGE, scales=True, monotonicity=+1),
    ),
    breakpoints=("clip_value_min", "clip_value_max"),
    function=_clip,
)

NON_NEG = ElementwiseContract(
    name="non_neg",
    statement="non_neg makes each negative weight zero and leaves the others.",
    share=4,
    formula="max(w, 0)",
    source="https://keras.io/api/layers/constraints/ (NonNeg)",
    parameters=(),
    breakpoints=(),
    function=_not_below_zero,
    others=(_times_not_negative,),
)

ELEMENTWISE_CONTRACTS: dict[str, ElementwiseContract] = {
    e.name: e for e in tuple(vars().values()) if isinstance(e, ElementwiseContract)
}
