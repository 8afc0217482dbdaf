"""What cannot have changed since a run before is carried over, and marked; all else is asked."""

from __future__ import annotations

import html
import json
from collections import Counter
from pathlib import Path

import pytest

from conformance.cli.main import main
from reports.record.file import Record, read
from tests.support import SUBJECTS

pytestmark = [pytest.mark.process, pytest.mark.slow]
STACK, SUBJECT = "keras-1-formula", f"{SUBJECTS / 'flat.py'}:flat"
RULES = 2


def ask(folder: Path, *options: str, subject: bool = True) -> int:
    """The exit code of a run of a stack, and of a subject that breaks one of two rules."""
    asked = [
        "--stack",
        STACK,
        *([SUBJECT] if subject else []),
        "-k",
        "input_is_not_modified or shape",
        "--depth",
        "quick",
    ]
    return main(["run", *asked, "--out", str(folder), *options])


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The record of a run before."""
    folder = tmp_path_factory.mktemp("before")
    assert ask(folder) == 1
    return folder / "run.jsonl"


def carried(record: Record) -> Counter[str]:
    """How many results of each stack were carried over."""
    return Counter(result.stack for result in record.results if result.carried)


def altered(before: Path, folder: Path, **header: object) -> str:
    """A record with another header."""
    first, *rest = before.read_text("utf-8").splitlines(keepends=True)
    path = folder / "altered.jsonl"
    path.write_text("".join([json.dumps(json.loads(first) | header) + "\n", *rest]), "utf-8")
    return str(path)


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_stack_that_is_the_same_is_carried_over_and_a_subject_is_asked(
    before: Path, jobs: str, tmp_path: Path
) -> None:
    """Nobody knows what somebody's own subject is made of."""
    assert ask(tmp_path, "--since", str(before), "--jobs", jobs) == 1
    old, new = read(before), read(tmp_path / "run.jsonl")
    assert carried(new) == {STACK: RULES} and len(new.results) == len(old.results) and new.complete
    assert {result.carried for result in new.results} == {None, old.header.started}


def test_what_is_carried_over_twice_is_of_the_run_that_found_it(before: Path, tmp_path: Path) -> None:
    """Of a folder its record is taken, be it the one that is written anew."""
    assert ask(tmp_path, "--since", str(before.parent)) == 1
    assert ask(tmp_path, "--since", str(tmp_path)) == 1
    assert read(tmp_path / "run.jsonl").carried == {read(before).header.started: RULES}


def test_where_nothing_can_have_changed_nothing_is_asked(before: Path, tmp_path: Path) -> None:
    """And the record is whole."""
    assert ask(tmp_path, "--since", str(before), subject=False) == 0
    record = read(tmp_path / "run.jsonl")
    assert carried(record) == {STACK: RULES} and len(record.results) == RULES and record.complete


@pytest.mark.parametrize("changed", ["seed", "depth", "code", "suite", "host", "stacks", "options"])
def test_nothing_is_carried_over_from_what_may_have_been_otherwise(changed: str, before: Path, tmp_path: Path) -> None:
    """Another seed, depth, suite or version, or a record that does not say which code has asked."""
    header = json.loads(before.read_text("utf-8").partition("\n")[0])
    numpy = [{**stack, "versions": {"numpy": "1.0"}} for stack in header["stacks"]]
    others = {"seed": 1, "depth": "thorough", "code": "0" * 12, "suite": "normconf 0", "stacks": numpy}
    others |= {"host": header["host"] | {"hypothesis": "0"}, "options": header["options"] | {"timeout": "1 s"}}
    path = altered(before, tmp_path, **{changed: others[changed]})
    assert ask(tmp_path, "--since", path, subject=False) == 0 and not carried(read(tmp_path / "run.jsonl"))


def test_of_what_failed_before_only_that_is_asked(
    before: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What did not fail is carried over where it can be, and else left out, which is said."""
    assert ask(tmp_path, "--last-failed", str(before)) == 1
    record = read(tmp_path / "run.jsonl")
    assert carried(record) == {STACK: RULES} and len(record.results) == RULES + 1 and record.complete
    assert "not asked, because they did not fail there: 1 question" in capsys.readouterr().out


def test_what_was_not_reached_before_counts_as_failed(before: Path, tmp_path: Path) -> None:
    """Of a run that was interrupted, what it had planned is asked."""
    begun = tmp_path / "begun.jsonl"
    header, *rest = before.read_text("utf-8").splitlines(keepends=True)
    begun.write_text(header + next(line for line in rest if json.loads(line).get("stack") == STACK), "utf-8")
    ask(tmp_path, "--last-failed", str(begun))
    assert len(read(tmp_path / "run.jsonl").results) == len(read(before).results)


def test_the_report_says_what_was_carried_over(before: Path, tmp_path: Path) -> None:
    """On the page and in Markdown."""
    ask(tmp_path, "--since", str(before))
    said = f"{RULES} results carried over from the run of {read(before).header.started}"
    pages = [html.unescape((tmp_path / name).read_text("utf-8")) for name in ("report.html", "report.md")]
    assert all(said in page for page in pages)


def test_what_is_no_record_of_a_run_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With exit code 2."""
    assert ask(tmp_path, "--since", str(tmp_path / "nothing.jsonl")) == 2
    assert "does not exist" in capsys.readouterr().err
