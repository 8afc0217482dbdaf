"""Faults in the bounds, in the rate, and in what is done with single weights."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tests.mutants.arithmetic import UPPER, Array, Call, clipped, gain, norm, numerator
from tests.mutants.mutant import OF_BOUNDS, killed_by, values_of
from tests.mutants.right import right, scaled


@killed_by(*OF_BOUNDS)
def bound_is_squared(w: Array, call: Call) -> Any:
    """The largest norm is squared."""
    return right(w, call.bounded(lambda upper: upper**2))


@killed_by(*OF_BOUNDS)
def bound_is_whole(w: Array, call: Call) -> Any:
    """The largest norm is cut to a whole number, like an integer."""
    return right(w, call.bounded(math.floor))


@killed_by(*OF_BOUNDS, "weights_inside_the_bound_are_unchanged")
def bound_is_always_met(w: Array, call: Call) -> Any:
    """Every group is given the largest norm, be it inside or not."""
    n = norm(w, call)
    if call.contract not in UPPER:
        return scaled(w, n, call)
    return scaled(w, n, call, call.upper(n) / (call.value("epsilon", n) + n))


@killed_by("l2_ball_value", "weights_inside_the_bound_are_unchanged")
def bound_is_a_sphere(w: Array, call: Call) -> Any:
    """l2_ball projects on the sphere: there is no threshold."""
    n = norm(w, call)
    return scaled(w, n, call, call.upper(n) / n if call.contract == "l2_ball" else None)


@killed_by("clip_grad_norm_value", "weights_inside_the_bound_are_unchanged")
def bound_without_a_one(w: Array, call: Call) -> Any:
    """The coefficient of clip_grad_norm may exceed 1."""
    n = norm(w, call)
    if call.contract != "clip_grad_norm":
        return scaled(w, n, call)
    return scaled(w, n, call, call.upper(n) / (n + call.value("epsilon", n)))


@killed_by("renorm_leaves_groups_inside_alone")
def bound_itself_is_outside(w: Array, call: Call) -> Any:
    """renorm scales a group whose norm is exactly the bound: >= in place of >."""
    n = norm(w, call)
    if call.contract != "renorm":
        return scaled(w, n, call)
    at = n == call.upper(n)
    return scaled(w, n, call, np.where(at, n / (n + call.value("epsilon", n)), gain(n, call)))


@killed_by(*values_of(*UPPER), "constraint_is_not_expansive", elements=64)
def bound_is_a_cliff(w: Array, call: Call) -> Any:
    """A group up to a tenth beyond the bound is scaled to half of it."""
    n = norm(w, call)
    if call.contract not in UPPER:
        return scaled(w, n, call)
    upper = call.upper(n)
    beyond = (n > upper) & (n < upper * n.dtype.type(1.1))
    return scaled(w, n, call, gain(n, call) * np.where(beyond, n.dtype.type(0.5), n.dtype.type(1)))


@killed_by(*OF_BOUNDS)
def bound_of_each_weight(w: Array, call: Call) -> Any:
    """Each weight is clipped on its own, in place of the group's norm."""
    if call.contract not in UPPER:
        return right(w, call)
    return clipped(w, -call.upper(w), call.upper(w))


@killed_by("min_max_norm_value", "norm_is_at_least_the_minimum")
def bound_below_is_ignored(w: Array, call: Call) -> Any:
    """min_value is taken for 0."""
    return right(w, call.given(min_value=0.0))


@killed_by("max_norm_value", "min_max_norm_value")
def bound_in_the_wrong_place(w: Array, call: Call) -> Any:
    """The scaled weights are clipped to max_value, but not their norm."""
    if call.contract not in ("max_norm", "min_max_norm"):
        return right(w, call)
    return clipped(right(w, call.given(max_value=math.inf)), -call.upper(w), call.upper(w))


@killed_by("min_max_norm_value", "clip_by_value_value")
def bounds_are_swapped(w: Array, call: Call) -> Any:
    """The lower and the upper bound change places."""
    p = call.parameters
    if call.contract == "min_max_norm":
        return right(w, call.given(min_value=p["max_value"], max_value=p["min_value"]))
    if call.contract == "clip_by_value":
        return right(w, call.given(clip_value_min=p["clip_value_max"], clip_value_max=p["clip_value_min"]))
    return right(w, call)


@killed_by("min_max_norm_value", "result_is_affine_in_rate")
def rate_is_squared(w: Array, call: Call) -> Any:
    """The rate is squared."""
    return right(w, call.given(rate=call.parameters.get("rate", 1.0) ** 2))


@killed_by("min_max_norm_value", "rate_one_enforces_the_bounds", "rate_zero_ignores_the_bounds")
def rate_is_turned_round(w: Array, call: Call) -> Any:
    """The rate and 1 - rate are swapped."""
    return right(w, call.given(rate=1.0 - call.parameters.get("rate", 1.0)))


@killed_by("min_max_norm_value", "rate_zero_ignores_the_bounds")
def rate_is_ignored(w: Array, call: Call) -> Any:
    """The bounds are enforced whatever the rate."""
    return right(w, call.given(rate=1.0))


@killed_by("min_max_norm_value")
def rate_is_ignored_where_the_bounds_meet(w: Array, call: Call) -> Any:
    """With min_value = max_value the bound is enforced whatever the rate."""
    p = call.parameters
    return right(w, call.given(rate=1.0) if p.get("min_value") == p.get("max_value") else call)


@killed_by("min_max_norm_value")
def rate_is_ignored_without_a_minimum(w: Array, call: Call) -> Any:
    """With min_value = 0 the bound is enforced whatever the rate, as max_norm does."""
    return right(w, call.given(rate=1.0) if call.parameters.get("min_value") == 0.0 else call)


@killed_by("min_max_norm_value", "result_is_affine_in_rate")
def rate_is_whole(w: Array, call: Call) -> Any:
    """A rate below 1 is cut to 0, like an integer."""
    return right(w, call.given(rate=float(int(call.parameters.get("rate", 1)))))


@killed_by("min_max_norm_value")
def rate_of_the_weights(w: Array, call: Call) -> Any:
    """The rate mixes old and new weights, in place of old and new norms."""
    n = norm(w, call)
    if call.contract != "min_max_norm":
        return scaled(w, n, call)
    rate = call.value("rate", n)
    enforced = numerator(n, call.given(rate=1.0)) / (call.value("epsilon", n) + n)
    return scaled(w, n, call, rate * enforced + (n.dtype.type(1) - rate))


# each weight on its own


@killed_by("clip_by_value_value")
def value_below_is_ignored(w: Array, call: Call) -> Any:
    """There is no lower bound."""
    return right(w, call.given(clip_value_min=-math.inf))


@killed_by("clip_by_value_value")
def value_is_a_magnitude(w: Array, call: Call) -> Any:
    """The magnitude is clipped, and the sign is put back."""
    result = right(np.abs(w) if call.contract == "clip_by_value" else w, call)
    return np.copysign(result, w) if call.contract == "clip_by_value" else result


@killed_by("clip_by_value_value")
def value_beyond_becomes_zero(w: Array, call: Call) -> Any:
    """A weight beyond its bounds becomes zero, not the bound."""
    result = right(w, call)
    return np.where(result == w, result, w.dtype.type(0)) if call.contract == "clip_by_value" else result


@killed_by("non_neg_value")
def negative_becomes_positive(w: Array, call: Call) -> Any:
    """The magnitude is returned."""
    return right(np.abs(w) if call.contract == "non_neg" else w, call)


@killed_by("non_neg_value")
def negative_passes_where_tiny(w: Array, call: Call) -> Any:
    """A negative weight above -1e-6 is left as it is."""
    result = right(w, call)
    return np.where(w > w.dtype.type(-1e-6), w, result) if call.contract == "non_neg" else result
