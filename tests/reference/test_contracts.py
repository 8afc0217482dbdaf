"""The contracts as data, the groups, and what the folder imports."""

from __future__ import annotations

import ast
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import reference
from reference.contract import GainContract
from reference.contracts import GAIN_CONTRACTS, MIN_MAX_NORM
from reference.exact import evaluate
from reference.formats import FLOAT32, FLOAT64, FloatArray
from reference.groups import Axis, AxisError, from_rows, reduced_dimensions, to_rows

each_contract = pytest.mark.parametrize("contract", GAIN_CONTRACTS.values(), ids=GAIN_CONTRACTS)


def test_a_contract_is_found_by_being_defined() -> None:
    """Three of Keras, eight of other sources, and six of the others' formulas for other norms."""
    of_l2 = {name: contract for name, contract in GAIN_CONTRACTS.items() if contract.norm == "l2"}
    keras = {name for name, contract in of_l2.items() if "keras.io" in contract.source}
    others = {"clip_by_norm", "renorm", "l2_ball", "clip_grad_norm", "normalize", "l2_sphere", "unitwise_clip"}
    assert keras == {"max_norm", "min_max_norm", "unit_norm"}
    assert set(of_l2) - keras == {*others, "max_norm_projection"}
    names = {f"{name}_{norm}" for name in ("max_norm", "renorm", "normalize") for norm in ("l1", "linf")}
    assert set(GAIN_CONTRACTS) - set(of_l2) == names


@each_contract
def test_the_defaults_lie_in_the_domain(contract: GainContract) -> None:
    """And every contract says where it comes from."""
    assert contract.outside_domain({p.name: p.default for p in contract.parameters}) is None
    assert contract.source.startswith("https://")


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"rate": 1.5}, "rate = 1.5"),
        ({"max_value": -1.0}, "max_value"),
        ({"min_value": 3.0}, "min_value = 3.0 is greater"),
        ({"epsilon": 0.0}, "epsilon"),
        ({"min_value": 1e-61}, "min_value = 1e-61 lies between 0 and 1e-60"),
        ({"max_value": 2.0**401}, "max_value"),
        ({"rate": float("nan")}, "rate = nan"),
        ({"axis": 0.0}, "takes min_value"),
    ],
)
def test_what_lies_outside_the_domain_is_named(changed: dict[str, float], named: str) -> None:
    """In one sentence."""
    values = {p.name: p.default for p in MIN_MAX_NORM.parameters} | changed
    assert named in str(MIN_MAX_NORM.outside_domain(values))


@pytest.mark.parametrize("bound", [0.0, 1e-60, 2.0**400], ids=["0", "1e-60", "2^400"])
def test_the_domain_includes_its_ends(bound: float) -> None:
    """A bound of zero, the smallest positive one and the largest are specified."""
    assert GAIN_CONTRACTS["max_norm"].outside_domain({"max_value": bound, "epsilon": 1e-60}) is None


BOUNDED = ["clip_by_norm", "renorm", "l2_ball", "clip_grad_norm", "max_norm_projection", "l2_sphere", "unitwise_clip"]


@pytest.mark.parametrize("name", BOUNDED)
def test_a_bound_is_greater_than_zero_and_a_constant_is_fixed(name: str) -> None:
    """A bound of zero is not specified, and neither is an epsilon other than the source's."""
    contract = GAIN_CONTRACTS[name]
    for p in contract.parameters:
        values = {q.name: q.default for q in contract.parameters}
        for other in (0.0, p.default * 2.0) if p.name == "epsilon" else (0.0, -1.0):
            assert f"{p.name} = {other}" in str(contract.outside_domain(values | {p.name: other}))


@each_contract
def test_breakpoints_and_monotonicities_name_what_exists(contract: GainContract) -> None:
    """A breakpoint is a parameter with the weights' unit; roundings and degree are whole numbers of a sensible size."""
    assert set(contract.breakpoints) <= {p.name for p in contract.parameters if p.scales}
    assert (2 <= contract.roundings <= 8, contract.degree in (0, 1)) == (True, True)


@each_contract
@pytest.mark.parametrize("bound", [0.5, 4.0])
def test_the_slopes_change_at_the_breakpoints_and_nowhere_else(contract: GainContract, bound: float) -> None:
    """Each is the end of a piece, to within epsilon; between them the parts of the gain are straight lines."""
    p = {q.name: np.asarray(q.default) for q in contract.parameters}
    p |= {name: np.asarray(bound * 2.0**place) for place, name in enumerate(contract.breakpoints)}
    p |= {"rate": np.asarray(0.25)} if "rate" in p else {}
    norm: FloatArray = np.arange(1.0, 2.0**12) * 2.0**-7 + 2.0**-8
    slopes = np.stack([part(norm, p) + 0.0 * norm for part in (contract.numerator_slope, contract.denominator_slope)])
    ends = norm[:-1][np.any(slopes[:, 1:] != slopes[:, :-1], axis=0)] + 2.0**-8
    assert ends.tolist() == [float(p[name]) for name in contract.breakpoints]


@each_contract
def test_a_slope_is_the_rise_over_the_run(contract: GainContract) -> None:
    """Of numerator and denominator alike, between breakpoints."""
    p = {q.name: np.asarray(q.default) for q in contract.parameters} | (
        {"rate": np.asarray(0.25)} if contract.name == "min_max_norm" else {}
    )
    for norm in (np.array([0.3]), np.array([5.0])):
        for part, slope in (
            (contract.numerator, contract.numerator_slope),
            (contract.denominator, contract.denominator_slope),
        ):
            rise = part(norm + 2.0**-10, p) - part(norm, p)
            assert abs(float((rise * 2.0**10 - slope(norm, p)).item())) < 2.0**-30


@each_contract
def test_the_gain_moves_with_a_parameter_as_its_monotonicity_says(contract: GainContract) -> None:
    """Never down as a parameter of monotonicity +1 grows, never up as one of monotonicity -1 does, at any norm."""
    norm = np.exp2(np.linspace(-12.0, 6.0, 200))
    values = {p.name: np.asarray(p.default) for p in contract.parameters}
    for p in contract.parameters:
        larger = contract.gain(norm, values | {p.name: values[p.name] * 1.25 + 0.125})
        moved = np.sign(larger - contract.gain(norm, values))
        assert p.monotonicity == 0 or np.all(moved * p.monotonicity >= 0.0)


@each_contract
def test_scaling_everything_scales_the_result_by_its_degree(contract: GainContract) -> None:
    """Weights and parameters of their unit times 8 give the result times 8 ** degree."""
    weights = np.array([3.0, -4.0, 0.5])
    values = {p.name: p.default for p in contract.parameters}
    larger = {p.name: values[p.name] * (8.0 if p.scales else 1.0) for p in contract.parameters}
    once = evaluate(contract, values, weights, 0, FLOAT32)
    assert np.array_equal(evaluate(contract, larger, 8.0 * weights, 0, FLOAT32), once * 8.0**contract.degree)


def test_the_formula_is_kerass() -> None:
    """Three numbers worked out by hand: N = 5, epsilon 1, so 2 / 6, 5 / 6 and 1 / 6 of the weights."""
    weights = np.array([[3.0], [4.0]])
    one = {"epsilon": 1.0}
    assert evaluate(GAIN_CONTRACTS["max_norm"], one | {"max_value": 2.0}, weights, 0, FLOAT64).tolist() == [
        [1.0],
        [8 / 6],
    ]
    loose = one | {"min_value": 0.0, "max_value": 10.0, "rate": 0.5}
    assert evaluate(GAIN_CONTRACTS["min_max_norm"], loose, weights, 0, FLOAT64).tolist() == [[2.5], [20 / 6]]
    assert evaluate(GAIN_CONTRACTS["unit_norm"], one, weights, 0, FLOAT64).tolist() == [[0.5], [4 / 6]]


IN_FIGURES: dict[str, tuple[dict[str, float], float, float]] = {
    "clip_by_norm": ({"clip_norm": 2.0}, 2 / 5, 1.0),
    "renorm": ({"maxnorm": 2.0, "epsilon": 3.0}, 2 / 8, 1.0),
    "l2_ball": ({"scale": 2.0}, 2 / 5, 1.0),
    "clip_grad_norm": ({"max_norm": 2.0, "epsilon": 0.25}, 2 / 5.25, 1.0),
    "max_norm_projection": ({"max_value": 2.0}, 2 / 5, 1.0),
    "unitwise_clip": ({"max_norm": 2.0, "epsilon": 1e-6}, 2 / 5, 1.0),
    "normalize": ({"epsilon": 2.0}, 1 / 5, 1 / 2),
    "l2_sphere": ({"scale": 3.0}, 3 / 5, 2.0),
}


@pytest.mark.parametrize("name", IN_FIGURES)
def test_the_gain_at_two_norms(name: str) -> None:
    """At norm 5 and at norm 1.5, under a bound or over a floor of 2."""
    parameters, outside, inside = IN_FIGURES[name]
    p = {key: np.asarray(value) for key, value in parameters.items()}
    assert GAIN_CONTRACTS[name].gain(np.array([5.0, 1.5]), p).tolist() == [outside, inside]


def test_renorm_leaves_a_group_at_the_bound_alone() -> None:
    """N > maxnorm is strict, and just above the bound epsilon makes a jump."""
    p = {"maxnorm": np.asarray(2.0), "epsilon": np.asarray(2.0)}
    assert GAIN_CONTRACTS["renorm"].gain(np.array([2.0, np.nextafter(2.0, 3.0)]), p).tolist() == [1.0, 0.5]


def test_the_constants_are_those_of_the_sources() -> None:
    """1e-7 in torch.renorm, 1e-6 in torch's clipping of gradients and in optax.adaptive_grad_clip."""
    of_l2 = [contract for contract in GAIN_CONTRACTS.values() if contract.norm == "l2"]
    fixed = {c.name: p.default for c in of_l2 for p in c.parameters if p.lowest == p.highest}
    assert fixed == {"renorm": 1e-7, "clip_grad_norm": 1e-6, "unitwise_clip": 1e-6}


@pytest.mark.parametrize(("norm", "result"), [("l1", [3 / 7, -4 / 7]), ("linf", [0.75, -1.0])])
def test_a_contract_of_another_norm_divides_by_that_norm(norm: str, result: list[float]) -> None:
    """Three and four are seven together, and four is the larger."""
    weights, floor = np.array([3.0, -4.0]), {"epsilon": 1e-12}
    assert evaluate(GAIN_CONTRACTS[f"normalize_{norm}"], floor, weights, 0, FLOAT64).tolist() == result


def test_only_a_sphere_says_nothing_of_zeros() -> None:
    """The others have a floor, an epsilon, or a bound that zero does not reach."""
    assert [c.name for c in GAIN_CONTRACTS.values() if not c.zero_is_specified] == ["l2_sphere"]


def test_unitwise_clip_divides_by_no_less_than_its_constant() -> None:
    """At norm 1e-7 under a bound of 1e-8 the gain is 1e-8 / 1e-6."""
    p = {"max_norm": np.asarray(1e-8), "epsilon": np.asarray(1e-6)}
    assert GAIN_CONTRACTS["unitwise_clip"].gain(np.array([1e-7, 1e-9]), p).tolist() == [1e-8 / 1e-6, 1.0]


def test_a_floor_is_no_bound() -> None:
    """normalize has a breakpoint that bounds nothing."""
    assert (GAIN_CONTRACTS["normalize"].breakpoints, GAIN_CONTRACTS["normalize"].bounds) == (("epsilon",), ())


def test_only_clip_grad_norm_starts_an_epsilon_early() -> None:
    """At norm 1.9, bound 2 and epsilon 1/4 it shortens and renorm does not."""
    p = {name: np.asarray(value) for name, value in (("maxnorm", 2.0), ("max_norm", 2.0), ("epsilon", 0.25))}
    assert GAIN_CONTRACTS["renorm"].gain(np.array([1.9]), p)[0] == 1.0
    assert GAIN_CONTRACTS["clip_grad_norm"].gain(np.array([1.9]), p)[0] == 2.0 / 2.15


@pytest.mark.parametrize(
    ("name", "gain"),
    [
        ("renorm", 1.0),
        ("clip_grad_norm", np.nan),
        ("clip_by_norm", np.nan),
        ("l2_ball", np.nan),
        ("unitwise_clip", np.nan),
    ],
)
def test_a_norm_that_is_nan_is_compared_as_in_the_source(name: str, gain: float) -> None:
    """Where the question is whether N is above the bound, NaN is not; the others make NaN of it."""
    p = {q.name: np.asarray(q.default) for q in GAIN_CONTRACTS[name].parameters}
    assert np.array_equal(GAIN_CONTRACTS[name].gain(np.array([np.nan]), p), [gain], equal_nan=True)


@st.composite
def shapes_and_axes(draw: st.DrawFn) -> tuple[tuple[int, ...], Axis]:
    """A shape of rank 1 to 5, a dimension of length zero perhaps, and any way to name some of its dimensions."""
    shape = tuple(draw(st.lists(st.integers(0, 4), min_size=1, max_size=5)))
    chosen = draw(st.lists(st.integers(0, len(shape) - 1), unique=True))
    signed = [d - len(shape) if draw(st.booleans()) else d for d in chosen]
    return shape, draw(st.sampled_from([None, signed, tuple(signed), *signed[:1]]))


@given(shapes_and_axes())
def test_rows_of_any_shape_go_back_to_where_they_came_from(case: tuple[tuple[int, ...], Axis]) -> None:
    """from_rows undoes to_rows, and each row is as long as the reduced dimensions are together."""
    shape, axis = case
    array = np.arange(float(np.prod(shape))).reshape(shape)
    rows = to_rows(array, axis)
    assert np.array_equal(from_rows(rows, shape, axis), array)
    assert rows.shape[1] == np.prod([shape[d] for d in reduced_dimensions(axis, len(shape))], dtype=int)


@given(shapes_and_axes())
def test_a_group_s_sum_is_numpy_s(case: tuple[tuple[int, ...], Axis]) -> None:
    """Rows are summed as NumPy sums over the same axis, in the order of the kept positions."""
    shape, axis = case
    array = np.arange(float(np.prod(shape))).reshape(shape)
    over = tuple(axis) if isinstance(axis, Sequence) else axis
    assert to_rows(array, axis).sum(axis=1).tolist() == array.sum(axis=over).ravel().tolist()


@pytest.mark.parametrize("axis", [0, -1, 1, (0, 2), [2, 0], [-1, -2], (), None], ids=str)
def test_rows_go_back_to_where_they_came_from(axis: Axis) -> None:
    """Grouping and its inverse, for every form of axis."""
    array = np.arange(24.0).reshape(2, 3, 4)
    assert np.array_equal(from_rows(to_rows(array, axis), array.shape, axis), array)


def test_a_row_is_a_group() -> None:
    """Over axis 0 a group is a column."""
    assert to_rows(np.array([[1.0, 2.0], [3.0, 4.0]]), 0).tolist() == [[1.0, 3.0], [2.0, 4.0]]


@pytest.mark.parametrize(("axis", "said"), [(3, "out of range"), (-4, "out of range"), ([0, -3], "twice")], ids=str)
def test_an_axis_that_is_none_is_refused(axis: Axis, said: str) -> None:
    """In one sentence."""
    with pytest.raises(AxisError, match=said):
        reduced_dimensions(axis, 3)


def test_the_reference_imports_numpy_only() -> None:
    """And the standard library, and itself."""
    allowed = {*sys.stdlib_module_names, "numpy", "reference"}
    for path in Path(reference.__path__[0]).glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            assert {name.partition(".")[0] for name in names} <= allowed, path
