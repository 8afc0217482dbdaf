"""normconf.strategies is this room, apart from everything else that is called conformance or reference."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

import conformance.strategies
from conformance.stacks.workers import ROOT


def test_here_it_is_this_room() -> None:
    """Where the folders have their own names, there is no second copy of them."""
    door = importlib.import_module("normconf.strategies")
    assert door is conformance.strategies


def printed(folder: Path, program: str) -> str:
    """What a program in a folder prints, which has a package called reference of its own."""
    (folder / "reference").mkdir()
    (folder / "reference" / "__init__.py").write_text("MINE = True\n")
    environment = {**os.environ, "PYTHONPATH": f"{folder}{os.pathsep}{ROOT}"}
    ran = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True, cwd=folder
    )
    return ran.stdout.strip()


@pytest.mark.process
@pytest.mark.slow
def test_elsewhere_its_modules_are_parts_of_normconf(tmp_path: Path) -> None:
    """What is called reference there stays what it was."""
    program = "import reference; from normconf.strategies import Case; print(Case.__module__, reference.MINE)"
    assert printed(tmp_path, program) == "normconf.conformance.strategies.case True"


@pytest.mark.parametrize("name", ["tests", "golden", "wheel"])
def test_nothing_else_that_lies_beside_it_is_a_part(name: str) -> None:
    """It is not found."""
    with pytest.raises(ModuleNotFoundError, match=name):
        importlib.import_module(f"normconf.{name}")
