"""A case survives being written down, and its name depends on its content alone."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.core import arrays
from conformance.cases.case import Axis, Case, Weights, Whole, weights_of
from conformance.cases.codec import MOST_RESULTS, from_json, from_record, to_json, to_request
from conformance.errors import CaseError
from reference.formats import FORMATS

PLAIN = Case("max_norm", {"max_value": 2.0, "epsilon": 1e-7}, 0, weights_of([[3.0], [4.0]], FORMATS["float32"]))
NUMBERS = st.booleans() | st.integers() | st.floats(allow_nan=False)
TUPLES = st.lists(st.integers()).map(lambda axes: tuple(axes))


def again(case: Case) -> Case:
    """The case written as text and read back."""
    return from_json(json.loads(json.dumps(to_json(case))))


@given(
    name=st.sampled_from(sorted(FORMATS)), bits=st.binary(min_size=8, max_size=8), layout=st.sampled_from(["C", "F"])
)
def test_bits_come_back(name: str, bits: bytes, layout: str) -> None:
    """Every bit pattern is kept, payloads of NaN and signs of zero included."""
    case = replace(PLAIN, weights=Weights(name, (64 // FORMATS[name].bits,), bits, layout))
    assert again(case) == case and again(case).weights.bits == bits


@given(value=st.floats(allow_nan=False), calls=st.integers(1, 3))
def test_parameters_come_back(value: float, calls: int) -> None:
    """Every number is kept, and its sign of zero."""
    case = replace(PLAIN, parameters={"max_value": value, "epsilon": 0.1}, calls=calls)
    assert again(case) == case and str(again(case).parameters["max_value"]) == str(value)


@given(axis=st.none() | NUMBERS | st.lists(st.integers()) | TUPLES)
def test_an_axis_comes_back(axis: Axis) -> None:
    """An int, a float, a boolean, a tuple, a list and None stay what they are."""
    back = again(replace(PLAIN, axis=axis)).axis
    assert back == axis and type(back) is type(axis)


def test_ids_are_those_of_the_first_version() -> None:
    """A published id names the same case for good."""
    assert PLAIN.id == "f5ddbc56b3"
    assert replace(PLAIN, axis=None, calls=2).id == "fda38a382b"


def test_ids_do_not_depend_on_the_order_of_parameters() -> None:
    """Parameters have no order."""
    assert replace(PLAIN, parameters={"epsilon": 1e-7, "max_value": 2.0}).id == PLAIN.id


@pytest.mark.parametrize("axis", [(0,), [0], False, 0.0, None, 1])
def test_ids_tell_forms_of_an_axis_apart(axis: Axis) -> None:
    """What an implementation may treat differently has another id."""
    assert replace(PLAIN, axis=axis).id != PLAIN.id


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"weights": None}, "TypeError"),
        ({"weights": {**to_json(PLAIN)["weights"], "bits": "AAAA"}}, "are no float32 weights"),
        ({"weights": {**to_json(PLAIN)["weights"], "format": "float7"}}, "float7"),
        ({"parameters": {"max_value": "two"}}, "ValueError"),
        ({"parameters": {"max_value": "0x1p99999"}}, "ValueError"),
        ({"parameters": {"max_value": {"name": "two"}}}, "KeyError"),
        ({"way": "gradient"}, "its content is that of"),
        ({"axis": "first"}, "ValueError"),
        ({"calls": 2}, "its content is that of"),
    ],
)
def test_what_is_no_case_is_refused(changed: dict[str, object], said: str) -> None:
    """One sentence says what is wrong with it."""
    with pytest.raises(CaseError, match=said) as refusal:
        from_json({**to_json(PLAIN), **changed})
    assert "\n" not in str(refusal.value)


def test_a_missing_part_is_named() -> None:
    """The sentence names what a case lacks."""
    data = to_json(PLAIN)
    del data["axis"]
    with pytest.raises(CaseError, match="axis"):
        from_json(data)


@pytest.mark.parametrize("name", FORMATS)
def test_values_are_those_of_the_bits(name: str) -> None:
    """Numbers that a format holds come back as they are."""
    values = np.array([[1.0, -0.5], [0.0, np.inf]])
    assert np.array_equal(weights_of(values, FORMATS[name]).values, values)


def test_a_request_holds_the_case() -> None:
    """What a worker is sent says everything that the case does."""
    request = to_request(replace(PLAIN, axis=(0, 1), calls=3), "eager")
    assert request.axis == (0, 1) and request.calls == 3 and request.mode == "eager"
    assert request.weights == arrays.Weights("float32", (2, 1), PLAIN.weights.bits, "C")


def test_a_way_comes_back() -> None:
    """A case says how the implementation is come by, or what of it is asked."""
    assert again(replace(PLAIN, access="gradient")).access == "gradient"


def test_a_plain_call_has_no_way_in_its_text() -> None:
    """Cases of before ways were known keep their text, and so their ids."""
    assert "way" not in to_json(PLAIN) and again(PLAIN).access == "call"


def test_ids_tell_accesses_apart() -> None:
    """A gradient is another case than the call itself, and than another access."""
    assert len({replace(PLAIN, access=access).id for access in ("call", "gradient", "from_config")}) == 3


@pytest.mark.parametrize("value", [None, "two", "0x1p+1", "nan", ""])
def test_a_parameter_that_is_no_number_comes_back(value: str | None) -> None:
    """None stays None, and text stays text even where it looks like a number."""
    parameters: dict[str, Any] = {"max_value": value}
    case = replace(PLAIN, parameters=parameters)
    assert again(case) == case and again(case).parameters == parameters


def test_ids_tell_text_and_numbers_apart() -> None:
    """The number two, its text and no number are three cases."""
    values: list[Any] = [2.0, "0x1.0000000000000p+1", None]
    assert len({replace(PLAIN, parameters={"max_value": value}).id for value in values}) == 3


def test_an_integer_of_numpy_comes_back() -> None:
    """It is written as what it is, and is no plain int when it is read."""
    case = replace(PLAIN, axis=np.int64(1))
    assert to_json(case)["axis"] == {"numpy": 1} and isinstance(again(case).axis, np.int64)
    assert case.id != replace(PLAIN, axis=1).id


@pytest.mark.parametrize("name", ["complex64", "complex128"])
def test_complex_weights_are_pairs(name: str) -> None:
    """The real and the imaginary part stand along one more dimension."""
    stored = np.array([[1 + 2j, -3.5j]], name)
    assert Weights(name, (1, 2), stored.tobytes()).values.tolist() == [[[1.0, 2.0], [0.0, -3.5]]]


@pytest.mark.parametrize(("calls", "kept"), [(1, True), (MOST_RESULTS, True), (MOST_RESULTS + 1, False)])
def test_of_many_calls_the_last_result_is_kept(calls: int, kept: bool) -> None:
    """Up to sixteen results come back one by one."""
    assert MOST_RESULTS == 16 and to_request(replace(PLAIN, calls=calls), "eager").keep_all is kept


def test_a_request_names_the_access() -> None:
    """The worker is told it even where it is the plain call."""
    assert [to_request(replace(PLAIN, access=access), "eager").access for access in ("call", "gradient")] == [
        "call",
        "gradient",
    ]


def test_a_whole_bound_is_given_as_an_int() -> None:
    """To the call, and in the record, from which it comes back as one."""
    weights = weights_of([4.0], FORMATS["float32"])
    case = Case("max_norm", {"max_value": Whole(3.0), "epsilon": 1e-7}, 0, weights)
    again = from_record(case.recorded)
    assert type(to_request(case, "eager").parameters["max_value"]) is int
    assert type(again.parameters["max_value"]) is Whole and again.id == case.id
