"""Faults in which weights form a group."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from tests.mutants.arithmetic import Array, Call, norm
from tests.mutants.mutant import OF_NORMS, killed_by
from tests.mutants.right import right, scaled


@killed_by(*OF_NORMS, "transposed_weights_with_transposed_axis")
def axis_is_the_next_one(w: Array, call: Call) -> Any:
    """The norm is taken over the dimensions after those that were named."""
    return right(w, replace(call, axis=[(d + 1) % w.ndim for d in call.dimensions(w.ndim)]))


@killed_by(*OF_NORMS, "transposed_weights_with_transposed_axis")
def axis_is_the_one_kept(w: Array, call: Call) -> Any:
    """The norm is taken over all dimensions but those that were named."""
    return right(w, replace(call, axis=[d for d in range(w.ndim) if d not in call.dimensions(w.ndim)]))


@killed_by("renorm_value")
def axis_is_the_one_kept_in_renorm(w: Array, call: Call) -> Any:
    """The dimension that renorm is to keep is the one that is reduced."""
    return axis_is_the_one_kept.function(w, call) if call.contract == "renorm" else right(w, call)


@killed_by(*OF_NORMS, "transposed_weights_with_transposed_axis")
def axis_is_always_zero(w: Array, call: Call) -> Any:
    """The norm is taken over the first dimension, whatever the axis."""
    return right(w, replace(call, axis=0))


@killed_by(*OF_NORMS, "nan_and_inf_stay_in_their_group")
def axis_is_ignored(w: Array, call: Call) -> Any:
    """The norm is taken over all dimensions, whatever the axis."""
    return right(w, replace(call, axis=None))


@killed_by("clip_by_norm_value")
def axis_is_ignored_in_clip_by_norm(w: Array, call: Call) -> Any:
    """The axes of one contract are not passed on."""
    return right(w, replace(call, axis=None) if call.contract == "clip_by_norm" else call)


@killed_by("l2_ball_value")
def axis_of_the_ball_is_the_last(w: Array, call: Call) -> Any:
    """Each row is projected, in place of the whole array."""
    return right(w, replace(call, axis=-1) if call.contract == "l2_ball" else call)


@killed_by("axis_forms_agree", *OF_NORMS[1:])
def axis_below_zero_is_zero(w: Array, call: Call) -> Any:
    """A negative axis is taken for 0."""
    return right(w, replace(call, axis=max(call.axis, 0) if isinstance(call.axis, int) else call.axis))


@killed_by("axis_forms_agree", *OF_NORMS)
def axis_tuple_is_its_first(w: Array, call: Call) -> Any:
    """Of a tuple of axes only the first is used."""
    return right(w, replace(call, axis=call.axis[0] if isinstance(call.axis, tuple) and call.axis else call.axis))


@killed_by("axis_forms_agree", *OF_NORMS)
def axis_list_is_all(w: Array, call: Call) -> Any:
    """A list of axes is taken for None."""
    return right(w, replace(call, axis=None if isinstance(call.axis, list) else call.axis))


@killed_by("axis_none_is_one_group")
def axis_none_is_zero(w: Array, call: Call) -> Any:
    """Axis None is taken for 0."""
    return right(w, replace(call, axis=0 if call.axis is None else call.axis))


@killed_by(*OF_NORMS, "groups_are_independent")
def norm_of_the_neighbour(w: Array, call: Call) -> Any:
    """Each norm is the larger one of its own and its neighbour's."""
    n = norm(w, call)
    return scaled(w, np.maximum(n, np.roll(n, 1)), call)


@killed_by(*OF_NORMS, "nan_and_inf_stay_in_their_group")
def norm_of_all_groups(w: Array, call: Call) -> Any:
    """Every group is given the mean of all norms."""
    n = norm(w, call)
    return scaled(w, np.full_like(n, np.mean(n)), call)


@killed_by(*OF_NORMS)
def norm_of_the_first_column(w: Array, call: Call) -> Any:
    """Where the last dimension is kept, its first place decides for the others."""
    n = norm(w, call)
    return scaled(w, np.broadcast_to(n[..., :1], n.shape), call)


@killed_by("rows_not_looked_up_keep_their_bits")
def rows_not_looked_up_are_scaled(w: Array, call: Call) -> Any:
    """All groups are constrained, and not only those that were looked up."""
    return right(w, replace(call, access="call") if call.access == "even rows" else call)


@killed_by("rows_not_looked_up_keep_their_bits")
def rows_are_counted_from_one(w: Array, call: Call) -> Any:
    """The groups that were not looked up are constrained, in place of those that were."""
    result = right(w, call)
    every = right(w, replace(call, access="call"))
    return np.where(result == every, w, every) if call.access == "even rows" else result
