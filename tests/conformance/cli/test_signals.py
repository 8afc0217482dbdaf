"""A command that is ended from outside leaves a record that can be read, and no process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from conformance.cli.signals import SIGNALS, interruptible
from conformance.stacks.workers import ROOT
from reports.record.file import read

SLOW = """
import os, time
from normconf import subject

@subject("max_norm", framework="numpy", formats=["float32"])
def slow(w, max_value, axis, epsilon):
    open("pid", "w").write(str(os.getpid()))
    time.sleep(600)
"""


@pytest.mark.slow
@pytest.mark.process
@pytest.mark.parametrize("number", SIGNALS, ids=lambda number: number.name)
def test_a_gate_that_is_ended_leaves_a_record_and_no_process(number: signal.Signals, tmp_path: Path) -> None:
    """A second signal does not keep it from cleaning up; the exit code says that not all of it ran."""
    (tmp_path / "mine.py").write_text(SLOW)
    command = [sys.executable, str(ROOT / "normconf.py"), "gate", "mine.py", "--depth", "quick", "--timeout", "300"]
    run = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text():
        assert run.poll() is None, run.communicate()
        time.sleep(0.05)
    run.send_signal(number)
    time.sleep(0.2)
    run.send_signal(signal.SIGINT)
    _, errors = run.communicate(timeout=120)
    assert run.returncode == 3 and "Traceback" not in errors
    assert not read(tmp_path / "normconf-out" / "gate" / "run.jsonl").complete
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


def test_only_the_first_signal_interrupts() -> None:
    """After it, cleaning up goes on; at the end the handlers are those from before."""
    before = [signal.getsignal(number) for number in SIGNALS]
    with interruptible():
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGINT)
    assert [signal.getsignal(number) for number in SIGNALS] == before
