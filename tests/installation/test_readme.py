"""The examples of docs/gating.md, typed as they stand there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from conformance.stacks.workers import ROOT
from tests.support.gate import gate

pytestmark = [pytest.mark.framework, pytest.mark.process, pytest.mark.slow]

GUIDE = (ROOT / "docs" / "gating.md").read_text("utf-8")
EXAMPLES = dict(re.findall(r"```python\n# (\w+_subject\.py)\n(.*?)```", GUIDE, re.S))
RECIPES = dict(re.findall(r"```python\n# (\w+_recipe\.py)\n(.*?)```", GUIDE, re.S))


def test_there_is_an_example_for_every_framework() -> None:
    """And each is about five lines."""
    assert sorted(EXAMPLES) == sorted(f"{name}_subject.py" for name in ("torch", "jax", "tensorflow", "keras", "numpy"))


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_conforms(name: str, tmp_path: Path) -> None:
    """All subjects of the file, under the rules that say most."""
    (tmp_path / name).write_text(EXAMPLES[name], "utf-8")
    ran = gate(tmp_path, name, "--depth", "quick", "-k", "_value or memory_layout or input_is_not_modified")
    assert ran.code == 0, ran.said + ran.errors
    assert ran.said.count(" conforms to ") == EXAMPLES[name].count("@subject(")


def test_there_is_a_recipe_for_each_place() -> None:
    """Where people put a constraint."""
    assert sorted(RECIPES) == [
        f"{name}_recipe.py" for name in ("after_step", "callback", "conv", "hook", "keras_class", "optax")
    ]


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_gives_what_it_says(name: str, tmp_path: Path) -> None:
    """It conforms where it is used."""
    (tmp_path / name).write_text(RECIPES[name], "utf-8")
    ran = gate(tmp_path, name, "--depth", "quick", "-k", "_value or the_constraint")
    assert ran.code == 0, ran.said + ran.errors
    assert ran.said.count(" conforms to ") == 1
