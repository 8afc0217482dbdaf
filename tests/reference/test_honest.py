"""Honest implementations: whatever lawful way a contract is evaluated in a format, its results are accepted."""

from __future__ import annotations

import numpy as np
import pytest

from reference.contracts import MAX_NORM, UNIT_NORM
from reference.formats import FORMATS, FloatArray, Format
from reference.intervals import enclose
from reference.models import explains, follows_formula, leaves_range, models
from reference.norms import norms_of
from tests.reference.honest import Way, backwards, blocked, lanes, pairwise, sequential, shuffled
from tests.reference.population import batches

each_format = pytest.mark.parametrize("fmt", FORMATS.values(), ids=FORMATS)

WAYS = (
    Way("one after the other", sequential),
    Way("backwards", backwards),
    Way("shuffled", shuffled),
    Way("pairwise", pairwise),
    Way("blocks of 16", blocked),
    Way("16 lanes", lanes),
    Way("fused", sequential, fused=True),
    Way("the reciprocal first", pairwise, form="reciprocal"),
    Way("the product first", pairwise, form="product first"),
    Way("parameters kept wide", pairwise, rounds_parameters=False),
    Way("flushed to zero", pairwise, flushes=True),
)


def unexplained(way: Way, fmt: Format, seed: int, elements: int) -> list[str]:
    """The groups of a way's results that neither the interval nor, out of range, any model accepts."""
    found = []
    for contract, parameters, rows in batches(seed, fmt, elements, everyday=True):
        if rows.shape[1] * fmt.unit_roundoff >= 0.5 or rows.shape[1] > 300:
            continue
        results = way.results(contract.name, parameters, rows, fmt)
        norms = norms_of(rows, fmt)
        with np.errstate(all="ignore"):
            open_ = ~np.all(enclose(contract, parameters, norms, tier_of(way)).accepts(rows, results), axis=1)
            in_doubt = leaves_range(contract, parameters, norms)
        for model in models(fmt):
            left = open_ & in_doubt
            if left.any():
                open_[left] &= ~explains(model, contract, parameters, norms.take(left), results[left])
        found += [
            f"{contract.name} {parameters} {rows[i].tolist()} {results[i].tolist()}" for i in np.flatnonzero(open_)
        ]
    return found


def tier_of(way: Way) -> str:
    """The tier that a way of adding deserves."""
    return "pairwise" if way.order is pairwise else "any order"


@each_format
@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)
def test_an_honest_evaluation_is_accepted(way: Way, fmt: Format) -> None:
    """On everyday weights and parameters nothing an honest way returns is outside."""
    assert unexplained(way, fmt, 11, 3000) == []


def test_a_group_with_nan_or_infinity_follows_the_formula() -> None:
    """max_norm makes a group with an infinity zero where it is finite and NaN where it is not, by IEEE arithmetic."""
    rows = np.array([[1.0, np.inf], [1.0, np.nan], [1.0, np.inf]])
    results: FloatArray = np.array([[0.0, np.nan], [np.nan, np.nan], [1.0, np.inf]])
    assert follows_formula(MAX_NORM, {"max_value": 2.0, "epsilon": 1e-7}, rows, results).tolist() == [True, True, False]


@each_format
def test_no_model_explains_a_wrong_result(fmt: Format) -> None:
    """Groups of tiny norms are in doubt, yet leaving them as they are is explained by no model of unit_norm."""
    rows = np.full((3, 2), fmt.smallest_normal * 8.0)
    norms = norms_of(rows, fmt)
    assert leaves_range(UNIT_NORM, {"epsilon": 1e-3}, norms).all()
    for model in models(fmt):
        assert not explains(model, UNIT_NORM, {"epsilon": 1e-3}, norms, rows).any()
