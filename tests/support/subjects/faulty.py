"""Subjects in NumPy that each do one thing wrong, and the hint that says so."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from normconf import subject

Array = Any
HINTS: dict[str, str] = {}


def faulty(
    hint: str, contract: str = "max_norm", **limits: Any
) -> Callable[[Callable[..., Array]], Callable[..., Array]]:
    """Mark a function, and note its hint."""

    def mark(function: Callable[..., Array]) -> Callable[..., Array]:
        HINTS[function.__name__] = hint
        return subject(contract, framework="numpy", **limits)(function)

    return mark


def norm(w: Array, axis: Any) -> Array:
    return np.sqrt(np.sum(np.square(w), axis=tuple(axis) if isinstance(axis, list) else axis, keepdims=True))


def reduced(w: Array, axis: Any) -> list[int]:
    return [d % w.ndim for d in (range(w.ndim) if axis is None else np.atleast_1d(axis))]


@faulty("max_norm over the dimensions that axis does not name")
def complement(w: Array, max_value: float, axis: Any, epsilon: float) -> Array:
    n = norm(w, tuple(d for d in range(w.ndim) if d not in reduced(w, axis)))
    return w * (np.clip(n, 0, max_value) / (epsilon + n))


@faulty("max_norm over axis counted from the last dimension")
def from_the_end(w: Array, max_value: float, axis: Any, epsilon: float) -> Array:
    n = norm(w, tuple(w.ndim - 1 - d for d in reduced(w, axis)))
    return w * (np.clip(n, 0, max_value) / (epsilon + n))


@faulty("max_norm over axis 0, whichever axis it is given")
def always_axis_0(w: Array, max_value: float, axis: Any, epsilon: float) -> Array:
    n = norm(w, 0)
    return w * (np.clip(n, 0, max_value) / (epsilon + n))


@faulty("max_norm over the whole array, whichever axis it is given")
def always_everything(w: Array, max_value: float, axis: Any, epsilon: float) -> Array:
    n = norm(w, None)
    return w * (np.clip(n, 0, max_value) / (epsilon + n))


@faulty("max_norm over axis 1, not axis 0", ranks=[2], axes=[0])
def rows_of_a_matrix(w: Array, max_value: float, epsilon: float) -> Array:
    n = norm(w, 1)
    return w * (np.clip(n, 0, max_value) / (epsilon + n))


@faulty("max_norm over all dimensions but axis 0", ranks=[3, 4], axes=[0])
def filters(w: Array, max_value: float, epsilon: float) -> Array:
    n = norm(w, tuple(range(1, w.ndim)))
    return w * (np.clip(n, 0, max_value) / (epsilon + n))


@faulty("max_norm over axis 1, not axis 0, with epsilon 1e-05", ranks=[2], axes=[0])
def two_faults(w: Array, max_value: float) -> Array:
    n = norm(w, 1)
    return w * (np.clip(n, 0, max_value) / (1e-5 + n))


@faulty("max_norm without epsilon")
def no_epsilon(w: Array, max_value: float, axis: Any) -> Array:
    n = norm(w, axis)
    return w * (np.clip(n, 0, max_value) / n)


@faulty("max_norm_projection: gate it with --contract max_norm_projection. With max_value = 2")
def of_the_ball(w: Array, max_value: float, axis: Any) -> Array:
    n = norm(w, axis)
    return w * np.where(n > max_value, max_value / np.where(n > 0, n, 1), 1).astype(w.dtype)


@faulty("l2_sphere: gate it with --contract l2_sphere --map scale=max_value. With max_value = 2")
def on_the_sphere(w: Array, max_value: float, axis: Any) -> Array:
    return w * (max_value / norm(w, axis))


@faulty("normalize: gate it with --contract normalize --fix epsilon=1e-12", contract="unit_norm")
def normalized(w: Array, axis: Any) -> Array:
    return w / np.maximum(norm(w, axis), w.dtype.type(1e-12))


@faulty("max_norm with epsilon 1e-12")
def epsilon_12(w: Array, max_value: float, axis: Any) -> Array:
    n = norm(w, axis)
    return w * (np.clip(n, 0, max_value) / (1e-12 + n))


@faulty("max_norm with epsilon 1e-09")
def epsilon_9(w: Array, max_value: float, axis: Any) -> Array:
    n = norm(w, axis)
    return w * (np.clip(n, 0, max_value) / (1e-9 + n))


@faulty("max_norm with epsilon 1e-08")
def epsilon_8(w: Array, max_value: float, axis: Any) -> Array:
    n = norm(w, axis)
    return w * (np.clip(n, 0, max_value) / (1e-8 + n))


@faulty("max_norm with epsilon 1e-06")
def epsilon_6(w: Array, max_value: float, axis: Any) -> Array:
    n = norm(w, axis)
    return w * (np.clip(n, 0, max_value) / (1e-6 + n))


@faulty("unit_norm with epsilon 1e-05", contract="unit_norm")
def unit_5(w: Array, axis: Any) -> Array:
    return w / (1e-5 + norm(w, axis))


@faulty("max_norm with epsilon inside the square root")
def under_the_root(w: Array, max_value: float, axis: Any, epsilon: float) -> Array:
    squares = np.sum(np.square(w), axis=tuple(axis) if isinstance(axis, list) else axis, keepdims=True)
    n = np.sqrt(squares + epsilon)
    return w * (np.clip(n, 0, max_value) / n)


@faulty("max_norm with epsilon inside the square root of the denominator")
def under_one_root(w: Array, max_value: float, axis: Any, epsilon: float) -> Array:
    squares = np.sum(np.square(w), axis=tuple(axis) if isinstance(axis, list) else axis, keepdims=True)
    return w * (np.clip(np.sqrt(squares), 0, max_value) / np.sqrt(squares + epsilon))


@faulty("normalize: gate it with --contract normalize", contract="unit_norm")
def floor(w: Array, axis: Any, epsilon: float) -> Array:
    return w / np.maximum(norm(w, axis), epsilon)


@faulty("max_norm with epsilon added twice")
def twice(w: Array, max_value: float, axis: Any, epsilon: float) -> Array:
    n = norm(w, axis)
    return w * (np.clip(n, 0, max_value) / (epsilon + epsilon + n))


@faulty("max_norm with a threshold: weights inside the bound are left as they are")
def threshold(w: Array, max_value: float, axis: Any, epsilon: float) -> Array:
    n = norm(w, axis)
    return w * np.where(n > max_value, max_value / (epsilon + n), 1).astype(w.dtype)


@faulty("max_norm with max_value squared")
def squared(w: Array, max_value: float, axis: Any, epsilon: float) -> Array:
    n = norm(w, axis)
    return w * (np.clip(n, 0, max_value**2) / (epsilon + n))


@faulty("min_max_norm with min_value and max_value exchanged", contract="min_max_norm")
def clip_order(w: Array, min_value: float, max_value: float, rate: float, axis: Any, epsilon: float) -> Array:
    n = norm(w, axis)
    clipped = np.minimum(np.maximum(n, max_value), min_value).astype(w.dtype)
    return w * ((rate * clipped + (1 - rate) * n) / (epsilon + n))


@faulty("min_max_norm that ignores min_value", contract="min_max_norm")
def no_minimum(w: Array, min_value: float, max_value: float, rate: float, axis: Any, epsilon: float) -> Array:
    n = norm(w, axis)
    return w * ((rate * np.clip(n, 0, max_value) + (1 - rate) * n) / (epsilon + n))


@faulty("min_max_norm with the rate on the weights: rate * clipped + (1 - rate) * w", contract="min_max_norm")
def rate_on_weights(w: Array, min_value: float, max_value: float, rate: float, axis: Any, epsilon: float) -> Array:
    n = norm(w, axis)
    return rate * (w * (np.clip(n, min_value, max_value) / (epsilon + n))) + (1 - rate) * w


@faulty("min_max_norm that ignores rate", contract="min_max_norm")
def no_rate(w: Array, min_value: float, max_value: float, axis: Any, epsilon: float, rate: float) -> Array:
    n = norm(w, axis)
    return w * (np.clip(n, min_value, max_value) / (epsilon + n))


@faulty("min_max_norm with 1 - rate for rate", contract="min_max_norm")
def other_rate(w: Array, min_value: float, max_value: float, axis: Any, epsilon: float, rate: float) -> Array:
    n = norm(w, axis)
    return w * (((1 - rate) * np.clip(n, min_value, max_value) + rate * n) / (epsilon + n))


@faulty("max_norm computed in float32")
def in_float32(w: Array, max_value: float, axis: Any, epsilon: float) -> Array:
    n = norm(w.astype(np.float32), axis)
    return (w.astype(np.float32) * (np.clip(n, 0, np.float32(max_value)) / (np.float32(epsilon) + n))).astype(w.dtype)


@faulty("clip_by_norm: gate it as that, with the dimensions that are reduced for dim", contract="renorm", ranks=[2])
def no_epsilon_in_renorm(w: Array, maxnorm: float, dim: int) -> Array:
    n = norm(w, 1 - dim)
    return w * np.where(n > maxnorm, maxnorm / np.where(n > 0, n, 1), 1).astype(w.dtype)


@faulty("l2_ball that leaves all weights as they are", contract="l2_ball")
def idle(w: Array, scale: float) -> Array:
    return w


@faulty("renorm: gate it as that, with dim, the dimension that is kept, for axes", contract="clip_by_norm")
def renorm(w: Array, clip_norm: float, axes: Any) -> Array:
    n = norm(w, axes)
    return w * np.where(n > clip_norm, clip_norm / (n + 1e-7), 1).astype(w.dtype)


@faulty("max_norm with the norm taken for max_value / 2 where it is less")
def from_half(w: Array, max_value: float, axis: Any, epsilon: float) -> Array:
    n = np.maximum(norm(w, axis), max_value / 2)
    return w * (np.minimum(n, max_value) / (epsilon + n))


@faulty("max_norm with N squared in place of N")
def norm_squared(w: Array, max_value: float, axis: Any, epsilon: float) -> Array:
    n = np.square(norm(w, axis))
    return w * (np.clip(n, 0, max_value) / (epsilon + n))


@faulty("max_norm_l1: gate it with --contract max_norm_l1")
def of_sizes(w: Array, max_value: float, axis: Any, epsilon: float) -> Array:
    n = np.sum(np.abs(w), axis=tuple(axis) if isinstance(axis, list) else axis, keepdims=True)
    return w * (np.clip(n, 0, max_value) / (epsilon + n))


@faulty("max_norm_linf: gate it with --contract max_norm_linf")
def of_the_largest(w: Array, max_value: float, axis: Any, epsilon: float) -> Array:
    n = np.max(np.abs(w), axis=tuple(axis) if isinstance(axis, list) else axis, keepdims=True)
    return w * (np.clip(n, 0, max_value) / (epsilon + n))


@faulty("unit_norm of the L1 norm, the sum of the sizes, not L2", contract="unit_norm")
def divided_by_sizes(w: Array, axis: Any, epsilon: float) -> Array:
    return w / (epsilon + np.sum(np.abs(w), axis=tuple(axis) if isinstance(axis, list) else axis, keepdims=True))


@faulty("unit_norm of the largest weight, not of the L2 norm", contract="unit_norm")
def divided_by_the_largest(w: Array, axis: Any, epsilon: float) -> Array:
    return w / (epsilon + np.max(np.abs(w), axis=tuple(axis) if isinstance(axis, list) else axis, keepdims=True))


@faulty("max_norm_l1 with N squared in place of N", contract="max_norm_l1")
def sizes_squared(w: Array, max_value: float, axis: Any, epsilon: float) -> Array:
    n = np.square(np.sum(np.abs(w), axis=tuple(axis) if isinstance(axis, list) else axis, keepdims=True))
    return w * (np.clip(n, 0, max_value) / (epsilon + n))


@faulty("max_norm_linf of the weights less their mean", contract="max_norm_linf")
def largest_less_their_mean(w: Array, max_value: float, axis: Any, epsilon: float) -> Array:
    axis = tuple(axis) if isinstance(axis, list) else axis
    centred = w - np.mean(w, axis=axis, keepdims=True)
    n = np.max(np.abs(centred), axis=axis, keepdims=True)
    return centred * (np.clip(n, 0, max_value) / (epsilon + n))


@faulty("max_norm of the mean square's root, not of the L2 norm")
def of_the_mean(w: Array, max_value: float, axis: Any, epsilon: float) -> Array:
    n = np.sqrt(np.mean(np.square(w), axis=tuple(axis) if isinstance(axis, list) else axis, keepdims=True))
    return w * (np.clip(n, 0, max_value) / (epsilon + n))


@faulty("max_norm of the weights less their mean")
def less_their_mean(w: Array, max_value: float, axis: Any, epsilon: float) -> Array:
    centred = w - np.mean(w, axis=tuple(axis) if isinstance(axis, list) else axis, keepdims=True)
    n = norm(centred, axis)
    return centred * (np.clip(n, 0, max_value) / (epsilon + n))


@faulty("max_norm with the norm of the weights less their mean")
def norm_less_the_mean(w: Array, max_value: float, axis: Any, epsilon: float) -> Array:
    n = norm(w - np.mean(w, axis=tuple(axis) if isinstance(axis, list) else axis, keepdims=True), axis)
    return w * (np.clip(n, 0, max_value) / (epsilon + n))


@faulty("max_norm with epsilon added after the division")
def epsilon_last(w: Array, max_value: float, axis: Any, epsilon: float) -> Array:
    n = norm(w, axis)
    return w * (np.clip(n, 0, max_value) / n + epsilon)


@faulty("a clamp of each weight to [-max_value, max_value]")
def each_weight(w: Array, max_value: float, axis: Any, epsilon: float) -> Array:
    return np.clip(w, -max_value, max_value)


@faulty("a clamp of each weight to at most max_value")
def each_weight_from_above(w: Array, max_value: float, axis: Any, epsilon: float) -> Array:
    return np.minimum(w, np.asarray(max_value, w.dtype))


@faulty("w * clip(N): it does not divide by N")
def undivided(w: Array, max_value: float, axis: Any, epsilon: float) -> Array:
    return w * np.clip(norm(w, axis), 0, max_value)


@faulty("w * N: it multiplies by the norm")
def multiplied(w: Array, max_value: float, axis: Any, epsilon: float) -> Array:
    return w * norm(w, axis)


@faulty("DL4J's MinMaxNorm, which mixes the quotient with N: rate * clip(N) / N + (1 - rate) * N", "min_max_norm")
def as_dl4j(w: Array, min_value: float, max_value: float, rate: float, axis: Any, epsilon: float) -> Array:
    n = norm(w, axis) + epsilon
    quotient = np.clip(norm(w, axis), min_value, max_value) / n
    return w * (quotient * rate + n * (1.0 - rate) if rate != 1.0 else quotient)
