"""Subjects in NumPy that conform, in the forms that people write, and some that no hint explains."""

from __future__ import annotations

from typing import Any

import numpy as np

from normconf import subject

Array = Any


def scaled(w: Array, max_value: float, axis: Any, epsilon: float = 1e-7) -> Array:
    n = np.sqrt(np.sum(np.square(w), axis=tuple(axis) if isinstance(axis, list) else axis, keepdims=True))
    return w * (np.clip(n, 0, max_value) / (epsilon + n))


@subject("max_norm", framework="numpy")
def max_norm(w: Array, max_value: float, axis: Any, epsilon: float) -> Array:
    return scaled(w, max_value, axis, epsilon)


@subject("max_norm", framework="numpy", names={"max_value": "m"})
class MaxNorm:
    def __init__(self, m: float = 2.0, axis: Any = 0) -> None:
        self.m, self.axis = m, axis

    def __call__(self, w: Array) -> Array:
        return scaled(w, self.m, self.axis)


@subject("max_norm", framework="numpy", in_place=True)
def in_place_(w: Array, max_value: float, axis: Any) -> None:
    w[...] = scaled(w, max_value, axis)


@subject("l2_ball", framework="numpy")
def projection(w: Array, scale: float) -> Array:
    n = np.sqrt(np.sum(np.square(w)))
    return w * (scale / n).astype(w.dtype) if n > scale else w


@subject("renorm", framework="numpy", formats=["float32", "float64"])
def of_rows(w: Array, maxnorm: float, dim: int) -> Array:
    n = np.sqrt(np.sum(np.square(w), axis=tuple(d for d in range(w.ndim) if d != dim), keepdims=True))
    return w * np.where(n > maxnorm, maxnorm / (n + 1e-7), 1).astype(w.dtype)


@subject("max_norm", framework="numpy")
def random(w: Array, max_value: float) -> Array:
    return np.random.default_rng(0).random(w.shape).astype(w.dtype)


@subject("max_norm", framework="numpy")
def shrinks(w: Array, max_value: float) -> Array:
    return w[:1]
