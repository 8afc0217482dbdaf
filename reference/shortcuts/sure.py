"""A filter before the intervals: groups whose results are surely accepted, and such as surely are not.

A sweep asks about four billion groups, of which the intervals (reference.intervals) would take a second for some
millions. Nearly all results are so near the exact ones, or so far from them, that float64 arithmetic decides.

Inside. Let r be the exact result of a weight, k the contract's roundings and u the unit roundoff. Every tier's interval
holds r (1 - gamma_k) and r (1 + gamma_k): the computed norm may be the exact one, the parameters may be kept wide, and
step 5 of reference.intervals widens the exact gain by gamma_k >= k u. The filter's own r' has a relative error below
2^-48 (reference.wide, FLOAT64_ERROR; a norm of n squares has n 2^-53 more, and no group here is longer than 2^12: in
all below 2^-40). With e the exponent of r', the ulp of r' is 2^(e - p + 1) = 2 u 2^e where r' is normal, so from
    |y - r'| <= (k / 2) (1 - 2^-12) ulp(r')
follows |y - r'| <= k u (1 - 2^-12) |r'|, and so |y - r| <= k u |r|, because 2^-40 < k u 2^-13 for every u >= 2^-24.
Where r' is subnormal the interval still is at least eta / 2 to either side, eta the smallest subnormal and the ulp
there: half an ulp, less the same margin, is inside.

Outside. Take norms that any order of adding may give, underflow included, within a factor a of the exact one, and
parameters as they may be rounded, each within a factor b, for a parameter without a unit 1 - p as well. Numerators and
denominators are made of sums, minima and maxima of terms >= 0 with such factors before them: where all change by a
factor of at most c = max(a, b), each part changes by at most c (they are homogeneous of degree 0 or 1, and monotone),
and the gain by at most c^2. Where the parts jump, at a breakpoint, a group of a norm within c^2 of it is never called
outside. What is accepted lies, after step 5, in
    [|r| (1 - gamma_k) / c^2 - eta / 2,  |r| (1 + gamma_k) c^2 + eta / 2]
on the side of the weight's sign; what is beyond twice eta and 2^-20 of that as well is surely outside. NaN is.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from reference.contract import GainContract
from reference.formats import FloatArray, Format, binade
from reference.intervals import rounding_hulls
from reference.norms import gamma

Mask = NDArray[np.bool_]
# of a group, so that the error of its norm in float64 is as small as the proof says
MOST_WEIGHTS = 4096
_MARGIN = 2.0**-12


@dataclass(frozen=True)
class Nearness:
    """Results beside the exact ones, both in (n, groups).

    steps: how far apart they are, in units of 2^e of the proof, in the same shape; NaN where there is no distance.
    furthest: the largest of them, NaN where one is. least: the smallest 2^e.
    """

    results: FloatArray
    exact: FloatArray
    steps: FloatArray
    norms: FloatArray
    furthest: float
    least: float

    def take(self, groups: Mask) -> Nearness:
        """The same of some groups."""
        if groups.all():
            return self
        results, exact, steps = (each[:, groups] for each in (self.results, self.exact, self.steps))
        return replace(self, results=results, exact=exact, steps=steps, norms=self.norms[groups])


@dataclass(frozen=True)
class Filter:
    """What decides about most groups under a contract, its parameters and a format other than float64.

    Weights and results are float64 arrays of numbers of the format, a group in each column: (n, groups).
    """

    contract: GainContract
    parameters: Mapping[str, float]
    fmt: Format

    @cached_property
    def _parameters(self) -> dict[str, FloatArray]:
        return {name: np.asarray(value, np.float64) for name, value in self.parameters.items()}

    def norms(self, columns: FloatArray) -> FloatArray:
        """The norm of each group, within the error of the proof; (groups,)."""
        if len(columns) > MOST_WEIGHTS:
            raise ValueError(f"groups of {len(columns)} weights are longer than the filter is proved for")
        if len(columns) == 1:
            return np.asarray(np.abs(columns[0]))
        if self.contract.norm != "l2":
            sizes = np.abs(columns)
            return np.asarray(np.max(sizes, axis=0) if self.contract.norm == "linf" else np.sum(sizes, axis=0))
        return np.asarray(np.sqrt(np.einsum("ij,ij->j", columns, columns)))

    def compare(self, columns: FloatArray, results: FloatArray) -> Nearness:
        """The results of groups beside the exact ones."""
        norms = self.norms(columns)
        exact = self.contract.gain(norms, self._parameters) * columns
        steps = np.subtract(results, exact)
        np.abs(steps, out=steps)
        size = binade(exact)
        least = float(size.min(initial=np.inf))
        if least < self.fmt.smallest_normal:
            np.maximum(size, self.fmt.smallest_normal, out=size)
        steps /= size
        return Nearness(results, exact, steps, norms, float(steps.max(initial=0.0)), least)

    def ulps(self, steps: FloatArray | float) -> FloatArray:
        """Steps as ulps of the exact results."""
        return np.asarray(steps) * 2.0 ** (self.fmt.precision - 1)

    def all_inside(self, near: Nearness) -> bool:
        """Whether every result of every group is surely accepted by each tier."""
        return near.furthest <= (self._limit if near.least >= self.fmt.smallest_normal else self._limit_of_subnormal)

    def all_normal(self, near: Nearness) -> bool:
        """Whether the results, of which all are surely inside, are surely normal numbers."""
        return near.least >= 2.0 * self.fmt.smallest_normal

    @property
    def _limit(self) -> float:
        """In units of 2^e, of a normal result: k / 2 ulps."""
        return self.contract.roundings * self.fmt.unit_roundoff * (1.0 - _MARGIN)

    @property
    def _limit_of_subnormal(self) -> float:
        """In units of 2^emin: half an ulp."""
        return self.fmt.unit_roundoff * (1.0 - _MARGIN)

    def surely_inside(self, near: Nearness) -> Mask:
        """The groups whose every result each tier accepts; (groups,)."""
        normal = np.abs(near.exact) >= self.fmt.smallest_normal
        return np.asarray(np.all(near.steps <= np.where(normal, self._limit, self._limit_of_subnormal), axis=0))

    def surely_outside(self, near: Nearness) -> Mask:
        """The groups of finite weights that have a result which no tier accepts; (groups,)."""
        factor = self.widest(len(near.exact))
        if not math.isfinite(factor):
            return np.zeros(near.norms.shape, dtype=bool)
        # a result has the sign of its weight, or is on the wrong side of zero
        y = np.where(np.signbit(near.exact) == np.signbit(near.results), 1.0, -1.0) * np.abs(near.results)
        r, eta = np.abs(near.exact), 2.0 * self.fmt.smallest_subnormal
        low, high = r * self._lowest(factor) - eta, r * self._highest(factor) + eta
        # infinity stands for all that rounds to it
        beyond = (y < np.minimum(low, self.fmt.largest)) | (y > high) & (high < self.fmt.largest) | np.isnan(y)
        far = np.ones(near.norms.shape, dtype=bool)
        for name in self.contract.breakpoints:
            bound = self.parameters[name]
            far &= (near.norms < bound / factor) | (near.norms > bound * factor)
        return np.asarray(np.any(beyond & np.isfinite(near.exact), axis=0) & far)

    def zeros_are_outside(self, near: Nearness) -> bool:
        """Whether no tier accepts a zero for any weight of any group: the same as above, of all at once."""
        factor = self.widest(len(near.exact))
        if not (math.isfinite(factor) and math.isfinite(near.furthest)):
            return False
        # no result is smaller than the least power of two
        if not near.least * self._lowest(factor) > 2.0 * self.fmt.smallest_subnormal:
            return False
        smallest, largest = float(near.norms.min()), float(near.norms.max())
        ends = [self.parameters[name] for name in self.contract.breakpoints]
        return all(largest < end / factor or smallest > end * factor for end in ends)

    def _lowest(self, factor: float) -> float:
        """The part of an exact result below which nothing is accepted, but for underflow."""
        return (1.0 - gamma(self.contract.roundings, self.fmt.unit_roundoff)) / factor * (1.0 - 2.0**-20)

    def _highest(self, factor: float) -> float:
        return (1.0 + gamma(self.contract.roundings, self.fmt.unit_roundoff)) * factor * (1.0 + 2.0**-20)

    def widest(self, length: int) -> float:
        """The factor by which the gain of a group of so many weights may differ from the exact one; may be infinite."""
        u, l2 = self.fmt.unit_roundoff, self.contract.norm == "l2"
        # squares that underflow may cost a sum u of itself more (reference.intervals, 2)
        of_sum = gamma(max(length - 1, 0) + l2, u) + l2 * u if length * u < 0.5 else math.inf
        if of_sum >= 1.0:
            return math.inf
        # of the two ends of a norm's interval the lower one is further from it; and the filter's own error
        lowest = math.sqrt(1.0 - of_sum) * (1.0 - u) if l2 else 1.0 - of_sum
        return max((1.0 + 2.0**-38) / lowest, self._of_parameters) ** 2

    @cached_property
    def _of_parameters(self) -> float:
        """The factor by which a parameter, or 1 less one without a unit, may differ by how it is rounded."""
        hulls, factors = rounding_hulls(self.parameters, self.fmt), [1.0]
        for p in self.contract.parameters:
            (low, high), value = hulls[p.name], self.parameters[p.name]
            factors.append(_ratio(low, high, value))
            if not p.scales:
                factors.append(_ratio(1.0 - high, 1.0 - low, 1.0 - value))
        return max(factors)


def _ratio(low: float, high: float, value: float) -> float:
    """The factor by which the ends of a hull differ from a value in it."""
    if low == high == value:
        return 1.0
    return max(high / value, value / low) if low > 0.0 else math.inf
