"""The rules on values follow from the registry: a contract is one object."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import cast

import pytest

from conformance.cases.case import Case, weights_of
from conformance.judging.verdict import MUST, Verdict
from conformance.rules.rule import CaseRule
from conformance.rules.test_01_values import value_rules
from conformance.stacks.outcome import Returned
from conformance.stacks.target import Trace
from reference.contract import Contract
from reference.contracts import L2_BALL
from reference.elementwise import NON_NEG
from reference.formats import FORMATS
from reference.registry import CONTRACTS

BALL = replace(L2_BALL, name="ball", statement="ball keeps each group inside a ball.", source="https://ball", share=3)
NO_NEGATIVE = replace(NON_NEG, name="no_negative")
F32 = FORMATS["float32"]


@pytest.fixture
def rules(monkeypatch: pytest.MonkeyPatch) -> dict[str, CaseRule]:
    """The rules of a registry with two contracts more, by their ids."""
    for contract in (BALL, NO_NEGATIVE):
        monkeypatch.setitem(CONTRACTS, contract.name, contract)
    return {rule.id: rule for rule in value_rules(CONTRACTS.values()).values()}


def judged(rule: CaseRule, case: Case, result: list[list[float]]) -> Verdict:
    """What a rule says of a result."""

    def call(case: Case) -> Returned:
        return Returned((weights_of(result, F32),))

    return rule.check(cast(Trace, SimpleNamespace(call=call)), case)


def test_every_contract_has_its_rule() -> None:
    """Its statement, source and share are the contract's, and no other contract is asked about."""
    for rule, contract in zip(value_rules(CONTRACTS.values()).values(), CONTRACTS.values(), strict=True):
        assert (rule.statement, rule.source, rule.share) == (contract.statement, contract.source, contract.share)
        assert (rule.contracts, rule.level, rule.chapter) == ((contract.name,), MUST, "values")


@pytest.mark.parametrize("contract", [BALL, NO_NEGATIVE], ids=lambda contract: str(contract.name))
def test_a_contract_that_is_added_has_its_rule(contract: Contract, rules: dict[str, CaseRule]) -> None:
    """Nothing but the object is needed, whichever kind it is of."""
    assert rules[f"{contract.name}_value"].statement == contract.statement


@pytest.mark.parametrize(("result", "grade"), [([[0.6, 0.8]], "EXACT"), ([[3.0, 4.0]], "DIVERGENT")])
def test_a_gain_that_is_added_is_judged(result: list[list[float]], grade: str, rules: dict[str, CaseRule]) -> None:
    """The group of norm 5 belongs onto the ball of radius 1."""
    case = Case("ball", BALL.defaults, 1, weights_of([[3.0, 4.0]], F32))
    assert +judged(rules["ball_value"], case, result).grades == {grade: 1}


@pytest.mark.parametrize(("result", "grade"), [([[0.0, 4.0]], "EXACT"), ([[-3.0, 4.0]], "DIVERGENT")])
def test_single_weights_that_are_added_are_judged(
    result: list[list[float]], grade: str, rules: dict[str, CaseRule]
) -> None:
    """A negative weight belongs to zero, and each weight is a group."""
    case = Case("no_negative", {}, (), weights_of([[-3.0, 4.0]], F32))
    assert judged(rules["no_negative_value"], case, result).grades[grade] >= 1
