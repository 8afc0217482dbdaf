"""Properties on cases that only claims use; they are rules like those of the chapters, which claims may name too."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from functools import cache

import numpy as np

from conformance.cases.case import Case, format_of
from conformance.cases.generate import CaseSpec
from conformance.cases.packing import EVERYDAY
from conformance.judging.applicability import epsilon_counts, leaves_no_range, safely_below_maximum, upper_bound
from conformance.judging.norm_bounds import above, below
from conformance.judging.relations import judge_groups
from conformance.judging.results import comparable
from conformance.judging.values import judge_value
from conformance.judging.verdict import SHOULD, Verdict
from conformance.rules.define import rule
from conformance.rules.registry import catalog
from conformance.rules.rule import CaseRule
from conformance.stacks.target import Trace
from reference.norms import gamma
from reference.registry import BALLS
from reports.record.failure import Failure, FailureCode

KERAS = "https://keras.io/api/layers/constraints/"
COURSE = "https://cs231n.github.io/neural-networks-2/ (max norm constraints: the norm is below c)"


@cache
def properties_on_cases() -> Mapping[str, CaseRule]:
    """Every property on cases, by name: the rules of the chapters, and those of this module."""
    rules = [*catalog(), *vars(sys.modules[__name__]).values()]
    return {rule.id: rule for rule in rules if isinstance(rule, CaseRule)}


@rule(SHOULD, KERAS, CaseSpec(contracts=("unit_norm",), regimes=EVERYDAY, calls=(1,), special=(None,)))
def test_norm_is_one(target: Trace, case: Case) -> Verdict:
    """The exact norm of every group of the result that is not zero is 1, but for its roundings,
    where no intermediate leaves the format's range.
    """
    (outcome,) = comparable(case, target.call(case))
    fmt = format_of(case)
    rows, weights = case.rows(outcome.first.values), case.rows(case.weights.values)
    apart = gamma(rows.shape[1] + 4, fmt.unit_roundoff)
    low, ulps = below(rows, 1.0 - apart, fmt, "l2")
    high, _ = above(rows, 1.0 + apart, fmt, "l2")
    failure = Failure(FailureCode.NORM_NOT_ONE)
    relevant = leaves_no_range(case) & weights.any(axis=1) & np.isfinite(apart)
    return judge_groups(case, ~(low | high), failure, rows, weights, relevant, sizes=ulps)


KERAS_SUM = CaseSpec(contracts=BALLS, regimes=EVERYDAY, epsilons=(1e-7,), calls=(1,), special=(None,))


@rule(SHOULD, KERAS, KERAS_SUM)
def test_norm_exceeds_the_maximum_by_roundings_only(target: Trace, case: Case) -> Verdict:
    """The exact norm of every group of n weights of the result is at most the upper bound, but for n + 4 roundings,
    where no intermediate leaves the format's range.

    Groups so long that n + 4 roundings can be as large as the number itself are left out.
    """
    return _exceeds_by_roundings_only(target, case, upper_bound(case))


@rule(SHOULD, KERAS, KERAS_SUM)
def test_norm_exceeds_the_maximum_in_float32_by_roundings_only(target: Trace, case: Case) -> Verdict:
    """The exact norm of every group of n weights of the result is at most the upper bound, or that bound rounded to
    float32 where this is larger, but for n + 4 roundings, where no intermediate leaves the format's range.
    """
    bound = upper_bound(case)
    return _exceeds_by_roundings_only(target, case, max(bound, float(np.float32(bound))))


def _exceeds_by_roundings_only(target: Trace, case: Case, bound: float) -> Verdict:
    (outcome,) = comparable(case, target.call(case))
    fmt = format_of(case)
    rows = case.rows(outcome.first.values)
    apart = gamma(rows.shape[1] + 4, fmt.unit_roundoff)
    relevant = leaves_no_range(case) & np.isfinite(apart)
    found, ulps = above(rows, bound * (1.0 + (apart if np.isfinite(apart) else 0.0)), fmt, "l2")
    failure = Failure(FailureCode.NORM_ABOVE_MAXIMUM)
    return judge_groups(case, ~found, failure, rows, case.rows(case.weights.values), relevant, sizes=ulps)


# on PyTorch Keras rounds float64 bounds to float32, which is a known divergence and no rounding of the result
NARROW = ("float16", "bfloat16", "float32")
FORMULAS = CaseSpec(
    contracts=("max_norm", "min_max_norm", "unit_norm", "clip_by_norm"),
    formats=NARROW,
    regimes=EVERYDAY,
    calls=(1,),
    special=(None,),
)


@rule(SHOULD, KERAS, FORMULAS)
def test_result_follows_the_formula(target: Trace, case: Case) -> Verdict:
    """In float16, bfloat16 and float32 the result is what the contract's formula gives, but for its roundings.

    Where an intermediate leaves the format's range, one of the models of evaluation has to explain it.
    """
    return judge_value(case, target.call(case))


SINGLE = CaseSpec(contracts=("non_neg",), formats=("float32",), calls=(1,), special=(None,))


@rule(SHOULD, KERAS, SINGLE)
def test_non_neg_keeps_float32_weights(target: Trace, case: Case) -> Verdict:
    """In float32 each negative weight becomes zero, and the others keep their bits."""
    return judge_value(case, target.call(case))


INSIDE = CaseSpec(contracts=("max_norm",), regimes=EVERYDAY, epsilons=(1e-7,), calls=(1,), special=(None,))


@rule(SHOULD, KERAS, INSIDE)
def test_weights_inside_the_bound_change_where_epsilon_is_not_lost(target: Trace, case: Case) -> Verdict:
    """A group with a norm N below the upper bound changes where epsilon is more than half an ulp of N, and only there.

    Groups of zeros and those of which an intermediate leaves the format's range are left out, and so are those with a
    norm so near to a power of two that its rounding decides.
    """
    (outcome,) = comparable(case, target.call(case))
    rows, weights = case.rows(outcome.first.values), case.rows(case.weights.values)
    counts, is_lost = epsilon_counts(case)
    changed = np.asarray((rows != weights).any(axis=1))
    relevant = safely_below_maximum(case) & weights.any(axis=1) & (counts | is_lost)
    return judge_groups(case, changed == counts, Failure(FailureCode.EPSILON_ROUNDING), rows, weights, relevant)


@rule(SHOULD, COURSE, CaseSpec(contracts=BALLS, regimes=EVERYDAY, calls=(1,), special=(None,)))
def test_norm_is_strictly_below_the_maximum(target: Trace, case: Case) -> Verdict:
    """The exact norm of every group of the result is below the upper bound, and does not reach it,
    where no intermediate leaves the format's range.
    """
    (outcome,) = comparable(case, target.call(case))
    rows, weights = case.rows(outcome.first.values), case.rows(case.weights.values)
    is_below, ulps = below(rows, upper_bound(case), format_of(case), "l2")
    failure = Failure(FailureCode.NORM_REACHES_MAXIMUM)
    return judge_groups(case, is_below, failure, rows, weights, leaves_no_range(case), sizes=ulps)
