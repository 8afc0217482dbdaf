"""The suite runs from a plain checkout, on an interpreter in which nothing is installed."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from conformance.workers import ROOT
from reports.record import read

# that from which the environment of these tests was made
BARE: str = getattr(sys, "_base_executable", sys.executable)


@pytest.mark.skipif(sys.executable == BARE, reason="these tests do not run in a virtual environment")
def test_a_checkout_and_carried_packages_are_enough(tmp_path: Path) -> None:
    """PYTHONPATH names both; the workers inherit it."""
    path = os.pathsep.join([str(ROOT), sysconfig.get_paths()["purelib"], sysconfig.get_paths()["platlib"]])
    command = [BARE, "-s", "-m", "conformance", "run", "--stack", "keras-1-formula", "--depth", "quick"]
    done = subprocess.run(
        [*command, "-k", "shape_is_kept", "--out", str(tmp_path / "out")],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    record = read(tmp_path / "out" / "run.jsonl")
    assert record.complete and [result["rule"] for result in record.results] == ["shape_is_kept"]


def test_nothing_is_installed_in_the_bare_interpreter(tmp_path: Path) -> None:
    """Or the test above would show nothing."""
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    if sys.executable == BARE:
        pytest.skip("these tests do not run in a virtual environment")
    done = subprocess.run([BARE, "-s", "-c", "import execnet"], cwd=tmp_path, env=env, capture_output=True, check=False)
    assert done.returncode == 1 and b"ModuleNotFoundError" in done.stderr
