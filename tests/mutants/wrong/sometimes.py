"""Faults that show only sometimes: in one format, one shape, one layout, or one regime."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from tests.mutants.arithmetic import Array, Call, norm
from tests.mutants.mutant import OF_BOUNDS, OF_KERAS, OF_NORMS, killed_by
from tests.mutants.right import right, scaled


def root_forgotten(w: Array, call: Call, where: bool) -> Array:
    n = norm(w, call)
    return scaled(w, np.square(n) if where else n, call)


@killed_by(*OF_KERAS)
def only_in_float16(w: Array, call: Call) -> Any:
    """Epsilon is 1e-3 in float16."""
    return right(w, call.given(epsilon=1e-3 + call.parameters["epsilon"]) if w.dtype == np.float16 else call)


@killed_by(*OF_NORMS)
def only_in_bfloat16(w: Array, call: Call) -> Any:
    """The root is forgotten in bfloat16."""
    return root_forgotten(w, call, w.dtype.name == "bfloat16")


@killed_by(*OF_NORMS)
def only_in_float64(w: Array, call: Call) -> Any:
    """Parameters are float32 numbers, too coarse for float64 weights."""
    return right(w, call.given(**{name: float(np.float32(p)) for name, p in call.parameters.items()}))


@killed_by(*OF_NORMS, "memory_layout_does_not_matter")
def only_where_not_contiguous(w: Array, call: Call) -> Any:
    """The root is forgotten where the weights are not contiguous."""
    return root_forgotten(w, call, not w.flags.c_contiguous)


@killed_by(*OF_NORMS)
def only_at_rank_4(w: Array, call: Call) -> Any:
    """Arrays of rank 4 are grouped over their first dimension."""
    return right(w, replace(call, axis=0) if w.ndim == 4 else call)


@killed_by(*OF_NORMS, elements=64)
def only_where_two_dimensions_are_kept(w: Array, call: Call) -> Any:
    """The root is forgotten where more than one dimension is kept."""
    return root_forgotten(w, call, w.ndim - len(call.dimensions(w.ndim)) > 1)


@killed_by(*OF_NORMS)
def only_for_groups_of_one(w: Array, call: Call) -> Any:
    """The norm of a single weight is the weight itself, sign and all."""
    n = norm(w, call)
    return scaled(w, np.asarray(w) if n.shape == w.shape else n, call)


@killed_by(*OF_NORMS)
def only_for_large_weights(w: Array, call: Call) -> Any:
    """Weights beyond 1,000 count as 1,000 in the norm."""
    most = w.dtype.type(1000)
    return scaled(w, norm(np.clip(w, -most, most), call), call)


@killed_by(*OF_BOUNDS)
def only_beyond_twice_the_bound(w: Array, call: Call) -> Any:
    """A group beyond twice the bound is brought to twice the bound."""
    n = norm(w, call)
    return np.where(n > 2 * call.upper(n), scaled(w, n, call.bounded(lambda upper: 2 * upper)), scaled(w, n, call))


@killed_by(*OF_KERAS)
def only_at_the_second_call(w: Array, call: Call) -> Any:
    """The second successive call returns what it was given."""
    return w.copy() if call.number == 1 else right(w, call)
