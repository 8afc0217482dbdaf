"""The picture of a sweep: what becomes of weights of every size, as a strip over a logarithmic axis."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from reports.analysis.sweeps.numbers import bound, decode, worded
from reports.analysis.sweeps.spans import Span, halves
from reports.charts.svg import Axis, decades, picture, text
from reports.record.sweeps import Becomes, Sweep

LEFT, INNER, WIDTH = 32, 400, 450
# of one strip: where its words stand, and where its band begins and ends
WORDS, ENDS, TOP, BOTTOM, TICKS, HEIGHT = 9, 19, 23, 35, 46, 52
# pixels of a letter, about, and of a piece whose end is named
LETTER, WIDE = 5.0, 28.0
KINDS: dict[Becomes, tuple[str, str]] = {
    "zero": ("zero", "→ 0"),
    "infinite": ("infinite", "→ ∞"),
    "NaN": ("nan", "→ NaN"),
    "nothing": ("nan", "no result"),
    "normal": ("number", "→ other"),
    "subnormal": ("number", "→ other"),
}


@dataclass(frozen=True)
class _Piece:
    """Sizes that are drawn alike, from one to another in bits, and in pixels."""

    kind: str
    words: str
    first: int
    last: int
    start: float
    end: float

    @property
    def width(self) -> float:
        return self.end - self.start


def strip(sweep: Sweep) -> str:
    """The picture, whose words are ours alone; empty where groups are no single numbers.

    There is one strip for both signs where they would look the same.
    """
    both = halves(sweep)
    if both is None:
        return ""
    axis = decades(decode(1, sweep.format), decode(both.largest, sweep.format), most=6)
    positive, negative = (_pieces(half, sweep.format, both.largest, axis) for half in (both.positive, both.negative))
    shown = {"size": positive} if positive == negative else {"w > 0": positive, "w < 0": negative}
    parts, said = list[str](), list[str]()
    for place, (name, pieces) in enumerate(shown.items()):
        parts += [text(0, place * HEIGHT + BOTTOM - 3, name), *_drawn(pieces, sweep, axis, place * HEIGHT)]
        said.append(f"{name}: {_in_words(pieces, sweep.format)}")
    of = f"Weights of {sweep.format} from {worded(axis.low)} to {worded(axis.high)}"
    return picture(WIDTH, HEIGHT * len(shown), f"{of}. {'. '.join(said)}", parts)


def _pieces(half: Sequence[Span], form: str, largest: int, axis: Axis) -> list[_Piece]:
    """The spans in pixels, those that are drawn alike as one; 0 has no place on the axis."""
    found: list[_Piece] = []
    for span in half:
        if span.last == 0:
            continue
        first, after = max(span.first, 1), min(span.last + 1, largest)
        start, end = (LEFT + INNER * axis.at(decode(bits, form)) for bits in (first, after))
        kind, words = _look(span)
        if found and found[-1].kind == kind and found[-1].words == words:
            first, start = found[-1].first, found.pop().start
        found.append(_Piece(kind, words, first, span.last, start, end))
    return found


def _look(span: Span) -> tuple[str, str]:
    """How a span is drawn, and what is written over it: paler where that is so of some of its numbers alone."""
    if not span.is_lost:
        return "inside", "inside"
    kind, words = KINDS[span.becomes]
    kind, words = ("far", f"✘ {words}") if span.grade.is_broken else (kind, words)
    return (kind, words) if span.parts == 1 else (f"{kind} some", f"some {words}")


def _drawn(pieces: Sequence[_Piece], sweep: Sweep, axis: Axis, top: int) -> Iterator[str]:
    for kind in sorted({piece.kind for piece in pieces}):
        boxes = "".join(
            f"M{piece.start:.1f} {top + TOP}H{piece.end:.1f}V{top + BOTTOM}H{piece.start:.1f}z"
            for piece in pieces
            if piece.kind == kind
        )
        yield f'<path class="{kind}" d="{boxes}"/>'
    for piece in pieces:
        if piece.width >= LETTER * len(piece.words):
            yield text((piece.start + piece.end) / 2, top + WORDS, piece.words, "middle")
    yield from _apart(list(_ends(pieces, sweep.format)), top + ENDS)
    yield f'<path class="axis" d="M{LEFT} {top + TOP}H{LEFT + INNER}V{top + BOTTOM}H{LEFT}z"/>'
    limit, below = bound(sweep), list[tuple[float, str]]()
    if limit is not None and limit >= axis.low:
        at = LEFT + INNER * axis.at(limit)
        yield f'<path class="bound" d="M{at:.1f} {top + TOP - 2}V{top + BOTTOM + 3}"/>'
        below.append((at, f"bound {worded(limit)}"))
    ticks = [(LEFT + INNER * axis.at(value), said) for value, said in axis.ticks]
    yield from _apart([*below, *ticks], top + TICKS)


def _ends(pieces: Sequence[_Piece], form: str) -> Iterator[tuple[float, str]]:
    """Where the outcome changes, in numbers: over the wider piece where the other one is too narrow for them."""
    for before, piece in pairwise(pieces):
        if max(before.width, piece.width) >= WIDE:
            said = worded(decode(piece.first, form))
            aside = LETTER * len(said) / 2
            left, right = (max(0.0, aside - each.width / 2) for each in (before, piece))
            yield piece.start + left - right, said


def _apart(words: Sequence[tuple[float, str]], y: float) -> Iterator[str]:
    """Words around their places, but for those that would stand in others that came before."""
    taken: list[tuple[float, float]] = []
    for x, said in words:
        half = LETTER * len(said) / 2
        at = min(max(x, LEFT / 2 + half), WIDTH - half)
        if all(at + half + LETTER <= start or end + LETTER <= at - half for start, end in taken):
            taken.append((at - half, at + half))
            yield text(at, y, said, "middle")


def _in_words(pieces: Sequence[_Piece], form: str) -> str:
    """What a reader who does not see the picture has to know."""
    if len(pieces) > 6:
        kinds = dict.fromkeys(piece.words for piece in pieces)
        return f"{len(pieces):,} ranges, in turn {', '.join(kinds)}"
    ends = ((worded(decode(piece.first, form)), worded(decode(piece.last, form)), piece.words) for piece in pieces)
    return "; ".join(f"{words} from {low} to {high}" for low, high, words in ends) or "nothing is recorded"
