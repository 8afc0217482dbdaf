"""Faults that show for some parameters, some norms, or numbers that are none."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.mutants.arithmetic import ELEMENTWISE, UPPER, Array, Call, norm
from tests.mutants.mutant import OF_NORMS, killed_by
from tests.mutants.right import right, scaled


@killed_by(*OF_NORMS)
def nan_becomes_zero(w: Array, call: Call) -> Any:
    """A weight that is NaN becomes zero."""
    return np.nan_to_num(right(w, call)) if call.contract not in ELEMENTWISE else right(w, call)


@killed_by("max_norm_value", "min_max_norm_value")
def nan_is_passed_by(w: Array, call: Call) -> Any:
    """Weights that are NaN count as zero, and become zero."""
    if call.contract in ELEMENTWISE:
        return right(w, call)
    return right(np.where(np.isnan(w), w.dtype.type(0), w), call)


@killed_by("max_norm_value")
def nan_becomes_the_bound(w: Array, call: Call) -> Any:
    """A result that is NaN becomes the bound."""
    result = right(w, call)
    if call.contract not in UPPER:
        return result
    return np.where(np.isnan(result), call.upper(w), result)


@killed_by("max_norm_value")
def a_bound_of_zero_is_none(w: Array, call: Call) -> Any:
    """A bound of zero is taken for none, because Python takes 0 for false."""
    if call.contract not in UPPER:
        return right(w, call)
    return right(w, call.bounded(lambda upper: upper or 2.0))


@killed_by("rate_zero_ignores_the_bounds", "min_max_norm_value")
def a_rate_of_zero_is_none(w: Array, call: Call) -> Any:
    """A rate of zero is taken for none, because Python takes 0 for false."""
    return right(w, call.given(rate=call.parameters.get("rate", 1.0) or 1.0))


@killed_by("min_max_norm_value")
def a_rate_next_to_one_is_one(w: Array, call: Call) -> Any:
    """A rate above 0.7 is 1."""
    rate = call.parameters.get("rate", 1.0)
    return right(w, call.given(rate=1.0 if rate > 0.7 else rate))


@killed_by("min_max_norm_value")
def a_rate_next_to_zero_is_zero(w: Array, call: Call) -> Any:
    """A rate below 0.2 is 0."""
    rate = call.parameters.get("rate", 1.0)
    return right(w, call.given(rate=0.0 if rate < 0.2 else rate))


@killed_by("max_norm_value", "min_max_norm_value")
def whole_bounds_cut_norms(w: Array, call: Call) -> Any:
    """Where the bound is an int, norms are cut to whole numbers."""
    name = UPPER.get(call.formula)
    n = norm(w, call)
    whole = name is not None and isinstance(call.parameters[name], int)
    return scaled(w, np.trunc(n) if whole and call.access == "call" else n, call)


@killed_by("max_norm_value", "min_max_norm_value")
def large_bounds_are_none(w: Array, call: Call) -> Any:
    """A bound above 1,000 is none."""
    return right(w, call.bounded(lambda upper: upper if upper <= 1000 else 1e9 * upper))


@killed_by("max_norm_value", "min_max_norm_value")
def small_bounds_are_epsilon(w: Array, call: Call) -> Any:
    """A bound below 0.01 is 0.01."""
    return right(w, call.bounded(lambda upper: max(upper, 0.01)))


@killed_by("max_norm_value", "clip_by_norm_value")
def ties_are_halved(w: Array, call: Call) -> Any:
    """A group whose norm is the bound is halved."""
    n = norm(w, call)
    factor = np.where(n == call.upper(n), n.dtype.type(0.5), n.dtype.type(1))
    result = scaled(w, n, call)
    return result * factor if call.contract in UPPER and call.access == "call" else result


@killed_by("max_norm_value")
def small_beside_the_largest_are_dropped(w: Array, call: Call) -> Any:
    """A weight that is less than a tenth of its group's largest becomes zero."""
    if call.contract in ELEMENTWISE:
        return right(w, call)
    largest = np.max(np.abs(w), axis=call.dimensions(w.ndim), keepdims=True, initial=0)
    return np.where(np.abs(w) * 10 < largest, w.dtype.type(0), right(w, call))


@killed_by("max_norm_value", "unit_norm_value")
def epsilon_is_never_smaller(w: Array, call: Call) -> Any:
    """An epsilon below the default is the default."""
    return right(w, call.given(epsilon=max(1e-7, call.parameters["epsilon"])))


@killed_by("max_norm_value", "unit_norm_value")
def epsilon_is_never_large(w: Array, call: Call) -> Any:
    """An epsilon above 1e-4 is the default."""
    epsilon = call.parameters["epsilon"]
    return right(w, call.given(epsilon=1e-7 if epsilon > 1e-4 else epsilon))


@killed_by("min_max_norm_value")
def a_minimum_of_zero_is_epsilon(w: Array, call: Call) -> Any:
    """A minimum of zero is a thousandth of the maximum."""
    least = call.parameters.get("min_value", 1.0) or 1e-3 * call.parameters["max_value"]
    return right(w, call.given(min_value=least))
