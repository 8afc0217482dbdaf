"""Faults in what becomes of the scaled weights."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from adapters.core.framework import NO_GRADIENT, Unsupported
from tests.mutants.arithmetic import ELEMENTWISE, UPPER, Array, Call, denominator, norm, numerator
from tests.mutants.mutant import OF_KERAS, OF_NORMS, VALUES, killed_by
from tests.mutants.right import right, scaled


def roundoff(w: Array) -> float:
    """Half the distance from 1 to the next number of the weights' format."""
    return 2.0 ** -{"float16": 11, "bfloat16": 8, "float32": 24, "float64": 53}.get(w.dtype.name, 53)


@killed_by(*OF_NORMS, "clip_by_value_value", "sign_symmetry")
def sign_is_lost(w: Array, call: Call) -> Any:
    """The result is positive."""
    return np.abs(right(w, call))


@killed_by(*OF_NORMS, "clip_by_value_value", "non_neg_value", "result_is_parallel_to_the_weights")
def gains_are_noisy(w: Array, call: Call) -> Any:
    """Every second weight is scaled by a few roundings more than its neighbour."""
    result = right(w, call)
    result[..., ::2] *= w.dtype.type(1 + 12 * roundoff(w))
    result.reshape(-1)[::2] *= w.dtype.type(1 + 12 * roundoff(w))
    return result


@killed_by("modes_give_the_same_bits")
def gains_come_last(w: Array, call: Call) -> Any:
    """The weights are multiplied before they are divided: the values are as right, but the bits are others."""
    if call.contract in ELEMENTWISE or call.access == "gradient":
        return right(w, call)
    n = norm(w, call)
    result = np.asarray((w * numerator(n, call)) / denominator(n, call))
    return np.where(np.isfinite(result), result, right(w, call)) if call.access == "call" else right(w, call)


@killed_by(*OF_NORMS, "zero_weights_stay_zero")
def zeros_become_epsilon(w: Array, call: Call) -> Any:
    """A zero among the weights is replaced by epsilon."""
    return np.where(w == 0, call.value("epsilon", w), right(w, call))


@killed_by(*OF_NORMS, "zero_group_stays_zero")
def zero_groups_are_spread(w: Array, call: Call) -> Any:
    """A group of zeros is given the largest norm, or 1, in equal parts."""
    n = norm(w, call)
    if call.contract in ELEMENTWISE:
        return scaled(w, n, call)
    whole = call.upper(n) if call.contract in UPPER else n.dtype.type(1)
    part = whole / n.dtype.type(math.sqrt(max(1, w.size // max(1, n.size))))
    return np.where(n == 0, part, scaled(w, n, call))


@killed_by(*VALUES, "nan_and_inf_stay_in_their_group")
def nan_is_everywhere(w: Array, call: Call) -> Any:
    """One NaN spoils all groups."""
    return right(w, call) * np.where(np.isnan(w).any(), w.dtype.type(np.nan), w.dtype.type(1))


@killed_by(*VALUES, "shape_is_kept")
def shape_is_flat(w: Array, call: Call) -> Any:
    """The result is a vector."""
    return right(w, call).ravel()


@killed_by(*VALUES, "shape_is_kept")
def shape_is_transposed(w: Array, call: Call) -> Any:
    """The result is transposed."""
    return right(w, call).T


@killed_by("format_is_kept", *OF_KERAS)
def format_is_float64(w: Array, call: Call) -> Any:
    """The result is float64."""
    return right(w, call).astype(np.float64)


# gradients


def _differentiated(call: Call) -> bool:
    return call.access == "gradient" and call.contract not in ELEMENTWISE


@killed_by("gradient_is_that_of_the_contract")
def gradient_of_the_gain_alone(w: Array, call: Call) -> Any:
    """The gradient is the gain: the norm is taken for a constant."""
    if not _differentiated(call):
        return right(w, call)
    return scaled(np.ones_like(w), norm(w, call), Call(call.contract, call.parameters, call.axis))


@killed_by("gradient_is_that_of_the_contract")
def gradient_is_doubled(w: Array, call: Call) -> Any:
    """The gradient is twice what it should be."""
    return right(w, call) * w.dtype.type(2 if call.access == "gradient" else 1)


@killed_by("gradient_is_that_of_the_contract")
def gradient_passes_through(w: Array, call: Call) -> Any:
    """The gradient is 1, as if nothing had been done to the weights."""
    return np.ones_like(w) if call.access == "gradient" else right(w, call)


@killed_by("a_gradient_reaches_the_weights")
def result_is_detached(w: Array, call: Call) -> Any:
    """No gradient flows back to the weights, because the result is detached from them."""
    if call.access == "gradient":
        raise Unsupported(NO_GRADIENT)
    return right(w, call)


@killed_by("gradient_is_finite")
def gradient_is_nan_at_zero(w: Array, call: Call) -> Any:
    """The derivative of the root at zero is not seen to."""
    if not _differentiated(call):
        return right(w, call)
    return np.where(norm(w, call) > 0, right(w, call), w.dtype.type(np.nan))
