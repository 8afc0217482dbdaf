"""Miniatures offered as a file are refused like anybody's wrong constraint, some with a hint."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.gate.test_gate import Gate, gate

FILE = str(Path(__file__).with_name("miniatures.py"))
HINTS = {
    "correct": None,
    "axis_is_the_one_kept": "max_norm over the dimensions that axis does not name",
    "axis_is_always_zero": "max_norm over axis 0, whichever axis it is given",
    "epsilon_is_missing": "max_norm without epsilon",
    "epsilon_is_a_floor": "max_norm with epsilon as a floor, max(N, epsilon)",
    "bound_is_squared": "max_norm with max_value squared",
    "norm_is_a_sum": None,
}


@pytest.fixture(scope="module")
def miniatures(tmp_path_factory: pytest.TempPathFactory) -> Gate:
    """Some of them in one gate."""
    some = ["--depth", "quick", "--json", "gate.json", "-k", "max_norm_value or same_input_gives"]
    return gate(tmp_path_factory.mktemp("miniatures"), *(f"{FILE}:{name}" for name in HINTS), *some)


@pytest.mark.parametrize(("name", "said"), HINTS.items(), ids=HINTS)
def test_a_miniature_is_refused(name: str, said: str | None, miniatures: Gate) -> None:
    """And the right one is not."""
    assert miniatures.code == 1, miniatures.said + miniatures.errors
    (one,) = (s for s in json.loads(miniatures.text("gate.json"))["subjects"] if s["name"].endswith(f":{name}"))
    assert one["conforms"] == (name == "correct")
    assert one["hint"] == (None if said is None else f"It behaves as {said}.")
