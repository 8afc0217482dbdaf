"""The contracts evaluated: the exact result of each weight, rounded once to its format, and distances from it in ulps.

float64 data are computed in double-double, which needs room for its lower half. Groups near the ends of float64's
range are therefore taken in other units, and the parameters that have the weights' unit with them (`Scale`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic

import numpy as np
from numpy.typing import NDArray

from reference.contract import GainContract
from reference.formats import FLOAT64, FloatArray, Format, round_to, ulp
from reference.groups import Axis, from_rows, to_rows
from reference.norms import Norms, norms_of
from reference.wide import DoubleDouble, Real, column, constant, nearest, scaled

Exponents = NDArray[np.int64]


@dataclass(frozen=True)
class Scale:
    """Powers of two, one per group: norms and bounds are in units of 2 ** shift, gains are multiplied by 2 ** lift."""

    shift: Exponents
    lift: Exponents

    def unit(self, degree: int) -> Exponents:
        """The exponent u for which a computed gain times 2 ** u is the gain of a contract of this degree."""
        return -self.lift - self.shift * (1 - degree)


def scale_of(contract: GainContract, norms: Norms[Real]) -> Scale:
    """The scale that keeps both halves of every double-double of these groups in range; 0 for narrower formats.

    Where a contract says nothing of zero, its gain grows beyond all bounds near it.
    """
    if norms.fmt is not FLOAT64:
        zero = np.zeros(len(norms.rows), np.int64)
        return Scale(zero, zero)
    _, size = np.frexp(norms.values)
    least, lift = (-600, 0) if contract.zero_is_specified else (-500, -600)
    tiny, huge = size < least, (size > 800) | np.isinf(norms.values)
    return Scale(np.where(tiny, -256, np.where(huge, 128, 0)), np.where(huge, 200, np.where(tiny, lift, 0)))


def in_units(norm: Real, norms: Norms[Real], scale: Scale) -> Real:
    """Norms as `norms` holds them, in the units of `scale`."""
    return norm if norms.fmt is not FLOAT64 else scaled(norm, norms.exponent - scale.shift)


def parameters_in_units(
    contract: GainContract, parameters: Mapping[str, float], scale: Scale, like: Real
) -> dict[str, Real]:
    """The parameters in the kind of `like`, those with the weights' unit in the units of `scale`."""
    return {
        p.name: constant(np.ldexp(parameters[p.name], -scale.shift) if p.scales else parameters[p.name], like)
        for p in contract.parameters
    }


def gains_at(contract: GainContract, p: Mapping[str, Real], norm: Real, scale: Scale) -> Real:
    """The gain of each group, times 2 ** lift, for norms and parameters in the units of `scale`."""
    bottom = contract.denominator(norm, p)
    return contract.numerator(norm, p) / (scaled(bottom, -scale.lift) if np.any(scale.lift) else bottom)


@dataclass(frozen=True)
class Gains(Generic[Real]):
    """One gain per group, in units of 2 ** `unit`; both of shape (groups,)."""

    fmt: Format
    values: Real
    unit: Exponents

    def result_exponent(self, rows: FloatArray) -> Exponents:
        """The power of two in which results are best compared: 0 unless float64 results near the ends of the range."""
        if self.fmt is not FLOAT64:
            return np.zeros((1, 1), np.int64)
        _, of_weight = np.frexp(rows)
        _, of_gain = np.frexp(nearest(self.values))
        size = of_weight.astype(np.int64) + (of_gain + self.unit)[:, None]
        return np.where(size < -400, -256, np.where(size > 800, 256, 0))

    def weights_for(self, rows: FloatArray, exponent: Exponents) -> FloatArray:
        """The weights in the units in which their product with a gain is a result in units of 2 ** exponent."""
        return rows if self.fmt is not FLOAT64 else np.ldexp(rows, self.unit[:, None] - exponent)

    def results(self, rows: FloatArray, exponent: Exponents) -> Real:
        """Weight times gain, in units of 2 ** exponent; shape (groups, n)."""
        return constant(self.weights_for(rows, exponent), self.values) * column(self.values)


def exact_gains(contract: GainContract, parameters: Mapping[str, float], norms: Norms[Real]) -> Gains[Real]:
    """The gain of every group at its exact norm."""
    assert norms.name == contract.norm
    scale = scale_of(contract, norms)
    norm = in_units(norms.exact, norms, scale)
    p = parameters_in_units(contract, parameters, scale, norm)
    return Gains(norms.fmt, gains_at(contract, p, norm, scale), scale.unit(contract.degree))


@dataclass(frozen=True)
class Exact(Generic[Real]):
    """The exact result of every weight, to 2^-48 (2^-92 for float64 data), in units of 2 ** `exponent`."""

    fmt: Format
    results: Real
    exponent: Exponents

    def nearest(self) -> FloatArray:
        """The correctly rounded results, in (groups, n).

        Where the exact result is as near to the middle of two numbers as it is known, either may be returned; round
        parameters such as epsilon = 0.001 put results there. Only the grade EXACT depends on it.
        """
        with np.errstate(over="ignore", under="ignore", invalid="ignore"):
            if not isinstance(self.results, DoubleDouble):
                return round_to(self.results, self.fmt)
            rounded = np.ldexp(self.results.hi, self.exponent)
            # a subnormal result has fewer bits than hi: rounding hi to it would round twice
            unit = self.exponent + 1074
            high, low = np.ldexp(self.results.hi, unit), np.ldexp(self.results.lo, unit)
            whole = np.rint(high)
            rest = (high - whole) + low
            whole = whole + (rest > 0.5) - (rest < -0.5)
            return np.where(np.abs(rounded) < FLOAT64.smallest_normal, np.ldexp(whole, -1074), rounded)

    @property
    def values(self) -> FloatArray:
        """The results as the nearest float64 numbers; only those of float64 data are in other units."""
        found = nearest(self.results)
        return np.ldexp(found, self.exponent) if self.fmt is FLOAT64 else found

    def take(self, chosen: NDArray[np.bool_]) -> Exact[Real]:
        """The exact results of the chosen groups only."""
        shared = len(self.exponent) == 1
        return Exact(self.fmt, self.results[chosen], self.exponent if shared else self.exponent[chosen])

    def ulps(self, results: FloatArray) -> FloatArray:
        """|result - exact result| in ulps of the exact result; infinite or NaN where the result is."""
        with np.errstate(all="ignore"):
            if self.fmt is not FLOAT64:
                distances = np.abs(results - nearest(self.results)) / ulp(nearest(self.results), self.fmt)
            else:
                error = np.abs(nearest(constant(np.ldexp(results, -self.exponent), self.results) - self.results))
                spacing = np.ldexp(ulp(np.ldexp(nearest(self.results), self.exponent), self.fmt), -self.exponent)
                distances = np.where(error == 0.0, 0.0, error / spacing)  # the spacing at zero may underflow
            return np.where(np.isfinite(results), distances, np.abs(results))

    def surely_bounded(self, ulps: FloatArray, roundings: int) -> NDArray[np.bool_]:
        """The results that lie in every tier's interval because they are so near: a short cut past the intervals.

        Every interval holds the exact result times 1 -+ gamma_k, k the contract's roundings, and an ulp of a normal
        number is at most 2 u of it: so k / 2 ulps are inside. A subnormal result may be off by half an ulp.
        """
        normal = np.abs(self.values) >= self.fmt.smallest_normal
        return np.asarray(ulps <= np.where(normal, roundings / 2.0 * (1.0 - 2.0**-20), 0.5))


AnyExact = Exact[Any]  # of float64 arrays, or of double-double arrays where the format is float64


def exact_results(contract: GainContract, parameters: Mapping[str, float], norms: Norms[Real]) -> Exact[Real]:
    """What the contract makes of each weight before any rounding."""
    gains = exact_gains(contract, parameters, norms)
    exponent = gains.result_exponent(norms.rows)
    return Exact(norms.fmt, gains.results(norms.rows, exponent), exponent)


def evaluate(
    contract: GainContract, parameters: Mapping[str, float], weights: FloatArray, axis: Axis, fmt: Format
) -> FloatArray:
    """What the contract makes of finite `weights` (numbers of `fmt`) over `axis`, rounded once; raises AxisError."""
    rows = to_rows(weights, axis)
    return from_rows(
        exact_results(contract, parameters, norms_of(rows, fmt, contract.norm)).nearest(), weights.shape, axis
    )
