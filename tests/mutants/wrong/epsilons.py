"""Faults in epsilon."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.mutants.arithmetic import KERAS, THRESHOLDS, Array, Call, denominator, gain, norm, numerator
from tests.mutants.mutant import OF_EPSILON, OF_KERAS, killed_by, values_of
from tests.mutants.right import right, scaled


@killed_by(*OF_EPSILON)
def epsilon_is_missing(w: Array, call: Call) -> Any:
    """There is no epsilon."""
    return right(w, call.given(epsilon=0.0))


@killed_by("max_norm_value", "max_norm_is_min_max_norm_from_zero", "rate_one_enforces_the_bounds")
def epsilon_is_missing_in_max_norm(w: Array, call: Call) -> Any:
    """There is no epsilon in one of the contracts."""
    return right(w, call.given(epsilon=0.0) if call.contract == "max_norm" else call)


@killed_by("unit_norm_value", "unit_norm_is_min_max_norm_of_one")
def epsilon_is_missing_in_unit_norm(w: Array, call: Call) -> Any:
    """There is no epsilon in one of the contracts."""
    return right(w, call.given(epsilon=0.0) if call.contract == "unit_norm" else call)


@killed_by("renorm_value")
def epsilon_is_missing_in_renorm(w: Array, call: Call) -> Any:
    """There is no epsilon in one of the contracts."""
    return right(w, call.given(epsilon=0.0) if call.contract == "renorm" else call)


@killed_by("renorm_value")
def epsilon_of_renorm_is_smaller(w: Array, call: Call) -> Any:
    """The fixed epsilon of renorm is 1e-8 in place of 1e-7."""
    return right(w, call.given(epsilon=1e-8) if call.contract == "renorm" else call)


@killed_by("clip_grad_norm_value")
def epsilon_of_clip_grad_norm_is_smaller(w: Array, call: Call) -> Any:
    """The fixed epsilon of clip_grad_norm is 1e-7 in place of 1e-6."""
    return right(w, call.given(epsilon=1e-7) if call.contract == "clip_grad_norm" else call)


@killed_by("clip_by_norm_value", "l2_ball_value", "weights_inside_the_bound_are_unchanged")
def epsilon_where_there_is_none(w: Array, call: Call) -> Any:
    """1e-7 is added to the denominator of contracts that have no epsilon."""
    n = norm(w, call)
    if call.contract not in ("clip_by_norm", "l2_ball"):
        return scaled(w, n, call)
    upper = call.upper(n)
    return scaled(w, n, call, upper / (np.maximum(n, upper) + n.dtype.type(1e-7)))


@killed_by("renorm_leaves_groups_inside_alone", "renorm_value")
def epsilon_inside_too(w: Array, call: Call) -> Any:
    """renorm multiplies a group inside the bound by N / (N + epsilon), in place of 1."""
    n = norm(w, call)
    if call.contract != "renorm":
        return scaled(w, n, call)
    return scaled(w, n, call, np.minimum(n, call.upper(n)) / (n + call.value("epsilon", n)))


@killed_by(*OF_KERAS)
def epsilon_inside_the_root(w: Array, call: Call) -> Any:
    """Epsilon is added to the sum of the squares."""
    n = norm(w, call)
    if call.contract not in KERAS:
        return scaled(w, n, call)
    return scaled(w, n, call, numerator(n, call) / np.sqrt(np.square(n) + call.value("epsilon", n)))


@killed_by(*OF_KERAS)
def epsilon_is_a_floor(w: Array, call: Call) -> Any:
    """The norm is at least epsilon, in place of a sum of both."""
    n = norm(w, call)
    if call.contract not in KERAS:
        return scaled(w, n, call)
    return scaled(w, n, call, numerator(n, call) / np.maximum(n, call.value("epsilon", n)))


@killed_by(*OF_KERAS, "scaling_by_a_power_of_two")
def epsilon_is_fixed(w: Array, call: Call) -> Any:
    """Epsilon is 1e-3 whatever was asked for."""
    return right(w, call.given(epsilon=1e-3) if call.contract in KERAS else call)


@killed_by(*OF_EPSILON)
def epsilon_in_half_precision(w: Array, call: Call) -> Any:
    """Epsilon is rounded to float16, whatever the format of the weights."""
    return right(w, call.given(epsilon=float(np.float16(call.parameters["epsilon"]))))


@killed_by(*OF_EPSILON)
def epsilon_is_added_twice(w: Array, call: Call) -> Any:
    """Epsilon is part of the norm already, and is added again."""
    return right(w, call.given(epsilon=2.0 * call.parameters["epsilon"]))


@killed_by("max_norm_value", "min_max_norm_value")
def epsilon_only_outside(w: Array, call: Call) -> Any:
    """Norms that are within the bounds are left alone: a threshold, then a new scale."""
    n = norm(w, call)
    if call.contract not in ("max_norm", "min_max_norm"):
        return scaled(w, n, call)
    top = numerator(n, call)
    return scaled(w, n, call, np.where(top == n, n.dtype.type(1), top / denominator(n, call)))


@killed_by(*OF_KERAS)
def epsilon_for_a_zero(w: Array, call: Call) -> Any:
    """Epsilon is added to the weights too."""
    return right(w + call.value("epsilon", w) if call.contract in KERAS else w, call)


@killed_by(*values_of(*THRESHOLDS))
def epsilon_before_the_threshold(w: Array, call: Call) -> Any:
    """A group within a hundredth of the bound is taken for one outside it, and scaled up to the bound."""
    n = norm(w, call)
    if call.contract not in THRESHOLDS:
        return scaled(w, n, call)
    near = n * n.dtype.type(1.01) > call.upper(n)
    return scaled(w, n, call, np.where(near, call.upper(n) / n, gain(n, call)))
