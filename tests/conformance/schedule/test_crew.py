"""A crew does the parts of a run side by side, and loses nothing but what a lost process was doing."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.schedule.crew import Crew, MemberFailed

pytestmark = pytest.mark.process


def crew(work: str, jobs: int = 2, folder: Path | None = None) -> Crew[int, object]:
    """A crew that does one of these things with numbers; as each process ends it leaves a file."""

    def does(part: int) -> Iterator[object]:
        yield part, os.getpid()
        if work == "dies" and part == 1:
            os.kill(os.getpid(), signal.SIGKILL)
        if work == "raises" and part == 1:
            raise ValueError("one is wrong")
        if work == "sleeps":
            time.sleep(600)
        yield 10 * part

    def close() -> None:
        if folder is not None:
            (folder / str(os.getpid())).touch()

    return Crew(jobs, does, close)


def numbers(results: Iterator[tuple[int, object]]) -> list[int]:
    """The numbers that came, in order."""
    return sorted(result for _, result in results if isinstance(result, int))


@pytest.mark.parametrize("jobs", [1, 2, 5])
def test_every_part_is_done_once(jobs: int) -> None:
    """However many processes there are, and whichever does it."""
    with crew("works", jobs) as members:
        assert numbers(members.do(range(7))) == [0, 10, 20, 30, 40, 50, 60]


def test_parts_are_done_by_several_processes() -> None:
    """Which are not this one, and are there for further parts."""
    with crew("works") as members:
        first, second = ({result[1] for _, result in members.do(range(9)) if isinstance(result, tuple)} for _ in "ab")
    assert first == second and len(first) == 2 and os.getpid() not in first


def test_each_process_closes_what_it_has_opened(tmp_path: Path) -> None:
    """Before it ends."""
    with crew("works", folder=tmp_path) as members:
        did = {result[1] for _, result in members.do(range(9)) if isinstance(result, tuple)}
    assert {int(path.name) for path in tmp_path.iterdir()} == did


@pytest.mark.parametrize(
    ("work", "jobs", "said"),
    [("dies", 2, r"lost \(exit code -9\)"), ("raises", 2, "one is wrong"), ("raises", 1, "one is wrong")],
)
def test_what_fails_costs_its_part_only(work: str, jobs: int, said: str) -> None:
    """All others are done, and then it is told."""
    seen: list[object] = []
    with crew(work, jobs) as members, pytest.raises(MemberFailed, match=said):
        seen += (result for _, result in members.do(range(5)))
    assert sorted(each for each in seen if isinstance(each, int)) == [0, 20, 30, 40]


def test_an_error_here_ends_every_process(tmp_path: Path) -> None:
    """Whatever they do, and each closes what it has opened."""
    with pytest.raises(KeyboardInterrupt), crew("sleeps", folder=tmp_path) as members:
        for _ in members.do(range(2)):
            raise KeyboardInterrupt
    assert len(list(tmp_path.iterdir())) == 2
