"""The judge gives each weight of an elementwise promise the grade that it deserves."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from conformance.cases.case import Case, weights_of
from conformance.judging.values import judge_call, judge_value
from conformance.judging.verdict import MUST, RECORD, Verdict
from conformance.stacks.outcome import Returned
from reference.formats import FORMATS
from reports.record.failure import Failure, FailureCode

BOUNDS = {"clip_value_min": -1.0, "clip_value_max": 1.0}
# just above the middle of 1 and the next bfloat16, and exactly there once it is rounded to float32
TWICE = 1.0 + 2.0**-8 + 2.0**-30


def judged(
    weights: list[float], results: list[float], name: str = "float32", parameters: Mapping[str, float] | None = None
) -> Verdict:
    """The verdict on one call of clip_by_value."""
    fmt = FORMATS[name]
    case = Case("clip_by_value", parameters or BOUNDS, (), weights_of(weights, fmt))
    return judge_call(case, case.weights, weights_of(results, fmt))


@pytest.mark.parametrize("name", FORMATS)
def test_clipped_weights_are_exact(name: str) -> None:
    """Each weight is a group: beyond a bound it is the bound, else itself."""
    verdict = judged([-3.0, -0.5, 0.0, 0.5, 3.0], [-1.0, -0.5, 0.0, 0.5, 1.0], name)
    assert +verdict.grades == {"EXACT": 5} and not verdict.violations
    assert (verdict.groups, verdict.elements, verdict.length, verdict.worst_ulps) == (5, 5, 1, 0.0)


def test_every_weight_of_an_array_is_a_group() -> None:
    """Whatever the shape, and the number of a group is that of its weight."""
    case = Case("non_neg", {}, (), weights_of(np.full((2, 3), -1.0), FORMATS["float32"]))
    verdict = judge_call(case, case.weights, weights_of([[0.0, 0.0, 0.0], [0.0, -1.0, 0.0]], FORMATS["float32"]))
    assert +verdict.grades == {"EXACT": 5, "DIVERGENT": 1} and verdict.violations[0].group == 4


@pytest.mark.parametrize(
    ("result", "grade"), [(1.0 + 2.0**-7, "EXACT"), (1.0, "BOUNDED"), (1.0 + 2.0**-6, "DIVERGENT")]
)
def test_a_bound_may_be_rounded_twice(result: float, grade: str) -> None:
    """By way of float32 it becomes the lower neighbour; no way leads to the upper one."""
    parameters = {"clip_value_min": -1.0, "clip_value_max": TWICE}
    assert +judged([2.0], [result], "bfloat16", parameters).grades == {grade: 1}


@pytest.mark.parametrize("tiny", [2.0**-140, -(2.0**-149)])
def test_a_subnormal_weight_may_be_flushed(tiny: float) -> None:
    """A zero in its place is recorded as what range does, and breaks nothing."""
    verdict = judged([tiny], [0.0])
    (problem,) = verdict.violations
    assert (problem.grade, problem.level) == ("RANGE", RECORD) and "a subnormal number is flushed" in problem.sentence
    assert verdict.worst_ulps == 0.0  # the distance is that of results in their interval


def test_a_normal_weight_is_not_flushed() -> None:
    """The smallest normal number has no excuse to become zero."""
    assert +judged([2.0**-126], [0.0]).grades == {"DIVERGENT": 1}


def test_a_wrong_weight_is_divergent() -> None:
    """The problem names it, what was seen, what is accepted, and the distance in ulps."""
    verdict = judged([0.25, 0.5], [0.25, 0.5 + 3 * 2.0**-24])
    (problem,) = verdict.violations
    assert (problem.grade, problem.level, problem.group, problem.count) == ("DIVERGENT", MUST, 1, 1)
    assert problem.ulps == 3.0 and problem.accepted() == "from [0.5] to [0.5]" and verdict.worst_ulps == 0.0


def test_wrong_weights_are_told_apart() -> None:
    """A problem for each thing that they became, with their number."""
    found = judged([0.5] * 6, [0.25, np.nan, -0.5, 0.0, np.inf, 0.75]).violations
    assert {violation.failure: violation.count for violation in found} == {
        Failure(FailureCode.WRONG_VALUES): 2,
        Failure(FailureCode.NAN): 1,
        Failure(FailureCode.SIGN_FLIPPED): 1,
        Failure(FailureCode.ALL_ZERO): 1,
        Failure(FailureCode.INFINITE): 1,
    }


@pytest.mark.parametrize(("special", "result"), [(np.nan, np.nan), (np.inf, 1.0), (-np.inf, -1.0)])
def test_special_weights_follow_the_formula(special: float, result: float) -> None:
    """NaN stays NaN, and an infinity becomes its bound."""
    assert +judged([special, 0.5], [result, 0.5]).grades == {"BOUNDED": 1, "EXACT": 1}


@pytest.mark.parametrize(("special", "result"), [(np.nan, 1.0), (np.inf, np.inf), (np.inf, np.nan)])
def test_other_results_of_special_weights_are_recorded(special: float, result: float) -> None:
    """No document says what becomes of them, so nothing is broken."""
    (problem,) = judged([special, 0.5], [result, 0.5]).violations
    assert (problem.grade, problem.level) == ("RANGE", RECORD) and "IEEE arithmetic" in problem.sentence


def test_a_later_call_is_judged_from_the_last_result() -> None:
    """The sentence says at which call, and the first one is right."""
    case = Case("clip_by_value", BOUNDS, (), weights_of([3.0], FORMATS["float32"]), calls=2)
    results = tuple(weights_of([value], FORMATS["float32"]) for value in (1.0, 0.5))
    verdict = judge_value(case, Returned(results))
    assert verdict.grades["EXACT"] == 1 and verdict.violations[0].sentence.endswith("at call 2")


def test_another_shape_is_divergent_by_itself() -> None:
    """Single weights too are not compared where there are more of them."""
    assert "for a float32 array" in judged([0.5], [0.5, 0.5]).violations[0].sentence


def test_only_some_weights_may_be_judged() -> None:
    """A mask leaves the others, and groups keep their numbers."""
    case = Case("clip_by_value", BOUNDS, (), weights_of([0.5, 0.5, 0.5], FORMATS["float32"]))
    result = weights_of([0.0, 0.5, 0.0], FORMATS["float32"])
    verdict = judge_call(case, case.weights, result, only=np.array([False, True, True]))
    assert +verdict.grades == {"EXACT": 1, "DIVERGENT": 1} and verdict.violations[0].group == 2
