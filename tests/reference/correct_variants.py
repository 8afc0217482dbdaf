"""Honest implementations: the contracts' formulas with every operation rounded, in many lawful ways.

Each way fixes the order of the sum, the format of the accumulator, the format of the other steps, the order of the
gain's operations, how the parameters come in, and whether subnormal numbers are flushed to zero.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from reference.formats import FLOAT64, FloatArray, Format, round_to
from tests.reference.oracle import split

Add = Callable[[FloatArray, FloatArray], FloatArray]


@dataclass(frozen=True)
class Arithmetic:
    """One rounding after each operation; where `flushes`, subnormal numbers become zero."""

    fmt: Format
    flushes: bool = False

    def store(self, values: FloatArray | float) -> FloatArray:
        """The number of the format that a register would hold."""
        stored = round_to(np.asarray(values, dtype=np.float64), self.fmt)
        return np.where(np.abs(stored) < self.fmt.smallest_normal, 0.0 * stored, stored) if self.flushes else stored

    def add(self, a: FloatArray, b: FloatArray) -> FloatArray:
        """A rounded sum."""
        return self.store(a + b)


@dataclass(frozen=True)
class Leaning(Arithmetic):
    """The standard model's worst case: every sum errs by the whole of `sense` times u, and nothing else errs."""

    sense: float = 0.0

    def store(self, values: FloatArray | float) -> FloatArray:
        """As it is."""
        return np.asarray(values, dtype=np.float64)

    def add(self, a: FloatArray, b: FloatArray) -> FloatArray:
        """A sum and its error."""
        return (a + b) * (1.0 + self.sense * self.fmt.unit_roundoff)


def sequential(squares: FloatArray, add: Add) -> FloatArray:
    """One term after the other, from left to right."""
    total = squares[:, 0]
    for column in range(1, squares.shape[1]):
        total = add(total, squares[:, column])
    return total


def backwards(squares: FloatArray, add: Add) -> FloatArray:
    """From right to left."""
    return sequential(squares[:, ::-1], add)


def shuffled(squares: FloatArray, add: Add) -> FloatArray:
    """In a random order."""
    return sequential(np.random.default_rng(0).permutation(squares, axis=1), add)


def pairwise(squares: FloatArray, add: Add) -> FloatArray:
    """A balanced tree."""
    while squares.shape[1] > 1:
        half, odd = divmod(squares.shape[1], 2)
        paired = add(squares[:, :half], squares[:, half : 2 * half])
        squares = np.hstack([paired, squares[:, 2 * half :]]) if odd else paired
    return squares[:, 0]


def blocked(squares: FloatArray, add: Add) -> FloatArray:
    """Blocks of 16 from left to right, then the blocks from left to right."""
    starts = range(0, squares.shape[1], 16)
    return sequential(np.stack([sequential(squares[:, i : i + 16], add) for i in starts], axis=1), add)


def lanes(squares: FloatArray, add: Add) -> FloatArray:
    """Sixteen running sums side by side, as a vector unit holds them, then a tree over the lanes."""
    padded = np.pad(squares, ((0, 0), (0, -squares.shape[1] % 16)))
    return pairwise(sequential(padded.reshape(len(padded), -1, 16), add), add)


@dataclass(frozen=True)
class Way:
    """How an implementation evaluates a contract; `None` stands for the format of the data.

    `in_both`: the bound is in both parts of the gain, wherever the norm is, where that is the same gain.
    """

    name: str
    order: Callable[[FloatArray, Add], FloatArray] = sequential
    accumulator: Format | None = None
    norm: Format | None = None
    gain: Format | None = None
    form: str = "quotient"
    fused: bool = False
    rounds_parameters: bool = True
    flushes: bool = False
    in_both: bool = False

    def results(self, contract: str, parameters: Mapping[str, float], rows: FloatArray, fmt: Format) -> FloatArray:
        """What the implementation returns for (groups, n) weights."""
        with np.errstate(all="ignore"):
            data, sums, norms, gains = (
                Arithmetic(f or fmt, self.flushes) for f in (None, self.accumulator, self.norm, self.gain)
            )
            weights = data.store(rows)
            contract, of = split(contract)
            norm = gains.store(norms.store(self._norm(weights, of, sums, norms)))[:, None]
            p = {name: gains.store(data.store(v)) if self.rounds_parameters else v for name, v in parameters.items()}
            top, bottom = self._quotient(contract, p, norm, gains)
            return data.store(self._scale(weights, top, bottom, data, gains))

    def _norm(self, weights: FloatArray, of: str, sums: Arithmetic, norms: Arithmetic) -> FloatArray:
        if of == "l2":
            return np.asarray(np.sqrt(norms.store(self._sum(weights, sums))))
        sizes = sums.store(np.abs(weights))
        return self.order(sizes, sums.add) if of == "l1" else np.asarray(np.max(sizes, axis=1, initial=0.0))

    def _sum(self, weights: FloatArray, sums: Arithmetic) -> FloatArray:
        if not self.fused:
            return self.order(sums.store(weights * weights), sums.add)
        if sums.fmt is FLOAT64:
            return np.array([_fused(row.tolist()) for row in weights])
        # a square is exact in float64, so adding it is as good as one rounding
        return self.order(np.pad(weights * weights, ((0, 0), (1, 0))), sums.add)

    def _quotient(
        self, contract: str, p: Mapping[str, FloatArray | float], norm: FloatArray, gains: Arithmetic
    ) -> tuple[FloatArray, FloatArray]:
        if contract == "clip_by_norm":
            return gains.store(p["clip_norm"]), gains.store(np.maximum(norm, p["clip_norm"]))
        if contract == "l2_ball":
            return gains.store(p["scale"]), gains.store(np.maximum(norm, p["scale"]))
        if contract == "normalize":
            return np.ones_like(norm), gains.store(np.maximum(norm, p["epsilon"]))
        if contract == "l2_sphere":
            return gains.store(p["scale"]), norm
        if contract == "unitwise_clip":
            outside = norm >= p["max_norm"]
            longer = gains.store(np.maximum(norm, p["epsilon"]))
            return gains.store(np.where(outside, p["max_norm"], 1.0)), np.where(outside, longer, 1.0)
        if contract == "max_norm_projection":
            if self.in_both:
                return gains.store(p["max_value"]), gains.store(np.maximum(norm, p["max_value"]))
            outside = norm > p["max_value"]
            return gains.store(np.where(outside, p["max_value"], 1.0)), np.where(outside, norm, 1.0)
        if contract == "renorm":
            outside, bound = norm > p["maxnorm"], p["maxnorm"]
        elif contract == "clip_grad_norm":
            norm = gains.store(np.sqrt(gains.store(norm * norm)))  # of a stack of norms
            if self.in_both:
                return gains.store(p["max_norm"]), np.maximum(gains.store(p["epsilon"] + norm), p["max_norm"])
            outside, bound = gains.store(p["epsilon"] + norm) > p["max_norm"], p["max_norm"]
        else:
            return self._top(contract, p, norm, gains), gains.store(p["epsilon"] + norm)
        return gains.store(np.where(outside, bound, 1.0)), np.where(outside, gains.store(p["epsilon"] + norm), 1.0)

    def _top(
        self, contract: str, p: Mapping[str, FloatArray | float], norm: FloatArray, gains: Arithmetic
    ) -> FloatArray:
        if contract == "unit_norm":
            return np.ones_like(norm)
        if contract == "max_norm":
            return gains.store(np.minimum(np.maximum(norm, 0.0), p["max_value"]))
        clipped = gains.store(np.minimum(np.maximum(norm, p["min_value"]), p["max_value"]))
        rest = gains.store(1.0 - np.asarray(p["rate"]))
        return gains.add(gains.store(np.asarray(p["rate"]) * clipped), gains.store(rest * norm))

    def _scale(
        self, weights: FloatArray, top: FloatArray, bottom: FloatArray, data: Arithmetic, gains: Arithmetic
    ) -> FloatArray:
        if self.form == "product first":
            return gains.store(gains.store(weights * top) / bottom)
        if self.form == "reciprocal":
            return weights * gains.store(top * gains.store(1.0 / bottom))
        return weights * gains.store(top / bottom)


def _fused(row: list[float]) -> float:
    total = 0.0
    for w in row:
        finite = math.isfinite(total + w * w)
        total = float(Fraction(total) + Fraction(w) ** 2) if finite else math.inf
    return total
