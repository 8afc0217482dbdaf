"""Properties on cases that only claims use; they are rules like those of the chapters, which claims may name too."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from functools import cache

import numpy as np

from conformance.cases.case import Case, format_of
from conformance.cases.generate import CaseSpec
from conformance.cases.packing import EVERYDAY
from conformance.judging.applicability import leaves_no_range, upper_bound
from conformance.judging.norm_bounds import above, below
from conformance.judging.relations import judge_groups
from conformance.judging.results import comparable
from conformance.judging.verdict import SHOULD, Verdict
from conformance.rules.define import rule
from conformance.rules.registry import catalog
from conformance.rules.rule import CaseRule
from conformance.stacks.target import Trace
from reference.norms import gamma
from reference.registry import BOUNDED
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
    """The exact norm of every group of the result that is not zero is 1, but for its roundings."""
    (outcome,) = comparable(case, target.call(case))
    fmt = format_of(case)
    rows, weights = case.rows(outcome.first.values), case.rows(case.weights.values)
    apart = gamma(rows.shape[1] + 4, fmt.unit_roundoff)
    low, ulps = below(rows, 1.0 - apart, fmt)
    high, _ = above(rows, 1.0 + apart, fmt)
    failure = Failure(FailureCode.NORM_NOT_ONE)
    relevant = leaves_no_range(case) & weights.any(axis=1) & np.isfinite(apart)
    return judge_groups(case, ~(low | high), failure, rows, weights, relevant, sizes=ulps)


@rule(SHOULD, COURSE, CaseSpec(contracts=BOUNDED, regimes=EVERYDAY, calls=(1,), special=(None,)))
def test_norm_is_strictly_below_the_maximum(target: Trace, case: Case) -> Verdict:
    """The exact norm of every group of the result is below the upper bound, and does not reach it."""
    (outcome,) = comparable(case, target.call(case))
    rows, weights = case.rows(outcome.first.values), case.rows(case.weights.values)
    is_below, ulps = below(rows, upper_bound(case), format_of(case))
    failure = Failure(FailureCode.NORM_REACHES_MAXIMUM)
    return judge_groups(case, is_below, failure, rows, weights, leaves_no_range(case), sizes=ulps)
