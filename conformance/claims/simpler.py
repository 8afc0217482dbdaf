"""Simpler arguments of a program: smaller numbers, shorter lists, each a candidate for a counterexample."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from conformance.claims.experiment import Arguments

# arrays of more weights are shortened first
MAX_WEIGHTS = 8


def simpler_arguments(arguments: Arguments, keep: Sequence[str]) -> Iterator[Arguments]:
    """The arguments with one of them made simpler, but for those to keep."""
    for name, value in arguments.items():
        if name not in keep:
            for candidate in _simpler_value(value):
                yield {**arguments, name: candidate}


def _simpler_value(value: Any) -> Iterator[Any]:  # whatever JSON holds
    if isinstance(value, bool):
        return
    if isinstance(value, int):
        yield from sorted({1, 2, value // 2} - {value} if value > 2 else {1} - {value})
    elif isinstance(value, float):
        yield from _simpler_number(value)
    elif isinstance(value, list):
        yield from _simpler_list(value)


def _simpler_number(value: float) -> Iterator[float]:
    for candidate in (1.0, 2.0, 3.0, float(f"{value:.1g}"), float(f"{value:.2g}")):
        if candidate == value:
            return
        if math.isfinite(candidate):
            yield candidate


def _simpler_list(values: list[Any]) -> Iterator[list[Any]]:  # likewise
    try:
        array = np.asarray(values)
    except ValueError:  # lists of several lengths
        return
    # whole numbers stay whole
    for simpler in _simpler_array(array) if array.dtype.kind in "if" else ():
        yield simpler.tolist()


def _simpler_array(array: np.ndarray) -> Iterator[np.ndarray]:
    for dimension, size in enumerate(array.shape):
        if size > 1:
            yield np.take(array, range(size // 2), axis=dimension)
            yield np.take(array, range(size // 2, size), axis=dimension)
    for index, value in enumerate(array.ravel().tolist()) if array.size <= MAX_WEIGHTS else ():
        for candidate in _simpler_number(value):
            changed = array.copy()
            changed.flat[index] = candidate
            yield changed
