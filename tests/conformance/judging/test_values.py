"""The judge gives each group the grade that its numbers deserve."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from conformance.cases.case import Case, Weights, weights_of
from conformance.judging.describe import signatures
from conformance.judging.results import NoResult
from conformance.judging.values import judge_call, judge_value
from conformance.judging.verdict import MUST, RECORD, SHOULD, Verdict
from conformance.stacks.outcome import Crashed, NotAnArray, Outcome, Raised, Returned, TimedOut, Unsupported
from reference.contracts import MAX_NORM
from reference.exact import evaluate
from reference.formats import FORMATS, FloatArray, round_to, ulp
from reports.record.failure import FailureCode

DEFAULTS = {"max_value": 2.0, "epsilon": 1e-7}
WEIGHTS = [[3.0, 0.1], [4.0, 0.3]]


def case_of(weights: Sequence[Sequence[float]] | FloatArray, name: str = "float32") -> Case:
    """max_norm(2) over axis 0."""
    return Case("max_norm", DEFAULTS, 0, weights_of(np.asarray(weights, dtype=np.float64), FORMATS[name]))


def right(case: Case) -> FloatArray:
    """The correctly rounded result."""
    fmt = FORMATS[case.weights.format]
    return evaluate(MAX_NORM, case.parameters, case.weights.values, 0, fmt)


def judged(case: Case, *results: FloatArray) -> Verdict:
    """The verdict on the results of successive calls."""
    fmt = FORMATS[case.weights.format]
    return judge_value(case, Returned(tuple(weights_of(result, fmt) for result in results)))


def moved(case: Case, ulps: float) -> FloatArray:
    """The right result, each number moved by some ulps."""
    fmt = FORMATS[case.weights.format]
    return round_to(right(case) + ulps * ulp(right(case), fmt), fmt)


@pytest.mark.parametrize("name", FORMATS)
def test_the_right_result_is_exact(name: str) -> None:
    """The correctly rounded numbers are EXACT in every group."""
    assert +judged(case_of(WEIGHTS, name), right(case_of(WEIGHTS, name))).grades == {"EXACT": 2}


@pytest.mark.parametrize("name", FORMATS)
def test_a_neighbour_is_bounded(name: str) -> None:
    """One ulp away is what rounding may do."""
    verdict = judged(case_of(WEIGHTS, name), moved(case_of(WEIGHTS, name), 1.0))
    assert +verdict.grades == {"BOUNDED": 2} and not verdict.violations


@pytest.mark.parametrize("name", FORMATS)
def test_many_ulps_away_is_divergent(name: str) -> None:
    """No order of operations explains twelve ulps in a group of two."""
    verdict = judged(case_of(WEIGHTS, name), moved(case_of(WEIGHTS, name), 12.0))
    assert +verdict.grades == {"DIVERGENT": 2} and {p.level for p in verdict.violations} == {MUST}


def test_a_divergence_says_what_and_how_far() -> None:
    """The problem names the group, what was seen, what is accepted, and the distance."""
    case = case_of(WEIGHTS)
    result = right(case)
    result[:, 1] = 7.0
    (problem,) = judged(case, result).violations
    assert (problem.group, problem.count, problem.observed()) == (1, 1, "[7, 7]")
    assert problem.accepted().startswith("from [0.0999") and problem.ulps is not None and problem.ulps > 1e6


def test_a_stagnating_sum_is_a_broken_belief() -> None:
    """16,384 ones added one by one in float16 make 2,048: worse than pairwise, and named as that."""
    case = case_of(np.ones((16384, 1)), "float16")
    (problem,) = judged(case, np.full((16384, 1), 2.0 / np.sqrt(2048.0))).violations
    assert (problem.grade, problem.level, problem.tier) == ("DIVERGENT", SHOULD, "any order")
    assert problem.sentence.endswith("; a norm of 5.66 comes out, where the bound is 2")


def test_a_nan_that_becomes_a_number_is_wrong() -> None:
    """It hides that something is wrong, whatever else becomes of its group."""
    case = case_of([[np.nan], [1.0]])
    (problem,) = judged(case, np.array([[0.0], [1.0]])).violations
    assert (problem.level, problem.failure.code) == (MUST, FailureCode.NAN_HIDDEN)


def test_the_tightest_tier_is_counted() -> None:
    """A sum in a wider format and one in pairs are told apart."""
    case = case_of(np.ones((4096, 1)), "float16")
    for norm, tier in ((64.0, "exact"), (64.1, "wide"), (64.3, "pairwise"), (65.0, "any order")):
        assert judged(case, np.full((4096, 1), 2.0 / norm)).tiers[tier] == 1


def test_what_left_the_range_is_named_with_its_model() -> None:
    """Squares that overflow make zeros of the weights, as with every operation in float32."""
    (problem,) = judged(case_of([[3e19], [1.0]]), np.zeros((2, 1))).violations
    assert (problem.grade, problem.level, problem.model) == ("RANGE", RECORD, "every operation in float32")


def test_leaving_the_range_excuses_nothing_else() -> None:
    """A result that no model gives is wrong, overflow or not."""
    assert +judged(case_of([[3e19], [1.0]]), np.full((2, 1), 5.0)).grades == {"DIVERGENT": 1}


def test_each_call_is_judged_from_the_last_result() -> None:
    """A second call that does nothing is right for its own input, and one that doubles is found and counted."""
    case = case_of(WEIGHTS)
    once = right(case)
    verdict = judged(replace(case, calls=2), once, 2.0 * once)
    assert verdict.grades["EXACT"] == 2 and all(p.sentence.endswith("at call 2") for p in verdict.violations)


@pytest.mark.parametrize(
    "result", [weights_of(np.ones(4), FORMATS["float32"]), weights_of(np.ones((2, 2)), FORMATS["float64"])]
)
def test_another_shape_or_format_is_divergent(result: Weights) -> None:
    """Numbers are not compared where there are more, fewer, or others."""
    (problem,) = judge_call(case_of(WEIGHTS), case_of(WEIGHTS).weights, result).violations
    assert (problem.grade, problem.level) == ("DIVERGENT", MUST) and "for a float32 array" in problem.sentence


@pytest.mark.parametrize("special", [np.nan, np.inf])
def test_special_groups_do_not_hide_the_others(special: float) -> None:
    """A group with a NaN or an infinity is graded by itself."""
    case = case_of([[special, 3.0], [1.0, 4.0]])
    result = np.full((2, 2), np.nan)
    assert judged(case, result).grades["DIVERGENT"] == 1


@pytest.mark.parametrize(
    ("outcome", "grade"),
    [
        (Raised("Sorry"), "ERROR"),
        (NotAnArray("Sorry"), "DIVERGENT"),
        (Crashed("Sorry"), "CRASH"),
        (TimedOut("Sorry"), "TIMEOUT"),
    ],
)
def test_no_value_is_graded_by_what_came_instead(outcome: Outcome, grade: str) -> None:
    """Each case without a value counts once."""
    with pytest.raises(NoResult) as none:
        judge_value(case_of(WEIGHTS), outcome)
    assert none.value.verdict.grades == {grade: 1}


def test_what_a_stack_cannot_do_is_no_grade() -> None:
    """UNSUPPORTED is kept with its reason, and counts no group."""
    with pytest.raises(NoResult, match="no such format") as none:
        judge_value(case_of(WEIGHTS), Unsupported("no such format"))
    assert (none.value.verdict.groups, none.value.verdict.unsupported) == (0, "no such format")


def test_groups_are_described_in_a_word() -> None:
    """NaN before infinite before zero before a flipped sign."""
    rows = np.ones((5, 2))
    results = np.array([[np.nan, np.inf], [np.inf, 0.0], [0.0, 0.0], [-1.0, 1.0], [2.0, 2.0]])
    assert signatures(rows, results).tolist() == ["NaN", "infinite", "all zero", "sign flipped", "other values"]


ON_THE_SPHERE = Case("l2_sphere", {"scale": 1.0}, 0, weights_of([[3.0, 0.0], [4.0, 0.0]], FORMATS["float32"]))


def test_zeros_of_which_nothing_is_specified_follow_the_formula() -> None:
    """Zero over zero is NaN in IEEE arithmetic."""
    verdict = judged(ON_THE_SPHERE, round_to(np.array([[0.6, np.nan], [0.8, np.nan]]), FORMATS["float32"]))
    assert (+verdict.grades, verdict.violations) == ({"EXACT": 1, "BOUNDED": 1}, [])


def test_zeros_of_which_nothing_is_specified_are_only_recorded() -> None:
    """Those who leave them zeros break nothing."""
    (found,) = judged(ON_THE_SPHERE, round_to(np.array([[0.6, 0.0], [0.8, 0.0]]), FORMATS["float32"])).violations
    assert (found.level, str(found.failure)) == (RECORD, "zero_weights: it becomes zeros")
    assert found.sentence == "a group of zeros does not follow the formula in IEEE arithmetic (it becomes zeros)"
