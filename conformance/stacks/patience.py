"""The time that calls may take: a slow subject gets fewer and larger cases, and every subject has its minutes."""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass

# seconds that all calls of a subject in one mode may take in each of its two tasks, those of one rule once a case is
# judged, and those by which one finding is made smaller; the last two of a slow one only
OF_A_SUBJECT, OF_A_RULE, OF_REDUCING = 60.0, 2.5, 4.0
# seconds; a slow subject takes that long for each call, and a slow compiler for each of the first
SLOW, SLOW_COMPILER = 0.1, 1.0


@dataclass
class Patience:
    """How long calls may take `in_all`, and what they have taken, by our clock: a worker's may be its subject's."""

    in_all: float = math.inf
    spent: float = 0.0
    # of the fastest so far, for the first of a shape may compile; 0 before there was any
    seconds_per_call: float = 0.0

    @property
    def is_over(self) -> bool:
        """Whether the time has run out."""
        return self.spent > self.in_all

    @property
    def is_strained(self) -> bool:
        """Whether it is a subject whose calls take so long that it gets fewer and larger cases."""
        return math.isfinite(self.in_all) and self.seconds_per_call > SLOW

    @contextlib.contextmanager
    def spending(self) -> Iterator[None]:
        """What is done in it counts."""
        start = time.monotonic()
        try:
            yield
        finally:
            self.spent += time.monotonic() - start

    def returned(self, calls: int, seconds: float, compiled: bool = False) -> None:
        """So many calls gave results; what a fast compiler has taken says nothing of those that follow."""
        taken = seconds / calls
        if compiled and taken < SLOW_COMPILER:
            return
        self.seconds_per_call = min(self.seconds_per_call or taken, taken)
