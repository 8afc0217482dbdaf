"""Numbers, axes and calls read as a person would write them."""

from __future__ import annotations

import pytest

from reports.record.model import Axis, Case, Column, Ulps
from reports.text import axis, call, count, decimal, duration, label, listed, names, plain, ulps
from tests.support.builder import CASE

HEX = {"0x1.8p+1": "3.0", "0x1.ad7f29abcaf48p-24": "1e-07", "nan": "nan", "0x1p+9999": "0x1p+9999"}


@pytest.mark.parametrize(("text", "said"), HEX.items())
def test_a_hex_float_reads_as_a_short_decimal(text: str, said: str) -> None:
    """The shortest that names the same float64."""
    assert decimal(text) == said


AXES: list[tuple[Axis, str]] = [
    (None, "None"),
    (-1, "-1"),
    ([0, 1], "[0, 1]"),
    ({"tuple": [0]}, "(0,)"),
    ({"float": 1.5}, "1.5"),
    ({"bool": True}, "True"),
    ({"numpy": 1}, "np.int64(1)"),
]


@pytest.mark.parametrize(("value", "said"), AXES)
def test_an_axis_reads_as_in_python(value: Axis, said: str) -> None:
    """A tuple is told from a list."""
    assert axis(value) == said


def test_a_case_reads_as_a_call() -> None:
    """With decimals and the axis."""
    assert call(CASE) == "max_norm(max_value=3.0, axis=0)"


WAYS = {
    "gradient": "the gradient of max_norm(axis=0)",
    "from_config": "max_norm(axis=0) rebuilt from its JSON config",
    "even rows": "max_norm(axis=0), even rows",
    "some_other": "max_norm(axis=0), some other",
}


@pytest.mark.parametrize(("way", "said"), WAYS.items())
def test_a_case_says_in_which_way_it_is_asked(way: str, said: str) -> None:
    """Also a way of which this page knows no more than the name."""
    assert call({**CASE, "parameters": {}, "way": way}) == said


def test_parameters_that_are_no_numbers_read_as_in_python() -> None:
    """None and text."""
    case: Case = {**CASE, "parameters": {"max_value": None, "epsilon": {"text": "small"}}}
    assert call(case) == "max_norm(max_value=None, epsilon='small', axis=0)"


def test_a_stack_in_all_its_modes_is_named_once() -> None:
    """And of many names the first are given."""
    every = [Column(stack, mode, "cpu") for stack in ("jax", "torch") for mode in ("eager", "compiled")]
    assert names(every[:3], every) == "jax, torch eager" and names(every, every, 1) == "jax and 1 more"


@pytest.mark.parametrize(("value", "said"), [(1.24, "1.2"), (4194304, "4,194,304"), (3e12, "3.0e+12"), ("nan", "NaN")])
def test_a_distance_can_be_read(value: Ulps, said: str) -> None:
    """Small and huge."""
    assert ulps(value) == said


@pytest.mark.parametrize(("seconds", "said"), [(1.24, "1.2 s"), (200.4, "3 min 20 s"), (7500, "2 h 5 min")])
def test_a_duration_can_be_read(seconds: float, said: str) -> None:
    """In the units that fit."""
    assert duration(seconds) == said


def test_numbers_agree_with_their_nouns() -> None:
    """One group, many groups."""
    assert [count(1, "group"), count(16200000, "group")] == ["1 group", "16,200,000 groups"]


def test_a_list_ends_in_and() -> None:
    """None, one, three."""
    assert [listed([]), listed(["a"]), listed(["a", "b", "c"])] == ["", "a", "a, b and c"]


def test_a_column_is_named_as_long_as_it_must_be() -> None:
    """A mode is named where there are several, a device where it is not the CPU."""
    every = [Column("jax", "eager", "cpu"), Column("jax", "jit", "cpu"), Column("torch", "eager", "cuda")]
    assert [label(one, every) for one in every] == ["jax eager", "jax jit", "torch on cuda"]


def test_nothing_that_acts_on_a_terminal_is_left() -> None:
    """Controls, bidi marks and lone surrogates are spelled out."""
    assert plain("a\x1b\n\u202e\ud800é") == "a\\x1b\\n\\u202e\\ud800é"
