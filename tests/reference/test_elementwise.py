"""Contracts about each weight by itself: what is accepted, what is flushed, and what is not a number."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from reference.elementwise import (
    CLIP_BY_VALUE,
    ELEMENTWISE_CONTRACTS,
    NON_NEG,
    ElementwiseContract,
    accepted,
    exact,
    flushed,
)
from reference.elementwise import follows_formula as follows
from reference.formats import FLOAT16, FLOAT32, FORMATS, FloatArray, Format, round_to
from tests.reference import oracle
from tests.reference.population import stepped, whole_range

each_format = pytest.mark.parametrize("fmt", FORMATS.values(), ids=FORMATS)
each_contract = pytest.mark.parametrize("contract", ELEMENTWISE_CONTRACTS.values(), ids=ELEMENTWISE_CONTRACTS)


def bounds(low: float, high: float) -> dict[str, float]:
    """Parameters of clip_by_value."""
    return {"clip_value_min": low, "clip_value_max": high}


def some(contract: ElementwiseContract) -> dict[str, float]:
    """Parameters that most formats have to round."""
    return bounds(-0.7, 1.1) if contract is CLIP_BY_VALUE else {}


def by_fractions(contract: ElementwiseContract, weight: float, fmt: Format) -> float:
    """The correctly rounded result by exact comparison."""
    low, high = (Fraction(-0.7), Fraction(1.1)) if contract is CLIP_BY_VALUE else (Fraction(0), Fraction(2) ** 1100)
    return oracle.rounded(sorted((low, Fraction(weight), high))[1], fmt)


def is_accepted(
    contract: ElementwiseContract, p: dict[str, float], weight: Any, result: Any, fmt: Format
) -> list[bool]:
    """Whether each result lies between the ends."""
    low, high = accepted(contract, p, np.atleast_1d(weight), fmt)
    answer: list[bool] = ((low <= result) & (result <= high)).tolist()
    return answer


def test_a_contract_is_found_by_being_defined() -> None:
    """None of them is a contract on norms, and each says where it comes from."""
    assert sorted(ELEMENTWISE_CONTRACTS) == ["clip_by_value", "non_neg"]
    assert all(contract.source.startswith("https://") for contract in ELEMENTWISE_CONTRACTS.values())


@each_contract
@each_format
def test_the_exact_result_is_the_oracle_s_and_accepted(fmt: Format, contract: ElementwiseContract) -> None:
    """Of numbers of every size, the median of the weight and the bounds, rounded once."""
    weights = whole_range(np.random.default_rng(1), fmt, 1, 2000)
    wanted = np.array([[by_fractions(contract, w, fmt) for w in weights[0].tolist()]])
    assert np.array_equal(exact(contract, some(contract), weights, fmt), wanted)
    low, high = accepted(contract, some(contract), weights, fmt)
    assert np.all((low <= wanted) & (wanted <= high))


@each_contract
@each_format
def test_the_next_number_on_either_side_is_not_accepted(fmt: Format, contract: ElementwiseContract) -> None:
    """Nothing is rounded but a bound, and that in one way unless two roundings differ."""
    weights = round_to(np.random.default_rng(2).uniform(-2.0, 2.0, (1, 500)), fmt)
    result = exact(contract, some(contract), weights, fmt)
    for steps in (-1, 1):
        neighbour = stepped(result, steps, fmt)
        moved = neighbour != result
        low, high = accepted(contract, some(contract), weights, fmt)
        assert not np.any(moved & (low <= neighbour) & (neighbour <= high))


@each_contract
@each_format
def test_the_ends_are_numbers_of_the_format(fmt: Format, contract: ElementwiseContract) -> None:
    """For bounds that no format holds."""
    weights = whole_range(np.random.default_rng(3), fmt, 1, 500)
    for end in accepted(contract, some(contract), weights, fmt):
        assert np.array_equal(round_to(end, fmt), end)


def test_a_bound_rounded_twice_is_accepted() -> None:
    """1 + 2^-11 + 2^-30 is 1 + 2^-10 in float16, and 1 by way of float32; the next numbers are not accepted."""
    p = bounds(-1.0, 1.0 + 2.0**-11 + 2.0**-30)
    results = [1.0 - 2.0**-11, 1.0, 1.0 + 2.0**-10, 1.0 + 2.0**-9]
    assert [is_accepted(CLIP_BY_VALUE, p, 5.0, r, FLOAT16)[0] for r in results] == [False, True, True, False]
    p = bounds(1.0 + 2.0**-11 + 2.0**-30, 9.0)
    assert [is_accepted(CLIP_BY_VALUE, p, -5.0, r, FLOAT16)[0] for r in results] == [False, True, True, False]


WRONG: dict[str, tuple[ElementwiseContract, float, float]] = {
    "left as it is": (CLIP_BY_VALUE, 3.0, 3.0),
    "the other bound": (CLIP_BY_VALUE, 3.0, -0.5),
    "changed inside": (CLIP_BY_VALUE, 0.25, 1.0),
    "scaled": (CLIP_BY_VALUE, -3.0, -0.25),
    "kept below zero": (NON_NEG, -3.0, -3.0),
    "its absolute value": (NON_NEG, -3.0, 3.0),
    "zero for what is positive": (NON_NEG, 3.0, 0.0),
}


@pytest.mark.parametrize(("contract", "weight", "result"), WRONG.values(), ids=WRONG)
@each_format
def test_a_wrong_result_is_not_accepted(
    fmt: Format, contract: ElementwiseContract, weight: float, result: float
) -> None:
    """Under clip_by_value(-1/2, 1) or non_neg."""
    p = bounds(-0.5, 1.0) if contract is CLIP_BY_VALUE else {}
    assert is_accepted(contract, p, weight, result, fmt) == [False]


@each_format
def test_a_zero_of_either_sign_is_zero(fmt: Format) -> None:
    """w * (w >= 0) gives minus zero."""
    assert is_accepted(NON_NEG, {}, -3.0, -0.0, fmt) == [True]


@each_format
def test_a_zero_is_explained_by_flushing_where_a_subnormal_number_is_right(fmt: Format) -> None:
    """A subnormal weight or bound, of either sign; not the smallest normal one, not a zero."""
    tiny, normal = fmt.smallest_subnormal, fmt.smallest_normal
    weights = np.array([tiny, -tiny, normal - tiny, normal, -normal, 0.0, 1.0])
    assert flushed(CLIP_BY_VALUE, bounds(-1.0, 1.0), weights, fmt).tolist() == [True] * 3 + [False] * 4
    assert flushed(CLIP_BY_VALUE, bounds(-1.0, tiny), weights, fmt).tolist() == [True] * 4 + [False, False, True]
    assert flushed(NON_NEG, {}, weights, fmt).tolist() == [True, False, True, False, False, False, False]


@each_format
def test_a_flushed_zero_is_never_accepted_in_silence(fmt: Format) -> None:
    """It is outside the interval."""
    assert is_accepted(NON_NEG, {}, fmt.smallest_subnormal, 0.0, fmt) == [False]


SPECIAL: dict[str, tuple[ElementwiseContract, float, float, bool]] = {
    "infinity is clipped": (CLIP_BY_VALUE, np.inf, 1.0, True),
    "minus infinity is clipped": (CLIP_BY_VALUE, -np.inf, -0.5, True),
    "infinity stays": (CLIP_BY_VALUE, np.inf, np.inf, False),
    "infinity becomes NaN": (CLIP_BY_VALUE, np.inf, np.nan, False),
    "NaN stays": (CLIP_BY_VALUE, np.nan, np.nan, True),
    "NaN becomes a bound": (CLIP_BY_VALUE, np.nan, 1.0, False),
    "positive infinity": (NON_NEG, np.inf, np.inf, True),
    "the larger of minus infinity and 0": (NON_NEG, -np.inf, 0.0, True),
    "minus infinity times 0": (NON_NEG, -np.inf, np.nan, True),
    "minus infinity stays": (NON_NEG, -np.inf, -np.inf, False),
    "NaN, non-negative": (NON_NEG, np.nan, np.nan, True),
    "NaN becomes zero": (NON_NEG, np.nan, 0.0, False),
}


@pytest.mark.parametrize(("contract", "weight", "result", "lawful"), SPECIAL.values(), ids=SPECIAL)
@each_format
def test_ieee_arithmetic(
    fmt: Format, contract: ElementwiseContract, weight: float, result: float, lawful: bool
) -> None:
    """NaN propagates, and infinity is clipped to its bound."""
    p = bounds(-0.5, 1.0) if contract is CLIP_BY_VALUE else {}
    assert follows(contract, p, np.array([weight]), np.array([result]), fmt).tolist() == [lawful]


@each_contract
@each_format
def test_the_ways_to_write_a_contract_agree_on_numbers(fmt: Format, contract: ElementwiseContract) -> None:
    """They differ for infinite weights only."""
    weights: FloatArray = whole_range(np.random.default_rng(4), fmt, 1, 500)
    for other in contract.others:
        assert np.array_equal(other(weights, some(contract)), contract.function(weights, some(contract)))


@pytest.mark.parametrize(
    ("values", "named"),
    [
        (bounds(2.0, 1.0), "clip_value_min = 2.0 is greater than clip_value_max = 1.0"),
        (bounds(-1.0, -2.0), "clip_value_min = -1.0 is greater"),
        (bounds(-1e-61, 1.0), "lies between 0 and -1e-60"),
        (bounds(-np.inf, 1.0), "lies outside"),
        ({"clip_value_min": 0.0}, "takes clip_value_min, clip_value_max, not clip_value_min"),
    ],
)
def test_what_clip_by_value_does_not_specify_is_named(values: dict[str, float], named: str) -> None:
    """In one sentence; negative bounds are specified, and so are equal ones."""
    assert named in str(CLIP_BY_VALUE.outside_domain(values))
    assert CLIP_BY_VALUE.outside_domain(bounds(-3.0, -2.0)) is None
    assert CLIP_BY_VALUE.outside_domain(bounds(0.5, 0.5)) is None


def test_non_neg_takes_nothing() -> None:
    """And says so."""
    assert NON_NEG.outside_domain({}) is None
    assert str(NON_NEG.outside_domain({"rate": 1.0})) == "non_neg takes nothing, not rate"


def test_a_bound_that_the_format_does_not_hold_is_infinite() -> None:
    """Below it nothing is clipped; float16 has no number for a weight clipped to 1e5."""
    assert is_accepted(CLIP_BY_VALUE, bounds(-1.0, 1e5), 65504.0, 65504.0, FLOAT16) == [True]
    assert is_accepted(CLIP_BY_VALUE, bounds(1e5, 2e5), 1.0, np.inf, FLOAT16) == [True]
    assert is_accepted(CLIP_BY_VALUE, bounds(1e5, 2e5), 1.0, 1e5, FLOAT32) == [True]
