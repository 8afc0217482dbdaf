"""Spaces of groups that are small enough to be asked whole: both sides make the same ones from their numbers.

    numbers        every number of a format, as a group of one weight
    pairs          every pair of numbers of a format of 16 bits, as a group of two
    equal weights  every number of a format of 16 bits, as often as a group is long

The groups of a space are numbered from 0: the bits of a number, or of the pair's first number and then its second.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

import numpy as np

from adapters.core.arrays import Array

NUMBERS, PAIRS, EQUAL_WEIGHTS = "numbers", "pairs", "equal weights"
BITS = {"float16": 16, "bfloat16": 16, "float32": 32}
INFINITY = {"float16": 0x7C00, "bfloat16": 0x7F80, "float32": 0x7F800000}
# bytes of one array that is asked at once: what is written and read stays in a processor's cache or near it
MOST_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True)
class Space:
    """Every group of a kind in a format; `length` is that of each."""

    kind: str
    format: str
    length: int = 1

    def __post_init__(self) -> None:
        """Raise ValueError for a kind that there is not, or not in this format or length."""
        lengths = {NUMBERS: range(1, 2), PAIRS: range(2, 3), EQUAL_WEIGHTS: range(2, 4097)}
        if self.length not in lengths.get(self.kind, ()):
            raise ValueError(f"there are no {self.kind} in groups of {self.length}")
        if self.format not in BITS or (self.kind != NUMBERS and BITS[self.format] != 16):
            raise ValueError(f"the {self.kind} of {self.format} are not swept")

    @property
    def size(self) -> int:
        """How many groups there are."""
        bits: int = BITS[self.format]
        return 1 << (2 * bits if self.kind == PAIRS else bits)

    def holds(self, first: int, count: int) -> tuple[bool, bool]:
        """Return whether there are groups of finite weights among so many, and whether there are others."""
        if self.kind != PAIRS:
            sign = 1 << (BITS[self.format] - 1)
            others = [range(start + INFINITY[self.format], start + sign) for start in (0, sign)]
            met = sum(max(0, min(first + count, other.stop) - max(first, other.start)) for other in others)
            return met < count, met > 0
        finite = are_finite(self.columns(first, count), self.format)
        return bool(finite.any()), not finite.all()

    def columns(self, first: int, count: int) -> Array:
        """Return the bits of so many groups from a number on, each in a column: (length, count) unsigned integers."""
        if not 0 <= first <= first + count <= self.size:
            raise ValueError(f"of {self.size:,} groups there are no {count:,} from {first:,} on")
        numbers: Array = np.arange(count, dtype=np.uint32) + np.uint32(first)
        if self.format == "float32":
            return numbers[None, :]
        columns = np.broadcast_to(numbers, (self.length, count))
        if self.kind == PAIRS:
            columns = np.stack([numbers >> 16, numbers & 0xFFFF])
        return np.ascontiguousarray(columns, np.uint16)


def are_finite(columns: Array, format: str) -> Array:
    """Return for each group, of which these are the bits, whether all its weights are finite."""
    exponent = INFINITY[format]
    finite: Array = ((columns & columns.dtype.type(exponent)) != exponent).all(axis=0)
    return finite


def shape_of(length: int, count: int, rank: int, reduced: Sequence[int]) -> tuple[int, ...]:
    """Return the shape in which groups lie along the first of the reduced dimensions, one for each of the first kept.

    Where no dimension is reduced every weight is a group of its own.
    """
    shape = [1] * rank
    shape[_kept(rank, reduced)] = count
    if reduced:
        shape[reduced[0]] = length
    elif length != 1:
        raise ValueError("groups of more than one weight need a dimension")
    return tuple(shape)


def arranged(columns: Array, rank: int, reduced: Sequence[int]) -> Array:
    """Return the array, contiguous, whose groups over the reduced dimensions are the columns."""
    length, count = columns.shape
    columns_first = not reduced or reduced[0] < _kept(rank, reduced)
    array = columns if columns_first else np.ascontiguousarray(columns.T)
    return array.reshape(shape_of(length, count, rank, reduced))


def in_columns(array: Array, rank: int, reduced: Sequence[int]) -> Array:
    """Return the groups of such an array as columns again."""
    kept = _kept(rank, reduced)
    count = array.shape[kept]
    rest = prod(array.shape) // max(1, count)
    columns: Array = array.reshape(rest, count) if not reduced or reduced[0] < kept else array.reshape(count, rest).T
    return columns


def _kept(rank: int, reduced: Sequence[int]) -> int:
    kept = [dimension for dimension in range(rank) if dimension not in reduced]
    if not kept:
        raise ValueError("all weights are one group")
    return kept[0]
