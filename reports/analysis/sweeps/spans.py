"""The runs of a sweep over numbers by size: those of positive weights, those of negative ones, and whether they mirror.

NaN and infinities stand at the end of each half and are left out: what becomes of them is no loss.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from reports.analysis.sweeps.numbers import layout
from reports.record.grades import Grade
from reports.record.sweeps import Becomes, Sweep


@dataclass(frozen=True)
class Span:
    """Sizes from one to another, both by their bits and included, which have one grade and become the same.

    `parts`: of so many runs, of which only the worst is known; `is_cut`: some of these may lie outside.
    """

    first: int
    last: int
    grade: Grade
    becomes: Becomes
    parts: int = 1
    is_cut: bool = False

    @property
    def numbers(self) -> int:
        """How many numbers there are."""
        return self.last - self.first + 1

    @property
    def is_lost(self) -> bool:
        """Whether something else came than is accepted."""
        return self.grade.is_broken or self.grade == Grade.RANGE


@dataclass(frozen=True)
class Halves:
    """The finite weights of either sign, as far as they were asked; of float16 the bits of 65,504 are `largest`."""

    positive: tuple[Span, ...]
    negative: tuple[Span, ...]
    largest: int

    @property
    def mirrored(self) -> bool:
        """Whether only the size of a weight decides what becomes of it."""
        return self.positive == self.negative


def halves(sweep: Sweep) -> Halves | None:
    """Both signs; None where groups are no single numbers."""
    found = layout(sweep)
    if found is None:
        return None
    positive, negative = (tuple(_spans(sweep, start, found.infinity - 1)) for start in (0, sweep.size // 2))
    return Halves(positive, negative, found.infinity - 1)


def _spans(sweep: Sweep, start: int, largest: int) -> Iterator[Span]:
    for run in sweep.runs:
        first, last = max(run.first, start) - start, min(run.last - start, largest)
        if first <= last:
            is_cut = run.parts > 1 and last - first < run.last - run.first
            yield Span(first, last, run.grade, run.becomes, run.parts, is_cut)


def broken_specials(sweep: Sweep) -> Iterator[str]:
    """NaN and infinities, by name, of which something else comes than must."""
    found = layout(sweep)
    if found is None:
        return
    half, broken = sweep.size // 2, [run for run in sweep.runs if run.grade.is_broken and run.parts == 1]
    for name, first, last in (
        ("∞", found.infinity, found.infinity),
        ("-∞", half + found.infinity, half + found.infinity),
        ("NaN", found.infinity + 1, half - 1),
        ("NaN", half + found.infinity + 1, sweep.size - 1),
    ):
        if any(run.first <= last and run.last >= first for run in broken):
            yield name
