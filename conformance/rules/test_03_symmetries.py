"""Chapter 3, symmetries: how the result moves when the input does. They hold bit by bit, and need no reference."""

from dataclasses import replace

import numpy as np

from conformance.cases.case import Case, format_of, weights_of
from conformance.cases.generate import Recipe
from conformance.cases.packing import EVERYDAY
from conformance.judging.applicability import safely_inside_range
from conformance.judging.relations import incomparable, judge_parallel, judge_same
from conformance.judging.verdict import MUST, Verdict
from conformance.rules.define import rule
from conformance.stacks.target import Subject
from reference.contracts import CONTRACTS
from reference.registry import FREE

FORMULA = "reference.contracts: y = w * g(N) depends on the weights' signs and unit in this way only"


@rule(MUST, FORMULA, Recipe(calls=(1,)))
def test_sign_symmetry(subject: Subject, case: Case) -> Verdict:
    """Negating the weights negates the result, bit by bit."""
    fmt = format_of(case)
    negated = replace(case, weights=weights_of(-case.weights.values, fmt, case.weights.layout))
    first, second = subject.ask(case), subject.ask(negated)
    refused = incomparable(case, [first, second])
    if refused:
        return refused
    return judge_same(negated, second, -first.results[0].values, "negated weights do not give the negated result")


SCALED = Recipe(contracts=FREE, calls=(1,), regimes=EVERYDAY, special=(None,), epsilons=(1e-3, 2.0**-10, 0.25))


@rule(MUST, FORMULA, SCALED, share=2)
def test_scaling_by_a_power_of_two(subject: Subject, case: Case) -> Verdict:
    """Weights, bounds and epsilon scaled together by 4 scale the result by 4 (unit_norm: leave it), exactly."""
    contract = CONTRACTS[case.contract]
    fmt = format_of(case)
    scales = {p.name: 4.0 if p.scales else 1.0 for p in contract.parameters}
    larger = replace(
        case,
        weights=weights_of(4.0 * case.weights.values, fmt, case.weights.layout),
        parameters={name: value * scales[name] for name, value in case.parameters.items()},
    )
    first, second = subject.ask(case), subject.ask(larger)
    refused = incomparable(case, [first, second])
    if refused:
        return refused
    expected = first.results[0].values * 4.0**contract.degree
    said = "scaling everything by 4 does not scale the result exactly"
    return judge_same(larger, second, expected, said, only=safely_inside_range(case))


@rule(MUST, FORMULA, Recipe(calls=(1,), special=(None,)))
def test_result_is_parallel_to_the_weights(subject: Subject, case: Case) -> Verdict:
    """Within a group every weight is multiplied by one and the same gain, up to the rounding of that product."""
    return judge_parallel(case, subject.ask(case))


@rule(MUST, FORMULA, Recipe(calls=(1,), special=(None,), regimes=(*EVERYDAY, "zero")))
def test_zero_weights_stay_zero(subject: Subject, case: Case) -> Verdict:
    """A weight that is zero stays zero in a group that is not."""
    fmt = format_of(case)
    values = case.weights.values.copy()
    if values.shape[0] > 1:
        values[0] = 0.0
    holed = replace(case, weights=weights_of(values, fmt))
    outcome = subject.ask(holed)
    refused = incomparable(holed, [outcome])
    if refused:
        return refused
    expected = np.where(values == 0.0, 0.0, outcome.results[0].values)
    return judge_same(holed, outcome, expected, "a zero weight became nonzero", only=safely_inside_range(holed))
