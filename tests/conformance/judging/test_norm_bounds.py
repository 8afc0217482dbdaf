"""Whether a norm lies beyond a bound is decided exactly, however the bound may be read."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from conformance.judging.norm_bounds import above, below, norms
from reference.formats import FORMATS, Format, round_to, ulp
from reference.norms import NormName

F16, F32, F64 = (FORMATS[name] for name in ("float16", "float32", "float64"))
EVERY_FORMAT = pytest.mark.parametrize("fmt", FORMATS.values(), ids=FORMATS)


def beyond(row: list[float], bound: float, fmt: Format, name: NormName = "l2") -> tuple[bool, bool]:
    """Whether the norm of one group is above the bound, and whether it is below."""
    rows = np.array([row])
    with np.errstate(over="ignore"):  # as where rules are asked: a distance in ulps may be beyond float64
        return bool(above(rows, bound, fmt, name)[0][0]), bool(below(rows, bound, fmt, name)[0][0])


@EVERY_FORMAT
def test_a_norm_at_the_bound_is_not_beyond_it(fmt: Format) -> None:
    """Three and four make five, and neither more nor less."""
    assert beyond([3.0, 4.0], 5.0, fmt) == (False, False)


@EVERY_FORMAT
@pytest.mark.parametrize("steps", [1, 2, 3])
def test_one_ulp_is_beyond(fmt: Format, steps: int) -> None:
    """The next number above is above, the next below is below, and each ulp counts."""
    step = steps * float(ulp(np.array(5.0), fmt))
    for found, row in ((above, [5.0 + step]), (below, [5.0 - step])):
        beyond_it, ulps = found(np.array([row]), 5.0, fmt, "l2")
        assert beyond_it.tolist() == [True] and ulps.tolist() == [steps]


def test_less_than_an_ulp_is_beyond_too() -> None:
    """The norm of 4 and 0.0001 rounds to 4 in float32, and is greater all the same."""
    assert beyond([4.0, 0.0001], 4.0, F32) == (True, False)
    assert beyond([np.nextafter(np.float32(4.0), np.float32(0.0)), 0.001], 4.0, F32) == (False, True)


def test_float64_norms_are_exact_beyond_float64() -> None:
    """A part of 2^-29 adds 2^-61 to a norm of 4, which float64 itself cannot hold."""
    assert beyond([4.0, 2.0**-29], 4.0, F64) == (True, False)


@pytest.mark.parametrize("fmt", [F16, FORMATS["bfloat16"], F32], ids=lambda fmt: str(fmt.name))
def test_a_bound_is_given_every_reading(fmt: Format) -> None:
    """No format but float64 holds 0.1: a norm between 0.1 and its rounding is on neither side, the next ones are."""
    near = float(round_to(np.array(0.1), fmt))
    step = float(ulp(np.array(0.1), fmt))
    assert beyond([near], 0.1, fmt) == (False, False)
    assert beyond([near + step], 0.1, fmt) == (True, False)
    assert beyond([near - step], 0.1, fmt) == (False, True)


@pytest.mark.parametrize("exponent", [-1073, -600, 600, 1020])
def test_norms_near_the_ends_of_the_range(exponent: int) -> None:
    """Their squares are no float64 numbers, yet five is five and the next number is beyond it."""
    three, four, five = (np.ldexp(number, exponent) for number in (3.0, 4.0, 5.0))
    assert beyond([three, four], float(five), F64) == (False, False)
    assert beyond([np.nextafter(five, np.inf)], float(five), F64) == (True, False)
    assert beyond([np.nextafter(five, 0.0)], float(five), F64) == (False, True)


def test_norms_far_beyond_a_bound() -> None:
    """The largest weights are above an everyday bound, the smallest below."""
    assert beyond([F64.largest, F64.largest], 2.0, F64) == (True, False)
    assert beyond([F64.smallest_subnormal] * 2, 2.0, F64) == (False, True)


@pytest.mark.slow
def test_what_rounding_leaves_open_is_not_beyond() -> None:
    """A norm that is not above the next float64 number is never found above it, whatever the sum was rounded to."""
    for row in np.random.default_rng(1).random((150, 400)).astype(np.float32).astype(np.float64):
        square = sum(Fraction(weight) ** 2 for weight in row)
        bound = float(np.sqrt(float(square)))
        while Fraction(bound) ** 2 < square:
            bound = float(np.nextafter(bound, np.inf))
        while Fraction(lower := float(np.nextafter(bound, 0.0))) ** 2 >= square:
            bound = lower
        assert not beyond(list(row), bound, F32)[0] and not beyond(list(row), lower, F32)[1]


@EVERY_FORMAT
def test_only_zero_is_at_a_bound_of_zero(fmt: Format) -> None:
    """The smallest number of the format is above it."""
    assert beyond([0.0, 0.0], 0.0, fmt) == (False, False)
    assert beyond([fmt.smallest_subnormal, 0.0], 0.0, fmt) == (True, False)


@pytest.mark.parametrize("special", [np.nan, np.inf, -np.inf])
def test_a_group_that_is_not_finite_keeps_no_bound(special: float) -> None:
    """It is found beyond either bound, and says nothing of the group beside it."""
    rows = np.array([[special, 1.0], [3.0, 4.0]])
    assert above(rows, 5.0, F32, "l2")[0].tolist() == below(rows, 5.0, F32, "l2")[0].tolist() == [True, False]


def test_norms_as_numbers() -> None:
    """Each is the nearest float64 number, and 0 where there is none."""
    assert norms(np.array([[3.0, 4.0], [np.nan, 4.0], [1.0, 1.0]]), F32, "l2").tolist() == [5.0, 0.0, np.sqrt(2.0)]


@EVERY_FORMAT
@pytest.mark.parametrize(("name", "norm"), [("l1", 7.0), ("linf", 4.0)])
def test_a_bound_on_another_norm_is_one_on_that_norm(fmt: Format, name: NormName, norm: float) -> None:
    """Three and four are seven together, and four at most."""
    step = float(ulp(np.array(norm), fmt))
    assert beyond([3.0, -4.0], norm, fmt, name) == (False, False)
    assert beyond([3.0, -4.0], norm - 2.0 * step, fmt, name) == (True, False)
    assert beyond([3.0, -4.0], norm + 2.0 * step, fmt, name) == (False, True)
