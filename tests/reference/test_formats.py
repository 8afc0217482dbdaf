"""The formats: exact decoding, rounding to nearest even, overflow, spacing."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from reference.formats import (
    BFLOAT16,
    FLOAT16,
    FLOAT32,
    FLOAT64,
    FORMATS,
    Format,
    binade,
    decode,
    encode,
    parameter_roundings,
    round_down,
    round_to,
    round_up,
    ulp,
)
from tests.reference import oracle

each_format = pytest.mark.parametrize("fmt", FORMATS.values(), ids=FORMATS)
HALVES = pytest.mark.parametrize("fmt", [FLOAT16, BFLOAT16], ids=["float16", "bfloat16"])


@HALVES
def test_every_pattern_of_bits_survives_decoding(fmt: Format) -> None:
    """All 65,536 patterns come back, NaN as some NaN."""
    bits = np.arange(65536, dtype=np.uint16)
    values = decode(bits, fmt)
    number = ~np.isnan(values)
    assert np.array_equal(encode(values[number], fmt), bits[number])
    assert np.isnan(decode(encode(values[~number], fmt), fmt)).all()


@HALVES
def test_halfway_cases_go_to_the_even_number(fmt: Format) -> None:
    """Between two neighbours the one whose last bit is zero is taken, subnormal numbers included."""
    bits = np.arange(2 ** (fmt.bits - 1) - 2 ** (fmt.precision - 1) - 1, dtype=np.uint16)
    low, high = decode(bits, fmt), decode(bits + np.uint16(1), fmt)
    assert np.array_equal(round_to((low + high) / 2.0, fmt), np.where(bits % 2 == 0, low, high))


@pytest.mark.parametrize("name", ["float16", "bfloat16", "float32"])
def test_rounding_is_that_of_exact_arithmetic(name: str) -> None:
    """2,000 float64 numbers of every size around the format's range, and ties, against rational numbers."""
    fmt, rng = FORMATS[name], np.random.default_rng(5)
    sizes = np.exp2(rng.integers(fmt.emin - fmt.precision - 3, fmt.emax + 3, 2000).astype(np.float64))
    values = sizes * np.concatenate([rng.uniform(-2.0, 2.0, 1000), rng.integers(2**12, 2**13, 1000) / 2.0**12])
    expected = [oracle.rounded(Fraction(value), fmt) for value in values.tolist()]
    assert round_to(values, fmt).tolist() == expected
    assert decode(encode(values, fmt), fmt).tolist() == expected


@each_format
def test_numbers_of_the_format_are_left_alone(fmt: Format) -> None:
    """Rounding changes no number of the format, however large or small."""
    values = np.array([fmt.largest, -fmt.smallest_normal, fmt.smallest_subnormal, 0.0, -1.5, np.inf])
    assert np.array_equal(round_to(values, fmt), values)


@pytest.mark.parametrize("name", ["float16", "bfloat16", "float32"])
def test_overflow_begins_at_the_threshold(name: str) -> None:
    """Half an ulp beyond the largest number rounds to infinity, anything less does not."""
    fmt = FORMATS[name]
    just_below = np.nextafter(fmt.overflow_threshold, 0.0)
    assert round_to(np.array([fmt.overflow_threshold, just_below]), fmt).tolist() == [np.inf, fmt.largest]


@each_format
def test_an_ulp_leads_to_the_next_number(fmt: Format) -> None:
    """Adding the spacing to a number gives the number after it."""
    for value in (1.0, 1.5, fmt.smallest_normal, fmt.smallest_subnormal, 1000.0):
        bits = encode(np.array([value]), fmt)
        assert decode(bits + bits.dtype.type(1), fmt)[0] == value + ulp(np.array(value), fmt)


def test_the_power_of_two_below_a_number_is_that_of_its_exponent() -> None:
    """Of whatever bits: frexp has it between a half and one."""
    values = np.random.default_rng(3).integers(0, 2**64, 100_000, dtype=np.uint64).view(np.float64)
    values = values[np.isfinite(values) & (np.abs(values) >= FLOAT64.smallest_normal)]
    assert len(values) > 90_000 and np.array_equal(binade(values), np.ldexp(0.5, np.frexp(values)[1]))
    assert binade(np.array([0.0, -0.0, 5e-324, np.inf, np.nan])).tolist() == [0.0, 0.0, 0.0, np.inf, np.inf]


@pytest.mark.parametrize("name", ["float16", "bfloat16", "float32"])
def test_rounding_up_and_down_enclose(name: str) -> None:
    """The numbers next to a value on either side are found, across powers of two and zero."""
    fmt = FORMATS[name]
    values = np.array([1.0 + 2.0**-40, -1.0 + 2.0**-40, 1e-300, -1e-300, 3.0, -(2.0**200)])
    low, high = round_down(values, fmt), round_up(values, fmt)
    assert np.all((low <= values) & (values <= high))
    assert np.array_equal(low[:5] + np.where(low[:5] == values[:5], 0.0, ulp(values[:5], fmt)), high[:5])


@each_format
def test_the_constants_of_a_format_follow_from_its_bits(fmt: Format) -> None:
    """The largest, the smallest normal and the smallest number are where their patterns of bits say."""
    fraction = fmt.precision - 1
    patterns = [1, 1 << fraction, (((1 << (fmt.bits - 1 - fraction)) - 1) << fraction) - 1]
    values = decode(np.array(patterns, dtype=np.dtype(f"uint{fmt.bits}")), fmt)
    assert values.tolist() == [fmt.smallest_subnormal, fmt.smallest_normal, fmt.largest]
    assert fmt.unit_roundoff == (np.nextafter(1.0, 2.0) - 1.0) / 2.0 * 2.0 ** (53 - fmt.precision)


def test_rounding_beyond_the_range_stops_at_the_largest_number() -> None:
    """Up goes to infinity, down to the largest number; what is infinite stays so."""
    values = np.array([1e6, -1e6, np.inf, -np.inf])
    assert round_up(values, FLOAT16).tolist() == [np.inf, -65504.0, np.inf, -np.inf]
    assert round_down(values, FLOAT16).tolist() == [65504.0, -np.inf, np.inf, -np.inf]


def test_a_parameter_may_be_rounded_twice() -> None:
    """1 + 2^-11 + 2^-30 is just above a tie of float16; float32 makes it the tie, which goes down to 1."""
    value = 1.0 + 2.0**-11 + 2.0**-30
    assert parameter_roundings(value, FLOAT16) == (value, 1.0 + 2.0**-10, 1.0 + 2.0**-11, 1.0)
    assert parameter_roundings(value, FLOAT32) == (value, 1.0 + 2.0**-11)


@pytest.mark.parametrize("fmt", FORMATS.values(), ids=FORMATS)
def test_the_spacing_at_zero_is_the_smallest_subnormal_number(fmt: Format) -> None:
    """Of either zero: what is not zero where zero is right is a whole ulp off at least."""
    assert ulp(np.array([0.0, -0.0, fmt.smallest_subnormal]), fmt).tolist() == [fmt.smallest_subnormal] * 3
