"""The suite runs from a plain checkout, on an interpreter in which nothing is installed."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from conformance.stacks.workers import ROOT
from reports.record.file import read

pytestmark = [pytest.mark.process, pytest.mark.slow]

# that from which the environment of these tests was made
BARE: str = getattr(sys, "_base_executable", sys.executable)


def has_nothing() -> bool:
    """Whether that interpreter lacks what the suite needs, so that it shows something if the suite runs there."""
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    command = [BARE, "-s", "-c", "import hypothesis"]
    return subprocess.run(command, cwd="/", env=env, capture_output=True, check=False).returncode == 1


def test_a_checkout_and_carried_packages_are_enough(tmp_path: Path) -> None:
    """PYTHONPATH names both; the workers inherit it."""
    if not has_nothing():
        pytest.skip("the interpreter below this environment has packages of its own")
    path = os.pathsep.join([str(ROOT), sysconfig.get_paths()["purelib"], sysconfig.get_paths()["platlib"]])
    command = [BARE, "-s", "-m", "conformance", "run", "--stack", "keras-1-formula", "--depth", "quick"]
    done = subprocess.run(
        [*command, "-k", "shape_is_kept", "--out", str(tmp_path / "out")],
        cwd=tmp_path,
        # what these tests are told of themselves is not meant for it
        env={**{name: value for name, value in os.environ.items() if "PYTEST" not in name}, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    record = read(tmp_path / "out" / "run.jsonl")
    assert record.complete and [result.rule for result in record.results] == ["shape_is_kept"]
