"""Several processes ask what one would ask, and the record is the same."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from conformance.cli.main import main
from conformance.stacks.workers import ROOT
from reports.record.file import read
from tests.support import SUBJECTS
from tests.support.records import events

pytestmark = pytest.mark.process
NAMES = ("complement", "of_the_mean")


def ask(folder: Path, jobs: int, *options: str) -> Path:
    """The record of a gate of wrong subjects by so many processes."""
    subjects = [f"{SUBJECTS / 'faulty.py'}:{name}" for name in NAMES]
    rules = ["-k", "_value", "--depth", "quick", "--jobs", str(jobs), "--out", str(folder), *options]
    assert main(["gate", *subjects, *rules]) == 1
    return folder / "run.jsonl"


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Path]:
    """By the number of jobs."""
    return {jobs: ask(tmp_path_factory.mktemp("record"), jobs) for jobs in (1, 2, 5)}


@pytest.mark.slow
def test_the_record_is_the_same_for_any_number_of_jobs(records: dict[int, Path]) -> None:
    """Of the same seed: the same cases, findings, smallest cases and hints."""
    one, two, five = (events(record.read_bytes()) for record in records.values())
    assert one == two == five and one.total() > 2 * len(NAMES)


@pytest.mark.slow
def test_a_file_that_takes_long_to_be_read_is_no_slow_subject(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each task reads it once more, before its first call."""
    monkeypatch.setattr("conformance.rules.execute.OF_A_RULE", 0.5)
    late = tmp_path / "late.py"
    late.write_text("import time; time.sleep(0.6)\n" + (SUBJECTS / "flat.py").read_text("utf-8"), "utf-8")
    rules = ["-k", "max_norm_value or zero_weights_stay_zero", "--depth", "quick", "--out", str(tmp_path / "out")]
    assert main(["gate", str(late), *rules]) == 1
    results = read(tmp_path / "out" / "run.jsonl").results
    assert len(results) == 2 and "slow" not in str([result.unsupported for result in results])


@pytest.mark.slow
def test_another_seed_is_another_record(records: dict[int, Path], tmp_path: Path) -> None:
    """So that the comparison can fail."""
    assert events(records[2].read_bytes()) != events(ask(tmp_path, 2, "--seed", "1").read_bytes())


@pytest.mark.slow
def test_the_header_says_what_is_going_to_be_asked(records: dict[int, Path]) -> None:
    """Of each stack and mode every rule that is put to it, and all of them have a result."""
    record = read(records[2])
    planned = {(one.stack, one.mode, rule) for one in record.header.plan or () for rule in one.rules}
    assert planned == {(result.stack, result.mode, result.rule) for result in record.results} and planned


@pytest.mark.parametrize("number", ["0", "-1", "many", "100000"])
def test_a_number_of_jobs_that_there_cannot_be_is_named(number: str, capsys: pytest.CaptureFixture[str]) -> None:
    """In one sentence, with exit code 2."""
    with pytest.raises(SystemExit) as ended:
        main(["run", f"--jobs={number}"])
    assert ended.value.code == 2 and "takes a whole number from 1 to 1024" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_leaves_a_record_and_no_process(number: signal.Signals, tmp_path: Path) -> None:
    """What had come by then can be read."""
    marked = {**os.environ, "NORMCONF_TEST": str(tmp_path)}
    command = [sys.executable, "-m", "conformance", "run", "--stack", "keras-1-formula", "--jobs", "2"]
    subject = f"{SUBJECTS / 'flat.py'}:flat"
    run = subprocess.Popen(
        [*command, subject, "--depth", "quick", "--out", str(tmp_path)],
        cwd=ROOT,
        env=marked,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    path = tmp_path / "run.jsonl"
    for _ in range(600):
        if path.exists() and path.read_bytes().count(b"\n") > 3:
            break
        time.sleep(0.1)
    run.send_signal(number)
    assert run.wait(30) == 3 and not read(path).complete and len(read(path).results) >= 2
    assert not [place for place in Path("/proc").glob("[0-9]*") if told(place, f"NORMCONF_TEST={tmp_path}")]


def told(process: Path, variable: str) -> bool:
    """Whether a process has this in its environment."""
    try:
        return variable.encode() in (process / "environ").read_bytes().split(b"\0")
    except OSError:
        return False
