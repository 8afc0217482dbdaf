"""What a subject was asked, and what an axis of its own means in a layer."""

from __future__ import annotations

from typing import Any

import pytest

from reports.gating.asked import assumptions, meanings
from reports.record.header import StackDescription


def stack(**declared: Any) -> StackDescription:
    """A subject of which this is declared."""
    return StackDescription(
        name="mine.py:f",
        available=True,
        reason=None,
        sentence="It is mine.",
        versions={},
        python="3.11",
        backend="torch",
        device=None,
        formats={},
        modes=("eager", "compile"),
        contracts=("max_norm",),
        compiled=(),
        declared={"contract": "max_norm", "framework": "torch", "takes": ["max_value"], **declared},
    )


def test_what_nobody_said_is_told_as_assumed() -> None:
    """An epsilon and an axis."""
    said = assumptions(stack(axes=[0], fixed={"epsilon": 1e-7}, assumed=["epsilon", "axis"]))
    assert "epsilon = 1e-07 (nobody said so: it is assumed)" in said and "axis 0 (nobody said so" in said


def test_limits_and_modes_are_told() -> None:
    """Ranks, formats, values, ties and modes."""
    limits = {"ranks": [2, 4], "formats": ["float32"], "values": {"max_value": [0.5, 2.0]}, "tied": {"a": "-b"}}
    said = assumptions(stack(**limits))
    for part in ("rank 2 or 4", "float32", "max_value from 0.5 to 2", "a = -b", "in eager, compile."):
        assert part in said


@pytest.mark.parametrize(
    ("framework", "axes", "ranks", "said", "expected"),
    [
        ("torch", [1], [2], "(out, in), axis 1 bounds the norm of the weights that enter each unit.", True),
        (
            "torch",
            [0],
            [2],
            "the weights that leave each input, and not that of the weights that enter each unit",
            False,
        ),
        ("keras-jax", [0], [2], "(in, out), axis 0 bounds the norm of the weights that enter each unit.", True),
        ("keras-jax", [1], [2], "the weights that leave each input", False),
        ("torch", [{"tuple": [0, 1, 2]}], [4], "at each column, and not", False),
        ("tensorflow", [[0, 1, 2]], [4], "the weights that enter each unit.", True),
        ("jax", [-1], [2], "as Flax stores them, (in, out), axis -1 bounds the norm of the weights that leave", False),
    ],
)
def test_an_axis_is_told_in_the_terms_of_a_layer(
    framework: str, axes: list[Any], ranks: list[int], said: str, expected: bool
) -> None:
    """As the framework stores the weights of one."""
    ((meaning, as_expected),) = meanings(stack(framework=framework, axes=axes, ranks=ranks))
    assert said in meaning and as_expected is expected


@pytest.mark.parametrize(
    ("base", "framework", "axis", "said", "expected"),
    [
        ("Embedding", "torch", 1, "bounds the norm of the vector of each input.", True),
        ("Embedding", "keras-jax", 0, "at each out, and not that of the vector of each input, which is axis 1.", False),
        (
            "DepthwiseConv2D",
            "keras-jax",
            {"tuple": [0, 1]},
            "(rows, columns, in, multiplier), axis (0, 1) bounds",
            True,
        ),
        (
            "DepthwiseConv2D",
            "keras-jax",
            {"tuple": [0, 1, 2]},
            "at each multiplier, and not that of the weights",
            False,
        ),
    ],
)
def test_layers_have_units_of_their_own(base: str, framework: str, axis: Any, said: str, expected: bool) -> None:
    """An embedding has vectors, and what goes through each channel alone is one unit."""
    ranks = [2] if base == "Embedding" else [4]
    ((meaning, as_expected),) = meanings(stack(framework=framework, axes=[axis], ranks=ranks, base=base))
    assert said in meaning and as_expected is expected


def test_of_axes_by_rank_only_those_of_its_ranks_are_told() -> None:
    """A layer has weights of one rank, whatever its axis would be of others."""
    assert len(list(meanings(stack(axes_by_rank=[[2, 1], [4, {"tuple": [1, 2, 3]}]], ranks=[4])))) == 1


def test_axes_by_rank_are_told_for_each() -> None:
    """As they are written in words."""
    found = list(meanings(stack(axes_by_rank=[[2, 1], [4, {"tuple": [1, 2, 3]}]])))
    assert [expected for _, expected in found] == [True, True]


@pytest.mark.parametrize(
    "declared", [{"framework": "numpy", "axes": [0]}, {"takes": ["axis"], "axes": [0]}, {"axes": [None]}, {"axes": [3]}]
)
def test_of_others_nothing_is_told(declared: dict[str, Any]) -> None:
    """Frameworks without layers, axes that are given, whole arrays, and dimensions that are not there."""
    assert list(meanings(stack(**declared))) == []
