"""A case is the arguments of one call, and tells a right result from a wrong one."""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import find, given, settings
from hypothesis import strategies as st

from adapters.core.arrays import laid_out
from conformance.strategies.arrays import shapes
from conformance.strategies.case import Case
from conformance.strategies.of_cases import cases
from reference.registry import CONTRACTS

COLUMNS = Case("max_norm", {"max_value": 2.0, "epsilon": 1e-7}, 0, np.array([[3.0, 0.5], [4.0, 0.5]], "float32"))


@pytest.mark.slow
@given(cases())
def test_what_exact_arithmetic_gives_is_right(case: Case) -> None:
    """In every contract, format, layout and regime; what is not finite is not specified by a number."""
    finite = np.isfinite(case.values.astype(np.float64)).all()
    if finite:
        case.check(case.expected)


@settings(max_examples=40)
@given(cases("max_norm", regimes=["ordinary", "at the bound"], axes=st.just(0), shapes=shapes(min_dims=2, max_dims=2)))
def test_a_right_implementation_passes(case: Case) -> None:
    """Which computes in float64 and rounds once."""
    w, p = case.weights.astype(np.float64), case.arguments
    norms = np.sqrt(np.sum(w * w, axis=p["axis"], keepdims=True))
    case.check((w * (np.minimum(norms, p["max_value"]) / (p["epsilon"] + norms))).astype(case.values.dtype))


def over_rows(case: Case) -> np.ndarray:
    """Norms over the wrong axis."""
    norms = np.sqrt(np.sum(np.square(case.weights), axis=1, keepdims=True))
    p = case.parameters
    found: np.ndarray = case.weights * (np.minimum(norms, p["max_value"]) / (p["epsilon"] + norms))
    return found.astype(case.values.dtype)


@pytest.mark.slow
def test_a_wrong_axis_is_found_in_a_case_that_one_can_read() -> None:
    """Two weights and the default parameters show it."""

    def fails(case: Case) -> bool:
        try:
            case.check(over_rows(case))
        except AssertionError:
            return True
        return False

    two_dims = shapes(min_dims=2, max_dims=2, min_side=1, max_weights=64)
    found = find(cases("max_norm", axes=st.just(0), shapes=two_dims, regimes=["ordinary"], layouts=["C"]), fails)
    assert found.values.size == 2 and dict(found.parameters) == CONTRACTS["max_norm"].defaults


def test_what_is_wrong_is_said() -> None:
    """With the group, what came and what would have been right, and code that makes the case again."""
    with pytest.raises(AssertionError) as raised:
        COLUMNS.check(COLUMNS.values)
    assert "of group 0, accepted is from [1.19999" in str(raised.value) and repr(COLUMNS) in str(raised.value)


@pytest.mark.parametrize("result", [COLUMNS.values[0], COLUMNS.values.astype("float64"), [[1, 2], [3, 4]]])
def test_another_shape_or_format_is_wrong(result: Any) -> None:
    """Whatever it holds."""
    with pytest.raises(AssertionError, match=r"for float32 of shape \(2, 2\)"):
        COLUMNS.check(result)


def test_what_changes_its_input_is_judged_by_what_it_was_given() -> None:
    """The weights are an array of the case's own."""
    weights = COLUMNS.weights
    weights[...] = COLUMNS.expected
    COLUMNS.check(weights)


class Tensor:
    """Weights that are no array before they are detached, as those of PyTorch that require grad."""

    def detach(self) -> np.ndarray:
        return COLUMNS.expected


def test_a_tensor_that_requires_grad_is_taken() -> None:
    """As it is."""
    COLUMNS.check(Tensor())


@pytest.mark.slow
@settings(max_examples=40)
@given(cases(formats=["float16", "bfloat16", "float32", "float64"], shapes=shapes(max_weights=40)))
def test_a_case_prints_as_code_that_makes_it(case: Case) -> None:
    """Bit by bit."""
    again = eval(repr(case), {"Case": Case, "np": np, "ml_dtypes": ml_dtypes})
    assert (again.contract, again.parameters, again.axis, again.layout) == (
        case.contract,
        case.parameters,
        case.axis,
        case.layout,
    )
    assert again.values.tobytes() == case.values.tobytes() or np.isnan(case.values.astype(np.float64)).any()


ARGUMENTS: dict[str, tuple[Any, dict[str, Any]]] = {
    "max_norm": (1, {"axis": 1}),
    "clip_by_norm": ((0, 1), {"axes": (0, 1)}),
    "renorm": (1, {"dim": 0}),
    "l2_ball": (None, {}),
    "non_neg": (None, {}),
}


@pytest.mark.parametrize("contract", ARGUMENTS)
def test_arguments_have_the_names_of_the_source(contract: str) -> None:
    """An axis where there is one; no constant of the source."""
    axis, named = ARGUMENTS[contract]
    found = CONTRACTS[contract]
    parameters = {p.name: p.default for p in found.parameters if p.lowest < p.highest}
    assert Case(contract, parameters, axis, COLUMNS.values).arguments == {**parameters, **named}


@pytest.mark.parametrize("layout", ["F", "strided", "read-only", "misaligned"])
def test_weights_lie_in_memory_as_the_layout_says(layout: str) -> None:
    """And hold the same."""
    case = Case("unit_norm", {"epsilon": 1e-7}, 0, COLUMNS.values, layout)
    assert case.weights.flags == laid_out(COLUMNS.values.copy(), layout).flags
    assert case.weights.tolist() == COLUMNS.values.tolist()


def test_parameters_outside_the_domain_are_refused() -> None:
    """There is no right result to compare with."""
    case = Case("max_norm", {"max_value": -1.0, "epsilon": 1e-7}, 0, COLUMNS.values)
    with pytest.raises(ValueError, match=r"max_value = -1\.0 lies outside"):
        case.check(COLUMNS.values)


@settings(max_examples=20)
@given(cases("renorm"))
def test_contracts_that_keep_one_dimension_are_given_one(case: Case) -> None:
    """All others are reduced."""
    assert 0 <= case.arguments["dim"] < case.values.ndim


UNKNOWN: dict[str, dict[str, Any]] = {
    "there is no contract named 'maxnorm'": {"contract": "maxnorm"},
    "max_norm takes max_value, epsilon, not rate": {"contract": "max_norm", "given": {"rate": 1.0}},
    "there is no format named 'float8'; there are float16": {"formats": ["float32", "float8"]},
    "there is no layout named 'f'; there are C, F": {"layouts": ["f"]},
    "there is no regime named 'large'; there are ordinary": {"regimes": ["large"]},
}


@pytest.mark.parametrize("said", UNKNOWN)
def test_a_name_that_there_is_not_is_refused_at_once(said: str) -> None:
    """Before anything is drawn, with the names that there are."""
    with pytest.raises(ValueError, match=said):
        cases(**UNKNOWN[said])
