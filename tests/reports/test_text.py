"""Numbers, axes and calls read as a person would write them."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from reports.record.case import Axis, NumpyInteger
from reports.record.model import Column
from reports.text import call, distance, duration, escape_control, join_and, label, names, pluralize, ulps
from tests.support.builder import CASE, finding

NUMBERS = {"0x1.8p+1": "3.0", "0x1.ad7f29abcaf48p-24": "1e-07", "nan": "nan"}


@pytest.mark.parametrize(("text", "said"), NUMBERS.items())
def test_a_parameter_reads_as_a_short_decimal(text: str, said: str) -> None:
    """The shortest that names the same float64."""
    case = replace(CASE, parameters={"max_value": float.fromhex(text)})
    assert call(case) == f"max_norm(max_value={said}, axis=0)"


AXES: list[tuple[Axis, str]] = [
    (None, "None"),
    (-1, "-1"),
    ([0, 1], "[0, 1]"),
    ((0,), "(0,)"),
    (1.5, "1.5"),
    (True, "True"),
    (NumpyInteger(1), "np.int64(1)"),
]


@pytest.mark.parametrize(("value", "said"), AXES)
def test_an_axis_reads_as_in_python(value: Axis, said: str) -> None:
    """A tuple is told from a list."""
    assert call(replace(CASE, parameters={}, axis=value)) == f"max_norm(axis={said})"


def test_a_case_reads_as_a_call() -> None:
    """With decimals and the axis."""
    assert call(CASE) == "max_norm(max_value=3.0, axis=0)"


ACCESS = {
    "gradient": "the gradient of max_norm(axis=0)",
    "from_config": "max_norm(axis=0) rebuilt from its JSON config",
    "even rows": "max_norm(axis=0), even rows",
    "some_other": "max_norm(axis=0), some other",
}


@pytest.mark.parametrize(("access", "said"), ACCESS.items())
def test_a_case_says_how_the_constraint_is_got(access: str, said: str) -> None:
    """Also one of which this page knows no more than the name."""
    assert call(replace(CASE, parameters={}, access=access)) == said


def test_parameters_that_are_no_numbers_read_as_in_python() -> None:
    """None and text."""
    case = replace(CASE, parameters={"max_value": None, "epsilon": "small"})
    assert call(case) == "max_norm(max_value=None, epsilon='small', axis=0)"


def test_a_stack_in_all_its_modes_is_named_once() -> None:
    """And of many names the first are given."""
    every = [Column(stack, mode, "cpu") for stack in ("jax", "torch") for mode in ("eager", "compiled")]
    assert names(every[:3], every) == "jax, torch eager" and names(every, every, 1) == "jax and 1 more"


@pytest.mark.parametrize(
    ("value", "said"), [(1.24, "1.2"), (4194304, "4,194,304"), (3e12, "3.0e+12"), (math.nan, "NaN")]
)
def test_a_distance_can_be_read(value: float, said: str) -> None:
    """Small and huge."""
    assert ulps(value) == said


@pytest.mark.parametrize(("seconds", "said"), [(1.24, "1.2 s"), (200.4, "3 min 20 s"), (7500, "2 h 5 min")])
def test_a_duration_can_be_read(seconds: float, said: str) -> None:
    """In the units that fit."""
    assert duration(seconds) == said


def test_numbers_agree_with_their_nouns() -> None:
    """One group, many groups."""
    assert [pluralize(1, "group"), pluralize(16200000, "group")] == ["1 group", "16,200,000 groups"]


def test_a_list_ends_in_and() -> None:
    """None, one, three."""
    assert [join_and([]), join_and(["a"]), join_and(["a", "b", "c"])] == ["", "a", "a, b and c"]


def test_a_column_is_named_as_long_as_it_must_be() -> None:
    """A mode is named where there are several, a device where it is not the CPU."""
    every = [Column("jax", "eager", "cpu"), Column("jax", "jit", "cpu"), Column("torch", "eager", "cuda")]
    assert [label(one, every) for one in every] == ["jax eager", "jax jit", "torch on cuda"]


def test_nothing_that_acts_on_a_terminal_is_left() -> None:
    """Controls, bidi marks and lone surrogates are spelled out."""
    assert escape_control("a\x1b\n\u202e\ud800é") == "a\\x1b\\n\\u202e\\ud800é"


@pytest.mark.parametrize(
    ("off", "form", "said"),
    [
        (None, "float32", ""),
        (4.0, "float32", "4.0"),
        (900_720_000.0, "float64", "900,720,000, about 1e-07 of it"),
        (1e10, "float32", "1.0e+10"),
    ],
)
def test_thousands_of_ulps_are_told_as_a_share_too(off: float | None, form: str, said: str) -> None:
    """Of the result, where they are not more than all of it."""
    assert distance(finding(ulps=off, format=form)) == said
