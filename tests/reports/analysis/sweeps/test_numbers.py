"""Bits become the numbers that they are, and these can be read."""

from __future__ import annotations

import math

import pytest

from reports.analysis.sweeps.numbers import bound, decode, layout, weights, worded
from tests.reports.analysis.sweeps.test_sentences import sweep

NUMBERS = [
    ("float16", 0x7BFF, "65,504"),
    ("float16", 0x8001, "-5.96e-08"),
    ("bfloat16", 0x3F80, "1"),
    ("bfloat16", 0x7F7F, "3.39e+38"),
    ("float32", 0x3DCCCCCD, "0.1"),
    ("float32", 0xFF800000, "-∞"),
    ("float16", 0x7E00, "NaN"),
]


@pytest.mark.parametrize(("form", "bits", "said"), NUMBERS)
def test_bits_are_a_number(form: str, bits: int, said: str) -> None:
    """In words of four digits."""
    assert worded(decode(bits, form)) == said


def test_every_float16_is_in_order() -> None:
    """Greater bits are a greater number, up to infinity."""
    sizes = [decode(bits, "float16") for bits in range(0x7C01)]
    assert sizes == sorted(sizes) and sizes[0] == 0.0 and sizes[-1] == math.inf


def test_a_format_that_is_not_known_has_groups() -> None:
    """As has a group that there cannot be."""
    assert weights(sweep(format="float8"), 7) == "group 7" and layout(sweep(format="float8")) is None
    assert weights(sweep(), 1 << 40) == "group 1,099,511,627,776"


@pytest.mark.parametrize(("inside", "value"), [(32770, 2.0), (2, 0.0), (0, None), (65536, None)])
def test_the_bound_is_the_largest_number_inside(inside: int, value: float | None) -> None:
    """None where that is no number."""
    assert bound(sweep(changed={"inside": inside, "changed": 0, "norm": None})) == value
