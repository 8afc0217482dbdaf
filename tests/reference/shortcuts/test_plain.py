"""Plain evaluations: each operation is rounded, and what they give is accepted, or a step has left the range."""

from __future__ import annotations

import numpy as np
import pytest

from reference.contracts import MAX_NORM
from reference.evaluators import GainEvaluator, evaluator
from reference.formats import BFLOAT16, FLOAT16, FLOAT32, Format, round_to
from reference.norms import TIERS
from reference.shortcuts.plain import Evaluation, evaluations
from tests.reference.population import batches

each_format = pytest.mark.parametrize("fmt", [FLOAT16, BFLOAT16, FLOAT32], ids=lambda fmt: fmt.name)
PLAIN = Evaluation(MAX_NORM, "w (a / b)", False)


def test_it_is_what_numpy_gives_for_the_formula() -> None:
    """Of every float16 number, bit by bit."""
    w = np.arange(65536, dtype=np.uint16).view(np.float16)
    with np.errstate(all="ignore"):
        norm = np.sqrt(w * w)
        expected = w * (np.clip(norm, np.float16(0), np.float16(2)) / (np.float16(1e-7) + norm))
        given = PLAIN.results(w.astype(np.float64)[None, :], {"max_value": 2.0, "epsilon": 1e-7}, FLOAT16)[0]
    assert np.array_equal(given, expected.astype(np.float64), equal_nan=True)


@each_format
def test_subnormal_numbers_are_flushed_where_it_says_so(fmt: Format) -> None:
    """A weight that is one becomes zero."""
    weights = np.array([[fmt.smallest_normal / 2.0, 1.0]])
    given = Evaluation(MAX_NORM, "w (a / b)", True).results(weights, {"max_value": 2.0, "epsilon": 1e-3}, fmt)
    assert given[0, 0] == 0.0 and given[0, 1] > 0.99


@each_format
def test_every_result_is_a_number_of_the_format(fmt: Format) -> None:
    """Rounding it once more changes nothing."""
    weights = round_to(np.geomspace(1e-6, 1e4, 500)[None, :], fmt)
    for evaluation in evaluations(MAX_NORM):
        given = evaluation.results(weights, MAX_NORM.defaults, fmt)
        assert np.array_equal(given, round_to(given, fmt), equal_nan=True)


@pytest.mark.slow
@each_format
def test_what_no_interval_holds_a_model_explains(fmt: Format) -> None:
    """So a sweep may call it out of range without asking the models."""
    outside = 0
    for contract, parameters, rows in batches(5, fmt, 8_000, False, (1, 2), 40):
        judge = evaluator(contract, parameters, rows, fmt)
        assert isinstance(judge, GainEvaluator)
        for evaluation in evaluations(contract):
            with np.errstate(all="ignore"):
                results = np.ascontiguousarray(evaluation.results(rows.T, parameters, fmt).T)
                open_ = ~np.any([judge.accepts(results, tier) for tier in TIERS], axis=0)
                left = judge.take(open_)
                found = [one.groups for one in left.explanations(results[open_])] if open_.any() else []
            outside += len(left.rows)
            explained = np.any([np.zeros(len(left.rows), bool), *found], axis=0)
            assert explained.all(), (contract.name, parameters, left.rows[~explained], evaluation)
    assert outside > 100
