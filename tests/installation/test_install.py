"""Installed: one package and its metadata, whatever else is installed, live where it is editable."""

from __future__ import annotations

import os
import subprocess
import sysconfig
import venv
from pathlib import Path

import pytest

import normconf
from conformance.stacks.workers import ROOT

pytestmark = [pytest.mark.process, pytest.mark.slow]

SUBJECT = """
import adapters  # somebody else's
from normconf import subject

@subject("non_neg", framework="numpy")
def positive(w):
    return w * (w > 0).astype(w.dtype) if adapters.SOMEBODY_ELSE == "s" else None
"""
TEST = """
import adapters
import mine
from normconf import assert_conforms

def test_conforms():
    assert_conforms(mine.positive, "--depth", "quick", "-k", "non_neg_value")

def test_diverges():
    assert_conforms("mine.py:positive", "--contract", "unit_norm", "--depth", "quick", "-k", "unit_norm_value")
"""

PROPERTY = """
import adapters  # somebody else's
import numpy as np
from hypothesis import given, settings
from normconf.strategies import Case, cases

@settings(deadline=None)
@given(cases("non_neg"))
def test_positive(case: Case):
    assert adapters.SOMEBODY_ELSE == "s"
    case.check(np.where(case.weights < 0, 0, case.weights).astype(case.weights.dtype))

@settings(deadline=None)
@given(cases("non_neg"))
def test_negative(case: Case):
    case.check(-case.weights)
"""


def installed(folder: Path, *arguments: str) -> Path:
    """The bin folder of an environment into which the checkout was installed, its dependencies being those of here."""
    venv.create(folder, with_pip=True)
    (packages,) = folder.glob("lib/python*/site-packages")
    (packages / "elsewhere.pth").write_text(sysconfig.get_path("purelib"))
    offline = ["--no-deps", "--no-build-isolation", "--no-index", "--quiet"]
    subprocess.run([folder / "bin" / "python", "-m", "pip", "install", *offline, *arguments], check=True)
    (packages / "adapters").mkdir()
    (packages / "adapters" / "__init__.py").write_text("SOMEBODY_ELSE = 's'\n")
    return folder / "bin"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the built wheel."""
    return installed(tmp_path_factory.mktemp("wheel"), str(ROOT))


def run(where: Path, *command: str | Path) -> subprocess.CompletedProcess[str]:
    """A command in a folder with somebody's subject."""
    (where / "mine.py").write_text(SUBJECT)
    (where / "test_mine.py").write_text(TEST)
    clean = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "GITHUB_STEP_SUMMARY")}
    return subprocess.run(command, cwd=where, env=clean, capture_output=True, text=True, check=False)


def test_nothing_but_one_package_is_installed(wheel: Path) -> None:
    """The folders' names are other projects' too."""
    (record,) = wheel.parent.glob("lib/python*/site-packages/normconf-*.dist-info/RECORD")
    lines = record.read_text("utf-8").splitlines()
    assert {line.split("/")[0] for line in lines if not line.startswith("../")} == {"normconf", record.parent.name}
    assert not any(line.startswith("normconf/reports/published/") for line in lines)  # megabytes that nobody asks for


def test_the_command_works_beside_a_package_called_adapters(wheel: Path, tmp_path: Path) -> None:
    """A subject that uses that package is gated like any other."""
    ran = run(tmp_path, wheel / "normconf", "gate", "mine.py", "--depth", "quick", "-k", "non_neg_value")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "mine.py:positive conforms to non_neg" in ran.stdout


def test_it_knows_its_version(wheel: Path, tmp_path: Path) -> None:
    """The installed command prints the one that the package's metadata have."""
    ran = run(tmp_path, wheel / "normconf", "--version")
    (metadata,) = wheel.parent.glob("lib/python*/site-packages/normconf-*.dist-info")
    assert ran.stdout == f"normconf {normconf.__version__}\n"
    assert metadata.name == f"normconf-{normconf.__version__}.dist-info"


def test_one_assertion_in_a_test_suite(wheel: Path, tmp_path: Path) -> None:
    """A function that conforms passes, one that does not fails with what the gate says."""
    ran = run(tmp_path, wheel / "python", "-m", "pytest", "-q", "test_mine.py")
    assert "1 failed, 1 passed" in ran.stdout
    assert "does NOT conform to unit_norm" in ran.stdout


def test_strategies_work_beside_a_package_called_adapters(wheel: Path, tmp_path: Path) -> None:
    """A property of one's own passes and fails as it should, and shows the case as code."""
    (tmp_path / "test_property.py").write_text(PROPERTY)
    ran = run(tmp_path, wheel / "python", "-m", "pytest", "-q", "test_property.py")
    assert "1 failed, 1 passed" in ran.stdout, ran.stdout
    assert "case=Case('non_neg', {}, None, np.array(" in ran.stdout


def test_an_editable_install_is_live(tmp_path: Path) -> None:
    """The command is that of the checkout, and runs its code."""
    place = tmp_path / "editable"
    python = installed(place, "--editable", str(ROOT)) / "python"
    ran = run(tmp_path, python, "-c", "import normconf; print(normconf.__file__)")
    assert Path(ran.stdout.strip()) == ROOT / "normconf.py"
    ran = run(tmp_path, place / "bin" / "normconf", "gate", "mine.py", "--depth", "quick", "-k", "non_neg_value")
    assert ran.returncode == 0, ran.stdout + ran.stderr
