"""First results first: a run looks at all stacks, writes the page, and goes deeper for as long as it may."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from conformance.cli.main import main
from reports.record.file import read
from tests.support import SUBJECTS
from tests.support.records import events

pytestmark = [pytest.mark.process, pytest.mark.slow]
SUBJECT = f"{SUBJECTS / 'flat.py'}:flat"
ASKED = ["run", "--stack", "keras-1-formula", SUBJECT, "-k", "input_is_not_modified or shape"]


def ask(folder: Path, *options: str) -> int:
    """The exit code of a run of a stack and a subject."""
    return main([*ASKED, "--out", str(folder), *options])


def written(folder: Path) -> bytes:
    """The record of a run."""
    return (folder / "run.jsonl").read_bytes()


def depths(folder: Path) -> Counter[str]:
    """How many events of results there are of each depth; "" is that of the run."""
    found = map(json.loads, written(folder).splitlines())
    return Counter(event.get("depth", "") for event in found if event["kind"] == "result")


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_run_in_rounds_finds_what_one_without_finds(jobs: str, tmp_path: Path) -> None:
    """What a look has found stands before it, and is replaced for whoever reads the record."""
    assert ask(tmp_path / "once") == ask(tmp_path / "rounds", "--rounds", "--jobs", jobs) == 1
    assert events(written(tmp_path / "rounds"), shallow=False) == events(written(tmp_path / "once"))
    assert depths(tmp_path / "rounds") == {"quick": 2, "": 4} and not read(tmp_path / "rounds/run.jsonl").shallow


def test_a_run_in_rounds_goes_on_where_it_was(tmp_path: Path) -> None:
    """What a look has found is not looked at again."""
    assert ask(tmp_path / "once", "--rounds") == 1
    lines = (tmp_path / "once/run.jsonl").read_bytes().splitlines(keepends=True)
    (tmp_path / "again").mkdir()
    (tmp_path / "again/run.jsonl").write_bytes(b"".join(lines[:3]))
    assert ask(tmp_path / "again", "--rounds", "--resume") == 1
    assert depths(tmp_path / "again") == {"quick": 2, "": 4}
    assert events(written(tmp_path / "again")) == events(written(tmp_path / "once"))


def test_the_page_is_there_after_the_first_look(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It says that the record is incomplete and how deep its results are, and is written again in the end."""
    page = tmp_path / "report.html"
    with pytest.MonkeyPatch.context() as patch:
        written: list[str] = []
        patch.setattr("conformance.cli.commands.run.say", lambda *_: written.append(page.read_text("utf-8")))
        ask(tmp_path, "--rounds")
    assert len(written) == 1 and "INCOMPLETE" in written[0] and "2 results at depth quick only" in written[0]
    assert "INCOMPLETE" not in page.read_text("utf-8") and "at depth quick only" not in page.read_text("utf-8")


def test_a_subject_is_asked_once(tmp_path: Path) -> None:
    """What its calls may cost is bounded in all, and what it never answers is not asked again."""
    ask(tmp_path, "--time", "10m", "--depth", "default")
    lines = (tmp_path / "run.jsonl").read_text("utf-8").splitlines()
    asked = [event for event in map(json.loads, lines) if event.get("stack") == SUBJECT and event["kind"] == "result"]
    assert len(asked) == 2 and not any("depth" in event for event in asked)


def test_with_time_a_run_goes_from_depth_to_depth(tmp_path: Path) -> None:
    """And is complete where the time was enough."""
    assert ask(tmp_path, "--time", "10m") == 1
    record = read(tmp_path / "run.jsonl")
    assert depths(tmp_path) == {"quick": 2, "": 4} and record.complete and record.footer and record.footer.note is None


def test_when_the_time_is_over_it_is_said_how_deep_the_run_has_got(tmp_path: Path) -> None:
    """What has a result at some depth was asked; the rest is missing, and the run is not complete."""
    run = ["run", "--stack", "keras-1-formula", "--time", "1s", "--depth", "thorough", "--out", str(tmp_path)]
    assert main(run) == 3
    record = read(tmp_path / "run.jsonl")
    assert record.footer is not None and record.footer.note == "its time was over" and not record.complete


@pytest.mark.parametrize("said", ["10", "m", "0s", "-1m", "1.5h", "10 m", "ten", "9999999s", "١m"])
def test_a_time_is_a_number_and_a_unit(said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Anything else is one sentence and exit code 2."""
    with pytest.raises(SystemExit, match="2"):
        ask(tmp_path, f"--time={said}")
    assert "takes a time such as 90s, 10m or 2h" in capsys.readouterr().err
