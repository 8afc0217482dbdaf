"""What a user has set for tests of their own changes nothing in a run; nor does a second run, or a changed record."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.errors import UsageError
from conformance.run.copy import Copy
from conformance.run.lock import locked
from tests.support.gate import gate

WRONG = """
from normconf import subject

@subject("max_norm", framework="numpy", formats=["float32"])
def half(w, max_value, axis, epsilon):
    return w * w.dtype.type(0.5)
"""
PASSING = {"-k": "-k shape", "two processes": "-n 2", "no plugin": "-p no:conformance.conftest", "one": "--maxfail=0"}


@pytest.mark.slow
@pytest.mark.process
@pytest.mark.parametrize("options", PASSING.values(), ids=PASSING)
def test_no_option_of_the_users_reaches_the_rules(options: str, tmp_path: Path) -> None:
    """Neither from the environment nor from a file beside the subject."""
    (tmp_path / "mine.py").write_text(WRONG)
    (tmp_path / "pytest.ini").write_text(f"[pytest]\naddopts = {options}\n")
    (tmp_path / "conftest.py").write_text("import nothing_that_there_is")
    ran = gate(tmp_path, "mine.py", "-k", "max_norm_value", "--depth", "quick", environment={"PYTEST_ADDOPTS": options})
    assert ran.code == 1 and "does NOT conform to max_norm: 1 of 1 MUST rule broken" in ran.said, ran.errors


def test_a_folder_has_one_run_at_a_time(tmp_path: Path) -> None:
    """The second is told so, and after the first it may run."""
    with locked(tmp_path), pytest.raises(UsageError, match="is being written by another run"), locked(tmp_path):
        pass
    with locked(tmp_path):
        pass


def spoil(path: Path, how: str) -> None:
    """Something else gets at a record."""
    if how == "truncated":
        path.write_bytes(b"")
    elif how == "changed":
        path.write_bytes(path.read_bytes().replace(b"DIVERGENT", b"EXACT    "))
    else:
        path.unlink()
    if how == "a folder":
        path.mkdir()
    elif how == "a link":
        path.symlink_to("/etc/passwd")


@pytest.mark.parametrize("how", ["truncated", "changed", "deleted", "a folder", "a link"])
def test_a_record_is_what_was_written_to_it(how: str, tmp_path: Path) -> None:
    """Whatever became of it meanwhile, it is written again, and that is known."""
    copy, path = Copy(), tmp_path / "run.jsonl"
    copy.write(b'{"grade":"DIVERGENT"}\n')
    path.write_bytes(b'{"grade":"DIVERGENT"}\n')
    assert copy.restore(path)
    spoil(path, how)
    assert not copy.restore(path) and path.read_bytes() == b'{"grade":"DIVERGENT"}\n'
    copy.close()
