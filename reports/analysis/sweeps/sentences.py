"""The facts of a sweep in sentences, each worked out from its runs and counts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reports.analysis.sweeps.alike import Alike
from reports.analysis.sweeps.numbers import bound, decode, weights, worded
from reports.analysis.sweeps.spans import Halves, Span, broken_specials, halves
from reports.record.model import Column
from reports.record.sweeps import Becomes, Sweep
from reports.text import join_and, names, ulps

# ranges that are named one by one; of more there is a count
MOST_NAMED = 3
NUMBER: tuple[Becomes, ...] = ("normal", "subnormal")
OUTCOMES: tuple[tuple[tuple[Becomes, ...], str], ...] = (
    (("zero",), "become 0"),
    (("infinite",), "become infinite"),
    (("NaN",), "become NaN"),
    (NUMBER, "become a number outside the accepted interval"),
    (("nothing",), "get no result, for the call fails"),
)
NOUNS = {"numbers": "numbers", "pairs": "pairs", "equal weights": "groups"}


def space(sweep: Sweep) -> str:
    """What was asked, in a few words."""
    if sweep.space == "pairs":
        return f"every pair of numbers of {sweep.format}"
    of = f"every number of {sweep.format}"
    return of if sweep.space == "numbers" else f"{of}, {sweep.length:,} times in each group"


def sentences(one: Alike, every: Sequence[Column]) -> list[str]:
    """What stands out of a class; `every`: the columns from which those that are named are told."""
    sweep = one.sweep
    return [*_all_inside(one), *_outside(sweep), *_changed(sweep), *_worst(sweep), *_held(sweep), *_modes(one, every)]


def _all_inside(one: Alike) -> Iterator[str]:
    if one.inside == one.sweep.size:
        yield f"All {one.sweep.size:,} {NOUNS[one.sweep.space]} are inside the accepted interval."


def _outside(sweep: Sweep) -> Iterator[str]:
    both = halves(sweep)
    if both is None:
        first = next((run.first for run in sweep.runs if run.grade.is_broken and run.parts == 1), None)
        if first is not None:
            yield f"Broken: the first that is told by itself is {weights(sweep, first)}."
        return
    parts = [(both.positive, "positive weights"), (both.negative, "negative weights with |w|")]
    if both.mirrored:
        parts = [(both.positive, "weights with |w|")]
    for is_broken, head in ((True, "Broken"), (False, f"An intermediate leaves the range of {sweep.format}")):
        if said := [each for half, of in parts for each in _clauses(sweep, both, half, of, is_broken)]:
            yield f"{head}: {'; '.join(said)}."
    if specials := list(dict.fromkeys(broken_specials(sweep))):
        yield f"Broken: {join_and(specials)} as a weight."


def _clauses(sweep: Sweep, both: Halves, half: Sequence[Span], of: str, is_broken: bool) -> Iterator[str]:
    """A clause for each thing that weights of a half become, of those that break a rule, or left the range."""
    for outcome, said in OUTCOMES:
        found = [span for span in half if span.becomes in outcome and span.is_lost]
        spans = _joined([span for span in found if span.grade.is_broken == is_broken])
        if spans:
            yield f"{_where(sweep, both, half, spans, of)} {said}"


def _where(sweep: Sweep, both: Halves, half: Sequence[Span], spans: Sequence[Span], of: str) -> str:
    """The weights of some spans: by the ends of each, or of all where they are many."""
    low, high = (worded(decode(end, sweep.format)) for end in (spans[0].first, spans[-1].last))
    if any(span.parts > 1 for span in spans):
        some = "perhaps some" if all(span.is_cut for span in spans) else "some"
        return f"{some} {of} between {low} and {high}"
    if len(spans) <= MOST_NAMED:
        return f"{of} {join_and([_ends(sweep, both, half, span) for span in spans])}"
    count = sum(span.numbers for span in spans) * (2 if both.mirrored else 1)
    return f"{count:,} {of} between {low} and {high}, in {len(spans):,} ranges,"


def _joined(spans: Sequence[Span]) -> list[Span]:
    """Spans that follow one another are one."""
    found: list[Span] = []
    for span in spans:
        before = found[-1] if found else None
        if before is not None and before.last + 1 == span.first and before.parts == span.parts == 1:
            found[-1] = Span(before.first, span.last, span.grade, span.becomes)
        else:
            found.append(span)
    return found


def _ends(sweep: Sweep, both: Halves, half: Sequence[Span], span: Span) -> str:
    low, high = (worded(decode(end, sweep.format)) for end in (span.first, span.last))
    rightly = _rightly_zero(sweep, half, span)
    if span.first == span.last and rightly is None:
        return f"equal to {low}"
    if span.first == 0 or rightly is not None:
        also = f" ({rightly})" if rightly else ""
        return f"of any size{also}" if span.last == both.largest else f"up to {high}{also}"
    return f"from {low} on" if span.last == both.largest else f"from {low} to {high}"


def _rightly_zero(sweep: Sweep, half: Sequence[Span], span: Span) -> str | None:
    """What to say of all smaller weights where they become 0, too, and are accepted; None where they do not."""
    below = [one for one in half if one.last < span.first]
    zeros = all(one.becomes == "zero" and one.parts == 1 and not one.is_lost for one in below)
    if span.becomes != "zero" or not below or not zeros:
        return None
    return f"rightly up to {worded(decode(span.first - 1, sweep.format))}" if span.first > 1 else ""


def _changed(sweep: Sweep) -> Iterator[str]:
    if sweep.changed is None:
        return
    inside, changed, norm = sweep.changed.inside, sweep.changed.changed, sweep.changed.norm
    limit = bound(sweep)
    within = "Up to the bound" if limit is None else f"Up to the bound of {worded(limit)}"
    if not changed:
        yield f"{within}, all {inside:,} numbers keep their bits."
    else:
        largest = "" if norm is None else f"; the largest of these has size {worded(norm)}"
        yield f"{within}, {changed:,} of {inside:,} numbers change{largest}."


def _worst(sweep: Sweep) -> Iterator[str]:
    if sweep.worst is not None:
        where = f"; the furthest is at {weights(sweep, sweep.worst.group)}" if sweep.worst.ulps else ""
        yield f"Accepted results are at most {ulps(sweep.worst.ulps)} ulps from exact{where}."


def _held(sweep: Sweep) -> Iterator[str]:
    """What was not asked, or is not told apart in the record."""
    if sweep.stopped is not None:
        yield f"Only the first {sweep.groups:,} of {sweep.size:,} were asked: {sweep.stopped.rstrip('.')}."
    if sweep.folded:
        kept = sum(run.parts == 1 for run in sweep.runs)
        yield f"The record tells {kept:,} ranges apart, and {sweep.folded:,} others only in part."


def _modes(one: Alike, every: Sequence[Column]) -> Iterator[str]:
    found: dict[tuple[str, int, int | None], list[Column]] = {}
    for column, differing in one.differing:
        if differing.groups:
            found.setdefault((differing.mode, differing.groups, differing.first), []).append(column)
    for (mode, count, first), columns in found.items():
        where = names(columns, every)
        begins = "" if first is None else f", the first of them {weights(one.sweep, first)}"
        yield f"Other bits than in mode {mode}: {where}, for {count:,} {NOUNS[one.sweep.space]}{begins}."
