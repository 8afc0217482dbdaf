"""Strategies of shapes, axes and layouts, and of the weights in an array: groups of every regime side by side."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import cache, lru_cache
from math import prod
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from adapters.core.arrays import as_bfloat16
from conformance.cases.free_shapes import BLOCKS, PRIMES
from conformance.cases.layouts import OTHERS
from conformance.strategies.of_parameters import require_known
from conformance.strategies.regimes import REGIMES
from reference.formats import FORMATS, FloatArray, Format, encode
from reference.groups import from_rows, reduced_dimensions

Axis = int | tuple[int, ...] | None
# around the blocks in which kernels work
SIZES = sorted({size + more for size in BLOCKS for more in (-1, 0, 1)} | set(PRIMES))
# different groups in one array; more of them would take long to draw, and show nothing else
_MOST_PATTERNS = 8


@cache
def shapes(
    *, min_dims: int = 0, max_dims: int = 4, min_side: int = 0, max_side: int = 4097, max_weights: int = 4097
) -> st.SearchStrategy[tuple[int, ...]]:
    """Shapes of so many dimensions, with sides that are small, prime or around the blocks in which kernels work.

    A side that would make more than `max_weights` weights is cut. Raises ValueError where no such shape can be.
    """
    if not 0 <= min_dims <= max_dims or not 0 <= min_side <= max_side or max(1, min_side) ** min_dims > max_weights:
        raise ValueError("there is no shape of so many dimensions with such sides and so few weights")
    sides = st.integers(min_side, min(max_side, max(6, min_side)))
    if around := [size for size in SIZES if min_side <= size <= max_side]:
        sides |= st.sampled_from(around)
    return st.lists(sides, min_size=min_dims, max_size=max_dims).map(lambda found: _cut(found, min_side, max_weights))


def _cut(sides: Sequence[int], least: int, most: int) -> tuple[int, ...]:
    shape: list[int] = []
    for number, side in enumerate(sides):
        later = max(1, least) ** (len(sides) - number - 1)
        shape.append(min(side, most // (max(1, prod(shape)) * later)))
    return tuple(shape)


@cache
def axes(rank: int) -> st.SearchStrategy[Axis]:
    """All ways to name dimensions of an array of this rank: one, from either end, several in any order, or None.

    Of a number, which has no dimensions, only None and () can be.
    """
    if rank == 0:
        return st.none() | st.just(())
    numbers = st.integers(-rank, rank - 1)
    several = st.lists(numbers, min_size=1, max_size=rank, unique_by=lambda number: number % rank).map(tuple)
    return numbers | several | st.none()


@cache
def layouts() -> st.SearchStrategy[str]:
    """The names of layouts in memory, as cases take them; C is the plain one."""
    return st.sampled_from(("C", *OTHERS))


def weights(
    shape: tuple[int, ...],
    axis: Axis | None = None,
    *,
    format: str = "float32",
    bound: float = 1.0,
    regimes: Collection[str] = tuple(REGIMES),
) -> st.SearchStrategy[NDArray[Any]]:
    """Arrays of a format in which each group over `axis` is of one of the regimes.

    bound: the norm around which groups lie. bfloat16 needs the package ml_dtypes. Raises ValueError for a format or a
    regime that there is not, or an axis that the shape has not.
    """
    require_known("format", [format], FORMATS)
    require_known("regime", regimes, REGIMES)
    return _grouped(shape, reduced_dimensions(axis, len(shape)), FORMATS[format], bound, tuple(regimes))


@st.composite
def _grouped(
    draw: st.DrawFn,
    shape: tuple[int, ...],
    reduced: tuple[int, ...],
    fmt: Format,
    bound: float,
    regimes: tuple[str, ...],
) -> NDArray[Any]:
    length = prod(shape[d] for d in reduced)
    count = prod(size for d, size in enumerate(shape) if d not in reduced)
    # names first: strategies of regimes that are not drawn would take longer to make than those that are to draw
    names = draw(st.lists(st.sampled_from(regimes), min_size=min(1, count), max_size=min(count, _MOST_PATTERNS)))
    patterns = np.array([draw(_group(name, length, fmt, bound)) for name in names]).reshape(len(names), length)
    if count > len(names):
        # each group is like one of the patterns
        numbers = hnp.arrays(np.int64, count, elements=st.integers(0, len(names) - 1), fill=st.just(0))
        patterns = patterns[draw(numbers)]
    return as_array(from_rows(patterns, shape, reduced), fmt)


@lru_cache(maxsize=256)
def _group(regime: str, length: int, fmt: Format, bound: float) -> st.SearchStrategy[FloatArray]:
    return REGIMES[regime](length, fmt, bound)


def as_array(values: FloatArray, fmt: Format) -> NDArray[Any]:
    """Numbers rounded to a format, as an array of its type."""
    with np.errstate(over="ignore"):
        bits = encode(values, fmt)
    return as_bfloat16(bits, fmt.name) if fmt.name == "bfloat16" else bits.view(fmt.name)
