"""An evaluator says the same things of groups of weights, whichever kind their contract is of."""

from __future__ import annotations

import numpy as np
import pytest

from reference.contract import Contract
from reference.contracts import MAX_NORM
from reference.evaluators import Evaluator, evaluator
from reference.formats import FLOAT16, FLOAT32, FORMATS, FloatArray, Format, round_to
from reference.registry import CONTRACTS

each_format = pytest.mark.parametrize("fmt", FORMATS.values(), ids=FORMATS)
each_contract = pytest.mark.parametrize("contract", CONTRACTS.values(), ids=CONTRACTS)


def evaluated(contract: Contract, fmt: Format, rows: FloatArray | None = None) -> Evaluator:
    """Everyday groups, each of a single weight where the contract is about those."""
    drawn = np.random.default_rng(5).normal(size=(60, 1 if contract.single_weights else 4)) if rows is None else rows
    return evaluator(contract, contract.defaults, round_to(drawn, fmt), fmt)


@each_format
@each_contract
def test_the_rounded_result_is_exact_and_accepted(contract: Contract, fmt: Format) -> None:
    """In every tier that there is, and by the comparison that needs no interval."""
    groups = evaluated(contract, fmt)
    assert groups.compare(groups.rounded()).exact.all()
    assert all(groups.accepts(groups.rounded(), tier).all() for tier in (*groups.tiers, "any order"))


@each_format
@each_contract
def test_what_is_near_enough_is_accepted_by_every_tier(contract: Contract, fmt: Format) -> None:
    """The short cut past the intervals says nothing that they would not say."""
    groups = evaluated(contract, fmt)
    results = round_to(groups.rounded() * (1.0 + fmt.unit_roundoff), fmt)
    bounded = groups.compare(results).bounded
    assert all(groups.accepts(results, tier)[bounded].all() for tier in (*groups.tiers, "any order"))


@each_contract
def test_a_wrong_result_is_far_off_and_not_accepted(contract: Contract) -> None:
    """Twice the result and three more is nobody's rounding, and everyday groups leave no range."""
    groups = evaluated(contract, FLOAT32)
    wrong = 2.0 * groups.rounded() + 3.0
    assert not groups.accepts(wrong).any() and (groups.compare(wrong).ulps > 1e3).all()
    assert not groups.leaves_range().any() and not list(groups.explanations(wrong))


@each_contract
def test_the_interval_holds_the_exact_result(contract: Contract) -> None:
    """Its ends are shown to people."""
    groups = evaluated(contract, FLOAT32)
    low, high = groups.interval()
    assert np.all((low <= groups.rounded()) & (groups.rounded() <= high))


@each_contract
def test_some_groups_are_like_all_of_them(contract: Contract) -> None:
    """Taking groups changes nothing that is said of them."""
    groups, chosen = evaluated(contract, FLOAT16), np.arange(60) % 3 == 0
    assert np.array_equal(groups.take(chosen).rounded(), groups.rounded()[chosen])
    assert np.array_equal(groups.take(chosen).interval(), np.array(groups.interval())[:, chosen])


@pytest.mark.parametrize("name", ["non_neg", "max_norm"])
def test_a_flushed_weight_is_explained_once(name: str) -> None:
    """A subnormal weight that becomes zero is a matter of range under every kind of contract."""
    groups = evaluated(CONTRACTS[name], FLOAT32, np.array([[2.0**-140]]))
    (explanation,) = groups.explanations(np.zeros((1, 1)))
    assert groups.leaves_range().all() and explanation.groups.all() and explanation.reason


@each_contract
def test_nan_stays_nan(contract: Contract) -> None:
    """The formula in IEEE arithmetic gives NaN, and nothing else follows it."""
    groups = evaluated(contract, FLOAT32, np.array([[np.nan]]))
    assert groups.follows_formula(np.array([[np.nan]])).all() and not groups.follows_formula(np.ones((1, 1))).any()


def test_a_kind_without_an_evaluator_is_named() -> None:
    """A contract that is neither a gain nor about single weights cannot be judged."""
    plain = Contract("odd", "odd is odd.", 1, "w", "here", (), ())
    with pytest.raises(TypeError, match="odd is of a kind that has no evaluator"):
        evaluator(plain, {}, np.ones((1, 1)), FLOAT32)


def test_a_long_sum_has_no_bound_in_any_order() -> None:
    """From n u of one half on, gamma_n says nothing."""
    lengths = {n: evaluated(MAX_NORM, FLOAT16, np.ones((1, n))).any_order_is_unbounded for n in (1023, 1024)}
    assert lengths == {1023: False, 1024: True}
