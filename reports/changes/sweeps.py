"""What changed in sweeps from one report to another: the ranges of numbers of which something else came."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, replace

from reports.analysis.facts import Fact
from reports.analysis.report import Report
from reports.analysis.sweeps.alike import broken, every_sweep, subject
from reports.analysis.sweeps.numbers import LAYOUTS, layout, weights
from reports.record.grades import Grade
from reports.record.model import Column
from reports.record.sweeps import Run, Sweep

# ranges that are shown one by one; the others are counted
MOST_SHOWN = 6


@dataclass(frozen=True)
class Range:
    """Groups from one to another, both included, and what came of them in either report."""

    first: int
    last: int
    before: str
    after: str


def compared(old: Report, new: Report) -> Iterator[tuple[Fact, Fact, Mapping[str, tuple[str, str]]]]:
    """Every sweep that both reports have of a column, as the facts of each, and the ranges that changed.

    A sweep that only one of them has is no change of a stack.
    """
    before = _by_subject(old)
    for key, sweep in _by_subject(new).items():
        if key in before:
            (column, _), was = key, before[key]
            yield _fact(old, column, was), _fact(new, column, sweep), _named(was, sweep)


def _by_subject(report: Report) -> dict[tuple[Column, tuple[Hashable, ...]], Sweep]:
    return {(column, subject(sweep)): sweep for column, _, sweep in every_sweep(report)}


def _fact(report: Report, column: Column, sweep: Sweep) -> Fact:
    """What a sweep counts."""
    stack = report.available.get((column.stack, column.device))
    of = sweep.space if sweep.space != "equal weights" else f"{sweep.length:,} {sweep.space}"
    counts = {"left the range": sweep.grades.get(Grade.RANGE, 0), "broken": broken(sweep)}
    values = {"asked": sweep.groups, "inside": sweep.groups - sum(counts.values()), **counts}
    said = {name: f"{count:,}" for name, count in values.items()}
    versions = stack.versions if stack else {}
    return Fact("sweep", (sweep.name, sweep.format, of), column, said, versions=versions)


def _named(old: Sweep, new: Sweep) -> dict[str, tuple[str, str]]:
    """The ranges that changed, by their ends: by size alone where the same became of both signs."""
    found, half = list(_changed(old, new)), _half(new)
    positive = [one for one in found if one.last < half]
    negative = [replace(one, first=one.first - half, last=one.last - half) for one in found if one.first >= half]
    symbol = "w"
    if positive == negative:
        found, symbol = positive, "|w|"
    named: dict[str, tuple[str, str]] = {}
    for one in found[:MOST_SHOWN]:
        name = _ends(new, one, symbol)
        # two ranges may have the same ends to so many digits
        named[name if name not in named else f"{name} (group {one.first:,})"] = (one.before, one.after)
    if more := found[MOST_SHOWN:]:
        groups = sum(one.last - one.first + 1 for one in more)
        named["more"] = (f"{len(more):,} further ranges", f"another outcome of {groups:,} groups")
    return named


def _half(sweep: Sweep) -> int:
    """The number of the first group with a negative weight; 0 where groups are no single numbers."""
    return sweep.size // 2 if layout(sweep) is not None else 0


def _ends(sweep: Sweep, one: Range, symbol: str) -> str:
    first, last = (weights(sweep, group).removeprefix("w = ") for group in (one.first, one.last))
    ends = first if first == last else f"{first} to {last}"
    return ends if sweep.format not in LAYOUTS else f"{symbol} = {ends}"


def _changed(old: Sweep, new: Sweep) -> Iterator[Range]:
    """The ranges of which both records say what came, and not the same; those that follow one another are one."""
    found: Range | None = None
    half = _half(new)
    for first, last, was, now in _pieces(old, new, half):
        one = Range(first, last, _outcome(was), _outcome(now))
        if found is not None and first != half and _goes_on(found, one):
            found = replace(found, last=last)
            continue
        if found is not None and found.before != found.after:
            yield found
        found = one
    if found is not None and found.before != found.after:
        yield found


def _goes_on(one: Range, other: Range) -> bool:
    return (one.before, one.after) == (other.before, other.after)


def _pieces(old: Sweep, new: Sweep, half: int) -> Iterator[tuple[int, int, Run, Run]]:
    """Both sweeps' runs, cut where either of them ends and where the sign changes, as far as both records go."""
    runs, others = iter(old.runs), iter(new.runs)
    was, now, first = next(runs, None), next(others, None), 0
    while was is not None and now is not None:
        last = min(was.last, now.last, half - 1 if first < half else was.last)
        yield first, last, was, now
        first = last + 1
        was = next(runs, None) if was.last == last else was
        now = next(others, None) if now.last == last else now


def _outcome(run: Run) -> str:
    """What groups become, how they are graded where they are not accepted, and whether that is so of all of them."""
    notes = ["left the range"] if run.grade == Grade.RANGE else [str(run.grade)] if run.grade.is_broken else []
    notes += ["among others"] if run.parts > 1 else []
    return f"{run.becomes} ({', '.join(notes)})" if notes else run.becomes
