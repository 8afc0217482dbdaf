"""Small plots as SVG that a page can hold inline: panels with linear, logarithmic or two-sided logarithmic axes.

Colours are classes (`svg.plot .line`), so that a page's style sheet decides them; `standalone` brings its own.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from html import escape

from reports.text import escape_control, truncate

Point = tuple[float, float]

STYLE = (
    "svg.plot{font:9px system-ui,sans-serif;color:#333;background:#fff}"
    "@media(prefers-color-scheme:dark){svg.plot{color:#ddd;background:#16181d}}"
)
# what both a page and a file of its own need
MARKS = (
    "svg.plot text{fill:currentColor}svg.plot .axis{stroke:currentColor;stroke-opacity:.45;fill:none}"
    "svg.plot .grid{stroke:currentColor;stroke-opacity:.12;fill:none}"
    "svg.plot .band{fill:#2a7de1;fill-opacity:.18}"
    "svg.plot .expected{stroke:#2a7de1;stroke-opacity:.45;stroke-width:5;fill:none;stroke-linejoin:round}"
    "svg.plot .line{stroke:currentColor;stroke-width:1.2;fill:none}"
    "svg.plot .second{stroke-dasharray:5 2}svg.plot .third{stroke-dasharray:1.5 2}"
    "svg.plot .dots{stroke:currentColor;stroke-width:2.2;stroke-linecap:round;fill:none}"
    "svg.plot .out{stroke:#d9480f;stroke-width:3.4;stroke-linecap:round;fill:none}"
    "svg.plot .bar{fill:#2a7de1}svg.plot .far{fill:#d9480f}svg.plot .lost{fill:#d9480f;font-weight:bold}"
)
# what the strips of sweeps need besides, which are on pages only
STRIPS = (
    "svg.plot .inside{fill:#2a7de1;fill-opacity:.45}svg.plot .zero{fill:#e0a100}svg.plot .infinite{fill:#9c6ade}"
    "svg.plot .nan{fill:#c2408f}svg.plot .number{fill:#2f9e7a}svg.plot .some{fill-opacity:.55}"
    "svg.plot .bound{stroke:currentColor;stroke-width:1.4;fill:none}"
)


@dataclass(frozen=True)
class Axis:
    """Numbers from `low` to `high` along a side of a panel, at `ticks`, by what `place` makes of them."""

    low: float
    high: float
    ticks: Sequence[tuple[float, str]]
    place: Callable[[float], float] = float

    def at(self, value: float) -> float:
        """Where a number lies, 0 to 1; what lies outside is put at the end."""
        start, end = self.place(self.low), self.place(self.high)
        if start == end:
            return 0.5
        return min(max((self.place(value) - start) / (end - start), 0.0), 1.0)


def decades(low: float, high: float, most: int = 5) -> Axis:
    """A logarithmic axis with ticks at powers of ten, and between them where there is but one.

    It has the numbers of float64: whoever leaves room below or above need not ask whether there is any.
    """
    low, high = max(low, sys.float_info.min), min(high, sys.float_info.max)
    first, last = math.ceil(math.log10(low) - 1e-9), math.floor(math.log10(high) + 1e-9)
    step = next(step for step in (1, 2, 3, 4, 6, 8, 12, 16, 24, 48, 96, 192, 384) if (last - first) // step < most)
    ticks = [(10.0**power, _power(power)) for power in range(first, last + 1) if power % step == 0]
    if last <= first:
        between = [mantissa * 10.0**power for power in range(first - 1, last + 1) for mantissa in (1.0, 2.0, 5.0)]
        ticks = [(value, f"{value:g}") for value in between if low <= value <= high]
    return Axis(low, high, ticks, math.log10)


def two_sided(most: float, ticks: Sequence[float]) -> Axis:
    """A logarithmic axis on both sides of zero, linear between -1 and 1."""
    both = [(sign * tick, _signed(sign * tick)) for tick in ticks for sign in ((1, -1) if tick else (1,))]
    return Axis(-most, most, both, math.asinh)


def _power(power: int) -> str:
    return f"{10.0**power:g}" if -3 <= power <= 3 else f"1e{power}"


def _signed(value: float) -> str:
    size = abs(value)
    text = f"{size:g}" if size < 1000 else _power(round(math.log10(size)))
    return f"−{text}" if value < 0 else f"+{text}" if value else "0"


@dataclass(frozen=True)
class Panel:
    """A rectangle with two axes; what is drawn in it is given in the axes' numbers."""

    left: float
    top: float
    width: float
    height: float
    x: Axis
    y: Axis

    def point(self, x: float, y: float) -> Point:
        """Where two numbers lie in the picture."""
        return self.left + self.width * self.x.at(x), self.top + self.height * (1.0 - self.y.at(y))

    def frame(self, label_x: bool = True) -> str:
        """The rectangle, its grid and its ticks."""
        bottom, right = self.top + self.height, self.left + self.width
        across = [self.point(x, self.y.low)[0] for x, _ in self.x.ticks]
        down = [self.point(self.x.low, y)[1] for y, _ in self.y.ticks]
        grid = "".join(f"M{_n(x)} {_n(self.top)}V{_n(bottom)}" for x in across)
        grid += "".join(f"M{_n(self.left)} {_n(y)}H{_n(right)}" for y in down)
        parts = [f'<path class="grid" d="{grid}"/>'] if grid else []
        parts.append(f'<path class="axis" d="M{_n(self.left)} {_n(self.top)}V{_n(bottom)}H{_n(right)}"/>')
        if label_x:
            labels = zip(across, self.x.ticks, strict=True)
            parts.append(_together("middle", [text(x, bottom + 10, said) for x, (_, said) in labels]))
        labels = zip(down, self.y.ticks, strict=True)
        return "".join([*parts, _together("end", [text(self.left - 3, y + 3, said) for y, (_, said) in labels])])

    def line(self, points: Iterable[Point], kind: str) -> str:
        """A line through points, without those that lie on it anyway."""
        placed = _straightened([self.point(x, y) for x, y in points])
        return f'<path class="{kind}" d="{_path(placed)}"/>' if len(placed) > 1 else ""

    def band(self, lower: Sequence[Point], upper: Sequence[Point]) -> str:
        """The area between two lines."""
        edge = _straightened([self.point(x, y) for x, y in lower], slack=1.0)
        back = _straightened([self.point(x, y) for x, y in reversed(upper)], slack=1.0)
        return f'<path class="band" d="{_path([*edge, *back])}Z"/>' if len(edge) > 1 else ""

    def dots(self, points: Iterable[Point], kind: str = "dots") -> str:
        """A dot at each point, in whole pixels, and one where several would lie on each other."""
        placed = dict.fromkeys((round(x), round(y)) for x, y in (self.point(*point) for point in points))
        path, at = "", (0, 0)
        for x, y in placed:
            path += f"m{x - at[0]} {y - at[1]}h0"
            at = (x, y)
        return f'<path class="{kind}" d="{path}"/>' if path else ""


def text(x: float, y: float, said: str, anchor: str = "start", kind: str = "") -> str:
    """Words at a place."""
    style = f' class="{kind}"' if kind else ""
    where = "" if anchor == "start" else f' text-anchor="{anchor}"'
    return f'<text x="{_n(x)}" y="{_n(y)}"{where}{style}>{_words(said)}</text>'


def _together(anchor: str, words: Sequence[str]) -> str:
    return f'<g text-anchor="{anchor}">{"".join(words)}</g>' if words else ""


def picture(width: int, height: int, title: str, parts: Iterable[str]) -> str:
    """The picture, with words for those who do not see it."""
    body = "".join(parts)
    head = f'<svg class="plot" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img"'
    return f"{head}><title>{_words(title)}</title>{body}</svg>"


def standalone(svg: str) -> str:
    """The picture as a file of its own."""
    opened = svg.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)
    head, end, rest = opened.partition("</title>")
    return f"{head}{end}<style>{STYLE}{MARKS}</style>{rest}\n"


def _words(said: str) -> str:
    return escape(escape_control(truncate(said, 400)))


def _n(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _path(points: Sequence[Point]) -> str:
    return "M" + "L".join(f"{_n(x)} {_n(y)}" for x, y in points)


def _straightened(points: Sequence[Point], slack: float = 0.15) -> list[Point]:
    """The points without those from which a straight line between their neighbours is no further than `slack`."""
    kept: list[Point] = []
    for place, point in enumerate(points):
        last = place == len(points) - 1
        if kept and not last and _between(kept[-1], point, points[place + 1]) <= slack:
            continue
        kept.append(point)
    return kept


def _between(start: Point, point: Point, end: Point) -> float:
    """How far a point is from the line through two others."""
    (x0, y0), (x, y), (x1, y1) = start, point, end
    length = math.hypot(x1 - x0, y1 - y0)
    if length == 0.0:
        return math.hypot(x - x0, y - y0)
    return abs((x1 - x0) * (y0 - y) - (x0 - x) * (y1 - y0)) / length
