"""Deliberately wrong implementations: each function is one fault, its sentence says which, its rules must find it.

To add a miniature, add a function.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import replace
from typing import Any

import numpy as np

from tests.miniatures.arithmetic import (
    VALUES,
    Array,
    Call,
    Miniature,
    clipped,
    killed_by,
    norm,
    right,
    scaled,
    target,
    total,
)


@killed_by("weights_inside_the_bound_are_unchanged")
def correct(w: Array, call: Call) -> Any:
    """Nothing is wrong; the epsilon of the formula shrinks weights inside the bound a little."""
    return right(w, call)


# which weights form a group


@killed_by(*VALUES, "transposed_weights_with_transposed_axis")
def axis_is_the_next_one(w: Array, call: Call) -> Any:
    """The norm is taken over the dimensions after those that were named."""
    return right(w, replace(call, axis=[(d + 1) % w.ndim for d in call.dimensions(w.ndim)]))


@killed_by(*VALUES, "transposed_weights_with_transposed_axis")
def axis_is_the_one_kept(w: Array, call: Call) -> Any:
    """The norm is taken over all dimensions but those that were named."""
    return right(w, replace(call, axis=[d for d in range(w.ndim) if d not in call.dimensions(w.ndim)]))


@killed_by(*VALUES, "transposed_weights_with_transposed_axis")
def axis_is_always_zero(w: Array, call: Call) -> Any:
    """The norm is taken over the first dimension, whatever the axis."""
    return right(w, replace(call, axis=0))


@killed_by("axis_forms_agree", *VALUES)
def axis_below_zero_is_zero(w: Array, call: Call) -> Any:
    """A negative axis is taken for 0."""
    return right(w, replace(call, axis=max(call.axis, 0) if isinstance(call.axis, int) else call.axis))


@killed_by("axis_forms_agree", *VALUES)
def axis_tuple_is_its_first(w: Array, call: Call) -> Any:
    """Of a tuple of axes only the first is used."""
    return right(w, replace(call, axis=call.axis[0] if isinstance(call.axis, tuple) else call.axis))


@killed_by("axis_forms_agree", *VALUES)
def axis_list_is_all(w: Array, call: Call) -> Any:
    """A list of axes is taken for None."""
    return right(w, replace(call, axis=None if isinstance(call.axis, list) else call.axis))


@killed_by("axis_none_is_one_group")
def axis_none_is_zero(w: Array, call: Call) -> Any:
    """Axis None is taken for 0."""
    return right(w, replace(call, axis=0 if call.axis is None else call.axis))


@killed_by(*VALUES, "groups_are_independent")
def norm_of_the_neighbour(w: Array, call: Call) -> Any:
    """Each norm is the larger one of its own and its neighbour's."""
    n = norm(w, call)
    return scaled(w, np.maximum(n, np.roll(n, 1)), call)


@killed_by(*VALUES, "nan_and_inf_stay_in_their_group")
def norm_of_all_groups(w: Array, call: Call) -> Any:
    """Every group is given the mean of all norms."""
    n = norm(w, call)
    return scaled(w, np.full_like(n, np.mean(n)), call)


@killed_by(*VALUES)
def norm_of_the_first_column(w: Array, call: Call) -> Any:
    """Where the last dimension is kept, its first place decides for the others."""
    n = norm(w, call)
    return scaled(w, np.broadcast_to(n[..., :1], n.shape), call)


# the norm


@killed_by(*VALUES)
def norm_without_the_first(w: Array, call: Call) -> Any:
    """The first weight of each group is left out of its norm."""
    (first, *_) = call.dimensions(w.ndim)
    return scaled(w, norm(np.delete(w, 0, axis=first), call), call)


@killed_by(*VALUES)
def norm_without_the_last(w: Array, call: Call) -> Any:
    """The last weight of each group is left out of its norm."""
    (first, *_) = call.dimensions(w.ndim)
    return scaled(w, norm(np.delete(w, -1, axis=first), call), call)


@killed_by(*VALUES)
def norm_is_a_sum(w: Array, call: Call) -> Any:
    """The norm is the sum of the magnitudes."""
    return scaled(w, total(np.abs(w), call.dimensions(w.ndim)), call)


@killed_by(*VALUES)
def norm_is_the_largest(w: Array, call: Call) -> Any:
    """The norm is the largest magnitude."""
    return scaled(w, np.max(np.abs(w), axis=call.dimensions(w.ndim), keepdims=True), call)


@killed_by(*VALUES)
def norm_without_a_root(w: Array, call: Call) -> Any:
    """The root is forgotten."""
    return scaled(w, np.square(norm(w, call)), call)


@killed_by(*VALUES)
def norm_is_a_mean(w: Array, call: Call) -> Any:
    """The norm is the root of the mean of the squares."""
    n = norm(w, call)
    return scaled(w, n / n.dtype.type(math.sqrt(max(1, w.size // max(1, n.size)))), call)


@killed_by(*VALUES)
def norm_is_approximate(w: Array, call: Call) -> Any:
    """The root is off by one part in a hundred, like a fast inverse root without its correction."""
    n = norm(w, call)
    return scaled(w, n * n.dtype.type(1.01), call)


@killed_by(*VALUES)
def norm_in_half_precision(w: Array, call: Call) -> Any:
    """The norm is rounded to float16."""
    n = norm(w, call)
    return scaled(w, n.astype(np.float16).astype(n.dtype), call)


@killed_by(*VALUES, level="SHOULD", elements=65536)
def norm_adds_up_one_by_one(w: Array, call: Call) -> Any:
    """Squares are added one after the other, so that long sums in narrow formats stop growing."""
    dimensions = call.dimensions(w.ndim)
    n = norm(w, call)
    rows = np.moveaxis(np.square(w), dimensions, range(w.ndim - len(dimensions), w.ndim)).reshape(n.size, -1)
    return scaled(w, np.sqrt(np.add.accumulate(rows, axis=1)[:, -1]).reshape(n.shape), call)


@killed_by("max_norm_value", "unit_norm_value", elements=2048)
def norm_of_a_thousand(w: Array, call: Call) -> Any:
    """Only the first 1,024 places of a dimension count."""
    (first, *_) = call.dimensions(w.ndim)
    return scaled(w, norm(np.take(w, range(min(1024, w.shape[first])), axis=first), call), call)


@killed_by(*VALUES, elements=65536)
def norm_kept_by_shape(w: Array, call: Call) -> Any:
    """The norms of the first weights of a shape are used again for all later ones."""
    return scaled(w, _NORMS.setdefault((w.shape, w.dtype.name, repr(call.axis)), norm(w, call)), call)


_NORMS: dict[Any, Array] = {}


# epsilon


@killed_by(*VALUES)
def epsilon_is_missing(w: Array, call: Call) -> Any:
    """There is no epsilon."""
    n = norm(w, call)
    return w * (target(n, call) / n)


@killed_by("max_norm_value", "max_norm_is_min_max_norm_from_zero", "rate_one_enforces_the_bounds")
def epsilon_is_missing_in_max_norm(w: Array, call: Call) -> Any:
    """There is no epsilon in one of the contracts."""
    return epsilon_is_missing.function(w, call) if call.contract == "max_norm" else right(w, call)


@killed_by("unit_norm_value", "unit_norm_is_min_max_norm_of_one")
def epsilon_is_missing_in_unit_norm(w: Array, call: Call) -> Any:
    """There is no epsilon in one of the contracts."""
    return epsilon_is_missing.function(w, call) if call.contract == "unit_norm" else right(w, call)


@killed_by(*VALUES)
def epsilon_inside_the_root(w: Array, call: Call) -> Any:
    """Epsilon is added to the sum of the squares."""
    n = np.sqrt(np.square(norm(w, call)) + call.value("epsilon", w))
    return w * (target(norm(w, call), call) / n)


@killed_by(*VALUES)
def epsilon_is_a_floor(w: Array, call: Call) -> Any:
    """The norm is at least epsilon, in place of a sum of both."""
    n = norm(w, call)
    return w * (target(n, call) / np.maximum(n, call.value("epsilon", n)))


@killed_by(*VALUES, "scaling_by_a_power_of_two")
def epsilon_is_fixed(w: Array, call: Call) -> Any:
    """Epsilon is 1e-8 whatever was asked for."""
    return right(w, replace(call, parameters={**call.parameters, "epsilon": 1e-8}))


@killed_by(*VALUES)
def epsilon_is_added_twice(w: Array, call: Call) -> Any:
    """Epsilon is part of the norm already, and is added again."""
    n = norm(w, call)
    epsilon = call.value("epsilon", n)
    return w * (target(n, call) / (epsilon + (epsilon + n)))


@killed_by("max_norm_value", "min_max_norm_value")
def epsilon_only_outside(w: Array, call: Call) -> Any:
    """Norms that are within the bounds are left alone: a threshold, then a new scale."""
    n = norm(w, call)
    return np.where(target(n, call) == n, w, scaled(w, n, call))


@killed_by(*VALUES)
def epsilon_for_a_zero(w: Array, call: Call) -> Any:
    """Epsilon is added to the weights too."""
    return right(w + call.value("epsilon", w), call)


# bounds and rate


@killed_by("max_norm_value", "min_max_norm_value")
def bound_is_squared(w: Array, call: Call) -> Any:
    """max_value is squared."""
    high = call.parameters.get("max_value", 1.0) ** 2
    return right(w, replace(call, parameters={**call.parameters, "max_value": high}))


@killed_by("max_norm_value")
def bound_is_always_met(w: Array, call: Call) -> Any:
    """Every group is given the norm max_value, be it inside or not."""
    n = norm(w, call)
    if call.contract != "max_norm":
        return scaled(w, n, call)
    return w * (call.value("max_value", n) / (call.value("epsilon", n) + n))


@killed_by("max_norm_value", "min_max_norm_value")
def bound_of_each_weight(w: Array, call: Call) -> Any:
    """Each weight is clipped on its own, in place of the group's norm."""
    high = call.value("max_value", w) if "max_value" in call.parameters else None
    return right(w, call) if high is None else clipped(w, -high, high)


@killed_by("min_max_norm_value")
def bound_below_is_ignored(w: Array, call: Call) -> Any:
    """min_value is taken for 0."""
    return right(w, replace(call, parameters={**call.parameters, "min_value": 0.0}))


@killed_by("max_norm_value", "min_max_norm_value")
def bound_in_the_wrong_place(w: Array, call: Call) -> Any:
    """The scaled weights are clipped to max_value, but not their norm."""
    n = norm(w, call)
    low = replace(call, parameters={**call.parameters, "max_value": math.inf})
    high = call.value("max_value", w) if "max_value" in call.parameters else math.inf
    return clipped(scaled(w, n, low), -high, high)


@killed_by("min_max_norm_value", "result_is_affine_in_rate")
def rate_is_squared(w: Array, call: Call) -> Any:
    """The rate is squared."""
    return right(w, replace(call, parameters={**call.parameters, "rate": call.parameters.get("rate", 1.0) ** 2}))


@killed_by("min_max_norm_value", "rate_one_enforces_the_bounds", "rate_zero_ignores_the_bounds")
def rate_is_turned_round(w: Array, call: Call) -> Any:
    """The rate and 1 - rate are swapped."""
    return right(w, replace(call, parameters={**call.parameters, "rate": 1.0 - call.parameters.get("rate", 1.0)}))


@killed_by("min_max_norm_value", "rate_zero_ignores_the_bounds")
def rate_is_ignored(w: Array, call: Call) -> Any:
    """The bounds are enforced whatever the rate."""
    return right(w, replace(call, parameters={**call.parameters, "rate": 1.0}))


@killed_by("min_max_norm_value", "result_is_affine_in_rate")
def rate_is_whole(w: Array, call: Call) -> Any:
    """A rate below 1 is cut to 0, like an integer."""
    return right(w, replace(call, parameters={**call.parameters, "rate": float(int(call.parameters.get("rate", 1)))}))


@killed_by("min_max_norm_value")
def rate_of_the_weights(w: Array, call: Call) -> Any:
    """The rate mixes old and new weights, in place of old and new norms."""
    if call.contract != "min_max_norm":
        return right(w, call)
    rate = call.value("rate", w)
    return rate * rate_is_ignored.function(w, call) + (w.dtype.type(1) - rate) * w


# the result


@killed_by(*VALUES, "sign_symmetry")
def sign_is_lost(w: Array, call: Call) -> Any:
    """The result is positive."""
    return np.abs(right(w, call))


@killed_by(*VALUES, "result_is_parallel_to_the_weights")
def gains_are_noisy(w: Array, call: Call) -> Any:
    """Every second weight is scaled by a few roundings more than its neighbour."""
    result = right(w, call)
    result[..., ::2] *= w.dtype.type(1 + 12 * _roundoff(w))
    result.reshape(-1)[::2] *= w.dtype.type(1 + 12 * _roundoff(w))
    return result


@killed_by(*VALUES, "zero_weights_stay_zero")
def zeros_become_epsilon(w: Array, call: Call) -> Any:
    """A zero among the weights is replaced by epsilon."""
    return np.where(w == 0, call.value("epsilon", w), right(w, call))


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


@killed_by("format_is_kept", *VALUES)
def format_is_float64(w: Array, call: Call) -> Any:
    """The result is float64."""
    return right(w, call).astype(np.float64)


# only sometimes


@killed_by(*VALUES)
def only_in_float16(w: Array, call: Call) -> Any:
    """Epsilon is 1e-3 in float16."""
    narrow = {**call.parameters, "epsilon": 1e-3 + call.parameters["epsilon"]}
    return right(w, replace(call, parameters=narrow) if w.dtype == np.float16 else call)


@killed_by(*VALUES)
def only_in_float64(w: Array, call: Call) -> Any:
    """Parameters are float32 numbers, too coarse for float64 weights."""
    return right(w, replace(call, parameters={name: float(np.float32(p)) for name, p in call.parameters.items()}))


@killed_by(*VALUES, "memory_layout_does_not_matter")
def only_where_not_contiguous(w: Array, call: Call) -> Any:
    """The root is forgotten where the weights are not contiguous."""
    return right(w, call) if w.flags.c_contiguous else norm_without_a_root.function(w, call)


@killed_by(*VALUES)
def only_at_rank_4(w: Array, call: Call) -> Any:
    """Arrays of rank 4 are grouped over their first dimension."""
    return right(w, replace(call, axis=0) if w.ndim == 4 else call)


@killed_by(*VALUES)
def only_at_the_second_call(w: Array, call: Call) -> Any:
    """The second successive call returns what it was given."""
    return w.copy() if call.number == 1 else right(w, call)


# conduct


@killed_by("input_is_not_modified")
def input_is_scaled(w: Array, call: Call) -> Any:
    """The weights that were passed in are scaled, and returned."""
    np.copyto(w, right(w, call))
    return w


@killed_by("input_is_not_modified")
def input_is_squared(w: Array, call: Call) -> Any:
    """The weights that were passed in are squared on the way."""
    result = right(w, call)
    np.square(w, out=w)
    return result


@killed_by("same_input_gives_the_same_bits")
def bits_alternate(w: Array, call: Call) -> Any:
    """Every second call gives the neighbouring numbers."""
    off = 2 * _roundoff(w) * (next(_COUNTER) % 2)
    return right(w, call) * w.dtype.type(1 + off)


_COUNTER = itertools.count()


def _roundoff(w: Array) -> float:
    return 2.0 ** -{"float16": 11, "bfloat16": 8, "float32": 24, "float64": 53}.get(w.dtype.name, 53)


MINIATURES: dict[str, Miniature] = {m.name: m for m in tuple(vars().values()) if isinstance(m, Miniature)}
