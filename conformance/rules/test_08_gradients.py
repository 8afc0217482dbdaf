"""Chapter 8, gradients: what automatic differentiation makes of a constraint that stands inside the forward pass."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from adapters.core.framework import NO_GRADIENT
from conformance.cases.case import Case, format_of, weights_of
from conformance.cases.generate import CaseSpec
from conformance.cases.packing import EVERYDAY
from conformance.cases.shapes import GroupShape
from conformance.judging.classify import classify_outcome
from conformance.judging.describe import sentence
from conformance.judging.relations import judge_groups
from conformance.judging.results import comparable, returned
from conformance.judging.verdict import RECORD, SHOULD, Verdict, Violation
from conformance.rules.define import characterization, rule
from conformance.rules.rule import UnspecifiedInput
from conformance.stacks.outcome import Unsupported
from conformance.stacks.target import Trace
from reference.contracts import GAIN_CONTRACTS
from reference.derivative import gradient, gradient_interval, gradient_leaves_range
from reference.formats import FORMATS, FloatArray
from reference.norms import norms_of
from reference.registry import EUCLIDEAN, EVERY
from reports.record.failure import Failure, FailureCode

BELIEF = "who differentiates through a constraint (torch.nn.utils.parametrize) expects its derivative"
NOWHERE = "no document says what the gradient is where the derivative does not exist"

# groups of at most 60 weights: the error of longer sums in bfloat16 says nothing
_SHAPES = (
    GroupShape((2048, 4), (1,)),
    GroupShape((60, 64), (0,)),
    GroupShape((5,), (0,)),
    GroupShape((3, 3, 2, 512), (0, 1, 2)),
    GroupShape((64, 3, 2, 5), (1, 2, 3)),
)
# at the bound there is no derivative
_DIFFERENTIABLE = tuple(regime for regime in EVERYDAY if regime != "exactly at a bound")
_GRADIENTS = CaseSpec(
    contracts=EUCLIDEAN, regimes=_DIFFERENTIABLE, shapes=_SHAPES, calls=(1,), special=(None,), layouts=("C",)
)
_WITH_ZEROS = replace(
    _GRADIENTS,
    contracts=tuple(name for name in EUCLIDEAN if GAIN_CONTRACTS[name].zero_is_specified),
    regimes=("zero", "inside", "outside"),
)


_ANY = replace(_GRADIENTS, contracts=EVERY)


@rule(RECORD, BELIEF, _ANY, share=0.25)
def test_a_gradient_reaches_the_weights(target: Trace, case: Case) -> Verdict:
    """A gradient flows back from the result to the weights; where the result is detached from them, that is told."""
    asked = replace(case, access="gradient")
    outcome = target.call(asked)
    groups = len(asked.rows(asked.weights.values))
    if isinstance(outcome, Unsupported) and outcome.reason == NO_GRADIENT:
        failure = Failure(FailureCode.NO_GRADIENT)
        violation = Violation("DIVERGENT", RECORD, failure, sentence(failure), groups)
        grades = Counter({"DIVERGENT": groups})
        return Verdict(asked.weights.format, elements=asked.weights.size, grades=grades, violations=[violation])
    returned(asked, outcome)
    return Verdict(asked.weights.format, elements=asked.weights.size, grades=Counter({"EXACT": groups}))


@rule(SHOULD, BELIEF, _WITH_ZEROS)
def test_gradient_is_finite(target: Trace, case: Case) -> Verdict:
    """The gradient of the sum of a group's results is finite, for a group of zeros too."""
    asked = replace(case, access="gradient")
    (outcome,) = comparable(asked, target.call(asked))
    norms = norms_of(case.rows(case.weights.values), format_of(case))
    rows = case.rows(outcome.first.values)
    holds = np.asarray(np.isfinite(rows).all(axis=1))
    # a group of zeros is in range by its nature: only the weights that are not zero can leave it
    inside = ~gradient_leaves_range(GAIN_CONTRACTS[case.contract], case.parameters, norms) | ~norms.rows.any(axis=1)
    exact = gradient(GAIN_CONTRACTS[case.contract], case.parameters, norms)
    return judge_groups(asked, holds, Failure(FailureCode.GRADIENT_NOT_FINITE), rows, exact, inside)


@rule(SHOULD, BELIEF, _GRADIENTS, share=2)
def test_gradient_is_that_of_the_contract(target: Trace, case: Case) -> Verdict:
    """The gradient of the sum of a group's results is the contract's derivative, but for reverse mode's roundings."""
    asked = replace(case, access="gradient")
    (outcome,) = comparable(asked, target.call(asked))
    contract, rows = GAIN_CONTRACTS[case.contract], case.rows(outcome.first.values)
    norms = norms_of(case.rows(case.weights.values), format_of(case))
    low, high = gradient_interval(contract, case.parameters, norms)
    holds = np.asarray(np.all((low <= rows) & (rows <= high), axis=1))
    relevant = (
        ~gradient_leaves_range(contract, case.parameters, norms)
        & norms.rows.any(axis=1)
        & ~_at_a_bound(case, norms.values)
    )
    failure = Failure(FailureCode.GRADIENT_WRONG)
    exact = gradient(contract, case.parameters, norms)
    return judge_groups(asked, holds, failure, rows, exact, np.asarray(relevant))


def _at_a_bound(case: Case, sizes: FloatArray) -> NDArray[np.bool_]:
    """The groups whose norm is a bound, or as near to one as float64 tells, where a reduced case may come to lie."""
    found = np.zeros(len(sizes), dtype=bool)
    for name in GAIN_CONTRACTS[case.contract].breakpoints:
        found |= np.abs(sizes - case.parameters[name]) <= 2.0**-50 * case.parameters[name]
    return found


def _probes() -> list[UnspecifiedInput]:
    places = {
        "zero weights": [0.0, 0.0],
        "inside the bound": [0.375, 0.5],
        # [0.6, 0.8] has norm 1 in no binary format; [1, 0] has
        "at the bound": [1.0, 0.0],
        "outside the bound": [3.0, 4.0],
    }
    found = []
    for name in EUCLIDEAN:
        for place, values in places.items():
            contract = GAIN_CONTRACTS[name]
            given = contract.defaults | {bound: 1.0 for bound in contract.bounds if bound != "min_value"}
            weights = weights_of(np.array([values]), FORMATS["float32"])
            found.append(UnspecifiedInput(f"gradient, {place}", Case(name, given, 1, weights, access="gradient")))
    return found


@characterization(NOWHERE, _probes())
def test_gradient_at_zero_and_at_the_threshold(target: Trace, case: Case) -> str:
    """At norm zero and at the bound the derivative does not exist; what automatic differentiation gives is recorded."""
    return classify_outcome(case, target.call(case, even_unsupported=True))
