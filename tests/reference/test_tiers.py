"""The accumulation tiers: each accepts the sums it is named after, and no worse ones."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from reference.contract import GainContract
from reference.contracts import GAIN_CONTRACTS, MAX_NORM, UNIT_NORM
from reference.formats import BFLOAT16, FLOAT16, FLOAT32, FORMATS, FloatArray, Format, round_to
from reference.intervals import enclose
from reference.norms import TIERS, gamma, norm_interval, norms_of
from reference.wide import DoubleDouble
from tests.reference.correct_variants import Way, blocked, pairwise, sequential
from tests.reference.population import parameters

each_format = pytest.mark.parametrize("fmt", FORMATS.values(), ids=FORMATS)
LONG: dict[str, tuple[Format, int]] = {
    "65,536 in float16": (FLOAT16, 65536),
    "2,048 in float16": (FLOAT16, 2048),
    "8,192 in bfloat16": (BFLOAT16, 8192),
}
each_long_sum = pytest.mark.parametrize(("fmt", "length"), LONG.values(), ids=LONG)
BOUND = {"max_value": 2.0**-4, "epsilon": 2.0**-10}


def accepted(rows: FloatArray, results: FloatArray, fmt: Format) -> list[str]:
    """The tiers under which every result of max_norm(1/16) is accepted."""
    norms = norms_of(rows, fmt)
    with np.errstate(all="ignore"):
        return [tier for tier in TIERS if enclose(MAX_NORM, BOUND, norms, tier).accepts(rows, results).all()]


def equal_weights(length: int) -> FloatArray:
    """One group of weights of 1/8."""
    return np.full((1, length), 0.125)


def with_norm(length: int, norm: float, fmt: Format) -> FloatArray:
    """What max_norm(1/16) would make of equal weights if it took their norm for `norm`."""
    gain = min(norm, BOUND["max_value"]) / (2.0**-10 + norm)
    return round_to(equal_weights(length) * gain, fmt)


@pytest.mark.parametrize(
    ("fmt", "length"),
    [(FLOAT16, 65536), (FLOAT16, 8192), (BFLOAT16, 4096)],
    ids=["65,536 in float16", "8,192 in float16", "4,096 in bfloat16"],
)
def test_a_sum_that_stopped_growing_passes_for_any_order_only(fmt: Format, length: int) -> None:
    """One after the other, equal squares stop growing at 2,048 (float16) or 256 (bfloat16) of them."""
    results = Way("", sequential).results("max_norm", BOUND, equal_weights(length), fmt)
    assert accepted(equal_weights(length), results, fmt) == ["any order"]


@each_long_sum
def test_a_sum_in_a_tree_passes_for_pairwise(fmt: Format, length: int) -> None:
    """Random weights added in a balanced tree of the format."""
    rows = round_to(np.random.default_rng(8).standard_normal((4, length)) / 8.0, fmt)
    assert "pairwise" in accepted(rows, Way("", pairwise).results("max_norm", BOUND, rows, fmt), fmt)


@each_long_sum
def test_a_sum_in_float32_passes_for_every_tier(fmt: Format, length: int) -> None:
    """Blocks of 16 in an accumulator of float32, everything else in the format."""
    rows = round_to(np.random.default_rng(9).standard_normal((4, length)) / 8.0, fmt)
    results = Way("", blocked, accumulator=FLOAT32).results("max_norm", BOUND, rows, fmt)
    assert accepted(rows, results, fmt) == list(TIERS)


@each_long_sum
def test_a_norm_below_the_largest_weight_is_never_accepted(fmt: Format, length: int) -> None:
    """However a sum is added up, it does not fall below its largest square; a norm of 7/8 of it does."""
    assert accepted(equal_weights(length), with_norm(length, 0.125 * 0.875, fmt), fmt) == []


@each_long_sum
def test_a_norm_above_the_ceiling_is_never_accepted(fmt: Format, length: int) -> None:
    """A sum exceeds S by n u S at most (Jeannerod and Rump); a norm of 1.1 times the root of that is too large."""
    ceiling = 0.125 * np.sqrt(length * (1.0 + length * fmt.unit_roundoff))
    assert accepted(equal_weights(length), with_norm(length, 0.9 * ceiling, fmt), fmt) == ["any order"]
    assert accepted(equal_weights(length), with_norm(length, 1.1 * ceiling, fmt), fmt) == []


@each_format
@pytest.mark.parametrize("length", [3, 4, 5, 33, 1000, 4096])
def test_a_narrower_tier_s_norms_lie_within_a_wider_one_s(length: int, fmt: Format) -> None:
    """wide, pairwise, any order, from 3 weights on; for 1 and 2 they differ by the wider format's roundings alone."""
    rows = round_to(np.random.default_rng(length).standard_normal((20, length)), fmt)
    for (low, high), (lower, higher) in itertools.pairwise(norm_interval(norms_of(rows, fmt), tier) for tier in TIERS):
        assert np.all(lower <= low)
        assert np.all(high <= higher)


@each_format
@pytest.mark.parametrize("contract", GAIN_CONTRACTS.values(), ids=GAIN_CONTRACTS)
def test_a_narrower_tier_s_results_lie_within_a_wider_one_s(contract: GainContract, fmt: Format) -> None:
    """The ends of a tier's interval lie within the next tier's, for every contract."""
    rows = np.abs(round_to(np.random.default_rng(3).standard_normal((20, 100)), fmt))
    values = parameters(np.random.default_rng(4), contract, everyday=True)
    ends = [enclose(contract, values, norms_of(rows, fmt, contract.norm), tier).interval(rows) for tier in TIERS]
    for (low, high), (lower, higher) in itertools.pairwise(ends):
        assert np.all((lower <= low) & (high <= higher))


@each_format
@pytest.mark.parametrize("tier", TIERS)
def test_the_exact_norm_lies_inside(tier: str, fmt: Format) -> None:
    """And the ends are a few roundings apart for a single weight."""
    norms = norms_of(np.array([[0.75], [3.0]]), fmt)
    low, high = (n.hi if isinstance(n, DoubleDouble) else n for n in norm_interval(norms, tier))
    exact = np.ldexp(norms.values, -norms.exponent)
    assert np.all((exact * (1.0 - 3.0 * fmt.unit_roundoff) <= low) & (low < exact))
    assert np.all((exact < high) & (high <= exact * (1.0 + 3.0 * fmt.unit_roundoff)))


@pytest.mark.parametrize(("length", "depth"), [(1, 1), (2, 2), (3, 3), (4, 3), (5, 4), (1000, 11), (65536, 17)])
def test_a_tree_is_as_deep_as_its_logarithm(length: int, depth: int) -> None:
    """A square's own rounding and ceil(log2 n) additions."""
    assert norms_of(np.ones((1, length)), FLOAT16).growth("pairwise") == (gamma(depth, 2.0**-11),) * 2


@pytest.mark.parametrize(("tier", "roundings"), [("pairwise", 10), ("any order", 999)])
def test_a_sum_of_sizes_has_the_roundings_of_its_additions_alone(tier: str, roundings: int) -> None:
    """A size has none of its own, unlike a square."""
    assert norms_of(np.ones((1, 1000)), FLOAT16, "l1").growth(tier) == (gamma(roundings, 2.0**-11),) * 2


@each_format
@pytest.mark.parametrize("tier", TIERS)
def test_the_largest_size_is_not_rounded(tier: str, fmt: Format) -> None:
    """The interval of an L-infinity norm is one number."""
    low, high = norm_interval(norms_of(np.array([[0.75, -3.0]]), fmt, "linf"), tier)
    assert (low <= high).all() and (high <= low).all()


@pytest.mark.parametrize(("k", "value"), [(0, 0.0), (1, 1 / 3), (2, 1.0), (4, np.inf), (9, np.inf)])
def test_gamma_says_nothing_from_k_u_1_on(k: int, value: float) -> None:
    """gamma_k = k u / (1 - k u) for u = 1/4, infinite from k = 4 on."""
    assert gamma(k, 0.25) == value


@each_format
def test_an_empty_group_has_norm_zero(fmt: Format) -> None:
    """Reducing over a dimension of length zero."""
    norms = norms_of(np.zeros((3, 0)), fmt)
    assert norms.values.tolist() == [0.0, 0.0, 0.0]
    for tier in TIERS:
        assert enclose(UNIT_NORM, {"epsilon": 1e-3}, norms, tier).accepts(np.zeros((3, 0)), np.zeros((3, 0))).all()


@each_format
def test_norms_are_exact_at_the_ends_of_the_range(fmt: Format) -> None:
    """The norm of 3 and 4 times a power of two is 5 times it, from the smallest to the largest."""
    for exponent in (fmt.emin - fmt.precision + 1, fmt.emin, 0, fmt.emax - 3):
        assert norms_of(np.array([[3.0, -4.0]]) * 2.0**exponent, fmt).values.tolist() == [5.0 * 2.0**exponent]


@each_format
def test_taking_groups_takes_all_that_belongs_to_them(fmt: Format) -> None:
    """The norms of the chosen groups are those of the chosen rows."""
    rows = round_to(np.random.default_rng(2).standard_normal((5, 3)), fmt)
    chosen = np.array([True, False, False, True, True])
    assert norms_of(rows, fmt).take(chosen).values.tolist() == norms_of(rows[chosen], fmt).values.tolist()
