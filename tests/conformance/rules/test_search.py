"""The search phase draws what a rule and a stack allow, and goes where answers are further off."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.cases.case import Case
from conformance.cases.generate import CaseSpec
from conformance.cases.packing import EVERYDAY
from conformance.cases.shapes import takes
from conformance.judging.verdict import Difference, Verdict
from conformance.rules.explore import Evaluation, generate_only
from conformance.rules.registry import catalog
from conformance.rules.rule import CaseRule
from conformance.rules.search import distances, search, searched
from conformance.stacks.outcome import Returned
from conformance.stacks.target import Trace
from reference.registry import CONTRACTS, EVERY
from tests.support.fakes import Fake, stack_of

pytestmark = pytest.mark.slow

STACK = stack_of(contracts=EVERY)
SPECS = {rule.id: rule.cases for rule in catalog() if isinstance(rule, CaseRule)}


@pytest.mark.parametrize("rule", SPECS)
@settings(max_examples=5)
@given(data=st.data())
def test_every_rule_is_asked_about_what_it_speaks_of(rule: str, data: st.DataObject) -> None:
    """Inside the domain of its contracts, and of what the stack takes."""
    case = data.draw(searched(SPECS[rule], STACK))
    assert case.contract in SPECS[rule].contracts and case.calls in SPECS[rule].calls and takes(STACK, case)
    assert CONTRACTS[case.contract].outside_domain(case.parameters) is None


@pytest.mark.parametrize(("spec", "finite"), [(CaseSpec(special=(None,), regimes=EVERYDAY), True), (CaseSpec(), False)])
def test_rules_about_finite_weights_are_asked_about_those(spec: CaseSpec, finite: bool) -> None:
    """And the others about NaN too."""
    drawn: list[bool] = []

    @generate_only(60)
    @given(searched(spec, STACK))
    def draw(case: Case) -> None:
        drawn.append(bool(np.isfinite(case.weights.values).all()))

    draw()
    assert all(drawn) == finite


LIMITED = replace(
    STACK.limits,
    ranks=(2,),
    formats=("float16",),
    fixed={"rate": 0.5},
    values={"max_value": (1.0, 3.0)},
    tied={"min_value": "max_value"},
)


@settings(max_examples=20)
@given(searched(CaseSpec(contracts=("min_max_norm",)), replace(STACK, limits=LIMITED)))
def test_the_limits_of_a_stack_are_kept(case: Case) -> None:
    """Fixed, limited and tied parameters, ranks and formats."""
    p = case.parameters
    assert (p["rate"], p["min_value"], case.weights.format) == (0.5, p["max_value"], "float16")
    assert 1.0 <= p["max_value"] <= 3.0 and len(case.weights.shape) == 2


def test_answers_steer_what_is_asked_next() -> None:
    """The longest group that is drawn is longer where length is what is measured."""
    target = Fake(lambda case: Returned((case.weights,)), STACK)

    def longest(sign: float) -> float:
        lengths: list[float] = []

        def check(trace: Trace, case: Case) -> Verdict:
            lengths.append(float(np.sum(np.abs(case.weights.values) > 0)))
            return Verdict("float32", worst_ulps=2.0 ** (20 + sign * lengths[-1] / 16))

        search(check, target, CaseSpec(regimes=("inside",), special=(None,)), 120, "0", lambda case, seen: None)
        return float(np.mean(lengths[60:]))

    assert longest(+1.0) > longest(-1.0)


def test_each_case_is_handed_over_with_its_verdict() -> None:
    """As many as were to be drawn."""
    seen: list[tuple[Case, Evaluation]] = []
    target = Fake(lambda case: Returned((case.weights,)), STACK)
    search(lambda trace, case: Verdict(case.weights.format), target, CaseSpec(), 25, "0", lambda *one: seen.append(one))
    assert [seen_of.verdict.format for _, seen_of in seen] == [case.weights.format for case, _ in seen]
    assert len(seen) == 25


def test_distances_are_numbers_of_their_kind() -> None:
    """What is infinite, or not there, says nothing."""
    verdict = Verdict("float32", worst_ulps=3.0, difference=Difference(8, 1, math.inf))
    assert distances(verdict) == {"from the exact result": 2.0}
