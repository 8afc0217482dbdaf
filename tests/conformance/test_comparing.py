"""Outcomes are compared group by group, and only where a comparison means something."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from conformance.cases import Case, weights_of
from conformance.comparisons import (
    incomparable,
    judge_affine,
    judge_alike,
    judge_close,
    judge_parallel,
    judge_same,
    leaves_no_range,
    safely_below_maximum,
    special_put_in,
)
from conformance.subjects import Outcome
from reference.formats import FORMATS, FloatArray

F32 = FORMATS["float32"]
CASE = Case("max_norm", {"max_value": 2.0, "epsilon": 1e-7}, 0, weights_of([[3.0, 0.3, 1e-30], [4.0, 0.4, 1e-30]], F32))
VALUES = CASE.weights.values
UNIT = replace(CASE, contract="unit_norm", parameters={"epsilon": 1e-7})
MIXED = replace(
    CASE, contract="min_max_norm", parameters={"min_value": 0.0, "max_value": 2.0, "rate": 0.25, "epsilon": 1e-7}
)


def gave(values: FloatArray) -> Outcome:
    """An outcome with one result."""
    return Outcome("value", (weights_of(values, F32),))


def test_equal_results_are_the_same() -> None:
    """NaN equals NaN, and nothing else differs."""
    values = np.where(VALUES == 3.0, np.nan, VALUES)
    assert +judge_same(CASE, gave(values), values, "differs").grades == {"EXACT": 3}


def test_one_other_bit_is_not_the_same() -> None:
    """The group that holds it diverges, with the sentence of the rule."""
    values = VALUES.copy()
    values[0, 1] = np.nextafter(np.float32(0.3), np.float32(1))
    verdict = judge_same(CASE, gave(values), VALUES, "differs")
    assert (verdict.grades["DIVERGENT"], verdict.problems[0].group, verdict.problems[0].sentence) == (1, 1, "differs")


def test_groups_that_are_excused_are_not_counted() -> None:
    """A mask leaves the others."""
    only = np.array([True, False, False])
    assert +judge_same(CASE, gave(0.0 * VALUES), VALUES, "differs", only).grades == {"DIVERGENT": 1}


def test_alike_is_the_same_or_right() -> None:
    """A group that differs from the other call is judged by its value."""
    exact = VALUES * np.array([0.4, 1.0, 1.0])
    verdict = judge_alike(CASE, gave(VALUES), gave(exact))
    assert verdict.grades["DIVERGENT"] == 1 and verdict.problems[0].group == 0


def test_one_gain_per_group_is_parallel() -> None:
    """Any gain will do, as long as it is one."""
    assert +judge_parallel(CASE, gave(VALUES * np.array([7.0, 0.5, 1.0]))).grades == {"BOUNDED": 2}


def test_two_gains_in_a_group_are_not_parallel() -> None:
    """Beyond the rounding of the products."""
    assert +judge_parallel(CASE, gave(VALUES * np.array([[1.0], [1.00001]]))).grades == {"DIVERGENT": 2}


@pytest.mark.parametrize(("factor", "grade"), [(1.0, "BOUNDED"), (1.0 + 2.0**-22, "BOUNDED"), (1.001, "DIVERGENT")])
def test_close_means_within_the_roundings_of_both(factor: float, grade: str) -> None:
    """Two contracts that are the same function may differ in their last bits."""
    ones = replace(MIXED, parameters={"min_value": 1.0, "max_value": 1.0, "rate": 1.0, "epsilon": 1e-7})
    assert +judge_close(UNIT, gave(VALUES), ones, gave(factor * VALUES)).grades == {grade: 2}


@pytest.mark.parametrize(("rate", "grade"), [(0.25, "BOUNDED"), (0.0625, "DIVERGENT")])
def test_affine_means_the_mixture_of_both_ends(rate: float, grade: str) -> None:
    """A rate of one quarter takes one quarter of the way."""
    end = VALUES * 0.4
    result = gave((1.0 - rate) * VALUES + rate * end)
    assert +judge_affine(MIXED, result, gave(VALUES), gave(end)).grades == {grade: 2}


def test_another_shape_cannot_be_compared() -> None:
    """It is divergent by itself, whichever of the outcomes has it."""
    verdict = incomparable(CASE, [gave(VALUES), gave(VALUES.T)])
    assert verdict is not None and verdict.grades == {"DIVERGENT": 3}
    assert incomparable(CASE, [gave(VALUES), gave(VALUES)]) is None


def test_a_range_is_left_by_squares_too() -> None:
    """1e-30 is an ordinary number, but its square is none."""
    assert leaves_no_range(CASE).tolist() == [True, True, False]


def test_groups_below_the_maximum_are_known_for_sure() -> None:
    """5 is not below 2, and 0.5 is, however it was added up."""
    assert safely_below_maximum(CASE).tolist() == [False, True, False]


def test_a_special_number_spoils_its_own_group() -> None:
    """The first weight is replaced, and the other groups are named."""
    dirty, others = special_put_in(CASE, np.nan)
    assert others.tolist() == [False, True, True] and np.isnan(dirty.weights.values[0, 0])
