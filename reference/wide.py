"""Arithmetic wider than the format under test: float64 arrays, or double-double arrays where the format is float64.

A double-double is an unevaluated sum hi + lo of two float64 numbers with |lo| <= ulp(hi)/2: about 106 bits.
Algorithms: Dekker, A floating-point technique for extending the available precision, Numer. Math. 18 (1971);
Hida, Li, Bailey, Algorithms for quad-double precision floating point arithmetic, ARITH-15 (2001). Each operation
here has a relative error below 2^-98 (RELATIVE_ERROR leaves room for the dozen operations of one formula) as long
as no part leaves the normal range, which callers ensure by scaling with powers of two.
"""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

_SPLITTER = 134217729.0  # 2^27 + 1


def _two_sum(a: FloatArray, b: FloatArray) -> tuple[FloatArray, FloatArray]:
    """s + e = a + b exactly, s = fl(a + b) (Knuth)."""
    s = a + b
    t = s - a
    return s, (a - (s - t)) + (b - t)


def _split(a: FloatArray) -> tuple[FloatArray, FloatArray]:
    """a = high + low with both halves of at most 26 bits (Veltkamp)."""
    t = _SPLITTER * a
    high = t - (t - a)
    return high, a - high


def _two_product(a: FloatArray, b: FloatArray) -> tuple[FloatArray, FloatArray]:
    """p + e = a * b exactly, p = fl(a * b), barring underflow of e (Dekker)."""
    p = a * b
    a_high, a_low = _split(a)
    b_high, b_low = _split(b)
    return p, ((a_high * b_high - p) + a_high * b_low + a_low * b_high) + a_low * b_low


class DoubleDouble:
    """An array of numbers hi + lo of about 106 bits; supports + - * / with its own kind and comparison."""

    __slots__ = ("hi", "lo")
    __array_ufunc__ = None  # makes NumPy leave mixed expressions to this class

    def __init__(self, hi: FloatArray, lo: FloatArray | None = None) -> None:
        self.hi = hi
        self.lo = np.zeros_like(hi) if lo is None else lo

    @classmethod
    def _renormalised(cls, s: FloatArray, e: FloatArray) -> DoubleDouble:
        hi = s + e
        return cls(hi, e - (hi - s))

    def __add__(self, other: DoubleDouble) -> DoubleDouble:
        s, e = _two_sum(self.hi, other.hi)
        t, f = _two_sum(self.lo, other.lo)
        partial = DoubleDouble._renormalised(s, e + t)
        return DoubleDouble._renormalised(partial.hi, partial.lo + f)

    def __neg__(self) -> DoubleDouble:
        return DoubleDouble(-self.hi, -self.lo)

    def __sub__(self, other: DoubleDouble) -> DoubleDouble:
        return self + (-other)

    def __mul__(self, other: DoubleDouble) -> DoubleDouble:
        p, e = _two_product(self.hi, other.hi)
        return DoubleDouble._renormalised(p, e + (self.hi * other.lo + self.lo * other.hi))

    def __truediv__(self, other: DoubleDouble) -> DoubleDouble:
        first = self.hi / other.hi
        rest = self - other * DoubleDouble(first)
        second = rest.hi / other.hi
        rest = rest - other * DoubleDouble(second)
        head = DoubleDouble._renormalised(first, second)
        return head + DoubleDouble(rest.hi / other.hi)

    def __le__(self, other: DoubleDouble) -> NDArray[np.bool_]:
        below: NDArray[np.bool_] = (self.hi < other.hi) | ((self.hi == other.hi) & (self.lo <= other.lo))
        return below

    def __lt__(self, other: DoubleDouble) -> NDArray[np.bool_]:
        return ~(other <= self)

    def __getitem__(self, key: Any) -> DoubleDouble:
        return DoubleDouble(self.hi[key], self.lo[key])


Real = TypeVar("Real", FloatArray, DoubleDouble)

# bounds on the relative error of one gain or one product, counted generously: 16 operations of float64 (2^-53 each)
# or of double-double (2^-98 each)
FLOAT64_ERROR = 2.0**-48
DOUBLE_DOUBLE_ERROR = 2.0**-92


def relative_error(value: Real) -> float:
    """A bound on the relative error of any formula of this package evaluated in the kind of `value`."""
    return DOUBLE_DOUBLE_ERROR if isinstance(value, DoubleDouble) else FLOAT64_ERROR


def constant(value: FloatArray | float, like: Real) -> Real:
    """`value`, exactly, in the kind of `like`."""
    array = np.asarray(value, dtype=np.float64)
    return DoubleDouble(array) if isinstance(like, DoubleDouble) else array


def scaled(value: Real, exponent: NDArray[np.int64] | int) -> Real:
    """`value` times 2 ** `exponent`, exact while no part leaves the normal range."""
    if isinstance(value, DoubleDouble):
        return DoubleDouble(np.ldexp(value.hi, exponent), np.ldexp(value.lo, exponent))
    return np.ldexp(value, exponent)


def perturbed(value: Real, share: float) -> Real:
    """`value` * (1 + `share`), where 1 + share itself need not be a float64 number."""
    return value + value * constant(share, value)


def column(value: Real) -> Real:
    """One number per group as a column, to be combined with the group's row of weights."""
    if isinstance(value, DoubleDouble):
        return DoubleDouble(value.hi[:, None], value.lo[:, None])
    return value[:, None]


def nearest(value: Real) -> FloatArray:
    """The float64 number nearest to `value`."""
    return value.hi if isinstance(value, DoubleDouble) else value


def minimum(a: Real, b: Real) -> Real:
    """The smaller of each pair."""
    if isinstance(a, DoubleDouble):
        assert isinstance(b, DoubleDouble)
        smaller = a <= b
        return DoubleDouble(np.where(smaller, a.hi, b.hi), np.where(smaller, a.lo, b.lo))
    return np.minimum(a, b)


def maximum(a: Real, b: Real) -> Real:
    """The larger of each pair."""
    if isinstance(a, DoubleDouble):
        assert isinstance(b, DoubleDouble)
        smaller = a <= b
        return DoubleDouble(np.where(smaller, b.hi, a.hi), np.where(smaller, b.lo, a.lo))
    return np.maximum(a, b)


def chosen(condition: NDArray[np.bool_], a: Real, b: Real) -> Real:
    """`a` where the condition holds, else `b`."""
    if isinstance(a, DoubleDouble):
        assert isinstance(b, DoubleDouble)
        return DoubleDouble(np.where(condition, a.hi, b.hi), np.where(condition, a.lo, b.lo))
    return np.where(condition, a, b)


def square_root(value: Real) -> Real:
    """The square root of each number; value must be >= 0."""
    if isinstance(value, DoubleDouble):
        root = np.sqrt(value.hi)
        rest = value - DoubleDouble(*_two_product(root, root))
        with np.errstate(invalid="ignore", divide="ignore"):
            correction = np.where(root > 0, rest.hi / (2.0 * root), 0.0)
        return DoubleDouble._renormalised(root, correction)
    return np.sqrt(value)


def sum_of_squares(rows: FloatArray) -> FloatArray:
    """The sum of squares of each row in float64, within n * 2^-53: squares of numbers of 24 bits are exact."""
    sums: FloatArray = np.einsum("ij,ij->i", rows, rows)
    return sums


def wide_sum_of_squares(rows: FloatArray) -> DoubleDouble:
    """The sum of squares of each row in double-double; rows must be scaled to at most 1."""
    return total(DoubleDouble(*_two_product(rows, rows)))


def total(rows: Real) -> Real:
    """The sum of each row: in a tree in double-double, so that each term meets log2(n) additions."""
    if not isinstance(rows, DoubleDouble):
        sums: FloatArray = np.sum(rows, axis=1)
        return sums
    while rows.hi.shape[1] > 1:
        half = rows.hi.shape[1] // 2
        paired = rows[:, :half] + rows[:, half : 2 * half]
        if rows.hi.shape[1] % 2:
            last = rows[:, 2 * half :]
            paired = DoubleDouble(np.hstack([paired.hi, last.hi]), np.hstack([paired.lo, last.lo]))
        rows = paired
    return rows[:, 0] if rows.hi.shape[1] else DoubleDouble(np.zeros(len(rows.hi)))
