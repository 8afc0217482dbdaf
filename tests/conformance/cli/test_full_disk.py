"""Where nothing more can be written, a command says so in one sentence, and what it has written can be read."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from conformance.stacks.workers import ROOT
from reports.record.file import read

pytestmark = [pytest.mark.process, pytest.mark.slow]
SUITE = [sys.executable, str(ROOT / "normconf.py")]
SUBJECT = """
from normconf import subject

@subject("non_neg", framework="numpy", formats=["float32"])
def same(w):
    return w
"""


def no_larger_files() -> None:
    """From now on no file of this process grows beyond 12 kB, which is the header of a record and a few results."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (12_000, 12_000))


def test_a_record_that_the_disk_does_not_take_ends_with_a_whole_line(tmp_path: Path) -> None:
    """The run ends with exit code 2, and what came before is a readable record."""
    (tmp_path / "mine.py").write_text(SUBJECT)
    command = [*SUITE, "gate", "mine.py", "--depth", "quick"]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, preexec_fn=no_larger_files, check=False)
    path = tmp_path / "normconf-out" / "gate" / "run.jsonl"
    assert ran.returncode == 2 and ran.stderr.splitlines()[-1].endswith("run.jsonl cannot be written: File too large.")
    assert "Traceback" not in ran.stderr
    record = read(path)
    assert not record.complete and path.read_bytes().endswith(b"\n") and record.header.rules


def test_a_console_that_takes_nothing_is_named() -> None:
    """One sentence and exit code 2, without what Python says when it ends."""
    with open("/dev/full", "w") as full:
        ran = subprocess.run([*SUITE, "list"], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (2, "normconf: what came cannot be written: No space left on device\n")


def test_a_reader_that_has_gone_is_no_pass() -> None:
    """Nothing is said, for nobody reads it, and the exit code says that not all of it was done."""
    there, here = os.pipe()
    os.close(there)
    ran = subprocess.run([*SUITE, "list"], stdout=here, stderr=subprocess.PIPE, text=True, check=False)
    os.close(here)
    assert (ran.returncode, ran.stderr) == (3, "")
