"""The pictures of a report: norm out for norm in with its errors, how far results lie off, drift, and rates."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from reports.charts.svg import Axis, Panel, Point, decades, picture, text, two_sided
from reports.record.claims import Series
from reports.record.measurements import Cell, Curve
from reports.text import call_of, join_and, pluralize

WIDTH = 236
LEFT, INNER = 34, 188
# ulps: what the lower panel shows, and where its ticks are
FAR, ERRORS = 1e6, (0, 1e3, 1e6)
KINDS = ("line", "line second", "line third")


def norms(curve: Curve, where: str) -> str:
    """The norm out for each norm in on logarithmic axes over the contract's own curve; below, the errors in ulps."""
    x, y, expected = curve.x, curve.y, curve.expected
    errors, low, high = curve.errors, curve.low, curve.high
    across = decades(min(x), max(x))
    shown = [value for value in (*y, *expected) if 0.0 < value < math.inf] or list(x)
    up = decades(max(min(shown), min(x) * 1e-8), max(shown) * 1.5)
    above = Panel(LEFT, 16, INNER, 104, across, up)
    below = Panel(LEFT, 140, INNER, 78, across, two_sided(FAR, ERRORS))
    inside: list[tuple[Point, float]] = []
    outside: list[tuple[Point, float]] = []
    for point, error, bottom, top in zip(zip(x, y, strict=True), errors, low, high, strict=True):
        (inside if bottom <= error <= top else outside).append((point, error))
    seen = [(point, error) for point, error in (*inside, *outside) if 0.0 < point[1] < math.inf]
    title = f"{call_of(curve)} in {curve.format} on {where}: {_norms_in_words(curve, len(outside))}"
    parts = [
        text(LEFT, 10, f"{curve.format}: norm out for norm in"),
        above.frame(label_x=False),
        above.line([p for p in zip(x, expected, strict=True) if p[1] > 0.0], "expected"),
        above.line([p for p in zip(x, y, strict=True) if 0.0 < p[1] < math.inf], "line"),
        above.dots([point for point, _ in outside if 0.0 < point[1] < math.inf], "out"),
        *_lost(above, x, y),
        text(LEFT, 134, "error in ulps; blue: accepted"),
        below.band(*zip(*_band(curve), strict=True)) if _band(curve) else "",
        below.frame(),
        below.dots([(point[0], error) for point, error in inside]),
        below.dots([(point[0], error) for point, error in outside if not math.isnan(error)], "out"),
    ]
    return picture(WIDTH, 234, title, parts if seen or outside else parts[:1])


def _band(curve: Curve) -> list[tuple[Point, Point]]:
    """The accepted band's lower and upper end at each x at which it is known."""
    ends = zip(curve.x, curve.low, curve.high, strict=True)
    return [((x, low), (x, high)) for x, low, high in ends if low <= high]


def _lost(panel: Panel, x: Sequence[float], y: Sequence[float]) -> Iterator[str]:
    """What has no place on the axis is named where it would be: infinity, NaN and zero."""
    for what, said, height in (("inf", "∞", 1.0), ("nan", "NaN", 0.45), ("0.0", "0", 0.05)):
        at = [panel.point(a, panel.y.high)[0] for a, b in zip(x, y, strict=True) if str(b) == what]
        if at:
            row = panel.top + panel.height * (1.0 - height)
            yield f'<path class="out" d="{"".join(f"M{place:.0f} {row:.0f}h0" for place in at)}"/>'
            yield text((at[0] + at[-1]) / 2, row + (9 if height == 1.0 else -4), said, "middle", "lost")


def _norms_in_words(curve: Curve, outside: int) -> str:
    """What a reader who does not see the picture has to know."""
    if not outside:
        return f"all {len(curve.x)} results lie in the accepted band"
    words = {"inf": "infinite", "nan": "NaN", "0.0": "zero"}
    lost: dict[str, list[float]] = {}
    for x, y in zip(curve.x, curve.y, strict=True):
        if str(y) in words:
            lost.setdefault(words[str(y)], []).append(x)
    said = [f"{word} for norms from {min(at):.1g} to {max(at):.1g}" for word, at in lost.items()]
    also = f": {join_and(said)}" if said else ""
    return f"{outside} of {len(curve.x)} results lie outside the accepted band{also}"


def histogram(cells: Sequence[Cell], form: str, where: str) -> str:
    """How many groups have their worst weight how many ulps off, on a logarithmic axis of counts."""
    counts: dict[float, int] = {}
    for cell in cells:
        for most, groups in cell.errors:
            counts[float(most)] = counts.get(float(most), 0) + groups
    # powers of two up to 64, and what is further off in two bars
    bars = [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0]
    heights = [sum(n for most, n in counts.items() if most == bar) for bar in bars]
    heights.append(sum(n for most, n in counts.items() if bars[-1] < most < math.inf))
    heights.append(counts.get(math.inf, 0))
    labels = ["½", "1", "2", "4", "8", "16", "32", "64", ">64", "∞"]
    highest = max(*heights, 10)
    up = decades(0.8, highest * 1.3, most=4)
    panel = Panel(LEFT, 16, INNER, 74, Axis(0.0, float(len(bars) + 2), ()), up)
    wide = INNER / len(heights)
    labelled = []
    # a path for all bars of a kind: a page has hundreds of these pictures
    shapes = {"bar": "", "far": ""}
    for place, (height, label) in enumerate(zip(heights, labels, strict=True)):
        left, bottom = LEFT + wide * place, panel.top + panel.height
        if height:
            top = panel.point(0.0, float(height))[1]
            shapes["bar" if place < len(bars) else "far"] += (
                f"M{left + 1.5:.0f} {bottom:.0f}V{top:.1f}h{wide - 3:.0f}V{bottom:.0f}z"
            )
        labelled.append(text(round(left + wide / 2), bottom + 10, label))
    drawn = [f'<path class="{kind}" d="{shape}"/>' for kind, shape in shapes.items() if shape]
    drawn.append(f'<g text-anchor="middle">{"".join(labelled)}</g>')
    total = sum(heights)
    share = heights[0] / total if total else 0.0
    title = f"{form} on {where}: of {pluralize(total, 'group')}, {100 * share:.3g} % are correctly rounded"
    return picture(WIDTH, 108, title, [text(LEFT, 10, f"{form}: groups by ulps, at most"), panel.frame(False), *drawn])


def drift(curves: Sequence[Curve], where: str) -> str:
    """The share of the norm that is left after so many calls, a line for each norm at the start."""
    form = curves[0].format
    kept = [[y / curve.y[0] for y in curve.y] for curve in curves]
    lowest = min(min(values) for values in kept)
    most = max(max(curve.x) for curve in curves)
    floor = min(0.9999, lowest - (1.0 - lowest) * 0.1)
    ticks = [(1.0, "1"), (floor, f"{floor:.4g}")]
    panel = Panel(
        LEFT + 8, 16, INNER - 8, 74, decades(0.7, most, most=5), Axis(floor, 1.0 + (1.0 - floor) * 0.1, ticks)
    )
    parts = [text(LEFT, 10, f"{form}: share of the norm kept after calls"), panel.frame()]
    said = []
    for curve, values, kind in zip(curves, kept, KINDS, strict=False):
        x, expected = curve.x, curve.expected
        parts.append(panel.line([(max(a, 0.7), b / expected[0]) for a, b in zip(x, expected, strict=True)], "expected"))
        parts.append(panel.line([(max(a, 0.7), b) for a, b in zip(x, values, strict=True)], kind))
        said.append(f"{100 * (1 - values[-1]):.2g} % of a norm of {x_of(curve):.1g}")
    title = f"{call_of(curves[0])} in {form} on {where}: after {most:,.0f} calls {join_and(said)} is lost"
    return picture(WIDTH, 108, title, parts)


def x_of(curve: Curve) -> float:
    """The norm with which a curve over calls begins."""
    return curve.y[0]


def rates(curves: Sequence[Curve], where: str) -> str:
    """The norm after each call of min_max_norm, from outside both bounds, for several rates."""
    first = curves[0]
    steps = max(first.x)
    every = [value for curve in curves for value in curve.y if value > 0.0]
    ticks = [(float(step), f"{step}") for step in range(0, int(steps) + 1, max(3, int(steps) // 4))]
    panel = Panel(LEFT, 16, INNER, 104, Axis(0.0, steps, ticks), decades(min(every) * 0.8, max(every) * 1.2))
    parts = [text(LEFT, 10, f"{first.format}: norm after each call"), panel.frame()]
    by_rate: dict[str, list[Curve]] = {}
    for curve in curves:
        by_rate.setdefault(repr(curve.parameters.get("rate")), []).append(curve)
    said = []
    for (rate, both), kind in zip(by_rate.items(), KINDS, strict=False):
        for curve in both:
            for heights, drawn in ((curve.expected, "expected"), (curve.y, kind)):
                parts.append(panel.line([(a, b) for a, b in zip(curve.x, heights, strict=True) if b > 0.0], drawn))
        said.append(f"{rate} ({('solid', 'dashed', 'dotted')[KINDS.index(kind)]})")
    starts = join_and([f"{x_of(curve):g}" for curve in both])
    title = f"{call_of(first)} on {where}, from norms {starts}, with rates {join_and(said)}"
    return picture(WIDTH, 140, title, parts)


def series(drawn: Series) -> str:
    """Lines over a number of steps, on a logarithmic axis."""
    every = [value for line in drawn.lines.values() for value in line if 0.0 < value < math.inf] or [1.0]
    most = max(len(line) for line in drawn.lines.values()) - 1
    step = max(1, most // 5)
    ticks = [(float(place), f"{place}") for place in range(0, most + 1, step)]
    high = max(every) * 1.3
    panel = Panel(LEFT, 16, INNER, 104, Axis(0.0, float(max(most, 1)), ticks), decades(min(every) * 0.8, high))
    parts = [text(LEFT, 10, f"by {drawn.x}: {_legend(drawn)}"), panel.frame()]
    for line, kind in zip(drawn.lines.values(), KINDS, strict=False):
        parts.append(panel.line([(float(x), y) for x, y in enumerate(line) if 0.0 < y < math.inf], kind))
    ends = [f"{name} from {line[0]:.3g} to {line[-1]:.3g}" for name, line in drawn.lines.items()]
    return picture(WIDTH, 140, f"{drawn.title} ({join_and(ends)})", parts)


def _legend(drawn: Series) -> str:
    return join_and([f"{name} ({mark})" for name, mark in zip(drawn.lines, ("—", "- -", "···"), strict=False)])
