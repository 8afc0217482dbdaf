"""Exact norms of groups of weights, and the interval in which a norm computed in the format must lie.

Steps 1 to 3 of the analysis in reference.intervals.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Generic

import numpy as np
from numpy.typing import NDArray

from reference.formats import BFLOAT16, FLOAT16, FLOAT64, FloatArray, Format
from reference.wide import (
    Real,
    constant,
    maximum,
    minimum,
    nearest,
    perturbed,
    relative_error,
    square_root,
    sum_of_squares,
    wide_sum_of_squares,
)

TIERS = ("wide", "pairwise", "any order")


def gamma(k: float, u: float) -> float:
    """gamma_k = k u / (1 - k u); infinite where k u >= 1 (Higham, Lemma 3.1)."""
    return k * u / (1.0 - k * u) if k * u < 1.0 else math.inf


def tree_growth(n: int, u: float) -> float:
    """The relative error of a sum of n squares in a balanced tree: gamma of its depth and the square's own rounding."""
    return gamma(min(n, math.ceil(math.log2(max(n, 1))) + 1), u)


@dataclass(frozen=True)
class Norms(Generic[Real]):
    """The exact sum of squares of each group of weights, in units of 4 ** `exponent` (only float64 data are scaled).

    rows: (groups, n) float64, finite. sums, largest (each group's largest |w|, in units of 2 ** exponent): (groups,).
    """

    fmt: Format
    rows: FloatArray
    sums: Real
    largest: FloatArray
    exponent: NDArray[np.int64]

    @property
    def length(self) -> int:
        """n: the number of weights in each group."""
        return int(self.rows.shape[1])

    def take(self, chosen: NDArray[np.bool_]) -> Norms[Real]:
        """The norms of the chosen groups only."""
        return Norms(self.fmt, self.rows[chosen], self.sums[chosen], self.largest[chosen], self.exponent[chosen])

    @property
    def error(self) -> float:
        """A bound on the relative error of `sums`, and so of their roots."""
        return relative_error(self.sums) + (0.0 if self.fmt is FLOAT64 else self.length * 2.0**-53)

    @property
    def values(self) -> FloatArray:
        """Each group's norm as the nearest float64 number."""
        with np.errstate(over="ignore", under="ignore"):
            return np.ldexp(np.sqrt(nearest(self.sums)), self.exponent)

    @property
    def subnormal_squares(self) -> FloatArray:
        """The exact sum of each group's squares below the smallest normal number, in the units of `sums`.

        It bounds what underflow can do to the computed sum: rounding such a square, or adding it to a subnormal
        partial sum, errs by no more than the square itself, and flushing loses it.
        """
        with np.errstate(under="ignore"):
            small = np.abs(self.rows) < 2.0 ** (self.fmt.emin / 2)
            scaled = np.where(small, np.ldexp(self.rows, -self.exponent[:, None]), 0.0)
            lost: FloatArray = np.einsum("ij,ij->i", scaled, scaled)
            return lost

    @property
    def squares(self) -> FloatArray:
        """Each group's sum of squares as the nearest float64 number; it may overflow or underflow for float64 data."""
        with np.errstate(over="ignore", under="ignore"):
            return np.ldexp(nearest(self.sums), 2 * self.exponent)


AnyNorms = Norms[Any]  # of float64 arrays, or of double-double arrays where the format is float64


def norms_of(rows: FloatArray, fmt: Format) -> AnyNorms:
    """The exact norms of groups of finite weights that are numbers of `fmt`; rows: (groups, n)."""
    largest = np.max(np.abs(rows), axis=1, initial=0.0)
    if fmt is not FLOAT64:
        return Norms(fmt, rows, sum_of_squares(rows), largest, np.zeros(len(rows), np.int64))
    _, exponent = np.frexp(largest)
    # weights below 2^-1000 of the largest one lose bits here, worth less than 2^-2000 of the sum
    sums = wide_sum_of_squares(np.ldexp(rows, -exponent[:, None]))
    return Norms(fmt, rows, sums, np.ldexp(largest, -exponent), exponent.astype(np.int64))


def norm_interval(norms: Norms[Real], tier: str) -> tuple[Real, Real]:
    """The interval in which each computed norm lies if the squares were added as `tier` says, in the norms' units."""
    fmt, n, sums = norms.fmt, norms.length, norms.sums
    u = fmt.unit_roundoff
    error = norms.error
    if tier == "wide":
        of_format, of_wider = gamma(min(n, 2), u), gamma(n, _wider_roundoff(fmt))
        growth = shrink = of_format + of_wider + of_format * of_wider
    elif tier == "pairwise":
        growth = shrink = tree_growth(n, u)
    elif n * u < 0.5:
        growth = shrink = gamma(n, u)
    else:
        growth, shrink = n * u, math.inf
    underflow = minimum(constant(norms.subnormal_squares, sums), sums * constant(u, sums))
    if math.isinf(shrink):  # every partial sum is at least its largest term, because rounding is monotone
        largest = constant(norms.largest, sums)
        lowest = perturbed(largest * largest, -2.0 * u)
    else:
        lowest = perturbed(sums, -shrink - error) - underflow
    highest = perturbed(sums, growth + error) + underflow
    lowest = square_root(maximum(lowest, constant(0.0, sums)))
    return perturbed(lowest, -u), perturbed(square_root(highest), u)


def _wider_roundoff(fmt: Format) -> float:
    """The unit roundoff of the format in which implementations accumulate sums over `fmt` when they widen."""
    if fmt in (FLOAT16, BFLOAT16):
        return 2.0**-24
    return 2.0**-106 if fmt is FLOAT64 else 2.0**-53
