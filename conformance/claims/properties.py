"""Properties on cases that only claims use; they are rules like those of the chapters, which claims may name too."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np

from conformance.cases.case import Case, format_of
from conformance.cases.generate import Recipe
from conformance.cases.packing import EVERYDAY
from conformance.judging.applicability import leaves_no_range, upper_bound
from conformance.judging.norm_bounds import above, below
from conformance.judging.relations import incomparable, judge_rows
from conformance.judging.verdict import SHOULD, Verdict
from conformance.rules.define import rule
from conformance.rules.registry import tests
from conformance.rules.rule import Rule
from conformance.stacks.target import Subject
from reference.norms import gamma
from reference.registry import BOUNDED

KERAS = "https://keras.io/api/layers/constraints/"
COURSE = "https://cs231n.github.io/neural-networks-2/ (max norm constraints: the norm is below c)"


@cache
def on_cases() -> Mapping[str, Any]:
    """Every property on cases, by name: the rules of the chapters, and those of this module."""
    here = [value for value in vars(sys.modules[__name__]).values() if isinstance(getattr(value, "rule", None), Rule)]
    return {test.rule.id: test for test in [*tests(), *here] if hasattr(test, "cases")}


@rule(SHOULD, KERAS, Recipe(contracts=("unit_norm",), regimes=EVERYDAY, calls=(1,), special=(None,)))
def test_norm_is_one(subject: Subject, case: Case) -> Verdict:
    """The exact norm of every group of the result that is not zero is 1, but for its roundings."""
    outcome = subject.ask(case)
    refused = incomparable(case, [outcome])
    if refused:
        return refused
    fmt = format_of(case)
    rows, given = case.rows(outcome.results[0].values), case.rows(case.weights.values)
    apart = gamma(rows.shape[1] + 4, fmt.unit_roundoff)
    low, ulps = below(rows, 1.0 - apart, fmt)
    high, _ = above(rows, 1.0 + apart, fmt)
    said = "the norm of the result is not 1"
    relevant = leaves_no_range(case) & given.any(axis=1) & np.isfinite(apart)
    return judge_rows(case, ~(low | high), said, rows, given, relevant, sizes=ulps)


@rule(SHOULD, COURSE, Recipe(contracts=BOUNDED, regimes=EVERYDAY, calls=(1,), special=(None,)))
def test_norm_is_strictly_below_the_maximum(subject: Subject, case: Case) -> Verdict:
    """The exact norm of every group of the result is below the upper bound, and does not reach it."""
    outcome = subject.ask(case)
    refused = incomparable(case, [outcome])
    if refused:
        return refused
    rows, given = case.rows(outcome.results[0].values), case.rows(case.weights.values)
    found, ulps = below(rows, upper_bound(case), format_of(case))
    said = "the norm of the result reaches the maximum"
    return judge_rows(case, found, said, rows, given, leaves_no_range(case), sizes=ulps)
