"""The formats: exact decoding, rounding to nearest even, overflow, spacing."""

from __future__ import annotations

import numpy as np
import pytest

from reference.formats import (
    BFLOAT16,
    FLOAT16,
    FORMATS,
    Format,
    decode,
    encode,
    round_down,
    round_to,
    round_up,
    ulp,
)

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


@pytest.mark.parametrize("name", ["float16", "bfloat16", "float32"])
def test_rounding_up_and_down_enclose(name: str) -> None:
    """The numbers next to a value on either side are found, across powers of two and zero."""
    fmt = FORMATS[name]
    values = np.array([1.0 + 2.0**-40, -1.0 + 2.0**-40, 1e-300, -1e-300, 3.0, -(2.0**200)])
    low, high = round_down(values, fmt), round_up(values, fmt)
    assert np.all((low <= values) & (values <= high))
    assert np.array_equal(low[:5] + np.where(low[:5] == values[:5], 0.0, ulp(values[:5], fmt)), high[:5])
