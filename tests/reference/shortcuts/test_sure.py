"""The filter: what it says of a group the intervals of every tier say too, and it leaves them little to say."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from reference.contract import GainContract
from reference.evaluators import GainEvaluator, evaluator
from reference.formats import BFLOAT16, FLOAT16, FLOAT32, FloatArray, Format, round_to, ulp
from reference.norms import TIERS
from reference.shortcuts.sure import Filter, Nearness
from tests.reference.population import batches

pytestmark = pytest.mark.slow

NARROW = (FLOAT16, BFLOAT16, FLOAT32)
each_format = pytest.mark.parametrize("fmt", NARROW, ids=lambda fmt: fmt.name)
# in ulps of the exact result, from none to more than any tier of a short group accepts
DISTANCES = (0.0, 0.3, 0.49, 0.51, 0.9, 1.0, 1.4, 1.99, 2.0, 2.01, 3.0, 4.0, 5.0, 6.5, 8.0, 12.0, 40.0, 1e4)


def asked(fmt: Format, everyday: bool) -> Iterator[tuple[Filter, GainEvaluator, FloatArray]]:
    """Groups under every contract, with results at many distances from the exact ones; (groups, n)."""
    rng = np.random.default_rng(7)
    for contract, parameters, rows in batches(3, fmt, 60_000, everyday, (1, 2, 3, 16), 40, breakpoints=everyday):
        judge = evaluator(contract, parameters, rows, fmt)
        assert isinstance(judge, GainEvaluator)
        with np.errstate(all="ignore"):
            exact = judge.exact()
            steps = rng.choice(DISTANCES, (len(rows), 1)) * rng.choice([-1.0, 1.0], rows.shape)
            results = round_to(exact + steps * ulp(np.where(np.isfinite(exact), exact, 1.0), fmt), fmt)
            results = np.where(rng.random((len(rows), 1)) < 0.1, rng.choice([0.0, np.inf, np.nan]), results)
        yield Filter(contract, parameters, fmt), judge, results


def near(sieve: Filter, judge: GainEvaluator, results: FloatArray) -> Nearness:
    """The results beside the exact ones, as the filter has them."""
    with np.errstate(all="ignore"):
        return sieve.compare(np.ascontiguousarray(judge.rows.T), np.ascontiguousarray(results.T))


@each_format
@pytest.mark.parametrize("everyday", [True, False], ids=["everyday", "whole range"])
def test_what_is_surely_inside_every_tier_accepts(fmt: Format, everyday: bool) -> None:
    """The narrowest included, with every contract of a gain, and near every breakpoint."""
    seen = 0
    for sieve, judge, results in asked(fmt, everyday):
        inside = sieve.surely_inside(near(sieve, judge, results))
        with np.errstate(all="ignore"):
            accepted = np.all([judge.accepts(results, tier) for tier in TIERS], axis=0)
        assert not (inside & ~accepted).any(), (judge.contract.name, judge.parameters, judge.rows[inside & ~accepted])
        seen += int(inside.sum())
    assert seen > 2000


@each_format
@pytest.mark.parametrize("everyday", [True, False], ids=["everyday", "whole range"])
def test_what_is_surely_outside_no_tier_accepts(fmt: Format, everyday: bool) -> None:
    """The widest included."""
    seen = 0
    for sieve, judge, results in asked(fmt, everyday):
        with np.errstate(all="ignore"):
            outside = sieve.surely_outside(near(sieve, judge, results))
            accepted = np.any([judge.accepts(results, tier) for tier in TIERS], axis=0)
        assert not (outside & accepted).any(), (judge.contract.name, judge.parameters, judge.rows[outside & accepted])
        seen += int(outside.sum())
    assert seen > 2000


@each_format
def test_zeros_are_called_outside_together_where_each_is(fmt: Format) -> None:
    """Of blocks of one size, as a sweep asks them."""
    seen = 0
    for sieve, judge, _ in asked(fmt, False):
        for row in judge.rows[:6]:
            one = evaluator(judge.contract, judge.parameters, row[None, :], fmt)
            assert isinstance(one, GainEvaluator)
            zeros = np.zeros((1, len(row)))
            if sieve.zeros_are_outside(near(sieve, one, zeros)):
                with np.errstate(all="ignore"):
                    assert not any(one.accepts(zeros, tier).any() for tier in TIERS)
                seen += 1
    assert seen > 100


@each_format
def test_correctly_rounded_results_are_nearly_all_decided(fmt: Format) -> None:
    """What the filter leaves to the intervals is a few groups in a hundred."""
    decided = groups = 0
    for sieve, judge, _ in asked(fmt, True):
        with np.errstate(all="ignore"):
            decided += int(sieve.surely_inside(near(sieve, judge, judge.rounded())).sum())
        groups += len(judge.rows)
    assert decided > 0.97 * groups


@each_format
def test_a_block_is_called_inside_where_each_group_is(fmt: Format) -> None:
    """It is the same question, asked of all at once: yes to the whole is yes to each."""
    for sieve, judge, _ in asked(fmt, False):
        with np.errstate(all="ignore"):
            beside = near(sieve, judge, judge.rounded())
            if sieve.all_inside(beside):
                assert sieve.surely_inside(beside).all()
            if sieve.all_inside(beside) and sieve.all_normal(beside):
                assert (np.abs(judge.rounded()) >= fmt.smallest_normal).all()


def test_longer_groups_than_the_proof_is_about_are_refused() -> None:
    """The error of a norm in float64 grows with the length."""
    contract = next(batches(3, FLOAT16, 10, True, (1,), 1))[0]
    assert isinstance(contract, GainContract)
    with pytest.raises(ValueError, match="longer than the filter is proved for"):
        Filter(contract, contract.defaults, FLOAT16).norms(np.ones((4097, 2)))
