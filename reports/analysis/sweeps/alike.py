"""Sweeps by what was swept, and within that by what came of it: columns that came out alike are one class."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass

from reports.analysis.report import Report
from reports.record.grades import Grade
from reports.record.model import Column, Result
from reports.record.sweeps import Differing, Sweep

CHAPTER = "sweeps"


@dataclass(frozen=True)
class Alike:
    """Columns of which a sweep came out alike, and the sweep as the first of them has it.

    `differing`: how each column compares with another mode; `is_known`: whether what is broken is known of all.
    """

    sweep: Sweep
    columns: tuple[Column, ...]
    differing: tuple[tuple[Column, Differing], ...]
    is_known: bool

    @property
    def inside(self) -> int:
        """How many groups are inside the accepted interval."""
        return self.sweep.groups - self.ranged - self.broken

    @property
    def ranged(self) -> int:
        """How many groups left the range of the format."""
        return self.sweep.grades.get(Grade.RANGE, 0)

    @property
    def broken(self) -> int:
        """How many groups break a rule."""
        return broken(self.sweep)


@dataclass(frozen=True)
class Swept:
    """A contract with its parameters over a space, and its classes, those that break something first.

    `is_first`: whether the parameters are those at which a stack was swept first, which are the defaults.
    """

    what: Sweep
    is_first: bool
    classes: tuple[Alike, ...]

    @property
    def broken(self) -> int:
        """How many groups break a rule, over all columns."""
        return sum(one.broken * len(one.columns) for one in self.classes)

    @property
    def groups(self) -> int:
        """How many groups were asked, over all columns."""
        return sum(one.sweep.groups * len(one.columns) for one in self.classes)


def broken(sweep: Sweep) -> int:
    """How many groups of a sweep break a rule."""
    return sum(count for grade, count in sweep.grades.items() if grade.is_broken)


def setting(sweep: Sweep) -> tuple[Hashable, ...]:
    """The contract and its parameters."""
    # as text, for a NaN equals nothing
    return sweep.contract, tuple(sorted((name, repr(value)) for name, value in sweep.parameters.items()))


def subject(sweep: Sweep) -> tuple[Hashable, ...]:
    """All that says what was swept: two sweeps with the same can be compared."""
    return *setting(sweep), sweep.format, sweep.space, sweep.length


def every_sweep(report: Report) -> Iterator[tuple[Column, Result, Sweep]]:
    """Every sweep of every column."""
    for _, column, result in report.ordered:
        for sweep in result.sweeps or ():
            yield column, result, sweep


def swept(report: Report) -> tuple[Swept, ...]:
    """What was swept, contract by contract, the first parameters of each before the others."""
    found: dict[tuple[Hashable, ...], list[tuple[Column, Result, Sweep]]] = {}
    firsts: dict[tuple[Column, str], tuple[Hashable, ...]] = {}
    for column, result, sweep in every_sweep(report):
        found.setdefault(subject(sweep), []).append((column, result, sweep))
        firsts.setdefault((column, sweep.contract), setting(sweep))
    first = set(firsts.values())
    every = [Swept(seen[0][2], setting(seen[0][2]) in first, _classes(seen)) for seen in found.values()]
    contracts = list(dict.fromkeys(one.what.contract for one in every))
    return tuple(sorted(every, key=lambda one: (contracts.index(one.what.contract), not one.is_first)))


def _classes(seen: Iterable[tuple[Column, Result, Sweep]]) -> tuple[Alike, ...]:
    found: dict[tuple[Hashable, ...], list[tuple[Column, Result, Sweep]]] = {}
    for column, result, sweep in seen:
        found.setdefault(_outcome(sweep), []).append((column, result, sweep))
    classes = [
        Alike(
            members[0][2],
            tuple(dict.fromkeys(column for column, _, _ in members)),
            tuple((column, sweep.differing) for column, _, sweep in members if sweep.differing is not None),
            all(result.is_known for _, result, _ in members),
        )
        for members in found.values()
    ]
    return tuple(sorted(classes, key=lambda one: (not one.broken, -len(one.columns))))


def _outcome(sweep: Sweep) -> tuple[Hashable, ...]:
    """All that sentences say of a sweep; its digest stands for the bits of all results, where there is one."""
    counts = tuple(sorted(sweep.grades.items())), tuple(sorted(sweep.becomes.items()))
    rest = sweep.size, sweep.runs, sweep.worst, sweep.changed, sweep.stopped
    return sweep.digest, *counts, *rest


def not_swept(report: Report) -> dict[str, tuple[tuple[str, ...], tuple[Column, ...]]]:
    """By reason, what was not swept, and where."""
    found: dict[str, tuple[dict[str, None], dict[Column, None]]] = {}
    for _, column, result in report.ordered:
        if result.sweeps is not None or result.chapter == CHAPTER:
            for one in result.unsupported:
                what, where = found.setdefault(one.reason, ({}, {}))
                what[one.what] = None
                where[column] = None
    return {reason: (tuple(what), tuple(where)) for reason, (what, where) in found.items()}
