"""Acceptance intervals: every result that a correct evaluation in the format may give, and no others.

Error analysis. Sections refer to Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., SIAM 2002.
u is the unit roundoff, eta the smallest subnormal, gamma_k = k u / (1 - k u) for k u < 1, and theta_k any number
with |theta_k| <= gamma_k; (1 + theta_j)(1 + theta_k) = 1 + theta_(j+k) and 1 / (1 + delta) = 1 + theta_1
(Lemmas 3.1 and 3.3). A group has n weights w_i, S = sum w_i^2 and N = sqrt(S), both exact.

1. A square: fl(w^2) = w^2 (1 + delta) + e with |delta| <= u (2.8). e = 0 unless w^2 is below the smallest normal
   number; then |e| <= w^2, whether it is rounded to the nearest subnormal number or flushed to zero. All squares are
   >= 0, so errors of a sum cannot cancel against it.
2. A sum of n squares, in any order and shape of tree, with or without fused multiply-add: each square passes
   through at most d additions, d <= n - 1, so the computed sum is sum w_i^2 (1 + theta_(d+1)) + underflow
   (section 4.2). An addition has no error of its own where its result is subnormal; a fused one errs there by at most
   the square it adds. With L the sum of the squares below the smallest normal number,
       S (1 - gamma_(d+1)) - L  <=  computed sum  <=  S (1 + gamma_(d+1)) + L.
   Accumulation tiers: how far a term may travel.
       wide        squared and added in a wider format, at most rounded once after each: 1 + theta_2, times the
                   wider format's own 1 + theta_n; with u_wide = u^2 for float64 data (double-double)
       pairwise    d = ceil(log2 n): a balanced tree
       any order   d = n - 1. gamma_n means nothing once n u nears 1: from n u >= 1/2 on, the sum is only known to
                   lie between its largest square and S (1 + n u) (Jeannerod and Rump, SIAM J. Matrix Anal. Appl. 34
                   (2013) 338-344, whose n u holds for every n), and a verdict says that no narrower tier holds.
   A group whose L is more than u S, or whose sum may overflow, is in RANGE (reference.range_models), where an interval
   of unlimited range is asked for; so min(L, u S) is used for L everywhere.
3. The norm: the computed norm is sqrt(computed sum)(1 + delta): the interval is widened by (1 -+ u).
   Of the L1 norm the terms are |w_i|, which have no rounding of their own, S is their sum and N = S: theta_d in place
   of theta_(d+1), no root, and L = 0, because sums of subnormal numbers are exact. The L-infinity norm is the largest
   |w_i|, which nothing rounds.
4. The gain as ONE function of N. Between its breakpoints it is monotone in N, and monotone in each parameter, so its
   extremes over the norm's interval lie at the ends and at the breakpoints inside it (where it jumps it falls, and the
   hull of both sides is accepted), each parameter at one end of its own
   interval: implementations keep parameters wide or round them to the format first, perhaps by way of float32, which
   rounds twice. The interval is the hull of these roundings (reference.formats).
5. The contract's k remaining roundings: every quantity in them is >= 0, so the result is w g (1 + theta_k), and the
   last product may underflow by eta / 2. So, with the sign of w,
       |w| g_lo (1 - gamma_k) - eta / 2  <=  |y|  <=  |w| g_hi (1 + gamma_k) + eta / 2.
6. The reference evaluates all this in float64 (double-double for float64 data) and moves each end outwards by its
   own relative error (reference.wide). That error is at most 2^-24 of u.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Generic

import numpy as np
from numpy.typing import NDArray

from reference.contract import GainContract
from reference.exact import Gains, Scale, gains_at, in_units, parameters_in_units, scale_of
from reference.formats import FLOAT64, FloatArray, Format, parameter_roundings
from reference.norms import Norms, gamma, norm_interval
from reference.wide import Real, column, constant, maximum, minimum, nearest, perturbed, relative_error


@dataclass(frozen=True)
class Enclosure(Generic[Real]):
    """For each group the interval of gains that a correct evaluation may have applied, its roundings included."""

    fmt: Format
    low: Gains[Real]
    high: Gains[Real]

    def accepts(self, rows: FloatArray, results: FloatArray) -> NDArray[np.bool_]:
        """For each weight whether the result, a number of the format, lies in its interval; shapes (groups, n)."""
        exponent = self.high.result_exponent(rows)
        lower, upper = self._bounds(rows, exponent)
        magnitude = np.where(np.signbit(rows) == np.signbit(results), np.abs(results), -np.abs(results))
        if self.fmt is FLOAT64:
            result = constant(np.ldexp(magnitude, -exponent), self.low.values)
            beyond = np.isposinf(magnitude) & ~(upper <= _overflow_threshold(self.low.values))
            return ((lower <= result) & (result <= upper)) | beyond
        # infinity stands for everything that rounds to it
        result = constant(np.minimum(magnitude, self.fmt.overflow_threshold), self.low.values)
        return (lower <= result) & (result <= upper)

    def interval(self, rows: FloatArray) -> tuple[FloatArray, FloatArray]:
        """The ends of each weight's interval as float64 numbers, for people to read; shapes (groups, n)."""
        exponent = self.high.result_exponent(rows)
        lower, upper = self._bounds(rows, exponent)
        with np.errstate(over="ignore", under="ignore"):
            low, high = np.ldexp(nearest(lower), exponent), np.ldexp(nearest(upper), exponent)
        negative = np.signbit(rows)
        return np.where(negative, -high, low), np.where(negative, -low, high)

    def _bounds(self, rows: FloatArray, exponent: NDArray[np.int64]) -> tuple[Real, Real]:
        like = self.low.values
        magnitudes = constant(self.low.weights_for(np.abs(rows), exponent), like)
        underflow = constant(np.ldexp(self.fmt.smallest_subnormal, -exponent - 1), like)
        error = relative_error(like)
        lower = perturbed(magnitudes * column(self.low.values), -error)
        upper = perturbed(magnitudes * column(self.high.values), error)
        # a result beyond the largest number is rounded to infinity, so nothing larger can be demanded
        wide = self.fmt is FLOAT64
        threshold = _overflow_threshold(like) if wide else constant(self.fmt.overflow_threshold, like)
        return minimum(lower, threshold) - underflow, upper + underflow


def _overflow_threshold(like: Real) -> Real:
    """The smallest number that rounds to infinity in float64, in units of 2^256, where such results are compared."""
    return constant(2.0**768, like) - constant(2.0 ** (768 - 54), like)


def enclose(contract: GainContract, parameters: Mapping[str, float], norms: Norms[Real], tier: str) -> Enclosure[Real]:
    """The acceptance interval of every group under `contract` if its squares were added as `tier` says."""
    assert norms.name == contract.norm
    scale = scale_of(contract, norms)
    low, high = (in_units(norm, norms, scale) for norm in norm_interval(norms, tier))
    lowest: Real | None = None
    highest: Real | None = None
    for parameters_low, parameters_high in _corners(contract, parameters, norms.fmt):
        for gain in _gains_at_extremes(contract, parameters_low, low, high, scale):
            lowest = gain if lowest is None else minimum(lowest, gain)
        for gain in _gains_at_extremes(contract, parameters_high, low, high, scale):
            highest = gain if highest is None else maximum(highest, gain)
    assert lowest is not None and highest is not None
    k = gamma(contract.roundings, norms.fmt.unit_roundoff)
    unit = scale.unit(contract.degree)
    return Enclosure(
        norms.fmt, Gains(norms.fmt, perturbed(lowest, -k), unit), Gains(norms.fmt, perturbed(highest, k), unit)
    )


def rounding_hulls(parameters: Mapping[str, float], fmt: Format) -> dict[str, tuple[float, float]]:
    """The hull of the roundings of each parameter: kept wide, rounded to the format, or to float32 and then to it."""
    hulls = {}
    for name, value in parameters.items():
        # a parameter that the format cannot hold at all is a matter of range (reference.range_models)
        held = [number for number in parameter_roundings(value, fmt) if math.isfinite(number) and number != 0.0]
        hulls[name] = (min(held, default=value), max(held, default=value))
    return hulls


def _corners(
    contract: GainContract, parameters: Mapping[str, float], fmt: Format
) -> Iterator[tuple[dict[str, float], dict[str, float]]]:
    """The parameters at which the gain is lowest, and highest: one pair for each end that is not monotone."""
    hulls = rounding_hulls(parameters, fmt)
    either = [p.name for p in contract.parameters if p.monotonicity == 0]
    for choice in range(2 ** len(either)):
        low, high = {}, {}
        for p in contract.parameters:
            ends = hulls[p.name]
            if p.monotonicity == 0:
                low[p.name] = high[p.name] = ends[choice >> either.index(p.name) & 1]
            else:
                low[p.name], high[p.name] = ends[:: p.monotonicity]
        yield low, high


def _gains_at_extremes(
    contract: GainContract, parameters: Mapping[str, float], low: Real, high: Real, scale: Scale
) -> Iterator[Real]:
    """The gain at both ends of the norm's interval and at the breakpoints inside it."""
    p = parameters_in_units(contract, parameters, scale, low)
    points: list[Real] = [low, high]
    points += [minimum(maximum(p[name], low), high) for name in contract.breakpoints]
    for point in points:
        yield gains_at(contract, p, point, scale)
