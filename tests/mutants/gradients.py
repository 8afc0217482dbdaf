"""The gradient of the sum of a contract's result, by formula, every operation in the weights' own format.

With y = w * g(N) and S the sum of a group's weights, d(sum y)/dw_j = g(N) + S * g'(N) * w_j / N.
"""

from __future__ import annotations

import numpy as np

from tests.mutants.arithmetic import ELEMENTWISE, THRESHOLDS, Array, Call, denominator, gain, inside, total


def gradient(w: Array, n: Array, call: Call) -> Array:
    """The derivative of the sum of all results by each weight, given the norms of the groups."""
    if call.contract in ELEMENTWISE:
        return _passed(w, call)
    zero = n.dtype.type(0)
    # at zero the result is g(0) w in every direction; and g' itself may overflow where its product with S does not
    along = np.where(n > 0, total(w, call.dimensions(w.ndim)) * (w / n), zero)
    return np.asarray(gain(n, call) + along * _steepness(n, call) / denominator(n, call))


def _steepness(n: Array, call: Call) -> Array:
    """g'(N) times the denominator, each piece on its own: differences of nearly equal numbers are worked out."""
    zero, below = n.dtype.type(0), denominator(n, call)
    falling = -gain(n, call)  # of a constant over epsilon + N, or over N
    if call.contract in ("unit_norm", "l2_sphere"):
        return falling
    if call.contract in ("normalize", "unitwise_clip"):
        longer = (n > call.value("epsilon", n)) & ~((call.contract == "unitwise_clip") & inside(n, call))
        return np.asarray(np.where(longer, falling, zero))
    upper = call.upper(n)
    if call.contract in THRESHOLDS:
        return np.asarray(np.where(inside(n, call), zero, falling))
    epsilon = call.value("epsilon", n)
    if call.contract == "clip_grad_norm":
        return np.asarray(np.where(epsilon + n > upper, falling, zero))
    rising = epsilon / below  # of N / (epsilon + N)
    if call.contract == "max_norm":
        return np.asarray(np.where(n < upper, rising, falling))
    lower, rate = call.value("min_value", n), call.value("rate", n)
    moved = np.where(n <= lower, lower, upper)
    mixed = ((n.dtype.type(1) - rate) * epsilon - rate * moved) / below
    return np.asarray(np.where((n > lower) & (n < upper), rising, mixed))


def _passed(w: Array, call: Call) -> Array:
    """1 where a weight is kept as it is, 0 where it is replaced by a bound."""
    kept = w >= 0
    if call.contract == "clip_by_value":
        kept = (w >= call.value("clip_value_min", w)) & (w <= call.value("clip_value_max", w))
    return np.asarray(np.where(kept, w.dtype.type(1), w.dtype.type(0)))
