"""How fast a sweep is beside the bare calls that it makes: parts of float32 from all over the format."""

from __future__ import annotations

import time
from dataclasses import dataclass

from adapters.core.spaces import NUMBERS, Space
from conformance.stacks.target import Target
from conformance.sweeps.asking import Asking, Failed, NotSwept
from conformance.sweeps.grading import Grader
from conformance.sweeps.job import Job, places_of
from conformance.sweeps.sweep import graded
from reference.registry import CONTRACTS

# of the pieces of a space every so many-th is measured
EVERY = 64
CONTRACT = "max_norm"


@dataclass(frozen=True)
class SweepRate:
    """Groups per second, by bare calls and by a sweep in which they are drawn, called and judged."""

    bare: float
    sweep: float

    @property
    def ratio(self) -> float:
        """Which part of the bare calls' rate the sweep reaches."""
        return self.sweep / self.bare

    @property
    def whole(self) -> float:
        """The seconds that all 4,294,967,296 numbers take at this rate."""
        return (1 << 32) / self.sweep


def sweep_rate(target: Target) -> SweepRate | str:
    """The rates of max_norm in float32 on a target, or why there are none."""
    job = Job(CONTRACT, CONTRACTS[CONTRACT].defaults, Space(NUMBERS, "float32"))
    place = next(places_of(job, target.stack), None)
    if place is None:
        return "it takes no array of many such groups"
    asked, grader = Asking(target, job, place, target.mode), Grader(job, place)
    try:
        for piece in asked.pieces(asked.parts[:1]):  # what is compiled is compiled before the clock starts
            if isinstance(piece, Failed):
                return piece.said
        asked.calling, groups, start = 0.0, 0, time.perf_counter()
        for piece in asked.pieces(asked.parts[EVERY // 2 :: EVERY]):
            groups += sum(count for _, count in graded(job, grader, piece))
    except NotSwept as why:
        return str(why)
    return SweepRate(groups / asked.calling, groups / (time.perf_counter() - start))
