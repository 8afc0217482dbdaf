"""Faults that show where weights lie in memory in some way."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.mutants.arithmetic import Array, Call
from tests.mutants.mutant import killed_by
from tests.mutants.right import right
from tests.mutants.wrong.sometimes import root_forgotten

LAYOUT = "memory_layout_does_not_matter"


@killed_by(LAYOUT, elements=64)
def only_where_channels_are_last(w: Array, call: Call) -> Any:
    """The root is forgotten where the second dimension lies next to itself in memory."""
    last = w.ndim > 2 and not w.flags.c_contiguous and np.moveaxis(w, 1, -1).flags.c_contiguous
    return root_forgotten(w, call, last)


@killed_by(LAYOUT)
def only_where_reversed(w: Array, call: Call) -> Any:
    """The root is forgotten where the weights lie backwards."""
    return root_forgotten(w, call, any(stride < 0 for stride in w.strides))


@killed_by(LAYOUT)
def only_where_broadcast(w: Array, call: Call) -> Any:
    """The root is forgotten where several weights are one in memory."""
    return root_forgotten(w, call, any(stride == 0 for stride in w.strides))


@killed_by(LAYOUT)
def only_where_misaligned(w: Array, call: Call) -> Any:
    """The root is forgotten where a weight begins at an odd byte."""
    return root_forgotten(w, call, not w.flags.aligned)


@killed_by(LAYOUT)
def only_where_read_only(w: Array, call: Call) -> Any:
    """The root is forgotten where the weights may not be written to."""
    return root_forgotten(w, call, not w.flags.writeable)


@killed_by(LAYOUT, elements=64)
def only_in_windows(w: Array, call: Call) -> Any:
    """The root is forgotten where windows overlap."""
    pairs = zip(w.strides, w.strides[1:], w.shape[1:], strict=False)
    return root_forgotten(w, call, any(one == other and size > 1 for one, other, size in pairs))


@killed_by(LAYOUT, "max_norm_value")
def only_behind_the_start(w: Array, call: Call) -> Any:
    """The root is forgotten where the weights do not begin where memory was given out."""
    base = w.base if isinstance(w.base, np.ndarray) else w
    return root_forgotten(w, call, w.ctypes.data != base.ctypes.data)


@killed_by(LAYOUT)
def strides_are_not_minded(w: Array, call: Call) -> Any:
    """Weights that are not contiguous are read as they follow one another in memory."""
    order = "F" if w.flags.f_contiguous and not w.flags.c_contiguous else "C"
    return right(w.ravel(order="K").reshape(w.shape) if order == "F" else w, call)


@killed_by("input_is_not_modified", LAYOUT)
def weights_are_made_writable(w: Array, call: Call) -> Any:
    """Weights that may be written to are scaled where they are."""
    result = right(w, call)
    if w.flags.writeable and w.dtype != np.float64:
        w[...] = result
    return result


@killed_by("kind_of_tensor_does_not_matter")
def only_of_a_subclass(w: Array, call: Call) -> Any:
    """The root is forgotten where the weights are of a subclass of the array."""
    return root_forgotten(w, call, type(w) is not np.ndarray)
