"""Asking a stack about groups of a space: the worker computes the next ones while those that came are judged."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from adapters.core.messages import NotAnArray, NotSupported, Raised, Sweep, Swept
from adapters.core.spaces import MOST_BYTES, are_finite
from conformance.errors import StackUnavailable, WorkerDied, WorkerHung
from conformance.stacks.target import Target
from conformance.sweeps.job import Job, Place
from reference.formats import BitArray

Mask = NDArray[np.bool_]
# memory that looks like a folder, where there is one
_SHARED = Path("/dev/shm")
# groups that are looked for one by one among those of which a call raised
MOST_FAILURES = 4


class NotSwept(Exception):
    """A sweep that cannot be made, or not go on; its text says why."""


@dataclass(frozen=True)
class Answered:
    """Results of the groups from a number on, as bits in (n, groups), and those of another mode, if it was asked.

    left_out: the groups for which calls give nothing, and need not, because they hold a NaN or an infinity.
    """

    first: int
    results: BitArray
    others: BitArray | None
    left_out: Mask


@dataclass(frozen=True)
class Failed:
    """A group of which a call gives no result, and what was said."""

    group: int
    said: str


Piece: TypeAlias = Answered | Failed


@dataclass
class Asking:
    """One mode of a target, and another to compare it with, asked about the groups of a job in a place.

    calling: the seconds that calls have taken.
    """

    target: Target
    job: Job
    place: Place
    mode: str
    other: str | None = None
    calling: float = 0.0
    _failures: int = 0
    _folder: Path = field(default_factory=Path)

    @property
    def chunk(self) -> int:
        """How many groups are asked about at once: a power of two, so that a compiler sees one shape."""
        width = self.job.fmt.bits // 8 * self.job.space.length
        return min(self.job.space.size, 1 << (max(1, MOST_BYTES // width).bit_length() - 1))

    @property
    def parts(self) -> list[tuple[int, int]]:
        """The space in pieces that are asked at once: the first group of each, and how many there are."""
        return [(start, self.chunk) for start in range(0, self.job.space.size, self.chunk)]

    def pieces(self, parts: Sequence[tuple[int, int]]) -> Generator[Piece]:
        """What comes of the groups of these parts, in their order; raises NotSwept where it cannot go on."""
        with _folder() as self._folder, ThreadPoolExecutor(1) as worker:
            ahead = worker.submit(self._ask, *parts[0])
            for part, following in zip(parts, [*parts[1:], None], strict=True):
                came = ahead.result()
                if isinstance(came, str):  # the worker is asked about less, and nothing else meanwhile
                    yield from self._narrowed(*part, came)
                if following is not None:
                    ahead = worker.submit(self._ask, *following)
                if not isinstance(came, str):
                    yield came

    def _narrowed(self, first: int, count: int, said: str) -> Iterator[Piece]:
        """What comes of groups of which a call gave nothing: each half by itself, down to the groups that are why."""
        if count == 1:
            self._failures += 1
            yield Failed(first, said)
            if self._failures == MOST_FAILURES:
                raise NotSwept(f"calls fail for {MOST_FAILURES} groups and more: {said}")
            return
        for start in (first, first + count // 2):
            came = self._ask(start, count // 2)
            if isinstance(came, str):
                yield from self._narrowed(start, count // 2, came)
            else:
                yield came

    def _ask(self, first: int, count: int) -> Answered | str:
        """The results of groups, or why there are none; raises NotSwept where nothing can be asked."""
        came = self._of_mode(self.mode, first, count)
        if isinstance(came, str):
            return came
        others = None if self.other is None else self._of_mode(self.other, first, count)
        return Answered(first, came[0], None if others is None or isinstance(others, str) else others[0], came[1])

    def _of_mode(self, mode: str, first: int, count: int) -> tuple[BitArray, Mask] | str:
        """The results of groups, and for which there need be none; those of finite weights are asked apart.

        Else an implementation in which one group reaches the others would give NaN for all.
        """
        finite, others = self.job.space.holds(first, count)
        of_finite = self._requested(mode, first, count, True) if finite else ""
        if isinstance(of_finite, str) and finite:
            return of_finite
        of_others = self._requested(mode, first, count, False) if others else ""
        none, raised = np.zeros((self.job.space.length, count), self._width), others and isinstance(of_others, str)
        results = of_finite if not isinstance(of_finite, str) else none
        if not others:
            return results, np.zeros(count, dtype=bool)
        are_others = ~are_finite(self.job.space.columns(first, count), self.job.space.format)
        if not isinstance(of_others, str):
            results = np.where(are_others, of_others, results)
        return results, are_others & raised

    @property
    def _width(self) -> np.dtype[np.unsignedinteger[Any]]:
        return np.dtype(f"u{self.job.fmt.bits // 8}")

    def _requested(self, mode: str, first: int, count: int, finite: bool) -> BitArray | str:
        if self.target.disabled_reason:
            raise NotSwept(self.target.disabled_reason)
        space, file = self.job.space, self._folder / "results"
        size = count * space.length * self._width.itemsize
        if not file.exists() or file.stat().st_size != size:
            with file.open("wb") as made:
                os.ftruncate(made.fileno(), size)
        try:
            with self._counted():
                request = self._request(mode, first, count, str(file), finite)
                answer = self.target.worker.request(request, self.target.patience_with(mode))
        except (WorkerDied, WorkerHung, StackUnavailable) as lost:
            return str(lost)
        match answer:
            case NotSupported(reason):
                raise NotSwept(reason)
            case Raised(exception, message, _, _):
                return f"{exception}: {message}".strip(": ")
            case NotAnArray(reason):
                return reason
            case Swept():
                self.calling += answer.seconds if mode == self.mode else 0.0
        results = np.fromfile(file, self._width)  # the worker may do with its file what it wants
        if results.size != count * space.length:
            return "its results are not where they should be"
        return results.reshape(space.length, count)

    def _counted(self) -> AbstractContextManager[None]:
        """A subject's calls may take so much time in all; but a large space is swept only where that was asked for."""
        return self.target.patience.spending() if self.job.is_small else contextlib.nullcontext()

    def _request(self, mode: str, first: int, count: int, file: str, finite: bool) -> Sweep:
        job, place = self.job, self.place
        where = first, count, place.rank, place.reduced, file, finite
        return Sweep(job.contract, job.parameters, place.axis, mode, job.space, *where)


@contextlib.contextmanager
def _folder() -> Iterator[Path]:
    """A folder in memory, where there is one, that is gone afterwards."""
    parent = str(_SHARED) if os.access(_SHARED, os.W_OK | os.X_OK) else None
    with tempfile.TemporaryDirectory(prefix="normconf-sweep-", dir=parent, ignore_cleanup_errors=True) as folder:
        yield Path(folder)
