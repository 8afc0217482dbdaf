"""The gradient of the sum of a group's results, and the interval in which a reverse-mode evaluation must lie.

With g = a / b, W = sum w_i and a', b' the derivatives of numerator and denominator with respect to N,

    d / dw_j  sum_i w_i g(N)  =  g  +  W (a' / b) w_j / N  -  W (a b' / b^2) w_j / N.

Error analysis, in the terms of reference.intervals:

1. Each term is a product of positive powers of g, 1 / b, 1 / N, a', b' and of the exact W w_j. g is enclosed as
   the gain is, 1 / b and 1 / N by the norm's interval (b is continued with its slope from the upper end to the lower
   one, because where b' is not zero it may start at a jump). a' and b' are constant between breakpoints: they are
   taken at the ends and at the breakpoints inside, and just below and just above each, so the hull holds both
   one-sided derivatives wherever the computed norm may lie on either side (and the halves that frameworks give at a
   tie). Every rounding of the parameters is taken.
2. Reverse mode takes the second and the third term apart, as the numerator's and the denominator's share, and adds up
   W over the group; both may cancel. So errors are relative to
       M_j = g + (|a'| / b + a |b'| / b^2) A |w_j| / N,   A = sum |w_i|,
   and not to the gradient.
3. On the longest path, the denominator's, with k the contract's roundings: a once and b twice (2 k), w_i a (1), the
   cotangent times it over b over b (5 with reciprocals), the sum of n (n - 1), the slope with its rate (2), the shares
   of the norm's cotangent added (2), the root's derivative (2), times w_j (1), three contributions to w_j added (3),
   conversions (2), the reference's own error (1): gamma_K with K = n + 2 k + 18.
4. Underflow. Sums of terms of either sign may be small by cancellation, and a product of such a sum may be lost to
   flushing: less than the smallest normal number, whatever it is scaled by later. With X a magnitude on the way, that
   is a share of (n + 1) * smallest normal / X of M_j; the share is at most 1, because what is lost is no more than the
   term. Quantities that are never negative are a matter of range (`gradient_leaves_range`).

At norm zero the second and the third term are taken as zero, their limit along every ray: the gradient is g(0).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Any, Generic

import numpy as np
from numpy.typing import NDArray

from reference.contract import GainContract
from reference.exact import Scale, in_units, parameters_in_units
from reference.formats import FloatArray
from reference.intervals import rounding_hulls
from reference.norms import AnyNorms, Norms, gamma, norm_interval
from reference.range_models import leaves_range
from reference.wide import (
    Real,
    chosen,
    column,
    constant,
    maximum,
    minimum,
    nearest,
    perturbed,
    relative_error,
    total,
)

Mask = NDArray[np.bool_]
Parameters = Mapping[str, float]

# how many sums or products of either sign lie on one path: W, times a, over b twice, the norm's cotangent, over N
_STAGES = 6


def gradient(contract: GainContract, parameters: Parameters, norms: AnyNorms) -> FloatArray:
    """The exact gradient at the exact norm as the nearest float64 numbers, of one side at a breakpoint; (groups, n)."""
    with np.errstate(all="ignore"):
        norm = _in_own_unit(norms.exact, norms)
        p = _like(contract, parameters, norm)
        top, bottom = contract.numerator(norm, p), contract.denominator(norm, p)
        slope = contract.numerator_slope(norm, p) - top / bottom * contract.denominator_slope(norm, p)
        slope = _divided(slope / bottom, norm)
        result: FloatArray = nearest(column(top / bottom) + _moments(norms, norm) * column(slope))
        return result


def gradient_interval(contract: GainContract, parameters: Parameters, norms: AnyNorms) -> tuple[FloatArray, FloatArray]:
    """The smallest and the largest gradient that a correct reverse-mode evaluation may give; both (groups, n).

    They hold for groups whose every intermediate stays in range. Raises ValueError for n u >= 1/2.
    """
    fmt, n = norms.fmt, norms.length
    if n * fmt.unit_roundoff >= 0.5:
        raise ValueError(f"a gradient over {n} weights in {fmt.name} has no error bound")
    with np.errstate(all="ignore"):
        gain, first, second = _hulls(contract, parameters, norms)
        moments = _moments(norms, gain.low)
        rising, falling = first.times(moments), second.times(moments)
        error = constant(_error(contract, parameters, norms, gain.high, first.high, second.high), gain.low)
        low = column(gain.low) + rising.low - falling.high - error
        high = column(gain.high) + rising.high - falling.low + error
        lower, upper = np.nextafter(nearest(low), -np.inf), np.nextafter(nearest(high), np.inf)
        return np.where(np.isnan(lower), -np.inf, lower), np.where(np.isnan(upper), np.inf, upper)


def gradient_leaves_range(contract: GainContract, parameters: Parameters, norms: AnyNorms) -> Mask:
    """The groups of which an intermediate of the results or of the gradient may leave the range; shape (groups,)."""
    fmt = norms.fmt
    low, high = 2.0 * fmt.smallest_normal, fmt.largest / 2.0
    found = leaves_range(contract, parameters, norms)
    size = np.sum(np.abs(norms.rows), axis=1)
    with np.errstate(all="ignore"):
        for top, bottom, norm in _parts(contract, parameters, norms):
            # b^2 and 1 / N need no look of their own: b >= N, and the sum of squares and 1 / b^2 are looked at
            for part in (1.0 / bottom, top / bottom, top / bottom**2, 1.0 / bottom**2):
                found |= (part != 0.0) & ~((low <= part) & (part <= high)) & (norm > 0.0)
        for part in _signed_parts(contract, parameters, norms):
            found |= ~(size * part <= high)
    return found


@dataclass(frozen=True)
class _Hull(Generic[Real]):
    """Numbers between two ends, one pair per group or per weight."""

    low: Real
    high: Real

    def times(self, moments: Real) -> _Hull[Real]:
        """The hull, of numbers >= 0 and one per group, times a number of either sign for each weight."""
        products = moments * column(self.low), moments * column(self.high)
        return _Hull(minimum(*products), maximum(*products))


def _in_own_unit(norm: Real, norms: Norms[Real]) -> Real:
    """A norm as `norms` holds it, in the weights' own unit."""
    return in_units(norm, norms, _no_scale(norms.exponent))


def _like(contract: GainContract, parameters: Parameters, norm: Real) -> dict[str, Real]:
    """The parameters in the kind of a norm per group."""
    return parameters_in_units(contract, parameters, _no_scale(nearest(norm)), norm)


def _no_scale(groups: NDArray[Any]) -> Scale:
    return Scale(np.zeros(len(groups), np.int64), np.zeros(len(groups), np.int64))


def _divided(value: Real, norm: Real) -> Real:
    """value / N, or the value itself where N is zero: there it is multiplied by W w_j = 0."""
    return value / chosen(norm <= constant(0.0, norm), constant(1.0, norm), norm)


def _moments(norms: Norms[Real], like: Real) -> Real:
    """W w_j for every weight."""
    return constant(norms.rows, like) * column(total(constant(norms.rows, like)))


def _hulls(
    contract: GainContract, parameters: Parameters, norms: Norms[Real]
) -> tuple[_Hull[Real], _Hull[Real], _Hull[Real]]:
    """The hulls of a / b, a' / (b N) and a b' / (b^2 N) over the norm's interval and every rounding."""
    gains: list[Real] = []
    inverses: list[Real] = []
    tops: list[Real] = []
    bottoms: list[Real] = []
    for corner, low, high in _ends(contract, parameters, norms):
        p = _like(contract, corner, low)
        points: list[Real] = [low, high]
        points += [minimum(maximum(p[name], low), high) for name in contract.breakpoints]
        gains += [contract.gain(norm, p) for norm in points]
        aside = 4.0 * relative_error(low)
        beside = [perturbed(norm, share) for norm in points for share in (-aside, 0.0, aside)]
        tops += [contract.numerator_slope(norm, p) for norm in beside]
        bottoms += [contract.denominator_slope(norm, p) for norm in beside]
        last = contract.denominator(perturbed(high, aside), p)
        first = last - contract.denominator_slope(perturbed(high, aside), p) * (perturbed(high, aside) - low)
        inverses += [_divided(constant(1.0, low) / first, low), _divided(constant(1.0, low) / last, high)]
    gain, inverse = _hull(gains), _hull(inverses)
    return gain, _product(inverse, _hull(tops)), _product(_product(gain, inverse), _hull(bottoms))


def _ends(
    contract: GainContract, parameters: Parameters, norms: Norms[Real]
) -> Iterator[tuple[dict[str, float], Real, Real]]:
    """Every choice of an end of the roundings of each parameter, with the ends of the norm's interval."""
    low, high = (_in_own_unit(norm, norms) for norm in norm_interval(norms, "any order"))
    roundings = {name: sorted(set(pair)) for name, pair in rounding_hulls(parameters, norms.fmt).items()}
    names = [p.name for p in contract.parameters]
    for choice in itertools.product(*(roundings[name] for name in names)):
        yield dict(zip(names, choice, strict=True)), low, high


def _hull(values: list[Real]) -> _Hull[Real]:
    return _Hull(reduce(minimum, values), reduce(maximum, values))


def _product(a: _Hull[Real], b: _Hull[Real]) -> _Hull[Real]:
    return _Hull(a.low * b.low, a.high * b.high)  # both are >= 0


def _error(
    contract: GainContract, parameters: Parameters, norms: Norms[Real], gain: Real, first: Real, second: Real
) -> FloatArray:
    """What roundings and flushing may add to each gradient (steps 2 to 4); (groups, n)."""
    fmt, n = norms.fmt, norms.length
    weights = np.abs(norms.rows)
    size = np.sum(weights, axis=1)
    terms = weights * (size * (nearest(first) + nearest(second)))[:, None]
    share = np.zeros(len(weights))
    for part in _signed_parts(contract, parameters, norms):
        share = np.fmax(share, (n + 1) * fmt.smallest_normal / (size * part))
    lost = np.fmin(_STAGES * share, 1.0)[:, None] * terms + np.minimum(terms, 2.0 * fmt.smallest_normal)
    k = gamma(n + 2 * contract.roundings + 18, fmt.unit_roundoff)
    error: FloatArray = k * (nearest(gain)[:, None] + terms) + lost + fmt.smallest_subnormal
    return error


def _parts(
    contract: GainContract, parameters: Parameters, norms: AnyNorms
) -> Iterator[tuple[FloatArray, FloatArray, FloatArray]]:
    """Numerator, denominator and norm at both ends of the norm's interval, for every rounding, as float64 numbers."""
    for corner, *ends in _ends(contract, parameters, norms):
        for norm in (nearest(end) for end in ends):
            p = _like(contract, corner, norm)
            yield contract.numerator(norm, p), contract.denominator(norm, p), norm


def _signed_parts(contract: GainContract, parameters: Parameters, norms: AnyNorms) -> Iterator[FloatArray]:
    """What W is multiplied by on the way to the gradient's second and third term, zero where N is zero."""
    for top, bottom, norm in _parts(contract, parameters, norms):
        for part in (np.ones_like(norm), top, 1.0 / bottom, top / bottom, 1.0 / bottom**2, top / bottom**2):
            yield from (np.where(norm > 0.0, part, 0.0), np.where(norm > 0.0, part / norm, 0.0))
