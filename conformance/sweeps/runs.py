"""What became of each group of a space, run-length coded in the order of their numbers."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from adapters.core.spaces import INFINITY
from reference.formats import BitArray, Format
from reports.record.grades import Grade
from reports.record.sweeps import Becomes, Run

Codes = NDArray[np.uint8]

# a code is the place of a grade here times six, and that of what the results are
GRADES = (Grade.BOUNDED, Grade.RANGE, Grade.DIVERGENT, Grade.ERROR)
BECOMES: tuple[Becomes, ...] = ("normal", "subnormal", "zero", "infinite", "NaN", "nothing")
# runs of a sweep that are kept, so that a record stays small
MOST_RUNS = 400
# runs of one block of a large space that are told apart
MOST_AT_ONCE = 32
# from this code on a group breaks a rule
_BROKEN = GRADES.index(Grade.DIVERGENT) * len(BECOMES)


def code_of(grade: Grade, becomes: Becomes) -> int:
    """The code of groups of this grade whose results are like that."""
    return GRADES.index(grade) * len(BECOMES) + BECOMES.index(becomes)


def become(bits: BitArray, fmt: Format) -> Codes:
    """What the results of each group are, as a place in BECOMES: the last that one of them is; bits: (n, groups)."""
    sizes = bits & bits.dtype.type((1 << (fmt.bits - 1)) - 1)
    most, infinity = 1 << (fmt.precision - 1), INFINITY[fmt.name]
    if not sizes.any():
        return np.full(bits.shape[1], BECOMES.index("zero"), np.uint8)
    codes = np.zeros(bits.shape, np.uint8)
    codes[sizes < most] = BECOMES.index("subnormal")
    codes[sizes == 0] = BECOMES.index("zero")
    codes[sizes == infinity] = BECOMES.index("infinite")
    codes[sizes > infinity] = BECOMES.index("NaN")
    return np.asarray(codes.max(axis=0))


def ends_of(fmt: Format) -> tuple[int, ...]:
    """Of all numbers of a format, by their bits, the first that is not finite, the first negative one, and both."""
    sign, infinity = 1 << (fmt.bits - 1), INFINITY[fmt.name]
    return infinity, sign, sign + infinity


@dataclass(frozen=True)
class Stretch:
    """Groups from `first` to `last` that have one code; of several runs in one, the largest of their codes."""

    first: int
    last: int
    code: int
    parts: int = 1

    @property
    def size(self) -> int:
        """How many groups it has."""
        return self.last - self.first + 1

    def with_next(self, run: Stretch) -> Stretch:
        """This stretch and the one behind it as one."""
        return Stretch(self.first, run.last, max(self.code, run.code), self.parts + run.parts)


@dataclass
class Runs:
    """Codes of groups as they come, in order: how many there are of each, and their runs.

    Where there are too many runs, short ones that follow one another become one, of the worst code among them; those
    that break a rule stay apart as long as there is room for them. No run reaches across `ends`: the first groups of
    another sign, and of those that are not finite. `is_large`: there will be too many where they are many at once.
    """

    ends: tuple[int, ...] = ()
    is_large: bool = False
    groups: int = 0
    counts: Counter[int] = field(default_factory=Counter)
    runs: list[Stretch] = field(default_factory=list)

    def add(self, codes: Codes | int, count: int) -> None:
        """So many groups more, all of one code or each of its own."""
        if isinstance(codes, int):
            self._run(codes, count)
            return
        ends = np.flatnonzero(np.diff(codes)) + 1
        if len(ends) > MOST_AT_ONCE and self.is_large and int(codes.max()) < _BROKEN:
            self._many(codes, len(ends) + 1)
            return
        for first, end in zip([0, *ends.tolist()], [*ends.tolist(), count], strict=True):
            self._run(int(codes[first]), end - first)

    def _many(self, codes: Codes, parts: int) -> None:
        """Groups of so many runs that they would become one later."""
        if any(self.groups < end < self.groups + len(codes) for end in self.ends):
            raise ValueError("a block reaches across an end")
        self.runs.append(Stretch(self.groups, self.groups + len(codes) - 1, int(codes.max()), parts))
        self.groups += len(codes)
        self.counts.update({code: count for code, count in enumerate(np.bincount(codes).tolist()) if count})
        self._fold_if_many()

    def _run(self, code: int, count: int) -> None:
        if not count:
            return
        for end in self.ends:
            if self.groups < end < self.groups + count:
                before = end - self.groups
                self._run(code, before)
                self._run(code, count - before)
                return
        last = self.runs[-1] if self.runs else None
        if last is not None and last.parts == 1 and last.code == code and self.groups not in self.ends:
            self.runs[-1] = replace(last, last=last.last + count)
        else:
            self.runs.append(Stretch(self.groups, self.groups + count - 1, code))
        self.groups += count
        self.counts[code] += count
        self._fold_if_many()

    def _fold_if_many(self) -> None:
        if len(self.runs) > 8 * MOST_RUNS:
            self._fold()

    def _fold(self) -> None:
        """Make at most a quarter of the runs that may be kept, or as few as there are that break a rule."""
        most, length = MOST_RUNS // 4, 2
        spared = _BROKEN
        while len(self.runs) > most and length < 2 * self.groups:
            folded: list[Stretch] = []
            for run in self.runs:
                before = folded[-1] if folded else None
                short = before is not None and all(each.size < length and each.code < spared for each in (before, run))
                if before is not None and short and run.first not in self.ends:
                    folded[-1] = before.with_next(run)
                else:
                    folded.append(run)
            self.runs, length = folded, 2 * length
            if length >= 2 * self.groups and len(self.runs) > MOST_RUNS and spared == _BROKEN:
                length, spared = 2, 256  # there are too many that break a rule, too

    def by_grade(self) -> dict[Grade, int]:
        """How many groups have each grade."""
        found: Counter[Grade] = Counter()
        for code, count in sorted(self.counts.items()):
            found[GRADES[code // len(BECOMES)]] += count
        return dict(found)

    def by_result(self) -> dict[Becomes, int]:
        """How many groups become what."""
        found: Counter[Becomes] = Counter()
        for code, count in sorted(self.counts.items()):
            found[BECOMES[code % len(BECOMES)]] += count
        return dict(found)

    def recorded(self) -> tuple[Run, ...]:
        """The runs as a record has them."""
        if len(self.runs) > MOST_RUNS:
            self._fold()
        named = [(run, *divmod(run.code, len(BECOMES))) for run in self.runs]
        return tuple(Run(run.first, run.last, GRADES[grade], BECOMES[now], run.parts) for run, grade, now in named)
