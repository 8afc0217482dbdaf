"""The oracle itself: numbers that can be worked out by hand."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from reference.formats import BFLOAT16, FLOAT16, FLOAT64, FORMATS, Format
from tests.reference import oracle

each_format = pytest.mark.parametrize("fmt", FORMATS.values(), ids=FORMATS)
ROW = np.array([3.0, -4.0])

WORKED_OUT: dict[str, tuple[str, dict[str, float], Fraction]] = {
    "max_norm inside the ball": ("max_norm", {"max_value": 8.0, "epsilon": 3.0}, Fraction(5, 8)),
    "max_norm outside": ("max_norm", {"max_value": 2.0, "epsilon": 3.0}, Fraction(2, 8)),
    "max_norm of zero": ("max_norm", {"max_value": 0.0, "epsilon": 3.0}, Fraction(0)),
    "unit_norm": ("unit_norm", {"epsilon": 3.0}, Fraction(1, 8)),
    "min_max_norm below": (
        "min_max_norm",
        {"min_value": 6.0, "max_value": 9.0, "rate": 0.25, "epsilon": 3.0},
        Fraction(21, 32),
    ),
    "min_max_norm between": (
        "min_max_norm",
        {"min_value": 4.0, "max_value": 9.0, "rate": 0.25, "epsilon": 3.0},
        Fraction(5, 8),
    ),
    "min_max_norm above": (
        "min_max_norm",
        {"min_value": 1.0, "max_value": 3.0, "rate": 0.25, "epsilon": 3.0},
        Fraction(9, 16),
    ),
}


@pytest.mark.parametrize(("contract", "parameters", "gain"), WORKED_OUT.values(), ids=WORKED_OUT)
def test_the_gain_at_norm_5(contract: str, parameters: dict[str, float], gain: Fraction) -> None:
    """The weights 3 and -4 are multiplied by the gain that design.md's formula gives on paper."""
    assert oracle.group(contract, parameters, ROW, FLOAT64).linear.exactly() == gain


@each_format
def test_a_sum_of_squares_is_exact_over_the_whole_range(fmt: Format) -> None:
    """The largest and the smallest number of the format are both there."""
    row = np.array([fmt.largest, -fmt.smallest_subnormal, 0.0])
    assert oracle.sum_of_squares(row) == Fraction(fmt.largest) ** 2 + Fraction(fmt.smallest_subnormal) ** 2


@pytest.mark.parametrize(
    ("value", "rounded"),
    [
        (Fraction(2049, 2048), 1.0),  # a tie between 1 and 1 + 2^-10
        (Fraction(2051, 2048), 1.0 + 2.0**-9),  # a tie between 1 + 2^-10 and 1 + 2^-9
        (Fraction(2**40 + 2**29 + 1, 2**40), 1.0 + 2.0**-10),
        (Fraction(1, 2**25), 0.0),
        (Fraction(3, 2**25), 2.0**-23),
        (Fraction(65519), 65504.0),
        (Fraction(-65520), -np.inf),
    ],
    ids=["tie down", "tie up", "just above a tie", "tie to zero", "subnormal tie", "largest", "overflow"],
)
def test_rounding_to_float16(value: Fraction, rounded: float) -> None:
    """Ties go to even, below the smallest normal number too, and overflow begins at 65,520."""
    assert oracle.rounded(value, FLOAT16) == rounded


@each_format
def test_integers_round_as_fractions_do(fmt: Format) -> None:
    """The fast way from an integer and an exponent agrees with the plain one."""
    rng = np.random.default_rng(4)
    for mantissa, exponent in zip(rng.integers(0, 2**60, 500).tolist(), rng.integers(-1140, 1000, 500), strict=True):
        value = Fraction(mantissa) * Fraction(2) ** int(exponent)
        assert oracle._round_integer(mantissa, int(exponent), fmt) == oracle.rounded(value, fmt)


def test_a_root_is_taken_to_as_many_bits_as_asked() -> None:
    """The gain of a group of norm sqrt(2), squared, is 2 to the bits asked for."""
    gain = oracle.Linear(Fraction(0), Fraction(2), Fraction(1, 2**4000), Fraction(2)).approximately(3000)
    root = oracle.Linear(Fraction(1), Fraction(0), Fraction(0), Fraction(2)).approximately(3000)
    assert abs(gain - 2) < Fraction(1, 2**2990)
    assert 0 < abs(root**2 * 2 - 1) < Fraction(1, 2**2990)


def test_a_result_next_to_a_tie_is_decided() -> None:
    """Three quarters of 1 + 3 * 2^-7 is a tie of bfloat16, and a bound of 2^-100 lifts the result above it."""
    row = np.array([1.0 + 3 * 2.0**-7])
    barely = {"min_value": 0.0, "max_value": 2.0**-100, "rate": 0.25, "epsilon": 2.0**-300}
    assert oracle.results("min_max_norm", barely, row[None], BFLOAT16).tolist() == [[0.75 + 5 * 2.0**-8]]
    assert oracle.results("min_max_norm", barely | {"max_value": 0.0}, row[None], BFLOAT16)[0, 0] == 0.75 + 4 * 2.0**-8
