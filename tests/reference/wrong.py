"""Wrong formulas, evaluated in float64 and rounded once to the format: faults of meaning, not of rounding."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from reference.formats import FloatArray

Wrong = Callable[[FloatArray, Mapping[str, float]], FloatArray]
Gain = Callable[[FloatArray, float], FloatArray]


def norm(rows: FloatArray) -> FloatArray:
    """The L2 norm of each row."""
    root: FloatArray = np.sqrt(np.sum(rows**2, axis=1, keepdims=True))
    return root


def right(rows: FloatArray, p: Mapping[str, float]) -> FloatArray:
    """max_norm as specified."""
    return rows * np.minimum(norm(rows), p["max_value"]) / (p["epsilon"] + norm(rows))


def no_shrink_inside(rows: FloatArray, p: Mapping[str, float]) -> FloatArray:
    """Weights inside the ball are left as they are, as people believe."""
    return np.where(norm(rows) <= p["max_value"], rows, right(rows, p))


def larger_of_norm_and_epsilon(rows: FloatArray, p: Mapping[str, float]) -> FloatArray:
    """max(N, epsilon) below the line instead of their sum."""
    return rows * np.minimum(norm(rows), p["max_value"]) / np.maximum(norm(rows), p["epsilon"])


def epsilon_inside_the_root(rows: FloatArray, p: Mapping[str, float]) -> FloatArray:
    """sqrt(S + epsilon) below the line."""
    below: FloatArray = np.sqrt(norm(rows) ** 2 + p["epsilon"])
    return rows * np.minimum(norm(rows), p["max_value"]) / below


def a_tenth_of_epsilon(rows: FloatArray, p: Mapping[str, float]) -> FloatArray:
    """1e-8 where 1e-7 is meant."""
    return right(rows, {**p, "epsilon": p["epsilon"] / 10.0})


def absolute_values(rows: FloatArray, p: Mapping[str, float]) -> FloatArray:
    """The p = 1 norm."""
    size: FloatArray = np.sum(np.abs(rows), axis=1, keepdims=True)
    return rows * np.minimum(size, p["max_value"]) / (p["epsilon"] + size)


def other_axis(rows: FloatArray, p: Mapping[str, float]) -> FloatArray:
    """Columns taken for groups."""
    swapped: FloatArray = right(rows.T, p).T
    return swapped


def bound_as_threshold(rows: FloatArray, p: Mapping[str, float]) -> FloatArray:
    """The norm is compared with the bound and epsilon forgotten."""
    return rows * np.minimum(1.0, p["max_value"] / norm(rows))


FORMULAS: dict[str, Wrong] = {
    "no shrink inside the ball": no_shrink_inside,
    "max(N, epsilon) for epsilon + N": larger_of_norm_and_epsilon,
    "epsilon inside the root": epsilon_inside_the_root,
    "a tenth of epsilon": a_tenth_of_epsilon,
    "the p = 1 norm": absolute_values,
    "the other axis": other_axis,
    "no epsilon at all": bound_as_threshold,
}
