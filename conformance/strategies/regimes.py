"""What a group of weights can be like: one strategy for each regime, of a group's weights as float64 numbers.

To add a regime, add a function of the group's length, its format and the bound on its norm.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from reference.formats import FloatArray, Format

Group = st.SearchStrategy[FloatArray]
Regime = Callable[[int, Format, float], Group]


def _of(length: int, elements: st.SearchStrategy[float], scale: float = 1.0) -> Group:
    return hnp.arrays(np.float64, length, elements=elements).map(lambda numbers: numbers * scale)


def ordinary(length: int, fmt: Format, bound: float) -> Group:
    """Weights up to four times the bound, of both signs."""
    return _of(length, st.floats(-4.0, 4.0, width=16), bound)


def inside(length: int, fmt: Format, bound: float) -> Group:
    """Weights whose norm is below the bound."""
    return _of(length, st.floats(-1.0, 1.0, width=16), 0.99 * bound / max(1, length))


def zeros(length: int, fmt: Format, bound: float) -> Group:
    """Zeros of both signs."""
    return _of(length, st.sampled_from((0.0, -0.0)))


def equal(length: int, fmt: Format, bound: float) -> Group:
    """One number throughout, from tiny norms to large ones."""
    numbers = st.floats(-4.0, 4.0, width=16) | st.sampled_from((bound / math.sqrt(max(1, length)), 2.0 * bound))
    return numbers.map(lambda number: np.full(length, number))


def at_the_bound(length: int, fmt: Format, bound: float) -> Group:
    """A norm that is the bound: one weight of its size among zeros, or two that are 3/5 and 4/5 of it."""
    places = st.lists(st.integers(0, max(0, length - 1)), min_size=1, max_size=min(2, max(1, length)), unique=True)
    return places.map(
        lambda found: _among_zeros(length, found, [bound] if len(found) == 1 else [0.6 * bound, 0.8 * bound])
    )


def one_large(length: int, fmt: Format, bound: float) -> Group:
    """One weight that carries the norm, among small ones."""
    small = _of(length, st.floats(-1.0, 1.0, width=16), bound * 2.0**-12)
    return st.builds(_put_in, small, st.integers(0, max(0, length - 1)), st.sampled_from((2.0 * bound, -64.0 * bound)))


def tiny(length: int, fmt: Format, bound: float) -> Group:
    """Subnormal numbers and their neighbours, whose squares are lost."""
    return _of(length, st.integers(-8, 8).map(float), fmt.smallest_subnormal) | _of(
        length, st.floats(-4.0, 4.0, width=16), fmt.smallest_normal
    )


def huge(length: int, fmt: Format, bound: float) -> Group:
    """Numbers near the largest one, whose squares overflow."""
    return _of(length, st.floats(-1.0, 1.0, width=16), fmt.largest)


def special(length: int, fmt: Format, bound: float) -> Group:
    """One NaN or infinity among ordinary weights."""
    values = st.sampled_from((math.nan, math.inf, -math.inf))
    return st.builds(_put_in, ordinary(length, fmt, bound), st.integers(0, max(0, length - 1)), values)


def _among_zeros(length: int, places: list[int], values: list[float]) -> FloatArray:
    found = np.zeros(length)
    for place, value in zip(places, values, strict=True):
        found = _put_in(found, place, value)
    return found


def _put_in(numbers: FloatArray, place: int, value: float) -> FloatArray:
    found = numbers.copy()
    found[place : place + 1] = value  # nowhere in a group of none
    return found


REGIMES: Mapping[str, Regime] = {
    name.replace("_", " "): found
    for name, found in list(globals().items())
    if not name.startswith("_") and getattr(found, "__module__", None) == __name__ and callable(found)
}
