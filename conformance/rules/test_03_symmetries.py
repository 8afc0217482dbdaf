"""Chapter 3, symmetries: how the result moves when the input does. They hold bit by bit, and need no reference."""

from dataclasses import replace

import numpy as np

from conformance.cases.case import Case, format_of, weights_of
from conformance.cases.generate import CaseSpec
from conformance.cases.packing import EVERYDAY
from conformance.judging.applicability import safely_inside_range
from conformance.judging.relations import expect_equal, expect_uniform_gain
from conformance.judging.results import comparable
from conformance.judging.verdict import MUST, Verdict
from conformance.rules.define import rule
from conformance.stacks.target import Trace
from reference.contracts import GAIN_CONTRACTS
from reference.registry import FREE
from reports.record.failure import Failure, FailureCode

FORMULA = "reference.contracts: y = w * g(N) depends on the weights' signs and unit in this way only"


@rule(MUST, FORMULA, CaseSpec(calls=(1,)))
def test_sign_symmetry(target: Trace, case: Case) -> Verdict:
    """Negating the weights negates the result, bit by bit."""
    fmt = format_of(case)
    negated = replace(case, weights=weights_of(-case.weights.values, fmt, case.weights.layout))
    first, second = comparable(case, target.call(case), target.call(negated))
    return expect_equal(negated, second, -first.first.values, Failure(FailureCode.SIGN_ASYMMETRIC))


SCALED = CaseSpec(contracts=FREE, calls=(1,), regimes=EVERYDAY, special=(None,), epsilons=(1e-3, 2.0**-10, 0.25))


@rule(MUST, FORMULA, SCALED, share=2)
def test_scaling_by_a_power_of_two(target: Trace, case: Case) -> Verdict:
    """Weights, bounds and epsilon scaled together by 4 scale the result by 4 (unit_norm: leave it), exactly,
    where no intermediate leaves the format's range.
    """
    contract = GAIN_CONTRACTS[case.contract]
    fmt = format_of(case)
    scales = {p.name: 4.0 if p.scales else 1.0 for p in contract.parameters}
    larger = replace(
        case,
        weights=weights_of(4.0 * case.weights.values, fmt, case.weights.layout),
        parameters={name: value * scales[name] for name, value in case.parameters.items()},
    )
    first, second = comparable(case, target.call(case), target.call(larger))
    expected = first.first.values * 4.0**contract.degree
    failure = Failure(FailureCode.SCALING_INEXACT)
    return expect_equal(larger, second, expected, failure, only=safely_inside_range(case))


@rule(MUST, FORMULA, CaseSpec(calls=(1,), special=(None,)))
def test_result_is_parallel_to_the_weights(target: Trace, case: Case) -> Verdict:
    """Within a group every weight is multiplied by one and the same gain, up to the rounding of that product,
    where no intermediate leaves the format's range.
    """
    return expect_uniform_gain(case, target.call(case))


@rule(MUST, FORMULA, CaseSpec(calls=(1,), special=(None,), regimes=(*EVERYDAY, "zero")))
def test_zero_weights_stay_zero(target: Trace, case: Case) -> Verdict:
    """A weight that is zero stays zero in a group that is not all zeros,
    where no intermediate leaves the format's range.
    """
    fmt = format_of(case)
    values = case.weights.values.copy()
    if values.shape[0] > 1:
        values[0] = 0.0
    holed = replace(case, weights=weights_of(values, fmt))
    (outcome,) = comparable(holed, target.call(holed))
    expected = np.where(values == 0.0, 0.0, outcome.first.values)
    relevant = safely_inside_range(holed) & np.asarray(holed.rows(values).any(axis=1))
    return expect_equal(holed, outcome, expected, Failure(FailureCode.ZERO_WEIGHT_CHANGED), only=relevant)
