"""Files that never end, that nobody writes to, or that no memory holds are refused before they are read."""

from __future__ import annotations

import json
import os
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from conformance.cli.main import discover_commands, main
from reports.reading import MOST_BYTES, MOST_VALUES, read_limited
from reports.record.codec import to_json
from reports.record.file import read
from tests.support.builder import stack, whole

COMMANDS = ("report {}", "diff {} {}", "known {}", "replay {} f1d0")


def pipe(folder: Path) -> Path:
    """A pipe to which nobody writes."""
    os.mkfifo(folder / "pipe")
    return folder / "pipe"


def linked(folder: Path) -> Path:
    """A link to a device that never ends."""
    (folder / "link").symlink_to("/dev/zero")
    return folder / "link"


def huge(folder: Path) -> Path:
    """A file of 20 GB, which takes no room on the disk."""
    with (folder / "huge").open("wb") as file:
        file.truncate(20 << 30)
    return folder / "huge"


FILES: dict[str, tuple[Callable[[Path], Path], str]] = {
    "zero": (lambda _: Path("/dev/zero"), "a device"),
    "full": (lambda _: Path("/dev/full"), "a device"),
    "random": (lambda _: Path("/dev/urandom"), "a device"),
    "pipe": (pipe, "a device, a pipe"),
    "link": (linked, "a device"),
    "huge": (huge, f"more than {MOST_BYTES:,} bytes"),
}


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(("make", "said"), FILES.values(), ids=FILES)
def test_a_file_without_an_end_is_one_sentence(
    make: Callable[[Path], Path], said: str, command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It names the file and the reason, and hardly any memory was taken."""
    path = make(tmp_path)
    discover_commands()  # what they import takes memory too
    tracemalloc.start()
    code = main([part.format(path) for part in command.split()])
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    errors = capsys.readouterr().err
    assert code == 2 and f"{path} cannot be read: " in errors and said in errors and errors.count("\n") == 1
    assert most < 50 << 20


def test_a_report_json_has_the_same_limit(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever a file is called, it is read by the same function."""
    path = huge(tmp_path).rename(tmp_path / "report.json")
    assert main(["report", str(path)]) == 2 and "which is the most that is read" in capsys.readouterr().err


def test_many_small_values_are_refused_before_they_are_made(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each takes many times the memory of its text."""
    path = tmp_path / "run.jsonl"
    path.write_bytes(b"[" + b"0," * MOST_VALUES + b"0]\n")
    assert main(["report", str(path)]) == 2 and f"more than {MOST_VALUES:,} values" in capsys.readouterr().err


def test_a_folder_is_none_of_these(tmp_path: Path) -> None:
    """It is said to be one."""
    with pytest.raises(IsADirectoryError):
        read_limited(tmp_path)


@pytest.mark.parametrize("limit", [0, 9])
def test_a_file_that_is_too_large_is_not_read(tmp_path: Path, limit: int) -> None:
    """Of a file that says that it is empty, as in /proc, no more is read than would be refused."""
    (tmp_path / "file").write_bytes(bytes(10))
    for path in (tmp_path / "file", Path("/proc/self/status")):
        with pytest.raises(OSError, match=f"more than {limit} bytes"):
            read_limited(path, limit)


def test_a_file_that_fits_is_read(tmp_path: Path) -> None:
    """To its last byte."""
    (tmp_path / "file").write_bytes(bytes(10))
    assert read_limited(tmp_path / "file", 10) == bytes(10)


def test_a_long_line_that_fits_is_read(tmp_path: Path) -> None:
    """A record of one long text is no reason to refuse it."""
    lines = [json.dumps(to_json(event)) for event in whole([stack("torch", sentence="x" * 10_000_000)])]
    (tmp_path / "run.jsonl").write_text("\n".join(lines) + "\n")
    assert read(tmp_path / "run.jsonl").complete
