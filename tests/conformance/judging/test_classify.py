"""What becomes of unspecified input is put into words, and into arrays that the stack can take."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from adapters.core.stack import ALL_BUT_ONE, ANY, ROWS, SINGLE_WEIGHTS, WHOLE, Grouping
from conformance.cases.case import Axis, Case, Weights, weights_of
from conformance.judging.classify import classify_nan, classify_outcome, fit_to_stack
from conformance.stacks.outcome import Crashed, NotAnArray, Outcome, Raised, Returned, TimedOut, Unsupported
from reference.formats import FORMATS
from reference.groups import reduced_dimensions
from tests.support.fakes import stack_of

F32 = FORMATS["float32"]
CASE = Case("max_norm", {"max_value": -1.0, "epsilon": 1e-7}, 0, weights_of([3.0, 4.0, 0.0], F32))


FILTERS = Grouping("Each filter of a convolution.", lambda rank, reduced: (rank, reduced) == (4, (1, 2, 3)))


def became(values: object, name: str = "float32") -> str:
    """The words for a result."""
    return classify_outcome(CASE, Returned((weights_of(np.array(values, np.float64), FORMATS[name]),)))


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ("max_value must be positive", "raises ValueError, naming the argument"),
        ("Max_Value: -1", "raises ValueError, naming the argument"),
        ("my_max_value is bad", "raises ValueError, not naming the argument"),
        ("out of memory", "raises ValueError, not naming the argument"),
    ],
)
def test_an_exception_names_the_argument_or_not(message: str, words: str) -> None:
    """As a word of its own, in any case of letters."""
    assert classify_outcome(CASE, Raised("ValueError", message), "max_value") == words


def test_an_argument_may_have_several_names() -> None:
    """Frameworks call it as they like; one with a dot is no pattern."""
    error = Raised("TypeError", "bad dim for axisXname")
    assert classify_outcome(CASE, error, "axis", "dim").endswith(", naming the argument")
    assert classify_outcome(CASE, error, "axis.name").endswith(", not naming the argument")


def test_nothing_is_said_of_arguments_that_were_not_asked_about() -> None:
    """The type of the exception is all there is to compare."""
    assert classify_outcome(CASE, Raised("ValueError", "max_value")) == "raises ValueError"


@pytest.mark.parametrize(
    ("kind", "word"),
    [(Crashed, "crash"), (TimedOut, "timeout"), (Unsupported, "unsupported"), (NotAnArray, "malformed")],
)
def test_what_came_instead_of_a_value_is_said(kind: Callable[[str], Outcome], word: str) -> None:
    """With the words that were heard."""
    assert classify_outcome(CASE, kind("sorry"), "axis") == f"{word}: sorry"


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([3.0, 4.0, 0.0], "unchanged"),
        ([0.0, 0.0, 0.0], "zero"),
        ([np.nan] * 3, "NaN"),
        ([np.nan, np.inf, 0.0], "NaN in part"),
        ([np.inf, 1.0, 0.0], "infinite"),
        ([0.6, 0.8, 0.0], "norm 1"),
        ([-0.6, -0.8, 0.0], "sign flipped, norm 1"),
        ([-3.0, 4.0, 0.0], "sign flipped, norm 5"),
        ([6.0, 8.0], "norm 10, shape (3,) becomes (2,)"),
        ([], "empty array, shape (3,) becomes (0,)"),
    ],
)
def test_values_are_said_in_a_word(values: list[float], words: str) -> None:
    """What is not a number first, then what became of the numbers, and of the shape."""
    assert became(values) == words


def of_nan(given: int, *result: int) -> str:
    """The words for the bits of a float32 NaN, and for what a call made of it and of a weight beside it."""
    weights = Weights("float32", (2,), np.array([given, 0x3F800000], "<u4").tobytes())
    outcome = Returned((Weights("float32", (2,), np.array(result, "<u4").tobytes()),))
    return classify_nan(replace(CASE, weights=weights), outcome)


@pytest.mark.parametrize(
    ("given", "result", "words"),
    [
        (0xFFC00003, (0xFFC00003, 0xFFC00003), "payload kept, sign kept, quiet"),
        (0xFF800003, (0xFF800003, 0x3F800000), "payload kept, sign kept, signalling; beside it no NaN"),
        (0xFF800003, (0x7FC00003, 0x7FC00003), "payload kept, sign turned, quiet"),
        (0xFFC00003, (0x7FC00000, 0x7FC00000), "payload gone, sign turned, quiet"),
        (0xFFC00003, (0xFFC00007, 0xFFC00007), "payload another, sign kept, quiet"),
        (0xFFC00003, (0xFF800000, 0x00000000), "no NaN"),
    ],
)
def test_the_bits_of_a_nan_are_told_apart(given: int, result: tuple[int, int], words: str) -> None:
    """Its sign, its payload and whether it signals; an infinity is none."""
    assert of_nan(given, *result) == words


def test_another_format_is_said() -> None:
    """The same numbers in another format are not unchanged."""
    assert became([3.0, 4.0, 0.0], "float64") == "norm 5, becomes float64"


@pytest.mark.parametrize("name", FORMATS)
def test_roundings_do_not_show(name: str) -> None:
    """One ulp more or less has the same words, so that stacks can be compared."""
    case = replace(CASE, weights=weights_of([3.0, 4.0, 0.0], FORMATS[name]))
    ulp = 2.0 * FORMATS[name].unit_roundoff
    said = {
        classify_outcome(case, Returned((weights_of([0.6 * (1.0 + step * ulp), 0.8, 0.0], FORMATS[name]),)))
        for step in (-1, 0, 1)
    }
    assert said == {"norm 1"}


def test_complex_results_have_the_norm_of_both_parts() -> None:
    """And their format is said."""
    result = Weights("complex64", (3,), np.array([3 + 4j, 0, 0], np.complex64).tobytes())
    assert classify_outcome(CASE, Returned((result,))) == "norm 5, becomes complex64"


def test_complex_weights_that_stay_are_unchanged() -> None:
    """Both parts are compared."""
    same = Weights("complex64", (2,), np.array([3 + 4j, 1j], np.complex64).tobytes())
    other = Weights("complex64", (2,), np.array([3 + 4j, -1j], np.complex64).tobytes())
    case = replace(CASE, weights=same)
    assert classify_outcome(case, Returned((same,))) == "unchanged"
    assert classify_outcome(case, Returned((other,))) == "sign flipped, norm 5.099"


def test_the_last_result_counts() -> None:
    """Of several calls."""
    results = tuple(weights_of(values, F32) for values in ([3.0, 4.0, 0.0], [0.0, 0.0, 0.0]))
    assert classify_outcome(CASE, Returned(results)) == "zero"


@pytest.mark.parametrize(
    ("grouping", "shape", "axis"),
    [
        (ANY, (3,), 0),
        (WHOLE, (3,), 0),
        (ALL_BUT_ONE, (1, 3), 1),
        (ROWS, (1, 3), 1),
        (FILTERS, (1, 3, 1, 1), [1, 2, 3]),
    ],
)
def test_a_group_is_put_where_the_stack_can_take_it(grouping: Grouping, shape: tuple[int, ...], axis: Axis) -> None:
    """The weights are the same, all in one group, in the first place that fits."""
    found = fit_to_stack(CASE, stack_of(grouping=grouping))
    assert (found.weights.shape, found.axis, found.weights.bits) == (shape, axis, CASE.weights.bits)
    assert grouping.covers(len(shape), reduced_dimensions(axis, len(shape)))
    assert found.rows(found.weights.values).tolist() == [[3.0, 4.0, 0.0]]


def test_a_column_is_a_group_of_a_stack_that_takes_columns() -> None:
    """A matrix whose first dimension is reduced comes after the row."""
    found = fit_to_stack(
        CASE, stack_of(grouping=Grouping("Columns.", lambda rank, reduced: rank == 2 and reduced == (0,)))
    )
    assert (found.weights.shape, found.axis) == ((3, 1), 0)


@pytest.mark.parametrize("axis", [1, -2, [0, 0], 0.5, True, (0, 3)])
def test_an_invalid_axis_is_left_alone(axis: Axis) -> None:
    """It is what is asked about."""
    case = replace(CASE, axis=axis)
    assert fit_to_stack(case, stack_of(grouping=ROWS)) is case


@pytest.mark.parametrize("grouping", [ROWS, WHOLE])
def test_several_groups_are_left_alone(grouping: Grouping) -> None:
    """They could not be put into one."""
    case = replace(CASE, weights=weights_of(np.ones((3, 2)), F32))
    assert fit_to_stack(case, stack_of(grouping=grouping)) is case


def test_an_empty_array_is_left_alone() -> None:
    """Its shape is what is asked about."""
    case = replace(CASE, weights=weights_of(np.ones((0, 1)), F32))
    assert fit_to_stack(case, stack_of(grouping=ROWS)) is case


def test_a_group_that_fits_nowhere_is_left_alone() -> None:
    """The stack is asked all the same, and what it makes of it is recorded."""
    assert fit_to_stack(CASE, stack_of(grouping=SINGLE_WEIGHTS)) is CASE


def test_a_whole_matrix_is_put_into_a_row() -> None:
    """None and all dimensions are one group too."""
    case = replace(CASE, weights=weights_of([[3.0, 4.0], [0.0, 1.0]], F32), axis=None)
    found = fit_to_stack(case, stack_of(grouping=ROWS))
    assert (found.weights.shape, found.axis, found.weights.bits) == ((1, 4), 1, case.weights.bits)
    assert fit_to_stack(case, stack_of()).weights.shape == (2, 2)


def test_weights_that_are_taken_one_by_one_stay_where_they_are() -> None:
    """A promise about single weights has no groups to fit."""
    case = replace(CASE, contract="clip_by_value", axis=())
    assert fit_to_stack(case, stack_of(grouping=SINGLE_WEIGHTS)) == case
