"""What a contract does not promise is what its own correctly rounded results break, and nothing else."""

from __future__ import annotations

import pytest

from conformance.cases.codec import from_record
from conformance.rules.promises import not_promised
from conformance.rules.registry import by_id
from conformance.rules.rule import CaseRule
from reports.record.header import NotPromised
from tests.promises import RULES, breaks, broken_by
from tests.support.fakes import stack_of

ENTRIES = not_promised()
KEPT = [(rule, contract) for rule in RULES for contract in rule.contracts if (contract, rule.id) not in ENTRIES]

# each makes that many calls
SLOW = "nothing_is_lost_in_2000_calls"
SHOWN = [
    pytest.param(entry, id=f"{entry.contract}-{entry.rule}", marks=[pytest.mark.slow] if entry.rule == SLOW else [])
    for entry in ENTRIES.values()
]


@pytest.mark.parametrize("entry", SHOWN)
def test_the_contract_breaks_it_itself(entry: NotPromised) -> None:
    """The case that is shown does, where no result is rounded but once, and it is a case of the rule."""
    rule, case = by_id()[entry.rule], from_record(entry.case)
    assert isinstance(rule, CaseRule) and rule.level == "SHOULD" and rule.statement == entry.sentence
    assert breaks(rule, case) and rule.cases.admits(case, case)


@pytest.mark.slow
@pytest.mark.parametrize(("rule", "contract"), KEPT, ids=lambda one: getattr(one, "id", one))
def test_what_is_promised_the_contract_keeps(rule: CaseRule, contract: str) -> None:
    """On other cases than those by which the file was made."""
    assert broken_by(rule, contract, seed=1) is None


PROJECTIONS = {"max_norm_projection", "unitwise_clip"}
RENORM = {"renorm", "renorm_l1", "renorm_linf"}


def test_a_rule_is_put_to_those_who_promise_it() -> None:
    """It is not put to a stack with contracts that all break it, nor are its cases about those."""
    rule = by_id()["weights_inside_the_bound_are_unchanged"]
    assert isinstance(rule, CaseRule) and "max_norm" in rule.contracts
    assert not rule.applies(stack_of(contracts=("max_norm", "clip_grad_norm")), "eager")
    assert rule.applies(stack_of(contracts=("max_norm", "renorm")), "eager")
    assert set(rule.promised.cases.contracts) == {"clip_by_norm", "l2_ball", *PROJECTIONS, *RENORM}


def test_what_a_rule_must_hold_is_put_to_all() -> None:
    """No MUST rule is left out for what a contract breaks."""
    assert {by_id()[rule].level for _, rule in ENTRIES} == {"SHOULD"}
