"""What a test may take: of time and of memory."""

from __future__ import annotations

import resource
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def bounded(seconds: int, mebibytes: int) -> Iterator[None]:
    """What is inside takes less than this, or AssertionError is raised; what hangs is interrupted."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise AssertionError(f"it took more than {seconds} s")

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.alarm(seconds)
    start, peak = time.monotonic(), _peak()
    try:
        yield
        taken, more = time.monotonic() - start, _peak() - peak
        print(f"{taken:.1f} s, at most {more:.0f} MiB more than before")
        assert more < mebibytes
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def _peak() -> float:
    """The most memory that this process has had so far, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
