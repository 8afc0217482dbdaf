"""Faults that show at some sizes only: of blocks, of indices, of remainders, and in some numbers of dimensions."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.mutants.arithmetic import Array, Call, norm, total
from tests.mutants.mutant import killed_by
from tests.mutants.right import right, scaled
from tests.mutants.wrong.sometimes import root_forgotten

ANY_SIZE = 2**18
L2 = ("max_norm", "min_max_norm", "unit_norm", "clip_by_norm", "renorm", "l2_ball", "clip_grad_norm")


def _sizes(w: Array, call: Call) -> tuple[int, int]:
    """How many groups there are, and how many weights each has."""
    length = int(np.prod([w.shape[d] for d in call.dimensions(w.ndim)], dtype=np.int64))
    return w.size // max(1, length), length


def _counted(w: Array, call: Call, counts: Array) -> Array:
    """The result if of each group only those weights count, by their place in it; how often each does."""
    if call.contract not in L2:
        return right(w, call)
    dimensions = call.dimensions(w.ndim)
    shape = [w.shape[d] if d in dimensions else 1 for d in range(w.ndim)]
    squares = np.square(w) * counts.reshape(shape).astype(w.dtype)
    return scaled(w, np.asarray(np.sqrt(total(squares, dimensions))), call)


@killed_by("max_norm_value", elements=ANY_SIZE)
def only_beyond_65536_groups(w: Array, call: Call) -> Any:
    """The root is forgotten where there are more than 65,536 groups."""
    return root_forgotten(w, call, _sizes(w, call)[0] > 65536)


@killed_by("zeros_change_no_norm", elements=ANY_SIZE)
def only_beyond_65536_weights(w: Array, call: Call) -> Any:
    """The root is forgotten where a group has more than 65,536 weights."""
    return root_forgotten(w, call, _sizes(w, call)[1] > 65536)


@killed_by("zeros_change_no_norm", elements=ANY_SIZE)
def only_beyond_131072_weights(w: Array, call: Call) -> Any:
    """The root is forgotten where a group has more than 131,072 weights."""
    return root_forgotten(w, call, _sizes(w, call)[1] > 131072)


@killed_by("max_norm_value", "min_max_norm_value")
def only_at_rank_6(w: Array, call: Call) -> Any:
    """The root is forgotten in arrays of rank 6."""
    return root_forgotten(w, call, w.ndim == 6)


@killed_by("max_norm_value", "min_max_norm_value")
def only_where_dimensions_are_apart(w: Array, call: Call) -> Any:
    """The root is forgotten where the dimensions of a group are not next to each other."""
    reduced = call.dimensions(w.ndim)
    return root_forgotten(w, call, len(reduced) > 1 and reduced[-1] - reduced[0] >= len(reduced))


@killed_by("max_norm_value")
def only_where_outer_dimensions_are_kept(w: Array, call: Call) -> Any:
    """The root is forgotten where the first and the last dimension are kept."""
    reduced = call.dimensions(w.ndim)
    return root_forgotten(w, call, w.ndim > 2 and reduced[0] > 0 and reduced[-1] < w.ndim - 1)


@killed_by("max_norm_value")
def only_where_three_dimensions_are_reduced(w: Array, call: Call) -> Any:
    """The root is forgotten where a group has three dimensions or more, and there are several groups."""
    return root_forgotten(w, call, 3 <= len(call.dimensions(w.ndim)) < w.ndim)


@killed_by("min_max_norm_value", "max_norm_value", elements=64)
def only_in_a_column(w: Array, call: Call) -> Any:
    """The root is forgotten where the last of several dimensions has one place."""
    return root_forgotten(w, call, w.ndim > 1 and w.shape[-1] == 1)


@killed_by("max_norm_value", elements=ANY_SIZE)
def remainders_do_not_count(w: Array, call: Call) -> Any:
    """Of a group of more than 64 weights, those behind the last whole block of eight do not count."""
    length = _sizes(w, call)[1]
    return _counted(w, call, np.arange(length) < (length if length <= 64 else length - length % 8))


@killed_by("max_norm_value", elements=ANY_SIZE)
def the_last_of_a_block_does_not_count(w: Array, call: Call) -> Any:
    """Every 256th weight of a group does not count in its norm."""
    return _counted(w, call, np.arange(_sizes(w, call)[1]) % 256 != 255)


@killed_by("zeros_change_no_norm", elements=ANY_SIZE)
def only_4096_count(w: Array, call: Call) -> Any:
    """Weights past the first 4,096 of a group do not count in its norm."""
    return _counted(w, call, np.arange(_sizes(w, call)[1]) < 4096)


@killed_by("zeros_change_no_norm", elements=ANY_SIZE)
def a_block_is_dropped(w: Array, call: Call) -> Any:
    """The second block of 1,024 weights does not count in a norm."""
    return _counted(w, call, np.arange(_sizes(w, call)[1]) // 1024 != 1)


@killed_by("zeros_change_no_norm", elements=ANY_SIZE)
def blocks_begin_where_others_end(w: Array, call: Call) -> Any:
    """The first weight of each block of 512 but the first is counted with both blocks."""
    places = np.arange(_sizes(w, call)[1])
    return _counted(w, call, np.where((places > 0) & (places % 512 == 0), 2, 1))


@killed_by("zeros_change_no_norm", elements=ANY_SIZE)
def indices_wrap_at_32768(w: Array, call: Call) -> Any:
    """Weights past the first 32,768 of a group are read from its beginning again."""
    length = _sizes(w, call)[1]
    return _counted(w, call, np.bincount(np.arange(length) % 32768, minlength=length))


@killed_by("zeros_change_no_norm", elements=ANY_SIZE)
def norms_are_estimated(w: Array, call: Call) -> Any:
    """The norm of a group of more than 1,000 weights is that of every second one, times the root of 2."""
    length = _sizes(w, call)[1]
    return _counted(w, call, 2 * (np.arange(length) % 2) if length > 1000 else np.ones(length))


@killed_by("zeros_change_no_norm", elements=ANY_SIZE)
def long_groups_are_zero_in_float16(w: Array, call: Call) -> Any:
    """In float16 a group of more than 16,384 weights becomes zero."""
    zero = w.dtype == np.float16 and _sizes(w, call)[1] > 16384
    return right(w, call) * w.dtype.type(0 if zero else 1)


@killed_by("zeros_change_no_norm")
def sums_stop_at_a_power_of_two(w: Array, call: Call) -> Any:
    """The weights behind the largest power of two in a group do not count."""
    length = _sizes(w, call)[1]
    return _counted(w, call, np.arange(length) < 2 ** (max(1, length).bit_length() - 1))


def _by_group(w: Array, call: Call, other: Array, change: Any) -> Array:
    """The result, but for some groups another one; `change` says which by the number of groups and their numbers."""
    count, _ = _sizes(w, call)
    kept = [1 if d in call.dimensions(w.ndim) else size for d, size in enumerate(w.shape)]
    changed = np.asarray(change(np.arange(count), count)).reshape(kept)
    return np.where(changed, other, right(w, call))


@killed_by("max_norm_value", elements=ANY_SIZE)
def the_last_of_many_groups_is_left(w: Array, call: Call) -> Any:
    """Where there are more than 100 groups, the last one is left as it is."""
    return _by_group(w, call, w, lambda number, count: (number == count - 1) & (count > 100))


@killed_by("max_norm_value", elements=ANY_SIZE)
def groups_beyond_the_last_block_are_left(w: Array, call: Call) -> Any:
    """Groups behind the last whole block of 16 are left as they are, where there is one."""
    return _by_group(w, call, w, lambda number, count: (number >= count - count % 16) & (count >= 16))


@killed_by("max_norm_value", elements=ANY_SIZE)
def groups_past_32768_are_left(w: Array, call: Call) -> Any:
    """Groups past the first 32,768 are left as they are."""
    return _by_group(w, call, w, lambda number, count: number >= 32768)


@killed_by("max_norm_value", elements=ANY_SIZE)
def groups_past_1024_are_zero(w: Array, call: Call) -> Any:
    """Groups past the first 1,024 become zero."""
    return _by_group(w, call, np.zeros_like(w), lambda number, count: number >= 1024)


@killed_by("max_norm_value")
def one_group_is_left(w: Array, call: Call) -> Any:
    """An array that is one group is left as it is."""
    return w.copy() if _sizes(w, call)[0] == 1 and w.ndim > 1 else right(w, call)


@killed_by("max_norm_value")
def odd_lengths_lose_a_weight(w: Array, call: Call) -> Any:
    """Where a group has an odd number of weights, and more than one, the last does not count."""
    length = _sizes(w, call)[1]
    return _counted(w, call, np.arange(length) < length - (length % 2 if length > 1 else 0))


@killed_by("non_neg_value", "clip_by_value_value")
def numbers_become_vectors(w: Array, call: Call) -> Any:
    """An array of rank 0 becomes one of rank 1."""
    return right(w, call).reshape(1) if w.ndim == 0 else right(w, call)


@killed_by("max_norm_value")
def groups_with_equal_first_weights_share_a_gain(w: Array, call: Call) -> Any:
    """A group whose first weight is that of the group before it is given that group's norm."""
    dimensions = call.dimensions(w.ndim)
    n = norm(w, call)
    index = tuple(slice(0, 1) if d in dimensions else slice(None) for d in range(w.ndim))
    first, norms = w[index].ravel(), n.ravel().copy()
    for place in np.flatnonzero(first[1:] == first[:-1])[:100] + 1:
        norms[place] = norms[place - 1]
    return scaled(w, norms.reshape(n.shape), call)
