"""A run that was interrupted goes on where it was, and its record is that of one that was not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from conformance.cli.main import main
from reports.record.file import read
from tests.support import SUBJECTS
from tests.support.records import events

pytestmark = [pytest.mark.process, pytest.mark.slow]
SUBJECT = f"{SUBJECTS / 'flat.py'}:flat"
ASKED = ["run", "--stack", "keras-1-formula", SUBJECT, "-k", "input_is_not_modified or shape", "--depth", "quick"]


def ask(folder: Path, *options: str) -> int:
    """The exit code of a run of a stack and a subject."""
    return main([*ASKED, "--out", str(folder), *options])


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The record of a run that was not interrupted."""
    folder = tmp_path_factory.mktemp("whole")
    assert ask(folder) == 1
    return (folder / "run.jsonl").read_bytes()


@pytest.mark.parametrize("kept", [1, 2, 3])
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_what_was_there_is_not_asked_again(kept: int, jobs: str, whole: bytes, tmp_path: Path) -> None:
    """Nor lost, and a line that was being written is written anew."""
    lines = whole.splitlines(keepends=True)
    begun = b"".join(lines[:kept])
    path = tmp_path / "run.jsonl"
    path.write_bytes(begun + lines[kept][:40])
    assert ask(tmp_path, "--resume", "--jobs", jobs) == 1
    assert path.read_bytes().startswith(begun) and events(path.read_bytes()) == events(whole) and read(path).complete


def test_a_last_line_that_lacks_only_its_newline_is_kept(whole: bytes, tmp_path: Path) -> None:
    """A reader takes it for whole, so it is not asked again, and must not be lost."""
    begun = b"".join(whole.splitlines(keepends=True)[:3])
    path = tmp_path / "run.jsonl"
    path.write_bytes(begun.removesuffix(b"\n"))
    assert ask(tmp_path, "--resume", "--jobs", "1") == 1
    assert path.read_bytes().startswith(begun) and events(path.read_bytes()) == events(whole)


def test_the_footer_of_an_interrupted_run_is_its_last_line_no_more(whole: bytes, tmp_path: Path) -> None:
    """There is one, which says how the run has ended."""
    *lines, last = whole.splitlines(keepends=True)
    footer = json.loads(last) | {"complete": False, "exit": 3, "note": "interrupted", "results": 1}
    path = tmp_path / "run.jsonl"
    path.write_bytes(b"".join([*lines[:2], json.dumps(footer).encode() + b"\n"]))
    assert ask(tmp_path, "--resume") == 1 and events(path.read_bytes()) == events(whole)


def test_another_run_is_refused(whole: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In one sentence, and the record stays as it is."""
    path = tmp_path / "run.jsonl"
    path.write_bytes(whole.splitlines(keepends=True)[0])
    before = path.read_bytes()
    assert ask(tmp_path, "--resume", "--seed", "1") == 2
    assert "cannot be gone on with: this run has another seed." in capsys.readouterr().err
    assert path.read_bytes() == before


def test_a_run_that_is_complete_is_refused(whole: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """There is nothing to go on with."""
    (tmp_path / "run.jsonl").write_bytes(whole)
    assert ask(tmp_path, "--resume") == 2 and "is complete, and there is nothing to go on" in capsys.readouterr().err


def test_without_a_record_a_run_begins(whole: bytes, tmp_path: Path) -> None:
    """So that one command serves for each attempt."""
    assert ask(tmp_path, "--resume") == 1 and events((tmp_path / "run.jsonl").read_bytes()) == events(whole)
