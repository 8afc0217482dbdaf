"""Simpler arguments: smaller numbers, shorter lists, and nothing of another kind."""

from __future__ import annotations

import math
from typing import Any

import pytest

from conformance.claims.simpler import simpler_arguments


def simpler(value: Any) -> list[Any]:
    """What is tried in place of one argument."""
    return [arguments["x"] for arguments in simpler_arguments({"x": value}, ())]


@pytest.mark.parametrize(
    ("value", "candidates"),
    [
        (7, [1, 2, 3]),
        (2, [1]),
        (1, []),
        (True, []),
        ("text", []),
        (1.0, []),
        (0.1234, [1.0, 2.0, 3.0, 0.1, 0.12]),
        (math.inf, [1.0, 2.0, 3.0]),
        ([5, 5], [[5], [5], [1, 5], [2, 5], [3, 5], [5, 1], [5, 2], [5, 3]]),
        ([[1.0], [1.0, 2.0]], []),
        (["a", "b"], []),
    ],
)
def test_a_value_has_simpler_ones(value: Any, candidates: list[Any]) -> None:
    """Of its own kind; the simplest have none."""
    assert simpler(value) == candidates


def test_a_long_list_is_only_halved() -> None:
    """Its numbers wait until it is short."""
    assert simpler([5.0] * 10) == [[5.0] * 5, [5.0] * 5]


def test_an_argument_that_is_kept_stays() -> None:
    """The others are made simpler one by one."""
    assert list(simpler_arguments({"a": 2, "b": 2}, ("a",))) == [{"a": 2, "b": 1}]
