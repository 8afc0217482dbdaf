"""The binary floating-point formats, and exact conversion between their bits and float64 values.

Every finite value of the four formats is a float64, so the reference computes on float64 arrays and keeps the
format beside them. bfloat16 has no NumPy type; its bits are the upper half of a float32's.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
BitArray = NDArray[np.unsignedinteger]


@dataclass(frozen=True)
class Format:
    """A binary format: significands of `precision` bits, normal exponents from `emin` to `emax` (IEEE 754, 3.3)."""

    name: str
    bits: int
    precision: int
    emin: int
    emax: int

    @property
    def unit_roundoff(self) -> float:
        """u = 2^-p: the largest relative error of rounding to nearest without overflow or underflow."""
        return 2.0**-self.precision

    @property
    def smallest_normal(self) -> float:
        """The smallest positive number with a full significand; smaller results may be flushed to zero."""
        return 2.0**self.emin

    @property
    def smallest_subnormal(self) -> float:
        """eta: the spacing of the numbers below the smallest normal one."""
        return 2.0 ** (self.emin - self.precision + 1)

    @property
    def largest(self) -> float:
        """The largest finite number."""
        return (2.0 - 2.0 ** (1 - self.precision)) * 2.0**self.emax

    @property
    def overflow_threshold(self) -> float:
        """The smallest magnitude that rounds to infinity (infinite itself for float64, which cannot hold it)."""
        return self.largest + 2.0 ** (self.emax - self.precision) if self.emax < 1023 else np.inf


FLOAT16 = Format("float16", 16, 11, -14, 15)
BFLOAT16 = Format("bfloat16", 16, 8, -126, 127)
FLOAT32 = Format("float32", 32, 24, -126, 127)
FLOAT64 = Format("float64", 64, 53, -1022, 1023)

FORMATS: dict[str, Format] = {f.name: f for f in (FLOAT16, BFLOAT16, FLOAT32, FLOAT64)}


# of a float64 number, the bits of its exponent
_EXPONENT = np.uint64(0x7FF0000000000000)


def decode(bits: BitArray, fmt: Format) -> FloatArray:
    """The float64 values of `bits` (unsigned integers of the format's width), exactly; NaN stays NaN."""
    with np.errstate(invalid="ignore"):  # a signalling NaN becomes a quiet one
        if fmt is BFLOAT16:
            return (bits.astype(np.uint32) << np.uint32(16)).view(np.float32).astype(np.float64)
        return bits.view(np.dtype(fmt.name)).astype(np.float64)


def encode(values: FloatArray, fmt: Format) -> BitArray:
    """The bits of `values` rounded to the nearest number of the format, ties to even, overflow to infinity."""
    unsigned = np.dtype(f"uint{fmt.bits}")
    with np.errstate(over="ignore", under="ignore"):
        if fmt is BFLOAT16:
            # rounded values are float32 numbers whose lower half is zero, so the cut is exact
            return (round_to(values, fmt).astype(np.float32).view(np.uint32) >> np.uint32(16)).astype(unsigned)
        return values.astype(np.dtype(fmt.name)).view(unsigned)


def round_to(values: FloatArray, fmt: Format) -> FloatArray:
    """`values` rounded to the nearest number of the format, ties to even, still as float64."""
    values = np.asarray(values, dtype=np.float64)
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        if fmt is not BFLOAT16:
            return values.astype(np.dtype(fmt.name)).astype(np.float64)
        # by way of float32 would round twice; scaling by the spacing is exact and np.rint rounds ties to even
        spacing = ulp(values, fmt)
        rounded = np.rint(values / spacing) * spacing
        rounded = np.where(np.abs(rounded) > fmt.largest, np.copysign(np.inf, values), rounded)
        return np.where(np.isfinite(values), rounded, values)


def round_up(values: FloatArray, fmt: Format) -> FloatArray:
    """The smallest number of the format that is not below each value."""
    near = round_to(values, fmt)
    with np.errstate(invalid="ignore"):
        above = np.where(near < values, near + ulp(values, fmt), near)
    return np.where(np.isneginf(near) & np.isfinite(values), -fmt.largest, above)


def round_down(values: FloatArray, fmt: Format) -> FloatArray:
    """The largest number of the format that is not above each value."""
    return -round_up(-np.asarray(values, dtype=np.float64), fmt)


def binade(values: FloatArray) -> FloatArray:
    """The power of two 2^e <= |value| < 2^(e + 1): 0 for what is below all of float64's, infinite for no number."""
    bits = np.asarray(values, dtype=np.float64).view(np.uint64) & _EXPONENT
    return np.asarray(bits).view(np.float64)


def ulp(values: FloatArray, fmt: Format) -> FloatArray:
    """The spacing of the format's numbers at the magnitude of each finite value (Muller's ulp for |x| >= 2^emin)."""
    size = binade(values)
    finite = np.isfinite(size)
    if not finite.all():
        size = np.where(finite, size, 0.5)
    return np.maximum(size, fmt.smallest_normal) * 2.0 ** (1 - fmt.precision)


@cache
def parameter_roundings(value: float, fmt: Format) -> tuple[float, ...]:
    """The numbers as which an implementation may read a parameter: kept wide, rounded, and both by way of float32.

    Rounding to float32 first and then to a narrower format rounds twice, which may end one number further.
    """
    exact = np.asarray(value, dtype=np.float64)
    paths = [exact] if fmt.bits >= 32 else [exact, round_to(exact, FLOAT32)]
    return tuple(float(number) for path in paths for number in (path, round_to(path, fmt)))
