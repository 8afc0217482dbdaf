"""The gradient: exact against mpmath, enclosed for every honest reverse mode, and closed to wrong ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import mpmath
import numpy as np
import pytest

from reference.contract import GainContract
from reference.contracts import GAIN_CONTRACTS, MAX_NORM, MIN_MAX_NORM, RENORM, UNIT_NORM
from reference.derivative import gradient, gradient_interval, gradient_leaves_range
from reference.formats import BFLOAT16, FLOAT16, FLOAT32, FLOAT64, FORMATS, FloatArray, Format, round_to
from reference.norms import norms_of
from reference.registry import EUCLIDEAN
from tests.reference.correct_variants import Leaning, backwards, sequential
from tests.reference.population import at_the_bound, ordinary, parameters
from tests.reference.tape import Reverse

each_format = pytest.mark.parametrize("fmt", FORMATS.values(), ids=FORMATS)
each_contract = pytest.mark.parametrize("contract", [GAIN_CONTRACTS[name] for name in EUCLIDEAN], ids=EUCLIDEAN)
WAYS = {
    "quotient": Reverse(),
    "reciprocal": Reverse("w (a (1 / b))"),
    "product first": Reverse("(w a) / b"),
    "one after the other": Reverse(order=sequential),
    "backwards, ties to the bound": Reverse("(w a) / b", backwards, tie=0.0),
    "ties to the norm": Reverse(tie=1.0),
    "flushed to zero": Reverse(flushes=True),
}
each_way = pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)


def gain(contract: str, p: Mapping[str, Any], norm: Any) -> Any:
    """The gains as their libraries write them, in mpmath."""
    if contract == "unit_norm":
        return 1 / (p["epsilon"] + norm)
    if contract == "max_norm":
        return min(norm, p["max_value"]) / (p["epsilon"] + norm)
    if contract == "min_max_norm":
        clipped = min(max(norm, p["min_value"]), p["max_value"])
        return (p["rate"] * clipped + (1 - p["rate"]) * norm) / (p["epsilon"] + norm)
    if contract == "renorm":
        return p["maxnorm"] / (norm + p["epsilon"]) if norm > p["maxnorm"] else mpmath.mpf(1)
    if contract == "clip_grad_norm":
        return min(p["max_norm"] / (norm + p["epsilon"]), mpmath.mpf(1))
    if contract == "normalize":
        return 1 / max(norm, p["epsilon"])
    if contract == "l2_sphere":
        return p["scale"] / norm
    if contract == "unitwise_clip":
        return p["max_norm"] / max(norm, p["epsilon"]) if norm >= p["max_norm"] else mpmath.mpf(1)
    bound = p[{"clip_by_norm": "clip_norm", "max_norm_projection": "max_value"}.get(contract, "scale")]
    return bound / max(norm, bound)


def by_mpmath(contract: str, values: Mapping[str, float], row: FloatArray, place: int) -> float:
    """The derivative of the sum of results with respect to one weight, as a difference quotient of 200 digits."""
    with mpmath.workdps(200):
        p = {name: mpmath.mpf(value) for name, value in values.items()}
        step = mpmath.mpf(10) ** -80

        def total(side: int) -> Any:
            weights = [mpmath.mpf(w) + side * step * (i == place) for i, w in enumerate(row.tolist())]
            return mpmath.fsum(weights) * gain(contract, p, mpmath.sqrt(mpmath.fsum(w * w for w in weights)))

        return float((total(1) - total(-1)) / (2 * step))


@each_contract
@each_format
def test_the_gradient_is_mpmath_s(fmt: Format, contract: GainContract) -> None:
    """For 40 groups of up to 9 weights, inside, between and outside the bounds, to 2^-40 of its terms."""
    rng = np.random.default_rng(5)
    for length in (1, 2, 3, 9):
        values, rows = parameters(rng, contract, everyday=True), ordinary(rng, fmt, 10, length)
        mine = gradient(contract, values, norms_of(rows, fmt))
        for group, row in enumerate(rows):
            truth = by_mpmath(contract.name, values, row, 0)
            size = abs(truth) + np.sum(np.abs(row)) * abs(truth / row[0]) + abs(mine[group, 0])
            assert abs(mine[group, 0] - truth) <= 2.0**-40 * max(size, 1.0)


@each_format
def test_float64_gradients_are_rounded_from_more_digits(fmt: Format) -> None:
    """However much cancels: 1e8, -1e8 and 1 add up to 1; the result is within one number of mpmath's."""
    row = round_to(np.array([[1.0e4, -1.0e4, 1.0]]), fmt)
    values = {"max_value": 2.0, "epsilon": 1e-7}
    mine = gradient(MAX_NORM, values, norms_of(row, fmt))[0]
    for place in range(3):
        truth = by_mpmath("max_norm", values, row[0], place)
        assert abs(mine[place] - truth) <= (2.0**-52 if fmt is FLOAT64 else 2.0**-40) * abs(truth)


def inside(
    contract: GainContract, values: Mapping[str, float], rows: FloatArray, found: FloatArray, fmt: Format
) -> Any:
    """Which gradients lie in their interval."""
    low, high = gradient_interval(contract, values, norms_of(rows, fmt))
    return (low <= found) & (found <= high)


@pytest.mark.slow
@each_way
@each_contract
@each_format
def test_honest_gradients_are_inside(fmt: Format, contract: GainContract, way: Reverse) -> None:
    """Of groups of which nothing leaves the range, at a breakpoint and away from it; nearly all are such in float32."""
    rng, seen = np.random.default_rng(6), 0
    for length in (1, 2, 3, 8, 40, 100):
        for batch in (
            (parameters(rng, contract, everyday=True), ordinary(rng, fmt, 20, length, spread=3.0)),
            at_the_bound(rng, contract, fmt, 20, length),
        ):
            values, rows = batch
            kept = ~gradient_leaves_range(contract, values, norms_of(rows, fmt))
            found = way.gradient(contract.name, values, rows, fmt)
            assert inside(contract, values, rows, found, fmt)[kept].all()
            seen += int(kept.sum())
    assert seen > (20 if fmt is FLOAT16 else 100)


@each_contract
@pytest.mark.parametrize("back", [-1.0, 1.0])
@pytest.mark.parametrize("forwards", [-1.0, 1.0])
def test_sums_that_err_one_way_are_inside(forwards: float, back: float, contract: GainContract) -> None:
    """As far as the standard model lets them, where M_j is five times g and most weights add nothing but roundings."""
    values = {p.name: p.default if p.lowest == p.highest else 2.0**-7 for p in contract.parameters}
    rows = round_to(np.array([[1.0] + 49 * [1.0 / 7.0] + 950 * [2.0**-20]]), FLOAT32)
    ways = Leaning(FLOAT32, sense=forwards), Leaning(FLOAT32, sense=back)
    found = Reverse(order=sequential).by(*ways, contract.name, values, rows)
    assert inside(contract, values, rows, found, FLOAT32).all()


def test_a_product_of_a_cancelled_sum_may_be_flushed() -> None:
    """W a = 2^-15 in float16, and with it 12 % of the gradient, though every quantity without a sign is in range."""
    values, rows = {"scale": 2.0**-7}, np.array([[1.25 * 2.0**-6, -(2.0**-6)]])
    assert not gradient_leaves_range(GAIN_CONTRACTS["l2_ball"], values, norms_of(rows, FLOAT16)).any()
    kept, lost = (Reverse(flushes=f).gradient("l2_ball", values, rows, FLOAT16) for f in (False, True))
    assert abs(kept[0, 0] - lost[0, 0]) > 0.1 * kept[0, 0]
    assert inside(GAIN_CONTRACTS["l2_ball"], values, rows, lost, FLOAT16).all()


def wrong_gradient(contract: GainContract, values: Mapping[str, float], rows: FloatArray, fault: str) -> FloatArray:
    """Gradients that people write by mistake, in float64."""
    p = {name: np.asarray(value) for name, value in values.items()}
    norm = np.sqrt(np.sum(rows**2, axis=1, keepdims=True))
    top, bottom = contract.numerator(norm, p), contract.denominator(norm, p)
    slope = contract.numerator_slope(norm, p) / bottom - top * contract.denominator_slope(norm, p) / bottom**2
    moment = np.sum(rows, axis=1, keepdims=True) * rows / norm
    gradients: dict[str, FloatArray] = {
        "right": top / bottom + moment * slope,
        "the norm held constant": top / bottom + 0.0 * moment,
        "the gain held constant outside": 0.0 * moment + moment * slope,
        "the sign of the second term": top / bottom - moment * slope,
        "without 1 / N": top / bottom + moment * norm * slope,
        "the sum taken as one weight": top / bottom + rows * rows / norm * slope,
        "half the root's derivative": top / bottom + moment * slope / 2.0,
    }
    return gradients[fault]


FAULTS = [
    "the norm held constant",
    "the gain held constant outside",
    "the sign of the second term",
    "without 1 / N",
    "the sum taken as one weight",
    "half the root's derivative",
]


@each_contract
@each_format
@pytest.mark.parametrize("fault", FAULTS)
def test_a_wrong_gradient_is_outside(fault: str, fmt: Format, contract: GainContract) -> None:
    """Of a group of norm 5 outside a bound of 1: some weight shows it; the right one is inside."""
    values = {p.name: 0.25 if p.name == "min_value" else p.default for p in contract.parameters} | {"epsilon": 2.0**-10}
    values = {p.name: values[p.name] for p in contract.parameters}
    rows = np.array([[3.0, 4.0]])
    assert inside(contract, values, rows, wrong_gradient(contract, values, rows, "right"), fmt).all()
    assert not inside(contract, values, rows, wrong_gradient(contract, values, rows, fault), fmt).all()


@each_contract
@each_format
def test_at_a_breakpoint_both_sides_are_inside_and_beyond_them_nothing(fmt: Format, contract: GainContract) -> None:
    """The one-sided derivatives of a group of norm 5 at a bound of 5, and their middle; not far outside the two."""
    values = {p.name: p.default for p in contract.parameters} | dict.fromkeys(contract.breakpoints, 5.0)
    values |= {p.name: 0.0 for p in contract.parameters if p.lowest == p.highest}  # or there is a jump, or a shift
    rows = np.array([[3.0, 4.0]])
    p = {name: np.asarray(value) for name, value in values.items()}
    sides = []
    for share in (-(2.0**-50), 2.0**-50):
        norm = np.array([[5.0 * (1.0 + share)]])
        top, bottom = contract.numerator(norm, p), contract.denominator(norm, p)
        slope = contract.numerator_slope(norm, p) / bottom - top * contract.denominator_slope(norm, p) / bottom**2
        sides.append(top / bottom + 7.0 * rows / 5.0 * slope)
    if "min_value" in values:
        sides.append(sides[0] + 7.0 * rows / 5.0 / (5.0 + values["epsilon"]))  # the piece between two equal bounds
    low, high = np.minimum.reduce(sides), np.maximum.reduce(sides)
    loose = 200.0 * fmt.unit_roundoff * np.maximum(1.0, np.abs(high) + np.abs(low) + 1.0)
    if contract.breakpoints:
        for found in (*sides, (sides[0] + sides[1]) / 2.0):
            assert inside(contract, values, rows, found, fmt).all()
    assert not inside(contract, values, rows, low - loose, fmt).any()
    assert not inside(contract, values, rows, high + loose, fmt).any()


@each_contract
@each_format
def test_away_from_a_breakpoint_one_side_only(fmt: Format, contract: GainContract) -> None:
    """The interval of three weights inside or outside is a few dozen roundings wide."""
    rows = np.array([[3.0, 4.0, -1.0], [0.25, 0.5, 0.125]])
    values = {p.name: p.default for p in contract.parameters} | {"epsilon": 2.0**-6}
    values = {p.name: values[p.name] for p in contract.parameters}
    low, high = gradient_interval(contract, values, norms_of(rows, fmt))
    p = {name: np.asarray(value) for name, value in values.items()}
    norm = np.sqrt(np.sum(rows**2, axis=1, keepdims=True))
    bottom = contract.denominator(norm, p)
    size = contract.gain(norm, p) + np.sum(np.abs(rows), axis=1, keepdims=True) * (
        contract.numerator_slope(norm, p) / bottom
        + contract.gain(norm, p) * contract.denominator_slope(norm, p) / bottom
    )
    k = 3 + 2 * contract.roundings + 18 + 4 * 3
    flushing = 1e-300 if fmt is not FLOAT16 else 6 * 8 * 4 * fmt.smallest_normal * 16
    assert np.all(
        (high - low) / 2.0 <= (k * fmt.unit_roundoff / (1.0 - k * fmt.unit_roundoff) * 1.05 + flushing) * size
    )


@pytest.mark.parametrize("contract", [c for c in GAIN_CONTRACTS.values() if c.norm == "l2" and c.zero_is_specified])
@each_format
def test_a_group_of_zeros_has_the_gain_at_zero(fmt: Format, contract: GainContract) -> None:
    """The limit along every ray; NaN, which frameworks give for it, is not inside."""
    values = {p.name: 2.0**-3 if p.name == "epsilon" else p.default for p in contract.parameters}
    zeros = np.zeros((1, 3))
    at_zero = float(contract.gain(np.zeros(1), {name: np.asarray(v) for name, v in values.items()})[0])
    assert gradient(contract, values, norms_of(zeros, fmt)).tolist() == [[at_zero] * 3]
    assert inside(contract, values, zeros, np.full((1, 3), at_zero), fmt).all()
    assert not inside(contract, values, zeros, np.full((1, 3), np.nan), fmt).any()
    assert not inside(contract, values, zeros, np.full((1, 3), at_zero * 1.5 + 0.5), fmt).any()


@pytest.mark.parametrize(("fmt", "length"), [(FLOAT16, 1024), (BFLOAT16, 128)], ids=["float16", "bfloat16"])
def test_a_group_too_long_for_its_format_is_refused(fmt: Format, length: int) -> None:
    """From n u = 1/2 on; one weight less has an interval."""
    with pytest.raises(ValueError, match="no error bound"):
        gradient_interval(UNIT_NORM, {"epsilon": 1e-3}, norms_of(np.ones((1, length)), fmt))
    low, high = gradient_interval(UNIT_NORM, {"epsilon": 1e-3}, norms_of(np.ones((1, length - 1)), fmt))
    assert np.all(np.isfinite(low) & np.isfinite(high))


RANGES: dict[str, tuple[GainContract, dict[str, float], list[float], Format]] = {
    "the square of the denominator overflows": (UNIT_NORM, {"epsilon": 2.0**80}, [1.0, 2.0], FLOAT32),
    "the reciprocal of the norm overflows": (UNIT_NORM, {"epsilon": 1.0}, [2.0**-127, 0.0], BFLOAT16),
    "the reciprocal squared underflows": (UNIT_NORM, {"epsilon": 1.0}, [200.0, 100.0], FLOAT16),
    "only the sum over the group overflows": (
        MIN_MAX_NORM,
        {"min_value": 600.0, "max_value": 700.0, "rate": 1.0, "epsilon": 2.0**-7},
        [45.0, 45.0, -45.0, -45.0],
        FLOAT16,
    ),
    "the sum over the group overflows": (MAX_NORM, {"max_value": 1e4, "epsilon": 0.01}, [100.0, 90.0], FLOAT16),
    "a square underflows": (RENORM, {"maxnorm": 1.0, "epsilon": 1e-7}, [1e-25, 2e-25], FLOAT32),
}


@pytest.mark.parametrize(("contract", "values", "row", "fmt"), RANGES.values(), ids=RANGES)
def test_a_group_leaves_the_range_where(
    contract: GainContract, values: dict[str, float], row: list[float], fmt: Format
) -> None:
    """The step named does so in some lawful evaluation."""
    assert gradient_leaves_range(contract, values, norms_of(round_to(np.array([row]), fmt), fmt)).all()


@each_contract
@each_format
def test_everyday_groups_stay_in_range(fmt: Format, contract: GainContract) -> None:
    """Weights around 1."""
    values = {p.name: 2.0**-7 if p.name == "epsilon" else p.default for p in contract.parameters}
    assert not gradient_leaves_range(contract, values, norms_of(np.array([[1.0, -0.5, 0.25]]), fmt)).any()
