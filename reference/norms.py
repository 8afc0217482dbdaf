"""Exact norms of groups of weights, and the interval in which a norm computed in the format must lie.

Steps 1 to 3 of the analysis in reference.intervals.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Generic, Literal

import numpy as np
from numpy.typing import NDArray

from reference.formats import BFLOAT16, FLOAT16, FLOAT64, FloatArray, Format
from reference.groups import by_columns
from reference.wide import (
    DoubleDouble,
    Real,
    constant,
    maximum,
    minimum,
    nearest,
    perturbed,
    relative_error,
    square_root,
    sum_of_squares,
    total,
    wide_sum_of_squares,
)

TIERS = ("wide", "pairwise", "any order")
NormName = Literal["l1", "l2", "linf"]


def gamma(k: float, u: float) -> float:
    """gamma_k = k u / (1 - k u); infinite where k u >= 1 (Higham, Lemma 3.1)."""
    return k * u / (1.0 - k * u) if k * u < 1.0 else math.inf


def root(sums: Real, name: NormName) -> Real:
    """The norms of groups with these sums."""
    return square_root(sums) if name == "l2" else sums


@dataclass(frozen=True)
class Norms(Generic[Real]):
    """What each group's norm is the root of, exactly: the sum of squares, of sizes for L1, or the largest size.

    rows: (groups, n) float64, finite. sums, of shape (groups,): in units of 2 ** `exponent`, squares in units of its
    square (only float64 data are scaled). largest: each group's largest |w|, in units of 2 ** exponent; (groups,).
    """

    fmt: Format
    rows: FloatArray
    sums: Real
    largest: FloatArray
    exponent: NDArray[np.int64]
    name: NormName

    @property
    def length(self) -> int:
        """n: the number of weights in each group."""
        return int(self.rows.shape[1])

    def take(self, chosen: NDArray[np.bool_]) -> Norms[Real]:
        """The norms of the chosen groups only."""
        return replace(
            self,
            rows=self.rows[chosen],
            sums=self.sums[chosen],
            largest=self.largest[chosen],
            exponent=self.exponent[chosen],
        )

    @cached_property
    def smallest(self) -> FloatArray:
        """Each group's smallest |w| other than zero, infinite where there is none; (groups,)."""
        sizes = by_columns(np.abs(self.rows))
        sizes[sizes == 0.0] = np.inf
        return np.asarray(np.min(sizes, axis=1, initial=np.inf))

    @property
    def error(self) -> float:
        """A bound on the relative error of `sums`, and so of the norms."""
        if self.name == "linf":
            return 0.0
        return relative_error(self.sums) + (0.0 if self.fmt is FLOAT64 else self.length * 2.0**-53)

    @property
    def exact(self) -> Real:
        """Each group's norm, in units of 2 ** exponent."""
        return root(self.sums, self.name)

    @property
    def values(self) -> FloatArray:
        """Each group's norm as the nearest float64 number."""
        with np.errstate(over="ignore", under="ignore"):
            return np.ldexp(root(nearest(self.sums), self.name), self.exponent)

    @property
    def terms(self) -> FloatArray:
        """What is added up, or compared, for each weight as a float64 number; it may overflow or underflow."""
        return np.square(self.rows) if self.name == "l2" else np.abs(self.rows)

    @property
    def of_root(self) -> float:
        """The relative rounding of the root."""
        return self.fmt.unit_roundoff if self.name == "l2" else 0.0

    def growth(self, tier: str) -> tuple[float, float]:
        """By how much of itself a sum, rounded as `tier` says, may grow, and shrink: infinite where only the largest
        term is known to be left.
        """
        # each term has passed through so many roundings: its own, where it is a square, and those of the additions
        n, u, own = self.length, self.fmt.unit_roundoff, int(self.name == "l2")
        if self.name == "linf":
            return 0.0, 0.0
        most = max(n - 1, 0) + own
        if tier == "wide":
            of_format, of_wider = gamma(min(most, 1 + own), u), gamma(n, _wider_roundoff(self.fmt))
            both = of_format + of_wider + of_format * of_wider
            return both, both
        if tier == "pairwise":
            depth = min(most, math.ceil(math.log2(max(n, 1))) + own)
            return gamma(depth, u), gamma(depth, u)
        return (gamma(most, u), gamma(most, u)) if n * u < 0.5 else (n * u, math.inf)

    @property
    def subnormal_squares(self) -> FloatArray:
        """The exact sum of each group's squares below the smallest normal number, in the units of `sums`.

        It bounds what underflow can do to the computed sum: rounding such a square, or adding it to a subnormal
        partial sum, errs by no more than the square itself, and flushing loses it.
        """
        lost, least = np.zeros(len(self.rows)), 2.0 ** (self.fmt.emin / 2)
        some = self.smallest < least
        if self.name != "l2" or not some.any():  # sums of subnormal numbers are exact
            return lost
        with np.errstate(under="ignore"):
            rows = self.rows[some]
            scaled = np.where(np.abs(rows) < least, np.ldexp(rows, -self.exponent[some, None]), 0.0)
            lost[some] = np.einsum("ij,ij->i", scaled, scaled)
        return lost

    @property
    def totals(self) -> FloatArray:
        """Each group's sum as the nearest float64 number; it may overflow or underflow for float64 data."""
        with np.errstate(over="ignore", under="ignore"):
            return np.ldexp(nearest(self.sums), (2 if self.name == "l2" else 1) * self.exponent)


AnyNorms = Norms[Any]  # of float64 arrays, or of double-double arrays where the format is float64


def norms_of(rows: FloatArray, fmt: Format, name: NormName = "l2") -> AnyNorms:
    """The exact norms of groups of finite weights that are numbers of `fmt`; rows: (groups, n)."""
    largest = np.max(by_columns(np.abs(rows)), axis=1, initial=0.0)
    if fmt is not FLOAT64:
        return Norms(fmt, rows, _sums(rows, largest, name), largest, np.zeros(len(rows), np.int64), name)
    _, exponent = np.frexp(largest)
    # weights below 2^-1000 of the largest one lose bits here, worth less than 2^-1000 of the norm
    scaled, top = np.ldexp(rows, -exponent[:, None]), np.ldexp(largest, -exponent)
    return Norms(fmt, rows, _wide_sums(scaled, top, name), top, exponent.astype(np.int64), name)


def _sums(rows: FloatArray, largest: FloatArray, name: NormName) -> FloatArray:
    if name == "l2":
        return sum_of_squares(rows)
    return largest if name == "linf" else np.asarray(np.sum(np.abs(rows), axis=1))


def _wide_sums(rows: FloatArray, largest: FloatArray, name: NormName) -> DoubleDouble:
    if name == "l2":
        return wide_sum_of_squares(rows)
    return DoubleDouble(largest) if name == "linf" else total(DoubleDouble(np.abs(rows)))


def norm_interval(norms: Norms[Real], tier: str) -> tuple[Real, Real]:
    """The interval in which each computed norm lies if the terms were added as `tier` says, in the norms' units."""
    sums, error = norms.sums, norms.error
    u = norms.fmt.unit_roundoff
    growth, shrink = norms.growth(tier)
    underflow = minimum(constant(norms.subnormal_squares, sums), sums * constant(u, sums))
    if math.isinf(shrink):  # every partial sum is at least its largest term, because rounding is monotone
        largest = constant(norms.largest, sums)
        lowest = perturbed(largest * largest if norms.name == "l2" else largest, -2.0 * u)
    else:
        lowest = perturbed(sums, -shrink - error) - underflow
    highest = perturbed(sums, growth + error) + underflow
    lowest = root(maximum(lowest, constant(0.0, sums)), norms.name)
    return perturbed(lowest, -norms.of_root), perturbed(root(highest, norms.name), norms.of_root)


def _wider_roundoff(fmt: Format) -> float:
    """The unit roundoff of the format in which implementations accumulate sums over `fmt` when they widen."""
    if fmt in (FLOAT16, BFLOAT16):
        return 2.0**-24
    return 2.0**-106 if fmt is FLOAT64 else 2.0**-53
