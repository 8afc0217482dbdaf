"""Curves hold what a picture is to show: the contract's own curve, the errors in their band, a fault by its look."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pytest

from conformance.judging.verdict import errors_of
from conformance.rules.curves import CALLS, INSIDE, RATES, STEPS, drift_curves, norm_curves, norms_in, rate_curves
from conformance.stacks.target import Target, Trace
from reference.formats import FORMATS, round_to
from reports.record.measurements import Curve
from tests.support.fakes import Subjects


def chosen(curves: Iterable[Curve], contract: str, format: str = "float32") -> Curve:
    """The first curve of a contract in a format."""
    return next(c for c in curves if (c.contract, c.format) == (contract, format))


@pytest.fixture(scope="module")
def right(correct: Target) -> list[Curve]:
    """All curves of the correct implementation."""
    return list(norm_curves(Trace(correct)))


def numbers(curve: Curve, name: str) -> np.ndarray:
    """A field as numbers."""
    return np.array([float(value) for value in getattr(curve, name)])


@pytest.mark.parametrize("format", FORMATS)
def test_norms_are_numbers_of_the_format(format: str) -> None:
    """They rise, none is zero, and both bounds are among them."""
    found = norms_in(FORMATS[format])
    assert np.all(np.diff(found) > 0) and found[0] > 0 and {0.5, 2.0} <= set(found)
    assert np.array_equal(round_to(found, FORMATS[format]), found)


@pytest.mark.slow
def test_every_contract_and_format_has_a_curve(right: list[Curve], correct: Target) -> None:
    """Once each."""
    found = [(c.contract, c.format) for c in right]
    assert len(found) == len(set(found)) == len(correct.stack.contracts) * len(FORMATS)


@pytest.mark.parametrize("contract", ["max_norm", "min_max_norm", "unit_norm", "renorm", "clip_by_value", "non_neg"])
def test_the_right_one_lies_in_the_band(contract: str, right: list[Curve]) -> None:
    """In float64, where nothing of these norms leaves the range; the last digit shown may be rounded away from it."""
    curve = chosen(right, contract, "float64")
    errors, low, high = (numbers(curve, name) for name in ("errors", "low", "high"))
    assert np.all((low - 0.51 <= errors) & (errors <= high + 0.51))


def test_max_norm_bends_at_epsilon_and_at_the_bound(right: list[Curve]) -> None:
    """N * N / (N + 1e-7) below the bound, which is half of N at epsilon, and the bound above it."""
    curve = chosen(right, "max_norm")
    at = dict(zip(curve.x, curve.expected, strict=True))
    assert at[1e-7] == pytest.approx(5e-8, rel=1e-5) and at[1e6] == 2.0


def test_float16_loses_small_norms(right: list[Curve]) -> None:
    """The square of 1e-4 is zero in float16, and the result infinite."""
    curve = chosen(right, "min_max_norm", "float16")
    place = int(np.argmin(np.abs(numbers(curve, "x") - 1e-4)))
    assert curve.y[place] == np.inf and curve.expected[place] == pytest.approx(0.5, rel=0.01)


def test_a_norm_over_the_wrong_axis_shows(mutant: Subjects) -> None:
    """All groups get the gain of one group that holds them all, so that nothing above comes out at the bound."""
    curve = chosen(norm_curves(Trace(mutant("axis_is_the_one_kept"))), "max_norm")
    assert np.nanmax(np.abs(numbers(curve, "errors"))) > 1e6


@pytest.mark.slow
def test_drift_follows_exact_arithmetic(correct: Target) -> None:
    """In float64 after all calls; max_norm loses epsilon of each norm with every call."""
    found = [c for c in drift_curves(Trace(correct)) if (c.contract, c.format) == ("max_norm", "float64")]
    assert [c.y[0] for c in found] == list(INSIDE) and found[0].x == (0, *CALLS)
    for curve in found:
        assert curve.y == pytest.approx(curve.expected, rel=1e-5)
        assert curve.y[0] - curve.y[-1] == pytest.approx(2000 * 1e-7, rel=0.2)


def test_a_rate_is_the_share_of_the_way(correct: Target) -> None:
    """The distance from the bound shrinks to 1 - rate of itself with every call."""
    found = [c for c in rate_curves(Trace(correct)) if c.y[0] == 10.0]
    assert [len(c.x) for c in found] == [STEPS + 1] * len(RATES)
    for rate, curve in zip(RATES, found, strict=True):
        assert curve.y[1] - 2.0 == pytest.approx((1.0 - rate) * 8.0, abs=1e-5)


def test_a_stack_that_gives_no_value_has_no_curve(fault: Subjects) -> None:
    """What it does instead is told by the rules."""
    assert list(norm_curves(Trace(fault("raises")))) == []


def test_errors_are_counted_by_powers_of_two() -> None:
    """At most 1/2, 1, 2 and so on; what is no number is infinitely far."""
    found = errors_of(np.array([0.0, 0.5, 0.6, 1.0, 1.1, 5.0, np.nan, np.inf, 1.7e308, 8e307]))
    assert found == {0.5: 2, 1.0: 2, 2.0: 1, 8.0: 1, 2.0**1023: 1, np.inf: 3}
