"""Faults in the norm of a group, or in what it is compared with."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tests.mutants.arithmetic import THRESHOLDS, UPPER, Array, Call, gain, norm, total
from tests.mutants.mutant import OF_NORMS, killed_by, values_of
from tests.mutants.right import right, scaled


def _without(w: Array, place: int, call: Call) -> Array:
    """The weights without one place of the first dimension over which the norm is taken."""
    return np.delete(w, place, axis=min(call.dimensions(w.ndim), default=0))


@killed_by(*OF_NORMS)
def norm_without_the_first(w: Array, call: Call) -> Any:
    """The first weight of each group is left out of its norm."""
    return scaled(w, norm(_without(w, 0, call), call), call)


@killed_by(*OF_NORMS)
def norm_without_the_last(w: Array, call: Call) -> Any:
    """The last weight of each group is left out of its norm."""
    return scaled(w, norm(_without(w, -1, call), call), call)


@killed_by(*OF_NORMS)
def norm_is_a_sum(w: Array, call: Call) -> Any:
    """The norm is the sum of the magnitudes."""
    return scaled(w, total(np.abs(w), call.dimensions(w.ndim)), call)


@killed_by(*OF_NORMS)
def norm_is_the_largest(w: Array, call: Call) -> Any:
    """The norm is the largest magnitude."""
    return scaled(w, np.max(np.abs(w), axis=call.dimensions(w.ndim), keepdims=True), call)


@killed_by(*OF_NORMS)
def norm_without_a_root(w: Array, call: Call) -> Any:
    """The root is forgotten."""
    return scaled(w, np.square(norm(w, call)), call)


@killed_by(*values_of(*THRESHOLDS))
def norm_is_compared_without_a_root(w: Array, call: Call) -> Any:
    """The sum of the squares is compared with the bound, not with its square."""
    n = norm(w, call)
    if call.contract not in THRESHOLDS:
        return scaled(w, n, call)
    longer = n + call.value("epsilon", n) if call.contract == "renorm" else n
    return scaled(w, n, call, np.where(np.square(n) <= call.upper(n), n.dtype.type(1), call.upper(n) / longer))


@killed_by(*OF_NORMS)
def norm_is_a_mean(w: Array, call: Call) -> Any:
    """The norm is the root of the mean of the squares."""
    n = norm(w, call)
    return scaled(w, n / n.dtype.type(math.sqrt(max(1, w.size // max(1, n.size)))), call)


@killed_by("clip_by_norm_value")
def norm_is_an_average(w: Array, call: Call) -> Any:
    """clip_by_norm is taken for clip_by_average_norm, which divides the norm by the number of weights."""
    n = norm(w, call)
    count = w.size // max(1, n.size) if call.contract == "clip_by_norm" else 1
    return scaled(w, n / n.dtype.type(count), call)


@killed_by(*OF_NORMS)
def norm_is_approximate(w: Array, call: Call) -> Any:
    """The root is off by one part in a hundred, like a fast inverse root without its correction."""
    n = norm(w, call)
    return scaled(w, n * n.dtype.type(1.01), call)


@killed_by(*OF_NORMS)
def norm_in_half_precision(w: Array, call: Call) -> Any:
    """The norm is rounded to float16."""
    n = norm(w, call)
    return scaled(w, n.astype(np.float16).astype(n.dtype), call)


@killed_by(*OF_NORMS, level="SHOULD", elements=65536)
def norm_adds_up_one_by_one(w: Array, call: Call) -> Any:
    """Squares are added one after the other, so that long sums in narrow formats stop growing."""
    dimensions = call.dimensions(w.ndim)
    n = norm(w, call)
    rows = np.moveaxis(np.square(w), dimensions, range(w.ndim - len(dimensions), w.ndim)).reshape(n.size, -1)
    return scaled(w, np.sqrt(np.add.accumulate(rows, axis=1)[:, -1]).reshape(n.shape), call)


@killed_by("max_norm_value", "unit_norm_value", elements=2048)
def norm_of_a_thousand(w: Array, call: Call) -> Any:
    """Only the first 1,024 places of a dimension count."""
    first = min(call.dimensions(w.ndim), default=0)
    return scaled(w, norm(np.take(w, range(min(1024, w.shape[first])), axis=first), call), call)


@killed_by(*OF_NORMS, elements=65536)
def norm_kept_by_shape(w: Array, call: Call) -> Any:
    """The norms of the first weights of a shape are used again for all later ones."""
    return scaled(w, _NORMS.setdefault((w.shape, w.dtype.name, repr(call.axis)), norm(w, call)), call)


_NORMS: dict[Any, Array] = {}


@killed_by(*values_of(*UPPER), "norm_is_at_most_the_maximum")
def norm_stays_above_the_maximum(w: Array, call: Call) -> Any:
    """A group beyond the bound keeps two thousandths of the bound too much."""
    n = norm(w, call)
    return right(w, call) if call.contract not in UPPER else scaled(w, n, call, _beyond(n, call, n > call.upper(n), 2))


@killed_by("min_max_norm_value", "norm_is_at_least_the_minimum")
def norm_stays_below_the_minimum(w: Array, call: Call) -> Any:
    """A group below the minimum is left two thousandths short of it."""
    n = norm(w, call)
    if call.contract != "min_max_norm":
        return scaled(w, n, call)
    return scaled(w, n, call, _beyond(n, call, n < call.value("min_value", n), -2))


def _beyond(n: Array, call: Call, where: Array, thousandths: int) -> Array:
    """The gain, some thousandths larger for some groups."""
    one = n.dtype.type(1)
    return np.asarray(gain(n, call) * np.where(where, n.dtype.type(1 + thousandths / 1000), one))
