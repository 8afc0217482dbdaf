"""An independent oracle: the contracts' formulas in exact rational numbers and mpmath, rounded once to the format.

Nothing of `reference` is used but the constants of the formats. With N = sqrt(S) every contract's gain is
(a + b N) / (epsilon + N) with rational a and b that depend on the piece alone, and the piece follows from comparing
the rational S with squares of the bounds. Only the root needs mpmath, and it is taken to as many bits as the rounding
of each result needs (Ziv's strategy): the loop ends, because a result whose root is irrational is no rational number
unless a = b epsilon, which is decided exactly.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

import mpmath
import numpy as np
from numpy.typing import NDArray

from reference.formats import Format

FloatArray = NDArray[np.float64]
# the contracts that leave weights inside a bound alone, and what they call the bound
BOUNDS = {
    "clip_by_norm": "clip_norm",
    "renorm": "maxnorm",
    "l2_ball": "scale",
    "clip_grad_norm": "max_norm",
    "max_norm_projection": "max_value",
}
PRECISIONS = (192, 320, 640, 1280, 2560, 5120)


def sum_of_squares(row: FloatArray) -> Fraction:
    """The sum of squares of finite float64 numbers, exactly."""
    mantissas, exponents = _integers(row)
    lowest = min((e for m, e in zip(mantissas, exponents, strict=True) if m), default=0)
    total: int = sum((m * m) << 2 * (e - lowest) for m, e in zip(mantissas, exponents, strict=True) if m)
    return Fraction(total) * Fraction(2) ** (2 * lowest)


def _integers(row: FloatArray) -> tuple[list[int], list[int]]:
    """m and e with row = m * 2 ** e exactly."""
    fraction, exponent = np.frexp(row)
    return (fraction * 2.0**53).astype(np.int64).tolist(), (exponent - 53).tolist()


@dataclass(frozen=True)
class Linear:
    """The gain (a + b N) / (epsilon + N) at a norm N = sqrt(square)."""

    a: Fraction
    b: Fraction
    epsilon: Fraction
    square: Fraction

    def exactly(self) -> Fraction | None:
        """The gain if it is known to be rational."""
        if self.a == self.b * self.epsilon:
            return self.b
        root = Fraction(math.isqrt(self.square.numerator), math.isqrt(self.square.denominator))
        return (self.a + self.b * root) / (self.epsilon + root) if root * root == self.square else None

    def approximately(self, bits: int) -> Fraction:
        """The gain with a relative error below 2 ** -bits; nothing cancels, because all terms are >= 0."""
        with mpmath.workprec(bits + 10):
            root: Fraction = _fraction(mpmath.sqrt(mpmath.mpf(self.square.numerator) / self.square.denominator))
        value: Fraction = (self.a + self.b * root) / (self.epsilon + root)
        return value


def _fraction(value: mpmath.mpf) -> Fraction:
    sign, mantissa, exponent, _ = value._mpf_
    return Fraction(-int(mantissa) if sign else int(mantissa)) * Fraction(2) ** int(exponent)


def split(contract: str) -> tuple[str, str]:
    """The name of a contract without that of its norm, and that of its norm."""
    name, _, norm = contract.rpartition("_")
    return (name, norm) if norm in ("l1", "linf") else (contract, "l2")


def square_of_norm(contract: str, row: FloatArray) -> Fraction:
    """The square of the norm that a contract is about."""
    _, norm = split(contract)
    if norm == "l2":
        return sum_of_squares(row)
    sizes = [Fraction(abs(w)) for w in row.tolist()]
    return (sum(sizes, Fraction(0)) if norm == "l1" else max(sizes, default=Fraction(0))) ** 2


def gain(contract: str, parameters: Mapping[str, float], square: Fraction) -> Linear:
    """The gain of a group whose norm has this `square`, as design.md writes it."""
    contract, _ = split(contract)
    p = {name: Fraction(value) for name, value in parameters.items()}
    zero, one = Fraction(0), Fraction(1)
    if contract == "unit_norm":
        return Linear(one, zero, p["epsilon"], square)
    if contract == "normalize":
        long = square > p["epsilon"] ** 2
        return Linear(one, zero, zero, square) if long else Linear(zero, one / p["epsilon"], zero, square)
    if contract == "l2_sphere":
        return Linear(p["scale"], zero, zero, square)
    if contract == "unitwise_clip":
        if square < p["max_norm"] ** 2:
            return Linear(zero, one, zero, square)
        if square > p["epsilon"] ** 2:
            return Linear(p["max_norm"], zero, zero, square)
        return Linear(zero, p["max_norm"] / p["epsilon"], zero, square)
    if contract in BOUNDS:
        bound, epsilon = p[BOUNDS[contract]], p.get("epsilon", zero)
        start = bound - epsilon if contract == "clip_grad_norm" else bound
        outside = start < 0 or square > start**2
        return Linear(bound, zero, epsilon, square) if outside else Linear(zero, one, zero, square)
    low, high = p.get("min_value", zero), p["max_value"]
    rate = p.get("rate", one)
    if square > high**2:
        return Linear(rate * high, one - rate, p["epsilon"], square)
    if square < low**2:
        return Linear(rate * low, one - rate, p["epsilon"], square)
    return Linear(zero, one, p["epsilon"], square)


def rounded(value: Fraction, fmt: Format) -> float:
    """A rational number rounded to the format: ties to even, subnormal numbers, overflow to infinity."""
    return _rounded_quotient(value.numerator, value.denominator, 0, fmt)


def _rounded_quotient(numerator: int, denominator: int, exponent: int, fmt: Format) -> float:
    """numerator / denominator * 2 ** exponent rounded to the format, without fractions, which are slow."""
    size = abs(numerator)
    if not size:
        return 0.0
    power = size.bit_length() - denominator.bit_length()
    if size << max(-power, 0) < denominator << max(power, 0):
        power -= 1
    quantum = max(power + exponent, fmt.emin) - fmt.precision + 1
    shift = exponent - quantum
    whole, rest = divmod(size << max(shift, 0), below := denominator << max(-shift, 0))
    whole += 2 * rest > below or (2 * rest == below and whole & 1 == 1)
    result = math.inf if whole.bit_length() + quantum - 1 > fmt.emax else math.ldexp(whole, quantum)
    return -result if numerator < 0 else result


def _exponent(value: Fraction) -> int:
    """floor(log2(value)), far below every format for zero."""
    if not value:
        return -(10**6)
    guess = value.numerator.bit_length() - value.denominator.bit_length()
    return guess if value >= Fraction(2) ** guess else guess - 1


@dataclass(frozen=True)
class Group:
    """The exact results of one group."""

    row: FloatArray
    linear: Linear
    fmt: Format

    def nearest(self) -> list[float]:
        """The correctly rounded results."""
        exact = self.linear.exactly()
        if exact is not None:
            pairs = zip(*_integers(self.row), strict=True)
            return [_rounded_quotient(m * exact.numerator, exact.denominator, e, self.fmt) for m, e in pairs]
        return list(self._by_ziv())

    def _by_ziv(self) -> Iterator[float]:
        tables = [(bits, *_scaled(self.linear.approximately(bits), bits)) for bits in PRECISIONS[:1]]
        for m, e in zip(*_integers(self.row), strict=True):
            for step, bits in enumerate(PRECISIONS):
                if step == len(tables):
                    tables.append((bits, *_scaled(self.linear.approximately(bits), bits)))
                _, factor, exponent = tables[step]
                low, high = (_round_integer(abs(m) * (factor + d), e + exponent, self.fmt) for d in (-2, 2))
                if low == high:
                    break
            else:
                raise AssertionError("undecided")
            yield -low if m < 0 else low

    def distance(self, result: float, weight: float) -> float:
        """|result - exact result| in ulps of the exact result, to far more bits than float64."""
        exact = self.linear.exactly()
        value = Fraction(weight) * (self.linear.approximately(640) if exact is None else exact)
        spacing = Fraction(2) ** (max(_exponent(abs(value)), self.fmt.emin) - self.fmt.precision + 1)
        return float(abs(Fraction(result) - value) / spacing)


def _scaled(value: Fraction, bits: int) -> tuple[int, int]:
    """m and e with value = m * 2 ** e to within 1 / 2 in m, of about `bits` bits."""
    exponent = _exponent(value) - bits
    return round(value / Fraction(2) ** exponent), exponent


def _round_integer(mantissa: int, exponent: int, fmt: Format) -> float:
    """mantissa * 2 ** exponent >= 0 rounded to the format."""
    if mantissa <= 0:
        return 0.0
    quantum = max(mantissa.bit_length() - 1 + exponent, fmt.emin) - fmt.precision + 1
    drop = quantum - exponent
    whole = mantissa << -drop if drop <= 0 else _half_even(mantissa, drop)
    if whole.bit_length() + quantum - 1 > fmt.emax:
        return math.inf
    return math.ldexp(whole, quantum)


def _half_even(mantissa: int, drop: int) -> int:
    whole, rest = mantissa >> drop, mantissa & ((1 << drop) - 1)
    half = 1 << (drop - 1)
    return whole + (rest > half or (rest == half and whole & 1 == 1))


def group(contract: str, parameters: Mapping[str, float], row: FloatArray, fmt: Format) -> Group:
    """The oracle for one group."""
    return Group(row, gain(contract, parameters, square_of_norm(contract, row)), fmt)


def results(contract: str, parameters: Mapping[str, float], rows: FloatArray, fmt: Format) -> FloatArray:
    """The correctly rounded results of (groups, n) weights."""
    return np.array([group(contract, parameters, row, fmt).nearest() for row in rows]).reshape(rows.shape)
