"""The command line: what a run leaves behind, and one clear line for what cannot be done."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from conformance.cli import commands
from conformance.cli.main import Command, discover_commands, main
from conformance.stacks.workers import ROOT
from reports.record.file import read

pytestmark = pytest.mark.process

GREET = """
HELP, ORDER = "say hello", 95

def add_arguments(parser):
    parser.add_argument("name")

def run(arguments):
    print("hello", arguments.name)
    return 3
"""
MUTANTS = ["run", "--stack", "mutants", "--depth", "quick"]


@pytest.mark.usefixtures("only_mutants")
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["run", "--stack", "nonsense"], "there is no stack named 'nonsense'"),
        (["run", "--stack", "absent"], "absent cannot be loaded"),
        (["run", "--python", "mutants"], "--python takes NAME=PATH"),
        (["run", "--python", "nonsense=python"], "there is no stack named 'nonsense'"),
        (["run", "--out", "FILE"], "FILE cannot be written"),
        (["run", "--out", "FILE/below"], "cannot be written"),
        (["report", "nothing.jsonl"], "nothing.jsonl does not exist"),
        (["report", "FILE"], "FILE"),
        (["replay", "nothing.jsonl", "abc"], "nothing.jsonl does not exist"),
        (["bench", "--stack", "nonsense"], "there is no stack named 'nonsense'"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(
    arguments: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 2, one line, no traceback."""
    monkeypatch.chdir(tmp_path)
    Path("FILE").write_text("no record\n")
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1 and error.startswith("normconf: ")


@pytest.mark.slow
@pytest.mark.parametrize("python", ["/no/such/python", "/bin/false", "/bin/echo"])
def test_a_python_that_is_none_is_refused(python: str, tmp_path: Path) -> None:
    """Exit code 2 and one line, whatever the program does in place of Python."""
    command = [sys.executable, "-m", "tests.mutants", *MUTANTS, "--python", f"mutants={python}"]
    command += ["--out", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2 and f"did not start with {python}" in done.stderr
    assert done.stderr.startswith("normconf: ") and done.stderr.count("\n") == 1


@pytest.mark.slow
def test_a_killed_run_leaves_a_readable_record(tmp_path: Path) -> None:
    """What was written before is there, and the record says that it is incomplete."""
    command = [sys.executable, "-m", "tests.mutants", *MUTANTS, "-k", "shape_is_kept", "--out", str(tmp_path)]
    path = tmp_path / "run.jsonl"
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        until = time.monotonic() + 60.0
        while (not path.exists() or path.read_bytes().count(b"\n") < 3) and time.monotonic() < until:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
    record = read(path)
    assert len(record.results) >= 2 and record.footer is None and not record.complete


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory, slow: None) -> tuple[int, Path]:
    """A whole run of the correct implementation over every rule: its exit code and its folder."""
    folder = tmp_path_factory.mktemp("correct")
    command = [sys.executable, "-m", "tests.mutants", *MUTANTS, "-k", "correct", "--out", str(folder)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, timeout=120, check=False).returncode, folder


def test_a_run_that_conforms_exits_with_zero(out: tuple[int, Path]) -> None:
    """Every rule has a result, and the record is complete."""
    code, folder = out
    record = read(folder / "run.jsonl")
    assert code == 0 and record.complete
    assert {result.rule for result in record.results} == {rule.id for rule in record.header.rules}


def test_a_run_leaves_a_report(out: tuple[int, Path]) -> None:
    """It names the stack."""
    _, folder = out
    assert "mutants" in (folder / "report.md").read_text()


@pytest.mark.usefixtures("only_mutants")
def test_a_record_makes_a_report_again(out: tuple[int, Path], tmp_path: Path) -> None:
    """It also names the stacks of which no record was given."""
    _, folder = out
    assert main(["report", str(folder / "run.jsonl"), "--out", str(tmp_path / "again.md")]) == 0
    assert "no record of faults was given" in (tmp_path / "again.md").read_text()


@pytest.mark.parametrize("command", discover_commands().values(), ids=discover_commands())
def test_every_command_says_what_it_is_for(command: Command) -> None:
    """And has a place of its own in the help."""
    places = [other.ORDER for other in discover_commands().values()]
    assert command.HELP and places.count(command.ORDER) == 1


def test_a_file_among_the_commands_is_a_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """No list has to be edited."""
    (tmp_path / "greet.py").write_text(GREET)
    monkeypatch.setattr(commands, "__path__", [*commands.__path__, str(tmp_path)])
    assert main(["greet", "you"]) == 3 and capsys.readouterr().out == "hello you\n"


@pytest.mark.parametrize(
    ("given", "found"), [(["gate"], ["gate"]), (["--help"], None), (["nothing"], None), ([], None)]
)
def test_only_the_command_that_is_named_is_imported(given: list[str], found: list[str] | None) -> None:
    """All of them where none is, so that the help and the complaint list them."""
    assert list(discover_commands(given)) == (found or list(discover_commands()))
