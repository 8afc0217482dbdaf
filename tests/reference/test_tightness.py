"""The intervals can fail: wrong formulas, and results just beyond an end, are rejected."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
import pytest

from reference.contracts import MAX_NORM, UNIT_NORM
from reference.formats import (
    BFLOAT16,
    FLOAT16,
    FLOAT32,
    FLOAT64,
    FORMATS,
    FloatArray,
    Format,
    round_down,
    round_to,
    round_up,
    ulp,
)
from reference.intervals import enclose
from reference.norms import TIERS, norms_of

each_format = pytest.mark.parametrize("fmt", FORMATS.values(), ids=FORMATS)
PARAMETERS = {"max_value": 2.0, "epsilon": 1e-7}


def accepted(rows: FloatArray, results: FloatArray, fmt: Format, tier: str = "any order") -> bool:
    """Whether every result lies in its interval under max_norm(2)."""
    with np.errstate(all="ignore"):
        return bool(enclose(MAX_NORM, PARAMETERS, norms_of(rows, fmt), tier).accepts(rows, results).all())


# float32 groups of the size of epsilon, where the formulas part
ROWS = round_to(np.array([[3e-7, 4e-7], [6e-8, -8e-8], [1e-6, 2e-6]]), FLOAT32)
NORMS = np.sqrt(np.sum(ROWS**2, axis=1, keepdims=True))

WRONG: dict[str, Callable[[FloatArray], FloatArray]] = {
    "no shrink inside the ball": lambda w: w,
    "max(N, epsilon) below": lambda w: w * NORMS / np.maximum(NORMS, 1e-7),
    "epsilon inside the root": lambda w: w * NORMS / np.sqrt(NORMS**2 + 1e-7),
    "epsilon 1e-8": lambda w: w * NORMS / (1e-8 + NORMS),
    "the sum of absolute values": lambda w: w * np.sum(np.abs(w), axis=1, keepdims=True) / (1e-7 + NORMS),
}


@pytest.mark.parametrize("formula", WRONG.values(), ids=WRONG)
def test_a_wrong_formula_is_rejected(formula: Callable[[FloatArray], FloatArray]) -> None:
    """Its results, rounded once, lie outside even the widest tier's interval."""
    assert not accepted(ROWS, round_to(formula(ROWS), FLOAT32), FLOAT32)


def test_the_right_formula_is_accepted() -> None:
    """The same weights under the contract's own formula lie inside the narrowest tier's interval."""
    assert accepted(ROWS, round_to(ROWS * NORMS / (1e-7 + NORMS), FLOAT32), FLOAT32, "wide")


@pytest.mark.parametrize("fmt", [FLOAT16, BFLOAT16, FLOAT32], ids=["float16", "bfloat16", "float32"])
@pytest.mark.parametrize("tier", TIERS)
def test_the_ends_are_accepted_and_the_next_numbers_are_not(fmt: Format, tier: str) -> None:
    """An interval ends at a number of the format."""
    rows = round_to(np.array([[3.0, 4.0], [0.3, -0.4], [7.0, 1.0]]), fmt)
    low, high = enclose(MAX_NORM, PARAMETERS, norms_of(rows, fmt), tier).interval(rows)
    first, last = round_up(low, fmt), round_down(high, fmt)
    assert accepted(rows, first, fmt, tier)
    assert accepted(rows, last, fmt, tier)
    assert not accepted(rows, first - ulp(first, fmt), fmt, tier)
    assert not accepted(rows, last + ulp(last, fmt), fmt, tier)


@pytest.mark.parametrize("tier", TIERS)
def test_the_ends_in_float64_are_sharp_to_two_numbers(tier: str) -> None:
    """Ends are double-double numbers there, and people read them rounded; two numbers further out is outside."""
    rows = np.array([[3.0, 4.0], [0.3, -0.4], [7.0, 1.0]])
    low, high = enclose(MAX_NORM, PARAMETERS, norms_of(rows, FLOAT64), tier).interval(rows)
    assert accepted(rows, low + 2.0 * ulp(low, FLOAT64), FLOAT64, tier)
    assert not accepted(rows, low - 2.0 * ulp(low, FLOAT64), FLOAT64, tier)
    assert not accepted(rows, high + 2.0 * ulp(high, FLOAT64), FLOAT64, tier)


@each_format
def test_a_single_weight_may_be_off_by_few_ulps(fmt: Format) -> None:
    """A square, a root, k = 4 roundings and the halved error of the square: at most 5.5 u, and one ulp to spare."""
    rows = np.array([[1.0], [3.0], [1.5]])
    low, high = enclose(MAX_NORM, PARAMETERS, norms_of(rows, fmt), "any order").interval(rows)
    widest = np.max((high - low) / 2.0 / ulp(np.minimum(np.abs(low), np.abs(high)), fmt))
    assert widest <= 6.5


def test_tiers_include_one_another() -> None:
    """What a narrower tier accepts, a wider one accepts."""
    rows = np.random.default_rng(0).standard_normal((50, 300))
    ends = [enclose(UNIT_NORM, {"epsilon": 1e-7}, norms_of(rows, FLOAT64), tier).interval(rows) for tier in TIERS]
    for (low, high), (lower, higher) in itertools.pairwise(ends):
        assert np.all(np.abs(high) <= np.maximum(np.abs(higher), np.abs(lower)))
        assert np.all(np.minimum(np.abs(low), np.abs(high)) >= np.minimum(np.abs(lower), np.abs(higher)))


def _float16_sum(tree: bool) -> FloatArray:
    """max_norm(2) of 65,536 float16 weights of 0.0625, their squares added in float16."""
    squares = np.full((1, 65536), 0.0625**2, np.float16)
    total = np.zeros(1, np.float16)
    if tree:
        while squares.shape[1] > 1:
            squares = squares[:, ::2] + squares[:, 1::2]
        total = squares[:, 0]
    else:
        for column in range(65536):
            total = total + squares[:, column]
    norm = float(np.sqrt(total[0]))
    return round_to(np.full((1, 65536), 0.0625 * min(norm, 2.0) / norm), FLOAT16)


@pytest.mark.parametrize("tier", ["wide", "pairwise"])
def test_a_stagnating_float16_sum_is_not_let_through(tier: str) -> None:
    """One after the other, 65,536 equal squares stop growing at 2,048 of them; no narrow tier explains the norm."""
    assert not accepted(np.full((1, 65536), 0.0625), _float16_sum(tree=False), FLOAT16, tier)


def test_a_float16_sum_in_a_tree_is_accepted() -> None:
    """The same sum in a balanced tree is right, and the pairwise tier says so."""
    assert accepted(np.full((1, 65536), 0.0625), _float16_sum(tree=True), FLOAT16, "pairwise")


def test_a_norm_below_its_largest_weight_is_never_accepted() -> None:
    """However a sum is added up, it does not fall below its largest square."""
    rows = np.full((1, 65536), 0.0625)
    assert not accepted(rows, rows * 4.0, FLOAT16)
