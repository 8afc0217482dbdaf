"""What a test does beyond its marks fails it."""

from __future__ import annotations

import os

import pytest

from conformance.stacks.workers import ROOT

pytestmark = [pytest.mark.process, pytest.mark.slow]
STARTS = "import subprocess, sys\ndef test(): subprocess.run([sys.executable, '-c', ''])"
IMPORTS = "def test():\n    try:\n        import jax\n    except ImportError: pass"
BY_FIXTURE = f"import pytest\n@pytest.fixture\ndef it(process): pass\n{STARTS.replace('test()', 'test(it)')}"


def failures(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, source: str) -> str:
    """What pytest prints of a file of tests."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]))
    pytester.makepyfile(source)
    ended = pytester.runpytest_subprocess("-p", "tests.support.markers", "-p", "no:xdist")
    return f"{ended.stdout}{ended.stderr}"


@pytest.mark.parametrize(("source", "mark"), [(STARTS, "process"), (IMPORTS, "framework")], ids=["process", "import"])
def test_what_is_not_marked_fails(
    source: str, mark: str, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a sentence that names the mark."""
    assert f"and is not marked {mark}" in failures(pytester, monkeypatch, source)


def test_a_fixture_marks_the_tests_that_use_it(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that nobody has to mark them one by one."""
    assert "1 passed" in failures(pytester, monkeypatch, BY_FIXTURE)


def test_a_file_that_imports_a_framework_is_refused(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """Listing tests would import it."""
    source = "try:\n    import jax\nexcept ImportError: pass\ndef test(): pass"
    assert "imports jax when it is imported" in failures(pytester, monkeypatch, source)
