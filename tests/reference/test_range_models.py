"""The evaluation models: what is in doubt, what they explain, and what they must not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from reference.contracts import GAIN_CONTRACTS, MAX_NORM, MIN_MAX_NORM, UNIT_NORM
from reference.formats import BFLOAT16, FLOAT16, FLOAT32, FORMATS, FloatArray, Format, round_to
from reference.intervals import enclose
from reference.norms import NormName, norms_of
from reference.range_models import explains, explanations, follows_formula, leaves_range, models, sums_leave_range
from tests.reference.correct_variants import sequential

each_format = pytest.mark.parametrize("fmt", FORMATS.values(), ids=FORMATS)
EVERYDAY = {"min_value": 0.5, "max_value": 2.0, "rate": 0.5, "epsilon": 2.0**-10}


def of(contract: str) -> dict[str, float]:
    """Everyday parameters that every format holds."""
    return {p.name: EVERYDAY.get(p.name, 2.0) for p in GAIN_CONTRACTS[contract].parameters}


def norm_of(contract: str) -> NormName:
    """Which norm a contract is about."""
    return GAIN_CONTRACTS[contract].norm


def explaining(contract: str, parameters: dict[str, float], rows: Any, results: Any, fmt: Format) -> list[str]:
    """The names of the models that explain the results of one group."""
    norms = norms_of(np.array([rows], dtype=np.float64), fmt, norm_of(contract))
    answers = np.array([results], dtype=np.float64)
    return [m.name for m in models(fmt) if explains(m, GAIN_CONTRACTS[contract], parameters, norms, answers).all()]


def in_doubt(contract: str, parameters: dict[str, float], rows: Any, fmt: Format) -> bool:
    """Whether one group leaves the range of the format."""
    return bool(
        leaves_range(
            GAIN_CONTRACTS[contract],
            parameters,
            norms_of(np.array([rows], dtype=np.float64), fmt, norm_of(contract)),
        ).all()
    )


@each_format
@pytest.mark.parametrize("contract", GAIN_CONTRACTS)
def test_everyday_weights_stay_in_range(contract: str, fmt: Format) -> None:
    """Weights around 1 are never in doubt."""
    assert not in_doubt(contract, of(contract), [1.0, -0.5, 0.25, 0.0], fmt)


@each_format
@pytest.mark.parametrize("exponent", ["emax", "emin"])
def test_squares_that_no_number_holds_leave_the_range(exponent: str, fmt: Format) -> None:
    """A weight whose square overflows or underflows puts its group in doubt."""
    assert in_doubt("max_norm", of("max_norm"), [2.0 ** (0.75 * getattr(fmt, exponent)), 0.0], fmt)


@each_format
def test_one_subnormal_square_among_large_ones_is_no_doubt(fmt: Format) -> None:
    """Only where the squares below the smallest normal number make more than u of the sum can underflow be seen."""
    lost = fmt.smallest_normal * 2.0
    rows = np.array([[1.0, lost], [lost, lost]])
    assert sums_leave_range(norms_of(rows, fmt)).tolist() == [False, True]


@pytest.mark.parametrize(("between", "doubted"), [(-830, True), (-700, False)])
def test_a_weight_between_the_others_decides_where_the_least_result_is_zero(between: int, doubted: bool) -> None:
    """The result of the smallest weight is zero in float64 too; that of the one between is subnormal, or is not."""
    parameters = {"max_value": 2.0**-100, "epsilon": 2.0**-10}
    assert in_doubt("max_norm", parameters, np.exp2([100.0, between, -900.0]), FORMATS["float64"]) == doubted


DOUBTS: dict[str, tuple[str, dict[str, float], list[float], Format]] = {
    "both bounds overflow, so 0 * inf is NaN": (
        "min_max_norm",
        {"min_value": 1e92, "max_value": 1e120, "rate": 0.0, "epsilon": 2.0**-10},
        [0.5, 0.5],
        FLOAT32,
    ),
    "a rate that rounds to 1 leaves nothing of a large norm": (
        "min_max_norm",
        {"min_value": 0.0, "max_value": 2.0**-80, "rate": 1.0 - 2.0**-30, "epsilon": 2.0**-10},
        [2.0**50, 1.0],
        BFLOAT16,
    ),
    "a weight times the numerator underflows": (
        "max_norm",
        {"max_value": 2.0, "epsilon": 2.0**-60},
        [2.0**-100, 2.0**-40],
        FLOAT32,
    ),
    "a weight times the numerator overflows": (
        "min_max_norm",
        of("min_max_norm") | {"min_value": 2.0**100, "max_value": 2.0**101},
        [2.0**60, 1.0],
        FLOAT32,
    ),
    "the reciprocal underflows": ("max_norm", {"max_value": 2.0, "epsilon": 20000.0}, [40.0, 30.0], FLOAT16),
    "a result just above the smallest normal number": (
        "unit_norm",
        {"epsilon": 2.0},
        [2.0**-124 * 1.0078125, 2.0],
        BFLOAT16,
    ),
    "epsilon is lost and the norm is zero": ("max_norm", {"max_value": 2.0, "epsilon": 1e-9}, [0.0, 0.0], FLOAT16),
}


@pytest.mark.parametrize(("contract", "parameters", "rows", "fmt"), DOUBTS.values(), ids=DOUBTS)
def test_a_group_is_in_doubt_where(contract: str, parameters: dict[str, float], rows: list[float], fmt: Format) -> None:
    """The step named leaves the range in some lawful evaluation."""
    assert in_doubt(contract, parameters, rows, fmt)


@pytest.mark.parametrize("parameters", [{"max_value": 1e5, "epsilon": 1e-3}, {"max_value": 2.0, "epsilon": 1e-9}])
def test_a_parameter_that_makes_no_difference_is_no_doubt(parameters: dict[str, float]) -> None:
    """A float16 max_value of infinity or an epsilon of zero is nothing to a group of norm 5."""
    assert not in_doubt("max_norm", parameters, [3.0, 4.0], FLOAT16)


EXPLAINED: dict[str, tuple[list[float], list[float], str]] = {
    "a sum that overflows": ([300.0, 400.0], [0.0, 0.0], "every operation in float16"),
    "a sum in float32": ([300.0, 400.0], [1.2001953125, 1.599609375], "sums in float32, rounded to float16"),
    "weights flushed": ([2.0**-20, 2.0**-20], [0.0, 0.0], "every operation in float16, subnormals flushed to zero"),
    "the square lost": ([2.0**-13, 0.0], [0.0, 0.0], "every operation in float16"),
}


@pytest.mark.parametrize(("rows", "results", "model"), EXPLAINED.values(), ids=EXPLAINED)
def test_max_norm_in_float16_is_explained_by(rows: list[float], results: list[float], model: str) -> None:
    """The first model that explains a result is the one that names what happened."""
    assert model in explaining("max_norm", of("max_norm"), rows, results, FLOAT16)


UNEXPLAINED: dict[str, tuple[str, list[float], list[float]]] = {
    "half the bound": ("max_norm", [300.0, 400.0], [0.6, 0.8]),
    "weights left as they are": ("max_norm", [300.0, 400.0], [300.0, 400.0]),
    "one weight zero, the other right": ("max_norm", [300.0, 400.0], [0.0, 1.599609375]),
    "a sign flipped": ("max_norm", [300.0, 400.0], [1.2001953125, -1.599609375]),
    "NaN for an overflow": ("max_norm", [300.0, 400.0], [np.nan, np.nan]),
    "a zero that became something": ("unit_norm", [0.0, 2.0**-24], [5.0, 2.0**-14]),
    "infinity out of a subnormal weight": ("max_norm", [2.0**-24, 0.0], [np.inf, 0.0]),
}


@pytest.mark.parametrize(("contract", "rows", "results"), UNEXPLAINED.values(), ids=UNEXPLAINED)
def test_no_model_of_float16_explains(contract: str, rows: list[float], results: list[float]) -> None:
    """The group is in doubt, but that is no licence."""
    rounded = round_to(np.array(results), FLOAT16).tolist()
    assert in_doubt(contract, of(contract), rows, FLOAT16)
    assert explaining(contract, of(contract), rows, rounded, FLOAT16) == []


CLIPPED: dict[str, tuple[float, list[float], list[float], bool]] = {
    "the product and the norm overflow": (1000.0, [300.0, 400.0], [np.nan, np.nan], True),
    "the product overflows": (1000.0, [300.0, 400.0], [np.inf, np.inf], True),
    "one product overflows": (2000.0, [30.0, 40.0], [30.0, np.inf], True),
    "a product that stays in range is infinite": (2000.0, [30.0, 40.0], [np.inf, np.inf], False),
    "NaN although the norm stays in range": (2000.0, [30.0, 40.0], [np.nan, np.nan], False),
    "zeros for infinity": (2000.0, [30.0, 40.0], [0.0, 0.0], False),
}


@pytest.mark.parametrize(("bound", "row", "result", "lawful"), CLIPPED.values(), ids=CLIPPED)
def test_clip_by_norm_in_float16_multiplies_first(
    bound: float, row: list[float], result: list[float], lawful: bool
) -> None:
    """(w * clip_norm) overflows inside the bound, where the exact result is the weight itself."""
    p = {"clip_norm": bound}
    assert in_doubt("clip_by_norm", p, row, FLOAT16)
    names = explaining("clip_by_norm", p, row, result, FLOAT16)
    assert [name.split(", subnormals")[0].endswith("the product first") for name in names] == [True] * len(names)
    assert (names != []) == lawful


WHOLE_RATE: dict[str, tuple[float, list[float], bool]] = {
    "the formula as it stands: 0 * infinity": (1.0, [np.nan, np.nan], True),
    "without the term whose factor is 0": (1.0, [0.0, 0.0], True),
    "a factor that is not 0": (0.5, [0.0, 0.0], False),
}


@pytest.mark.parametrize(("rate", "result", "lawful"), WHOLE_RATE.values(), ids=WHOLE_RATE)
def test_a_term_whose_factor_is_0_may_be_left_out(rate: float, result: list[float], lawful: bool) -> None:
    """Where the norm overflows, (1 - rate) * N is NaN for a rate of 1, and nothing in a port that has no such term."""
    p = of("min_max_norm") | {"rate": rate}
    assert (explaining("min_max_norm", p, [300.0, 400.0], result, FLOAT16) != []) == lawful


def accepted(contract: str, parameters: dict[str, float], row: FloatArray, result: FloatArray) -> bool:
    """Whether all results of one float16 group lie in the widest tier's interval."""
    enclosure = enclose(
        GAIN_CONTRACTS[contract], parameters, norms_of(row[None], FLOAT16, norm_of(contract)), "any order"
    )
    return bool(enclosure.accepts(row[None], result[None]).all())


def test_renorm_of_float16_with_sums_in_float32_is_explained() -> None:
    """Four weights of 300 at maxnorm 2 become 1, though the square of one is no float16 number."""
    p, row = {"maxnorm": 2.0, "epsilon": 1e-7}, np.full(4, 300.0)
    assert accepted("renorm", p, row, np.ones(4))
    assert "sums in float32, rounded to float16" in explaining("renorm", p, row, np.ones(4), FLOAT16)
    assert explaining("renorm", p, row, row, FLOAT16) == []


def squared(scale: float, row: FloatArray) -> FloatArray:
    """optax's l2_ball in float16: w times scale over the root of the larger of S and scale squared."""
    bound = round_to(np.asarray(scale), FLOAT16)
    squares = round_to(row * row, FLOAT16)
    larger = np.maximum(round_to(np.asarray(squares.sum()), FLOAT16), round_to(bound * bound, FLOAT16))
    return round_to(row * round_to(bound / round_to(np.sqrt(larger), FLOAT16), FLOAT16), FLOAT16)


@pytest.mark.parametrize("scale", [300.0, 400.0, 9e-4, 1e-3, 1.1e-3])
@pytest.mark.parametrize("share", [2.0**-3, 2.0**-2, 2.0**-1])
def test_a_scale_that_cannot_be_squared_is_no_excuse(share: float, scale: float) -> None:
    """Zeros, or weights off by 0.7 to 1.5 %, inside the ball: outside the interval and explained by no model."""
    row = round_to(np.array([0.6, -0.8]) * share * scale, FLOAT16)
    result = squared(scale, row)
    assert not accepted("l2_ball", {"scale": scale}, row, result)
    assert explaining("l2_ball", {"scale": scale}, row, result, FLOAT16) == []


def test_a_product_that_underflows_is_known_to_the_number() -> None:
    """2^-11 times 1.175 * 2^-10 is 9.4, so 9, of the smallest subnormal numbers, or nothing if flushed."""
    p, row = {"scale": 1.175 * 2.0**-10}, [2.0**-11, 2.0**-11]
    first = "every operation in float16, the product first"
    for steps in (8.0, 9.0, 10.0):
        result = round_to(np.full(2, steps * 2.0**-24 / p["scale"]), FLOAT16)
        assert (first in explaining("l2_ball", p, row, result, FLOAT16)) == (steps == 9.0)
    assert f"{first}, subnormals flushed to zero" in explaining("l2_ball", p, row, [0.0, 0.0], FLOAT16)


def test_a_gain_that_may_overflow_leaves_a_zero_weight_zero() -> None:
    """0 times a gain between 65,472 and infinity is 0 or NaN, and nothing else."""
    epsilon = {"epsilon": 1.0 / 65500.0}
    norms = norms_of(np.zeros((3, 1)), FLOAT16)
    plain = models(FLOAT16)[0]
    assert explains(plain, UNIT_NORM, epsilon, norms, np.array([[0.0], [np.nan], [5.0]])).tolist() == [
        True,
        True,
        False,
    ]


@each_format
def test_leaving_tiny_weights_as_they_are_is_no_unit_norm(fmt: Format) -> None:
    """Groups of tiny norms are in doubt, yet no model explains a result that is the weight itself."""
    rows = np.full((3, 2), fmt.smallest_normal * 8.0)
    norms = norms_of(rows, fmt)
    assert leaves_range(UNIT_NORM, {"epsilon": 1e-3}, norms).all()
    assert not any(explains(m, UNIT_NORM, {"epsilon": 1e-3}, norms, rows).any() for m in models(fmt))


@each_format
def test_each_model_has_a_name_of_its_own(fmt: Format) -> None:
    """Six or seven ways to place the formats (two for float64), four forms of the gain, flushing or not."""
    names = [m.name for m in models(fmt)]
    assert len(set(names)) == len(names) == 8 * {"float64": 2, "float32": 6}.get(fmt.name, 7)
    assert names[0] == f"every operation in {fmt.name}"


SPECIAL: dict[str, tuple[list[float], list[float], bool]] = {
    "infinity in, zeros and NaN out": ([1.0, np.inf], [0.0, np.nan], True),
    "minus infinity as well": ([-1.0, -np.inf], [-0.0, np.nan], True),
    "NaN in, NaN everywhere": ([1.0, np.nan], [np.nan, np.nan], True),
    "NaN in one place only": ([1.0, np.nan], [1.0, np.nan], False),
    "infinity kept": ([1.0, np.inf], [1.0, np.inf], False),
    "infinity clipped": ([1.0, np.inf], [0.0, 2.0], False),
}


@pytest.mark.parametrize(("row", "result", "follows"), SPECIAL.values(), ids=SPECIAL)
def test_max_norm_of_a_special_group_follows_ieee_arithmetic(
    row: list[float], result: list[float], follows: bool
) -> None:
    """N is infinite or NaN, so the gain is 0 or NaN."""
    rows, results = np.array([row]), np.array([result])
    assert follows_formula(MAX_NORM, of("max_norm"), rows, results).tolist() == [follows]


def test_min_max_norm_of_an_infinite_group_is_nan_where_part_of_the_norm_is_kept() -> None:
    """inf / inf at rate 0.5, but max_value / inf at rate 1."""
    rows: FloatArray = np.array([[1.0, np.inf]])
    nan, zero = np.array([[np.nan, np.nan]]), np.array([[0.0, np.nan]])
    assert follows_formula(MIN_MAX_NORM, of("min_max_norm"), rows, nan).all()
    assert not follows_formula(MIN_MAX_NORM, of("min_max_norm"), rows, zero).any()


def test_a_bound_that_is_in_both_parts_is_explained() -> None:
    """A weight inside it times the bound is subnormal, and divided by the bound again another weight."""
    rows, bound = np.array([[1.75e-4]]).astype(np.float16).astype(float), float(np.float16(1e-3))
    results = (rows.astype(np.float16) * np.float16(bound) / np.float16(bound)).astype(float)
    for contract, parameters in (
        ("clip_grad_norm", {"max_norm": bound, "epsilon": 1e-6}),
        ("max_norm_projection", {"max_value": bound}),
    ):
        norms = norms_of(rows, FLOAT16, "l2")
        assert leaves_range(GAIN_CONTRACTS[contract], parameters, norms).all()
        ((groups, model, _),) = explanations(
            GAIN_CONTRACTS[contract], parameters, norms, results, ["any order"], np.zeros(1, int)
        )
        assert groups.all() and "the product first" in model.name and "the bound in both parts" in model.name


def test_a_norm_that_is_rounded_to_above_its_bound_is_explained() -> None:
    """On that side the gain has other parts, whose products with the weights may be subnormal."""
    bound, epsilon = np.float16(2.0**-6), np.float16(1e-7)
    shares = np.random.default_rng(0).uniform(0.8, 1.2, (20000, 64))
    rows = (float(bound) * (1 - 2.0**-12) * shares / shares.sum(axis=1, keepdims=True)).astype(np.float16)
    computed = sequential(rows, np.add)
    above = (rows.astype(float).sum(axis=1) <= float(bound)) & (computed > bound)
    results = (rows * bound / (computed + epsilon)[:, None])[above].astype(float)
    contract, parameters = GAIN_CONTRACTS["renorm_l1"], {"maxnorm": float(bound), "epsilon": 1e-7}
    norms = norms_of(rows[above].astype(float), FLOAT16, "l1")
    outside = ~enclose(contract, parameters, norms, "any order").accepts(norms.rows, results).all(axis=1)
    assert outside.sum() > 100 and leaves_range(contract, parameters, norms)[outside].all()
    worst = np.zeros(len(results), int)
    explained = [groups for groups, *_ in explanations(contract, parameters, norms, results, ["any order"], worst)]
    assert np.any(explained, axis=0)[outside].all()
