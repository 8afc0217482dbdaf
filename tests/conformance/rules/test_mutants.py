"""The rules find every wrong implementation, and nothing wrong with the right one."""

from __future__ import annotations

import pytest

from conformance.judging.verdict import SHOULD
from conformance.stacks.session import Session
from conformance.stacks.target import Target
from tests.mutants.adapter import OTHERS
from tests.mutants.arithmetic import OTHER_CONTRACTS
from tests.mutants.blame import HONEST, asked
from tests.mutants.mutant import OF_NORMS, VALUES
from tests.mutants.score import RULES, cases_needed
from tests.mutants.wrong import MUTANTS
from tests.support.fakes import Mutants

pytestmark = pytest.mark.slow

PAIRS = sorted((rule, m.name) for m in MUTANTS.values() for rule in m.rules)
OF_VALUES = {m.name for m in MUTANTS.values() if set(m.rules) & set(VALUES)}
# enough for each of these to show
SEEDS = 40


def violations(rule: str, target: Target, correct: Target, seed: int = 0) -> set[tuple[str, str]]:
    """Level and sentence, without its numbers, of what a rule says of a target, but for what is only recorded."""
    return asked(rule, target, correct, seed)[1]


@pytest.mark.parametrize("rule", RULES)
def test_the_right_implementation_breaks_no_rule(rule: str, mutant: Mutants) -> None:
    """All that is ever said of it is what an epsilon and a format do to beliefs, and where the range ends."""
    correct = mutant("correct", rule)
    honest = {(SHOULD, sentence) for sentence in HONEST.get(rule, ())}
    said = violations(rule, correct, correct)
    more = (violations(rule, correct, correct, seed) for seed in range(1, SEEDS))
    while said < honest:
        said |= next(more)
    assert said == honest


OF_OTHERS = [rule for rule, definition in RULES.items() if set(definition.contracts) & set(OTHER_CONTRACTS)]


@pytest.mark.parametrize("rule", OF_OTHERS)
def test_what_keeps_another_contract_breaks_no_rule(rule: str, session: Session) -> None:
    """Of the contracts that no framework's own call keeps, the same can be said at most."""
    correct = session.target(OTHERS, "correct")
    assert violations(rule, correct, correct) <= {(SHOULD, sentence) for sentence in HONEST.get(rule, ())}


def test_every_rule_kills_a_mutant() -> None:
    """A rule that no mutant breaks could be deleted without anybody noticing."""
    assert set(RULES) == {rule for rule, _ in PAIRS}
    assert len(MUTANTS) > 60


@pytest.mark.parametrize(("rule", "name"), PAIRS)
def test_a_rule_kills_its_mutant(rule: str, name: str, mutant: Mutants) -> None:
    """Some case of a default run shows the fault, at the level that is due."""
    assert cases_needed(rule, MUTANTS[name], mutant(name, rule), mutant("correct", rule)) is not None


@pytest.mark.parametrize("name", MUTANTS)
def test_a_wrong_value_is_found_by_the_rules_on_values(name: str) -> None:
    """A fault that no rule on values finds is of conduct, belief, gradient, bits, an unusual axis or one number."""
    others = {RULES[rule].chapter for rule in MUTANTS[name].rules}
    assert name in OF_VALUES or others <= {"values", "conduct", "beliefs", "axis", "gradients", "comparisons", "sweeps"}


@pytest.mark.parametrize("rule", OF_NORMS)
def test_a_sum_that_stops_growing_is_no_broken_promise(rule: str, mutant: Mutants, correct: Target) -> None:
    """Adding 65,536 squares one by one in float16 is worse than users believe, but no contract forbids it."""
    said = violations(rule, mutant("norm_adds_up_one_by_one"), correct)
    assert {level for level, _ in said} <= {SHOULD}
