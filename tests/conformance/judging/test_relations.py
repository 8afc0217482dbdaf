"""Outcomes are compared group by group, and only where a comparison means something."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from conformance.cases.case import Case, weights_of
from conformance.judging.applicability import leaves_no_range, safely_below_maximum, special_put_in
from conformance.judging.relations import (
    compare_modes,
    expect_affine,
    expect_close,
    expect_equal,
    expect_equivalent,
    expect_uniform_gain,
    judge_groups,
)
from conformance.judging.results import NoResult, comparable
from conformance.judging.verdict import Difference
from conformance.stacks.outcome import Returned
from reference.formats import FORMATS, FloatArray
from reference.registry import BOUNDED, CONTRACTS
from reports.record.failure import Failure, FailureCode

F32 = FORMATS["float32"]
DIFFERS = Failure(FailureCode.NOT_REPEATABLE)
CASE = Case("max_norm", {"max_value": 2.0, "epsilon": 1e-7}, 0, weights_of([[3.0, 0.3, 1e-30], [4.0, 0.4, 1e-30]], F32))
VALUES = CASE.weights.values
UNIT = replace(CASE, contract="unit_norm", parameters={"epsilon": 1e-7})
MIXED = replace(
    CASE, contract="min_max_norm", parameters={"min_value": 0.0, "max_value": 2.0, "rate": 0.25, "epsilon": 1e-7}
)


def gave(values: FloatArray) -> Returned:
    """An outcome with one result."""
    return Returned((weights_of(values, F32),))


def test_equal_results_are_the_same() -> None:
    """NaN equals NaN, and nothing else differs."""
    values = np.where(VALUES == 3.0, np.nan, VALUES)
    assert +expect_equal(CASE, gave(values), values, DIFFERS).grades == {"EXACT": 3}


def test_one_other_bit_is_not_the_same() -> None:
    """The group that holds it diverges, with the sentence of the rule."""
    values = VALUES.copy()
    values[0, 1] = np.nextafter(np.float32(0.3), np.float32(1))
    verdict = expect_equal(CASE, gave(values), VALUES, DIFFERS)
    (violation,) = verdict.violations
    assert (verdict.grades["DIVERGENT"], violation.group, violation.failure) == (1, 1, DIFFERS)
    assert violation.sentence == "the same call gives another result the second time"


def test_groups_that_are_excused_are_not_counted() -> None:
    """A mask leaves the others."""
    only = np.array([True, False, False])
    assert +expect_equal(CASE, gave(0.0 * VALUES), VALUES, DIFFERS, only).grades == {"DIVERGENT": 1}


def test_alike_is_the_same_or_right() -> None:
    """A group that differs from the other call is judged by its value."""
    exact = VALUES * np.array([0.4, 1.0, 1.0])
    verdict = expect_equivalent(CASE, gave(VALUES), exact)
    assert verdict.grades["DIVERGENT"] == 1 and verdict.violations[0].group == 0


@pytest.mark.parametrize(("first", "found"), [(0.4, {"EXACT": 2, "DIVERGENT": 1}), (0.9, {"EXACT": 2})])
def test_what_is_wrong_by_itself_is_no_difference(first: float, found: dict[str, int]) -> None:
    """Where the other call already gave a wrong value, the rules on values say so."""
    verdict = expect_equivalent(CASE, gave(VALUES), VALUES * np.array([first, 1.0, 1.0]))
    assert +verdict.grades == found and bool(verdict.violations) == ("DIVERGENT" in found)


def test_a_weight_that_is_wrong_by_itself_is_no_difference() -> None:
    """The same where each weight is taken on its own."""
    case = replace(CASE, contract="non_neg", parameters={}, axis=())
    verdict = expect_equivalent(case, gave(VALUES * 2.0), VALUES * 3.0)
    assert not verdict.violations and not +verdict.grades


def test_one_gain_per_group_is_parallel() -> None:
    """Any gain will do, as long as it is one."""
    assert +expect_uniform_gain(CASE, gave(VALUES * np.array([7.0, 0.5, 1.0]))).grades == {"BOUNDED": 2}


def test_two_gains_in_a_group_are_not_parallel() -> None:
    """Beyond the rounding of the products."""
    assert +expect_uniform_gain(CASE, gave(VALUES * np.array([[1.0], [1.00001]]))).grades == {"DIVERGENT": 2}


@pytest.mark.parametrize(("factor", "grade"), [(1.0, "BOUNDED"), (1.0 + 2.0**-22, "BOUNDED"), (1.001, "DIVERGENT")])
def test_close_means_within_the_roundings_of_both(factor: float, grade: str) -> None:
    """Two contracts that are the same function may differ in their last bits."""
    ones = replace(MIXED, parameters={"min_value": 1.0, "max_value": 1.0, "rate": 1.0, "epsilon": 1e-7})
    assert +expect_close(UNIT, gave(VALUES), ones, gave(factor * VALUES)).grades == {grade: 2}


@pytest.mark.parametrize(("rate", "grade"), [(0.25, "BOUNDED"), (0.0625, "DIVERGENT")])
def test_affine_means_the_mixture_of_both_ends(rate: float, grade: str) -> None:
    """A rate of one quarter takes one quarter of the way."""
    end = VALUES * 0.4
    result = gave((1.0 - rate) * VALUES + rate * end)
    assert +expect_affine(MIXED, result, gave(VALUES), gave(end)).grades == {grade: 2}


def test_another_shape_cannot_be_compared() -> None:
    """It is divergent by itself, whichever of the outcomes has it."""
    with pytest.raises(NoResult) as none:
        comparable(CASE, gave(VALUES), gave(VALUES.T))
    assert none.value.verdict.grades == {"DIVERGENT": 3}
    assert comparable(CASE, gave(VALUES), gave(VALUES)) == (gave(VALUES), gave(VALUES))


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


@pytest.mark.parametrize("name", BOUNDED)
def test_every_bound_from_above_is_known(name: str) -> None:
    """Whatever the contract calls its bound and whichever its norm, 4 is not below 2, nor is 2 itself, and 0.4 is."""
    promise = CONTRACTS[name]
    parameters = {p.name: p.default for p in promise.parameters} | {promise.bounds[-1]: 2.0}
    case = Case(name, parameters, 0, weights_of([[0.0, 0.0, 2.0], [4.0, 0.4, 0.0]], F32))
    assert safely_below_maximum(case).tolist() == [False, True, False]
    above = replace(case, parameters={**parameters, promise.bounds[-1]: 4.001})
    assert safely_below_maximum(above).tolist() == [True, True, True]


@pytest.mark.parametrize(("sizes", "group"), [([3.0, 90.0, 5.0], 2), ([7.0, 0.0, 5.0], 0), (None, 0)])
def test_the_worst_group_is_shown(sizes: list[float] | None, group: int) -> None:
    """Where it is said how far off each is, not the first one that differs; a group that holds is never shown."""
    given = None if sizes is None else np.array(sizes)
    rows, holds = CASE.rows(VALUES), np.array([False, True, False])
    verdict = judge_groups(CASE, holds, DIFFERS, rows, 2.0 * rows, None, sizes=given)
    (problem,) = verdict.violations
    assert (problem.group, problem.count) == (group, 2)
    assert problem.ulps == verdict.worst_ulps == (None if sizes is None else sizes[group])


def test_the_worst_group_is_one_that_counts() -> None:
    """A group that is excused is not shown, however far off."""
    rows, holds = CASE.rows(VALUES), np.zeros(3, dtype=bool)
    only = np.array([True, False, True])
    verdict = judge_groups(CASE, holds, DIFFERS, rows, rows, only, sizes=np.array([1.0, 9.0, 2.0]))
    assert verdict.violations[0].group == 2 and +verdict.grades == {"DIVERGENT": 2}


def test_modes_that_agree_have_no_difference() -> None:
    """NaN equals NaN, and every element is counted."""
    values = np.where(VALUES == 3.0, np.nan, VALUES)
    verdict = compare_modes(CASE, gave(values), gave(values))
    assert verdict.difference == Difference(6, 0, 0.0) and +verdict.grades == {"EXACT": 3}


def test_elements_that_differ_between_modes_are_counted() -> None:
    """With the largest distance in ulps, in groups that are no worse than bounded."""
    other = VALUES.copy()
    other[1, 0] += 2.0 * 2.0**-21
    other[:, 1] = np.nextafter(np.float32(other[:, 1]), np.float32(1.0))
    verdict = compare_modes(CASE, gave(VALUES), gave(other))
    assert verdict.difference == Difference(6, 3, 2.0)
    assert +verdict.grades == {"EXACT": 1, "BOUNDED": 2} and not verdict.violations


@pytest.mark.parametrize("special", [np.nan, np.inf])
def test_a_mode_that_gives_no_number_is_infinitely_far(special: float) -> None:
    """NaN or an infinity in one mode, and a number in the other."""
    other = np.where(VALUES == 3.0, special, VALUES)
    for first, second in ((VALUES, other), (other, VALUES)):
        assert compare_modes(CASE, gave(first), gave(second)).difference == Difference(6, 1, np.inf)
