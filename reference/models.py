"""Evaluation models: what a correct formula gives when an intermediate leaves the format's range.

The acceptance intervals assume unlimited range. Where an exact intermediate does leave it (`leaves_range`), an
implementation may lawfully return zeros, infinities or NaN, depending on the format in which each step is taken and
on whether subnormal numbers are flushed to zero. A `Model` fixes these choices; `explains` says for which groups a
result is what the model gives. A result that neither the interval nor any model explains is wrong.

Range is decided from exact quantities, never from widened ones: else every long reduction would be in doubt. The one
margin is a factor of two at overflow, because gamma_n < 1 wherever the any-order tier is asked for (n u < 1/2).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reference.contracts import Contract
from reference.formats import BFLOAT16, FLOAT16, FLOAT32, FLOAT64, FloatArray, Format, round_to
from reference.norms import AnyNorms, gamma, tree_growth
from reference.wide import nearest

Mask = NDArray[np.bool_]

# wide enough to hold every intermediate of float16, bfloat16 and float32 data
_UNLIMITED = Format("unlimited", 0, 53, -1022, 1023)


@dataclass(frozen=True)
class Model:
    """The format of each step: of the squares and their sum, of the norm, and of the gain; and flushing to zero."""

    name: str
    sums: Format
    norm: Format
    gain: Format
    flushes: bool


def models(fmt: Format) -> tuple[Model, ...]:
    """The models of `fmt`, the plainest first."""
    wider = FLOAT32 if fmt in (FLOAT16, BFLOAT16) else _UNLIMITED
    found = []
    for flushes, suffix in ((False, ""), (True, ", subnormals flushed to zero")):
        found.append(Model(f"every operation in {fmt.name}{suffix}", fmt, fmt, fmt, flushes))
        if fmt is FLOAT64:
            continue
        found += [
            Model(f"sums in {wider.name}, rounded to {fmt.name}{suffix}", wider, fmt, fmt, flushes),
            Model(f"gain in {wider.name}{suffix}", fmt, fmt, wider, flushes),
            Model(f"sums and gain in {wider.name}{suffix}", wider, fmt, wider, flushes),
            Model(f"{wider.name} throughout{suffix}", wider, wider, wider, flushes),
        ]
    return tuple(found)


def leaves_range(contract: Contract, parameters: Mapping[str, float], norms: AnyNorms) -> Mask:
    """The groups of which an exact intermediate overflows, underflows or is flushed in the format; shape (groups,)."""
    fmt = norms.fmt
    low, high = fmt.smallest_normal, fmt.largest / 2.0
    values, weights = norms.values, np.abs(norms.rows)
    found = sums_leave_range(norms)
    with np.errstate(all="ignore"):
        found |= np.any((weights > 0) & (weights < low), axis=1)
        p = {name: np.asarray(value) for name, value in parameters.items()}
        top, bottom = contract.numerator(values, p), contract.denominator(values, p)
        gain = top / bottom
        for part in (values, top, bottom, gain):
            found |= (part != 0) & ((np.abs(part) < low) | (np.abs(part) > high))
        results = weights * np.abs(gain)[:, None]
        found |= np.any((results > 0) & (results < low), axis=1)
        for name, value in parameters.items():
            rounded = abs(float(round_to(np.asarray(value), fmt)))
            if value != 0.0 and not low <= rounded <= high:  # it counts where the gain would be another without it
                lost = contract.gain(values, p | {name: np.asarray(0.0 if rounded < low else np.inf)})
                found |= ~(np.abs(lost - gain) <= fmt.unit_roundoff / 4.0 * np.abs(gain))
    return found


def sums_leave_range(norms: AnyNorms) -> Mask:
    """The groups whose sum of squares overflows, or loses more than u of itself if its subnormal squares are lost."""
    fmt = norms.fmt
    lost = norms.subnormal_squares > fmt.unit_roundoff * nearest(norms.sums)
    found: Mask = lost | (norms.squares > fmt.largest / 2.0)
    return found


def explains(
    model: Model,
    contract: Contract,
    parameters: Mapping[str, float],
    norms: AnyNorms,
    results: FloatArray,
    tier: str = "any order",
) -> Mask:
    """The groups whose every result, in (groups, n), is what the model gives if squares are added as `tier` says."""
    fmt, rows = norms.fmt, norms.rows
    with np.errstate(all="ignore"):
        low_gains, high_gains, nan_gains = _gain(model, contract, parameters, norms, tier)
        gain_low, gain_high, gain_nan = low_gains[:, None], high_gains[:, None], nan_gains[:, None]
        weights = np.abs(rows)
        kept = np.where(weights < fmt.smallest_normal, 0.0, weights) if model.flushes else weights
        low, high = _store(kept * gain_low, weights * gain_high, fmt, model.flushes)
        low = np.where(kept == 0.0, 0.0, low)  # unless the gain is infinite: then 0 * inf is NaN
        may_be_nan = gain_nan | ((kept == 0.0) & np.isinf(gain_high))
        must_be_nan = (gain_high < gain_low) | ((weights == 0.0) & np.isinf(gain_low))
        magnitude = np.where(np.signbit(rows) == np.signbit(results), np.abs(results), -np.abs(results))
        magnitude = np.where(results == 0.0, 0.0, magnitude)
        inside = (low <= magnitude) & ~(magnitude > high) & ~must_be_nan
        explained: Mask = np.all(np.where(np.isnan(results), may_be_nan, inside), axis=1)
    return explained


def follows_formula(contract: Contract, parameters: Mapping[str, float], rows: FloatArray, results: FloatArray) -> Mask:
    """The groups holding a NaN or an infinity whose results are those of the formula in IEEE 754 arithmetic."""
    with np.errstate(all="ignore"):
        norm = np.where(np.isnan(rows).any(axis=1), np.nan, np.inf)
        p = {name: np.asarray(value) for name, value in parameters.items()}
        expected = rows * contract.gain(norm, p)[:, None]
    same: Mask = np.all((expected == results) | (np.isnan(expected) & np.isnan(results)), axis=1)
    return same


def _norm(model: Model, norms: AnyNorms, tier: str) -> tuple[FloatArray, FloatArray]:
    """The interval of each computed norm; infinity stands for overflow."""
    n, fmt, sums = norms.length, norms.fmt, model.sums
    u = fmt.unit_roundoff
    growth, stagnates = (tree_growth(n, u), False) if tier == "pairwise" else (gamma(n, u), False)
    if tier == "any order" and n * u >= 0.5:
        growth, stagnates = n * u, True
    survivors = norms.squares
    if model.flushes:
        weights = np.abs(norms.rows)
        safe = (weights >= fmt.smallest_normal) & (weights**2 * (1.0 - 2 * u) >= sums.smallest_normal)
        survivors = np.einsum("ij,ij->i", np.where(safe, weights, 0.0), np.where(safe, weights, 0.0))
    low = survivors * max(0.0, 1.0 - growth - 2.0**-40)
    if stagnates:
        low = np.max(np.where(norms.rows**2 <= survivors[:, None], norms.rows**2, 0.0), axis=1, initial=0.0) * (
            1 - 2 * u
        )
    lost = n * sums.smallest_subnormal
    high = norms.squares * (1.0 + growth + 2.0**-40)
    low, high = _overflow(np.where(low > lost, low - lost, 0.0), high + lost * (high > 0), sums)
    low, high = np.sqrt(low) * (1.0 - u), np.sqrt(high) * (1.0 + u)
    return _overflow(low, high, model.norm)


def _gain(
    model: Model, contract: Contract, parameters: Mapping[str, float], norms: AnyNorms, tier: str
) -> tuple[FloatArray, FloatArray, Mask]:
    """The interval of each computed gain (low > high if it can only be NaN), and whether it may be NaN."""
    norm_low, norm_high = _norm(model, norms, tier)
    slack = gamma(contract.roundings + 2, norms.fmt.unit_roundoff)
    lows, highs, invalid = [], [], np.zeros(norm_low.shape, dtype=bool)
    for rounded in (False, True):
        p = {name: np.asarray(value) for name, value in parameters.items()}
        if rounded:
            p = {name: round_to(value, norms.fmt) for name, value in p.items()}
        if model.flushes:
            p = {name: np.where(np.abs(value) < model.gain.smallest_normal, 0.0, value) for name, value in p.items()}
        for norm in (norm_low, norm_high, *(np.clip(p[knee], norm_low, norm_high) for knee in contract.knees)):
            top, bottom = contract.numerator(norm, p), contract.denominator(norm, p)
            top_low, top_high = _store(top, top, model.gain, model.flushes)
            bottom_low, bottom_high = _store(bottom, bottom, model.gain, model.flushes)
            low, high = top_low / bottom_high * (1.0 - slack), top_high / bottom_low * (1.0 + slack)
            invalid |= np.isnan(low) | np.isnan(high)
            low, high = _store(low, high, model.gain, model.flushes)
            lows.append(np.broadcast_to(low, norm_low.shape))
            highs.append(np.broadcast_to(high, norm_low.shape))
    low, high = np.fmin.reduce(lows), np.fmax.reduce(highs)
    return np.where(np.isnan(low), np.inf, low), np.where(np.isnan(high), -np.inf, high), invalid


def _store(low: FloatArray, high: FloatArray, fmt: Format, flushes: bool) -> tuple[FloatArray, FloatArray]:
    """The interval of [low, high] >= 0 once stored in the format: underflow to either side, overflow to infinity."""
    eta = fmt.smallest_subnormal  # half of it for each of at most two underflowing operations
    down = np.where(low < fmt.smallest_normal, 0.0 if flushes else np.maximum(low - eta, 0.0), low)
    up = np.where((high < fmt.smallest_normal) & (high > 0), high + eta, high)
    return _overflow(down, up, fmt)


def _overflow(low: FloatArray, high: FloatArray, fmt: Format) -> tuple[FloatArray, FloatArray]:
    """The interval with everything that must, or may, round to infinity replaced by it."""
    return np.where(low > fmt.largest, np.inf, low), np.where(high > fmt.largest, np.inf, high)
