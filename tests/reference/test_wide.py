"""Double-double arithmetic against mpmath."""

from __future__ import annotations

import operator
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import pytest

from reference.wide import DoubleDouble, chosen, maximum, minimum, perturbed, square_root, total, wide_sum_of_squares

RNG = np.random.default_rng(0)


def numbers(count: int) -> DoubleDouble:
    """Random positive numbers of two parts."""
    high = np.exp2(RNG.uniform(-40.0, 40.0, count))
    return DoubleDouble(high, high * RNG.uniform(-1.0, 1.0, count) * 2.0**-54)


def exact(value: DoubleDouble, place: int) -> Fraction:
    """One number, exactly."""
    return Fraction(float(value.hi[place])) + Fraction(float(value.lo[place]))


@pytest.mark.parametrize("operation", [operator.add, operator.mul, operator.truediv], ids=["+", "*", "/"])
def test_an_operation_errs_by_less_than_2_to_the_minus_98(operation: Callable[[Any, Any], Any]) -> None:
    """On 300 pairs of random positive numbers, against exact fractions."""
    a, b = numbers(300), numbers(300)
    result = operation(a, b)
    for place in range(300):
        truth = operation(exact(a, place), exact(b, place))
        assert abs(exact(result, place) - truth) < truth / 2**98


def test_a_difference_errs_by_less_than_2_to_the_minus_98() -> None:
    """Of the result itself, even where nearly everything cancels: some of the pairs share their upper half."""
    a, b = numbers(300), numbers(300)
    b.hi[:100] = np.where(np.arange(100) % 2, a.hi[:100], np.nextafter(a.hi[:100], 0.0))
    b.lo[:100] = b.hi[:100] * RNG.uniform(-1.0, 1.0, 100) * 2.0**-54
    difference = a - b
    for place in range(300):
        truth = exact(a, place) - exact(b, place)
        assert abs(exact(difference, place) - truth) <= abs(truth) / 2**98


@pytest.mark.parametrize(("smaller", "larger"), [(minimum, maximum), (maximum, minimum)], ids=["min", "max"])
def test_the_smaller_and_the_larger_are_whole_numbers_of_two_parts(smaller: Any, larger: Any) -> None:
    """Both halves come from one operand, and each operand is one of the two."""
    a, b = numbers(50), numbers(50)
    low, high = smaller(a, b), larger(a, b)
    for place in range(50):
        assert {exact(low, place), exact(high, place)} == {exact(a, place), exact(b, place)}
    assert all((smaller is minimum) == (exact(low, place) <= exact(high, place)) for place in range(50))


def test_moving_by_a_share_too_small_for_float64() -> None:
    """1 moved by 2^-80 is 1 + 2^-80, which float64 does not hold."""
    assert exact(perturbed(DoubleDouble(np.ones(1)), 2.0**-80), 0) == 1 + Fraction(1, 2**80)


def test_a_root_errs_by_less_than_2_to_the_minus_98() -> None:
    """Against mpmath at 300 bits; the root of zero is zero."""
    a = numbers(300)
    root = square_root(a)
    with mpmath.workprec(300):
        for place in range(300):
            truth = mpmath.sqrt(mpmath.mpf(float(a.hi[place])) + mpmath.mpf(float(a.lo[place])))
            mine = mpmath.mpf(float(root.hi[place])) + mpmath.mpf(float(root.lo[place]))
            assert abs(mine - truth) < truth * mpmath.mpf(2) ** -98
    assert square_root(DoubleDouble(np.zeros(1))).hi[0] == 0.0


@pytest.mark.parametrize("length", [0, 1, 2, 3, 7, 64, 1000])
def test_a_sum_of_squares_is_exact_to_double_double(length: int) -> None:
    """For every length, odd ones too."""
    rows = RNG.uniform(-1.0, 1.0, (5, length))
    sums = wide_sum_of_squares(rows)
    for place, row in enumerate(rows.tolist()):
        truth = sum((Fraction(w) ** 2 for w in row), Fraction(0))
        assert abs(exact(sums, place) - truth) <= truth / 2**94


def test_comparison_sees_the_lower_half() -> None:
    """Two numbers that differ in their lower half only are not equal."""
    one = np.ones(1)
    assert not (DoubleDouble(one, np.array([2.0**-60])) <= DoubleDouble(one))[0]
    assert (DoubleDouble(one, np.array([-(2.0**-60)])) <= DoubleDouble(one))[0]


def test_less_than_is_strict() -> None:
    """A number is less than one above it in the lower half only, and not less than itself."""
    one = DoubleDouble(np.ones(1))
    assert (one < DoubleDouble(np.ones(1), np.array([2.0**-60])))[0]
    assert not (one < one)[0]


def test_choosing_takes_both_halves() -> None:
    """From the first where the condition holds, else from the second."""
    a, b = numbers(2), numbers(2)
    mixed = chosen(np.array([True, False]), a, b)
    assert (exact(mixed, 0), exact(mixed, 1)) == (exact(a, 0), exact(b, 1))


@pytest.mark.parametrize("length", [0, 1, 3, 64])
def test_a_total_adds_both_halves(length: int) -> None:
    """Of every number of the row, of either sign."""
    a = numbers(length)
    signed = DoubleDouble(a.hi[None] * (-1.0) ** np.arange(length), a.lo[None] * (-1.0) ** np.arange(length))
    truth = sum((exact(a, i) * (-1) ** i for i in range(length)), Fraction(0))
    size = sum((exact(a, i) for i in range(length)), Fraction(0))
    assert abs(exact(total(signed), 0) - truth) <= size / 2**94
