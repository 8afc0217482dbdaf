"""What several processes and shards make of a quick run, and the memory of all that runs."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence

import pytest

from conformance.bench import side_by_side
from conformance.bench.side_by_side import Cost, measured, memory_of
from conformance.cli.main import main
from conformance.errors import UsageError

LARGE = 200 * 2**20
ON_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells what a process has for itself")


def holding(size: int, then: str) -> list[str]:
    """A command that takes so many bytes in a process that it has started itself."""
    child = f"held = b'1' * {size}; print(len(held), flush=True); {then}"
    return [sys.executable, "-c", f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"]


@pytest.mark.process
@ON_LINUX
def test_memory_is_that_of_all_processes_that_were_started() -> None:
    """Here of one that was started by one that this process has started."""
    before = memory_of(os.getpid())
    with subprocess.Popen(holding(LARGE, "input()"), stdin=subprocess.PIPE, stdout=subprocess.PIPE) as running:
        assert running.stdout is not None and running.stdout.readline()
        assert memory_of(running.pid) > LARGE and memory_of(os.getpid()) - before > LARGE
        running.communicate(b"\n")


@pytest.mark.slow
@pytest.mark.process
@ON_LINUX
def test_what_a_command_takes_is_its_most() -> None:
    """Looked at again and again while it runs."""
    cost = measured(holding(LARGE, "import time; time.sleep(1.0)"))
    assert cost.peak > LARGE and cost.seconds > 1.0


@pytest.mark.process
def test_a_run_that_fails_is_no_figure() -> None:
    """Its last words are told."""
    with pytest.raises(UsageError, match="exit code 2: no such thing"):
        measured([sys.executable, "-c", "import sys; print('no such thing', file=sys.stderr); sys.exit(2)"])


def test_ratios_are_those_of_one_run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Of several processes, and of the shard that takes longest."""
    asked: list[str] = []

    def fake(command: Sequence[str]) -> Cost:
        asked.append(" ".join(command[3:-2]))
        return Cost(5.0 if "2/8" in command else 4.0 if "--shard" in command else 20.0 / int(command[-3]), 3 << 20)

    monkeypatch.setattr(side_by_side, "measured", fake)
    assert main(["bench", "--side-by-side", "--jobs", "2", "--stack", "torch*", "--seed", "7"]) == 0
    assert asked[-2:] == [f"run --depth quick --seed 7 --stack torch* --device cpu --jobs {jobs}" for jobs in (1, 2)]
    assert asked[7].endswith("--jobs 1 --shard 8/8") and len(asked) == 10
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert [line[-3:] for line in lines if line[-1:] == ["3"]] == [
        ["20.0", "1.00", "3"],
        ["10.0", "2.00", "3"],
        ["5.0", "4.00", "3"],
    ]


def test_a_stack_that_is_not_there_is_said_before_a_run_begins(capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is started for it, which a test that is not marked process may not do."""
    assert main(["bench", "--side-by-side", "--stack", "non-such"]) == 2
    assert capsys.readouterr().err.startswith("normconf: there is no stack named 'non-such'")
