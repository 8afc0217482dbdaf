"""The intervals can fail: wrong formulas, and results just beyond an end, are rejected."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
from numpy.typing import NDArray

from reference.contract import GainContract
from reference.contracts import GAIN_CONTRACTS, MAX_NORM
from reference.formats import FLOAT64, FORMATS, FloatArray, Format, round_down, round_to, round_up
from reference.intervals import enclose, rounding_hulls
from reference.norms import TIERS, gamma, norms_of
from tests.reference import wrong
from tests.reference.correct_variants import Way
from tests.reference.population import ordinary, stepped

each_format = pytest.mark.parametrize("fmt", FORMATS.values(), ids=FORMATS)
each_tier = pytest.mark.parametrize("tier", TIERS)
each_contract = pytest.mark.parametrize("contract", GAIN_CONTRACTS.values(), ids=GAIN_CONTRACTS)

# numbers that every format holds, so that rounding the parameters widens nothing
PARAMETERS = {"min_value": 0.125, "max_value": 2.0, "rate": 0.25, "epsilon": 2.0**-10}
# the epsilon around which the formulas part
EPSILON = {"float16": 2.0**-4, "bfloat16": 2.0**-4, "float32": 1e-7, "float64": 1e-7}


def inside(
    contract: GainContract,
    parameters: Mapping[str, float],
    rows: FloatArray,
    results: FloatArray,
    fmt: Format,
    tier: str,
) -> NDArray[np.bool_]:
    """Which results lie in their interval."""
    own = {p.name: parameters.get(p.name, 2.0) for p in contract.parameters}
    with np.errstate(all="ignore"):
        return enclose(contract, own, norms_of(rows, fmt, contract.norm), tier).accepts(rows, results)


def around_epsilon(fmt: Format) -> tuple[FloatArray, dict[str, float]]:
    """Groups of norms from a third of epsilon to three times, and parameters with a bound beyond them."""
    epsilon = EPSILON[fmt.name]
    sizes = epsilon * np.array([[0.17], [0.4], [0.75], [1.4]])
    rows = sizes * np.array(
        [[1.0, -0.8, 1.2, 0.9], [0.7, 1.3, 0.9, -1.1], [-1.1, 0.9, 0.8, 1.2], [1.2, 1.0, -0.7, 0.8]]
    )
    return round_to(rows, fmt), {"max_value": 16.0 * epsilon, "epsilon": epsilon}


@each_format
@pytest.mark.parametrize("formula", wrong.FORMULAS.values(), ids=wrong.FORMULAS)
def test_a_wrong_formula_is_rejected(formula: wrong.Wrong, fmt: Format) -> None:
    """In every group around epsilon something it returns lies outside even the widest tier's interval."""
    rows, parameters = around_epsilon(fmt)
    results = round_to(formula(rows, parameters), fmt)
    assert not inside(MAX_NORM, parameters, rows, results, fmt, "any order").all(axis=1).any()


@each_format
def test_the_right_formula_is_accepted(fmt: Format) -> None:
    """The same groups under the contract's own formula lie inside the narrowest tier's interval."""
    rows, parameters = around_epsilon(fmt)
    assert inside(MAX_NORM, parameters, rows, round_to(wrong.right(rows, parameters), fmt), fmt, "wide").all()


@pytest.mark.parametrize("name", ["float32", "float64"])
def test_keras_s_own_epsilon_is_told_from_1e_8(name: str) -> None:
    """At weights of everyday size too: a group of norm 0.01 in float32, of norm 1 in float64."""
    fmt = FORMATS[name]
    rows = round_to(np.array([[0.6, -0.8]]) * (0.01 if name == "float32" else 1.0), fmt)
    results = round_to(wrong.right(rows, {"max_value": 2.0, "epsilon": 1e-8}), fmt)
    assert not inside(MAX_NORM, {"max_value": 2.0, "epsilon": 1e-7}, rows, results, fmt, "wide").all()


def ends(contract: GainContract, rows: FloatArray, fmt: Format, tier: str) -> tuple[FloatArray, FloatArray]:
    """The smallest and the largest accepted magnitude: of the format for narrow ones, to a number for float64."""
    own = {p.name: PARAMETERS.get(p.name, 2.0) for p in contract.parameters}
    low, high = enclose(contract, own, norms_of(rows, fmt, contract.norm), tier).interval(np.abs(rows))
    return (low, high) if fmt is FLOAT64 else (round_up(low, fmt), round_down(high, fmt))


def some_rows(fmt: Format, length: int = 3) -> FloatArray:
    """Groups inside, at and outside the bounds, without zeros."""
    rows = ordinary(np.random.default_rng(6), fmt, 200, length, spread=3.0)
    return np.where(np.abs(rows) < 2.0**-6, 2.0**-6, rows)


@each_contract
@each_tier
@pytest.mark.parametrize("name", ["float16", "bfloat16", "float32"])
def test_the_ends_are_accepted_and_the_next_numbers_are_not(name: str, tier: str, contract: GainContract) -> None:
    """For each of 600 weights the interval ends at a number of the format."""
    fmt = FORMATS[name]
    rows = some_rows(fmt)
    for end, outwards in zip(ends(contract, rows, fmt, tier), (-1, 1), strict=True):
        signed = np.copysign(end, rows)
        assert inside(contract, PARAMETERS, rows, signed, fmt, tier).all()
        for steps in (1, 2, 7):
            assert not inside(contract, PARAMETERS, rows, stepped(signed, outwards * steps, fmt), fmt, tier).any()


@each_contract
@each_tier
def test_the_ends_in_float64_are_sharp_to_one_number(tier: str, contract: GainContract) -> None:
    """They are double-double numbers that people read rounded: one number inwards is in, one outwards is not."""
    rows = some_rows(FLOAT64)
    for end, outwards in zip(ends(contract, rows, FLOAT64, tier), (-1, 1), strict=True):
        signed = np.copysign(end, rows)
        assert inside(contract, PARAMETERS, rows, stepped(signed, -outwards, FLOAT64), FLOAT64, tier).all()
        assert not inside(contract, PARAMETERS, rows, stepped(signed, outwards, FLOAT64), FLOAT64, tier).any()


@each_tier
@each_format
def test_the_opposite_sign_is_rejected(fmt: Format, tier: str) -> None:
    """However small the result, as long as it is not zero."""
    rows = some_rows(fmt)
    result = np.copysign(ends(MAX_NORM, rows, fmt, tier)[0], -rows)
    assert not inside(MAX_NORM, PARAMETERS, rows, result, fmt, tier).any()


@each_contract
@each_tier
@each_format
def test_a_single_weight_may_be_off_by_its_roundings_only(fmt: Format, tier: str, contract: GainContract) -> None:
    """With k roundings after the norm, one of the root and half of one from the square: gamma of k + 3/2 of u."""
    rows = some_rows(fmt, length=1)
    own = {p.name: PARAMETERS.get(p.name, 2.0) for p in contract.parameters}
    enclosure = enclose(contract, own, norms_of(rows, fmt, contract.norm), tier)
    low, high = enclosure.interval(np.abs(rows))
    u = fmt.unit_roundoff
    # the reference's own error, the read ends of float64, and the wide tier's accumulator are worth 2^-9 of u or one u
    spare = 2.0 if fmt is FLOAT64 else 2.0**-9
    assert np.all((high - low) / (high + low) <= gamma(contract.roundings + 1.5 + spare, u))


@each_contract
@pytest.mark.parametrize("name", ["float16", "float32"])
def test_the_roundings_are_needed_and_few(name: str, contract: GainContract) -> None:
    """Honest single weights, in three forms, are inside; off by 7.5 u more than the worst of them, all are outside."""
    fmt = FORMATS[name]
    rows = ordinary(np.random.default_rng(3), fmt, 10000, 1, spread=2.0)
    rows = rows[np.abs(rows[:, 0]) > 2.0**-5]
    own = {p.name: 2.0**-3 if p.name == "epsilon" else PARAMETERS.get(p.name, 0.8125) for p in contract.parameters}
    for name in contract.breakpoints:  # at a jump both sides are inside
        rows = rows[np.abs(np.abs(rows[:, 0]) / own[name] - 1.0) > 2.0**-6]
    exact = rows * contract.gain(np.abs(rows), {name: np.asarray(value) for name, value in own.items()})
    worst = 0.0
    for form in ("quotient", "reciprocal", "product first"):
        results = Way(form, form=form).results(contract.name, own, rows, fmt)
        assert inside(contract, own, rows, results, fmt, "wide").all()
        worst = max(worst, float(np.max(np.abs(results / exact - 1.0))))
    for far in (worst + 7.5 * fmt.unit_roundoff, -worst - 7.5 * fmt.unit_roundoff):
        assert not inside(contract, own, rows, exact * (1.0 + far), fmt, "any order").any()


def test_a_single_float32_weight_may_be_off_by_5_5_ulps() -> None:
    """The same for max_norm in figures."""
    fmt = FORMATS["float32"]
    rows = some_rows(fmt, length=1)
    low, high = ends(MAX_NORM, rows, fmt, "any order")
    exact = wrong.right(np.abs(rows), PARAMETERS)
    spacing = np.spacing(exact.astype(np.float32)).astype(np.float64)
    assert 2.0 <= np.max((high - exact) / spacing) <= 5.5
    assert 2.0 <= np.max((exact - low) / spacing) <= 5.5


def with_epsilon(fmt: Format) -> tuple[FloatArray, FloatArray, float]:
    """Groups of norms from half of a bound to twice, their norms, and an epsilon that is a quarter of the bound."""
    rows = np.array([[0.5], [0.875], [1.5], [2.0]]) * np.array([[0.6, -0.8]])
    return round_to(rows, fmt), wrong.norm(round_to(rows, fmt)), 0.25


BOUNDED: dict[str, tuple[str, str, wrong.Gain]] = {
    "renorm: a tenth of epsilon": ("renorm", "maxnorm", lambda n, e: np.where(n > 1.0, 1.0 / (n + e / 10.0), 1.0)),
    "renorm: no epsilon": ("renorm", "maxnorm", lambda n, e: np.where(n > 1.0, 1.0 / n, 1.0)),
    "renorm: epsilon in the comparison": ("renorm", "maxnorm", lambda n, e: np.where(n + e >= 1.0, 1.0 / (n + e), 1.0)),
    "renorm: inside as well": ("renorm", "maxnorm", lambda n, e: 1.0 / (n + e)),
    "clip_grad_norm: a tenth of epsilon": (
        "clip_grad_norm",
        "max_norm",
        lambda n, e: np.minimum(1.0, 1.0 / (n + e / 10)),
    ),
    "clip_grad_norm: no epsilon": ("clip_grad_norm", "max_norm", lambda n, e: np.minimum(1.0, 1.0 / n)),
    "clip_grad_norm: no epsilon in the comparison": (
        "clip_grad_norm",
        "max_norm",
        lambda n, e: np.where(n > 1.0, 1.0 / (n + e), 1.0),
    ),
    "clip_by_norm: the bound squared": ("clip_by_norm", "clip_norm", lambda n, e: 1.0 / np.maximum(n**2, 1.0)),
    "clip_by_norm: an epsilon": ("clip_by_norm", "clip_norm", lambda n, e: 1.0 / np.maximum(n + e, 1.0)),
    "l2_ball: the square of the norm": ("l2_ball", "scale", lambda n, e: np.where(n > 1.0, 1.0 / n**2, 1.0)),
    "l2_ball: inside as well": ("l2_ball", "scale", lambda n, e: 1.0 / n),
}


@each_format
@each_tier
@pytest.mark.parametrize(("name", "bound", "gain"), BOUNDED.values(), ids=BOUNDED)
def test_a_wrong_gain_under_a_bound_is_rejected(
    name: str, bound: str, gain: wrong.Gain, tier: str, fmt: Format
) -> None:
    """In some group between half and twice the bound."""
    rows, norm, epsilon = with_epsilon(fmt)
    results = round_to(rows * gain(norm, epsilon), fmt)
    assert not inside(GAIN_CONTRACTS[name], {bound: 1.0, "epsilon": epsilon}, rows, results, fmt, tier).all()


@pytest.mark.parametrize(("name", "bound"), [(name, bound) for name, bound, _ in BOUNDED.values()])
def test_the_right_gain_under_a_bound_is_accepted(name: str, bound: str) -> None:
    """The same groups in float32, rounded once."""
    fmt = FORMATS["float32"]
    rows, norm, epsilon = with_epsilon(fmt)
    p = {p.name: np.asarray(epsilon if p.name == "epsilon" else 1.0) for p in GAIN_CONTRACTS[name].parameters}
    results = round_to(rows * GAIN_CONTRACTS[name].gain(norm, p), fmt)
    assert inside(GAIN_CONTRACTS[name], {bound: 1.0, "epsilon": epsilon}, rows, results, fmt, "wide").all()


def test_optax_takes_the_root_of_the_larger_square() -> None:
    """scale / sqrt(max(S, scale ** 2)) in float32, each step rounded, stays inside for 2,000 groups at any distance."""
    fmt = FORMATS["float32"]
    rows = ordinary(np.random.default_rng(7), fmt, 2000, 1, spread=2.0)
    scale = float(np.float32(1.1))
    larger = np.maximum(round_to(rows**2, fmt), round_to(np.asarray(scale**2), fmt))
    results = round_to(rows * round_to(scale / round_to(np.sqrt(larger), fmt), fmt), fmt)
    assert inside(GAIN_CONTRACTS["l2_ball"], {"scale": scale}, rows, results, fmt, "wide").all()


def test_a_bound_may_be_read_by_way_of_float32() -> None:
    """The hull of 1 + 2^-11 + 2^-30 in float16 reaches from 1 to 1 + 2^-10, and no further."""
    value = 1.0 + 2.0**-11 + 2.0**-30
    assert rounding_hulls({"scale": value}, FORMATS["float16"]) == {"scale": (1.0, 1.0 + 2.0**-10)}
    assert rounding_hulls({"scale": value}, FORMATS["float32"]) == {"scale": (1.0 + 2.0**-11, value)}


def test_renorm_at_its_bound_may_go_either_way() -> None:
    """A group of norm 5 at a bound of 5 is left alone or divided by 5 + epsilon; at 5.5 it is not left alone."""
    fmt, rows = FORMATS["float32"], np.array([[3.0, 4.0]])
    for norm, either in ((5.0, True), (4.5, False)):
        p = {"maxnorm": norm, "epsilon": 0.5}
        assert inside(GAIN_CONTRACTS["renorm"], p, rows, rows, fmt, "any order").all() == either
        assert inside(GAIN_CONTRACTS["renorm"], p, rows, round_to(rows * norm / 5.5, fmt), fmt, "any order").all()
