"""Which weights form a group: Keras's axis, and the rearrangement of an array into one row per group."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any, SupportsIndex, TypeVar

import numpy as np
from numpy.typing import NDArray

# numbers of any integer type, as operator.index takes them
Axis = SupportsIndex | Sequence[SupportsIndex] | None
Scalar = TypeVar("Scalar", bound=np.generic)


# from this length on NumPy reduces a row faster where its numbers lie side by side (measured with 131,072 numbers)
SHORT = 16


class AxisError(ValueError):
    """An axis that names no dimension of the array, or one dimension twice."""


def reduced_dimensions(axis: Axis, rank: int) -> tuple[int, ...]:
    """The dimensions over which the norm is taken, ascending: `axis` may be an int, a sequence, or None for all.

    Negative numbers count from the last dimension, as in NumPy. Raises AxisError.
    """
    if axis is None:
        return tuple(range(rank))
    numbers = list(axis) if isinstance(axis, Sequence) else [axis]
    found = []
    for number in numbers:
        dimension = operator.index(number)
        if not -rank <= dimension < rank:
            raise AxisError(f"axis {number} is out of range for an array of rank {rank}")
        found.append(dimension % rank)
    if len(set(found)) < len(found):
        raise AxisError(f"axis {axis!r} names one dimension of an array of rank {rank} twice")
    return tuple(sorted(found))


def to_rows(array: NDArray[Scalar], axis: Axis) -> NDArray[Scalar]:
    """The array rearranged into one row per group, groups in C order of the kept positions."""
    reduced = reduced_dimensions(axis, array.ndim)
    kept = [d for d in range(array.ndim) if d not in reduced]
    length = int(np.prod([array.shape[d] for d in reduced], dtype=np.int64))
    count = int(np.prod([array.shape[d] for d in kept], dtype=np.int64))
    return array.transpose(*kept, *reduced).reshape(count, length)


def by_columns(rows: NDArray[Scalar]) -> NDArray[Scalar]:
    """The rows as they are, in the order of memory in which NumPy reduces many short ones ten times as fast."""
    return np.asfortranarray(rows) if rows.shape[1] <= SHORT else rows


def from_rows(rows: NDArray[Scalar], shape: Sequence[int], axis: Axis) -> NDArray[Scalar]:
    """The inverse of `to_rows`: an array of `shape` whose groups over `axis` are the rows."""
    reduced = reduced_dimensions(axis, len(shape))
    order = [d for d in range(len(shape)) if d not in reduced] + list(reduced)
    arranged: NDArray[Any] = rows.reshape([shape[d] for d in order])
    return np.ascontiguousarray(arranged.transpose(np.argsort(order))).reshape(
        shape
    )  # which makes a vector of a number
