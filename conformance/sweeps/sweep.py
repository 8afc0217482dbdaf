"""A sweep: every group of a space asked and judged."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from typing import cast

import numpy as np
from numpy.typing import NDArray

from adapters.core.spaces import NUMBERS, PAIRS, are_finite, arranged
from conformance.cases.case import Case
from conformance.stacks.target import Target
from conformance.sweeps.asking import Asking, Failed, NotSwept, Piece
from conformance.sweeps.grading import BLOCK, LEAST_GROUPS, Broken, Grader
from conformance.sweeps.job import Job, Place, places_of
from conformance.sweeps.runs import Codes, Runs, code_of, ends_of
from reference.formats import BitArray, decode
from reports.record.grades import Grade
from reports.record.sweeps import Differing, SpaceKind, Sweep

Mask = NDArray[np.bool_]
# groups among which one is shown that alone breaks nothing
OTHERS = 1024


@dataclass(frozen=True)
class Outcome:
    """A sweep as a record has it, the groups that broke a rule, and those of which calls gave nothing."""

    job: Job
    place: Place
    sweep: Sweep
    broken: tuple[Broken, ...]
    failed: tuple[int, ...]

    def alone(self, group: int) -> Case:
        """The case of a group by itself."""
        return self.place.case(self.job, self.job.space.columns(group, 1).tobytes(), 1)

    def among_others(self, group: int) -> Case:
        """The case of a group and a thousand others from all over the space, for what one group alone does not show."""
        space = self.job.space
        stride = max(1, space.size // OTHERS)
        every = np.concatenate([space.columns(other, 1) for other in range(group % stride, space.size, stride)], axis=1)
        chosen = every[:, are_finite(every, space.format)]
        array = arranged(chosen, self.place.rank, self.place.reduced)
        return self.place.case(self.job, array.tobytes(), chosen.shape[1])


def sweep(target: Target, job: Job) -> Outcome:
    """Ask a target about every group of a job's space, and judge what comes; raises NotSwept where nothing came."""
    if reason := target.stack.limits.refusal(job.parameters) or target.formats.get(job.space.format):
        raise NotSwept(reason)
    reason = "it takes no array of many such groups"
    for place in places_of(job, target.stack):
        try:
            return _swept(target, job, place)
        except NotSwept as why:
            reason = str(why)
    raise NotSwept(reason)


def _swept(target: Target, job: Job, place: Place) -> Outcome:
    start = time.monotonic()
    plainest = target.stack.plainest_mode
    other = plainest if target.mode != plainest and job.space.kind == NUMBERS else None
    asked, compared = Asking(target, job, place, target.mode, other), _Compared(job, other)
    ends = ends_of(job.fmt) if job.space.kind != PAIRS else ()
    grader, runs = Grader(job, place), Runs(ends, not job.is_small)
    stopped, failed = None, list[int]()
    with closing(asked.pieces(asked.parts)) as pieces:
        try:
            for piece in pieces:
                for codes, count in graded(job, grader, piece):
                    runs.add(codes, count)
                compared.add(piece)
                if isinstance(piece, Failed):
                    failed.append(piece.group)
        except NotSwept as why:
            if not runs.groups:
                raise
            stopped = str(why)
    found = Sweep(
        contract=job.contract,
        parameters=job.parameters,
        format=job.space.format,
        space=cast(SpaceKind, job.space.kind),
        length=job.space.length,
        size=job.space.size,
        groups=runs.groups,
        grades=runs.by_grade(),
        becomes=runs.by_result(),
        runs=runs.recorded(),
        worst=grader.worst,
        changed=grader.changed,
        differing=compared.differing,
        digest=compared.digest,
        stopped=stopped,
        seconds=round(time.monotonic() - start, 3),
        calling=round(asked.calling, 4),
    )
    return Outcome(job, place, found, tuple(grader.broken.values()), tuple(failed))


def graded(job: Job, grader: Grader, piece: Piece) -> Iterator[tuple[Codes | int, int]]:
    """The codes of a piece, block by block."""
    if isinstance(piece, Failed):
        yield code_of(Grade.ERROR, "nothing"), 1
        return
    block = max(LEAST_GROUPS, BLOCK // job.space.length)
    for first in range(0, piece.results.shape[1], block):
        results, left_out = piece.results[:, first : first + block], piece.left_out[first : first + block]
        columns = job.space.columns(piece.first + first, results.shape[1])
        if left_out.any():  # they were not asked about, and zeros in their place are judged by nobody
            columns = np.where(left_out, columns.dtype.type(0), columns)
        codes = grader.grade(piece.first + first, columns, results)
        if left_out.any():
            codes = np.where(left_out, np.uint8(code_of(Grade.RANGE, "nothing")), np.uint8(codes))
        yield codes, results.shape[1]


@dataclass
class _Compared:
    """Results beside those of another mode, bit by bit, where NaN is NaN; and the digest of those of a small space."""

    job: Job
    mode: str | None
    _differ: int = 0
    _first: int | None = None
    _whole: bool = True
    _digest: hashlib._Hash = field(default_factory=hashlib.sha256)

    def add(self, piece: Piece) -> None:
        """Compare what came."""
        if isinstance(piece, Failed):
            self._whole = False
            return
        if self.job.is_small:
            self._digest.update(np.ascontiguousarray(self._canonical(piece.results)).tobytes())
        if piece.others is None:
            self._whole &= self.mode is None
            return
        if piece.results.tobytes() == piece.others.tobytes():
            return
        differ = (self._canonical(piece.results) != self._canonical(piece.others)).any(axis=0)
        self._differ += int(differ.sum())
        if differ.any() and self._first is None:
            self._first = piece.first + int(np.argmax(differ))

    def _canonical(self, bits: BitArray) -> BitArray:
        """The same bits, of every NaN the same."""
        nan = bits.dtype.type((1 << self.job.fmt.bits) - 1)
        return np.where(np.isnan(decode(bits, self.job.fmt)), nan, bits)

    @property
    def differing(self) -> Differing | None:
        """How many groups become something else; None where there is no other mode, or not everything came."""
        return Differing(self.mode, self._differ, self._first) if self.mode is not None and self._whole else None

    @property
    def digest(self) -> str | None:
        """Of the results in the order of their groups; None of a large space."""
        return self._digest.hexdigest()[:16] if self.job.is_small and self._whole else None
