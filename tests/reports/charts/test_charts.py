"""Pictures show what is in the numbers, say the same in words, and are small."""

from __future__ import annotations

import math
import re
from xml.etree import ElementTree

import pytest

from reports.charts.charts import drift, histogram, norms, rates
from reports.charts.svg import Axis, Panel, decades, picture, standalone, text, two_sided
from tests.support.builder import cell, curve, over_calls

SVG = "{http://www.w3.org/2000/svg}"
EVERY = {
    "norms": norms(curve(), "torch"),
    "histogram": histogram([cell()], "float32", "torch"),
    "drift": drift([over_calls("drift", 1.0), over_calls("drift", 0.1)], "torch"),
    "rates": rates([over_calls("rate", 10.0), over_calls("rate", 0.05)], "torch"),
}


def title(svg: str) -> str:
    """The words that stand for the picture."""
    return svg.partition("<title>")[2].partition("</title>")[0]


def _visited(path: str) -> list[tuple[float, float]]:
    """Where a path goes, by its absolute and relative steps."""
    found: list[tuple[float, float]] = []
    for step, x, y in re.findall(r"([MLm])([\d.-]+) ([\d.-]+)", path):
        start = found[-1] if step == "m" and found else (0.0, 0.0)
        found.append((start[0] + float(x), start[1] + float(y)))
    return found


def drawn(svg: str, kind: str) -> list[str]:
    """The paths of a kind."""
    return re.findall(f'<path class="{kind}" d="([^"]*)"', svg)


@pytest.mark.parametrize("svg", EVERY.values(), ids=EVERY)
def test_a_picture_is_small_and_has_words(svg: str) -> None:
    """At most 4 kB, as XML, and for those who do not see it a title that names the stack."""
    assert len(svg) < 4000 and "torch" in title(svg)
    assert ElementTree.fromstring(standalone(svg)).tag == f"{SVG}svg"


@pytest.mark.parametrize("svg", EVERY.values(), ids=EVERY)
def test_nothing_is_drawn_outside(svg: str) -> None:
    """Every point lies in the view box."""
    width, height = map(float, re.findall(r'viewBox="0 0 (\d+) (\d+)"', svg)[0])
    points = [at for path in re.findall(r' d="([^"]*)"', svg) for at in _visited(path)]
    assert points and all(0 <= x <= width and 0 <= y <= height for x, y in points)


def test_results_outside_the_band_stand_out() -> None:
    """In both panels, in words, and a zero by its name."""
    svg = EVERY["norms"]
    assert "1 of 4 results lie outside the accepted band: zero for norms from 0.0001 to 0.0001" in title(svg)
    assert drawn(svg, "out") and ">0</text>" in svg


def test_results_in_the_band_do_not() -> None:
    """Nothing is marked."""
    svg = norms(curve(y=[1e-4, 0.1, 1.0, 2.0], errors=[0.0, 0.0, 0.0, 0.0]), "torch")
    assert "all 4 results lie in the accepted band" in title(svg) and not drawn(svg, "out")


@pytest.mark.parametrize(("value", "said"), [("inf", "∞"), ("nan", "NaN")])
def test_what_is_no_number_is_named(value: str, said: str) -> None:
    """Where it would be."""
    svg = norms(curve(y=[value, 0.1, 1.0, 2.0], errors=[value, 0.25, 0.0, -0.5]), "torch")
    assert f">{said}</text>" in svg


def test_the_specification_is_drawn_under_what_was_seen() -> None:
    """Both lines, the specification's first."""
    svg = EVERY["norms"]
    assert svg.index('class="expected"') < svg.index('class="line"')


def test_a_histogram_counts_every_group() -> None:
    """By what it is off at most; what is further off than 64 ulps or no number has a bar of its own."""
    svg = histogram([cell(errors=[[0.5, 60], [4.0, 10], [128.0, 7], [1024.0, 1], ["inf", 5]])], "float32", "torch")
    near, far = (re.search(rf'class="{kind}" d="([^"]*)"', svg) for kind in ("bar", "far"))
    assert near and far and (near[1].count("z"), far[1].count("z")) == (2, 2)
    assert "of 83 groups, 72.3 % are correctly rounded" in title(svg)


def test_drift_says_what_is_lost() -> None:
    """After the last call, for each norm at the start."""
    assert title(EVERY["drift"]).endswith("after 2 calls 19 % of a norm of 1 and 19 % of a norm of 0.1 is lost")


def test_rates_are_told_apart_by_their_dashes() -> None:
    """And named with them."""
    half, whole = ({"rate": number} for number in ("0x1p-1", "0x1p+0"))
    svg = rates([over_calls("rate", 10.0, parameters=whole), over_calls("rate", 10.0, parameters=half)], "torch")
    assert "1.0 (solid) and 0.5 (dashed)" in title(svg) and drawn(svg, "line second")


@pytest.mark.parametrize("hostile", ["<script>", '"', "&", "]]>"])
def test_words_stay_words(hostile: str) -> None:
    """Whatever they hold."""
    svg = standalone(picture(10, 10, hostile, [text(1, 1, hostile)]))
    found = ElementTree.fromstring(svg)
    assert [one.text for one in found.iter() if one.tag in (f"{SVG}title", f"{SVG}text")] == [hostile, hostile]


@pytest.mark.parametrize(("low", "high"), [(1e-24, 1e24), (0.5, 3.0), (1e-7, 65504.0), (1.0, 1.0001)])
def test_decades_have_few_ticks_in_order(low: float, high: float) -> None:
    """At powers of ten between the ends."""
    ticks = [value for value, _ in decades(low, high).ticks]
    assert (
        len(ticks) <= 6 and ticks == sorted(ticks) and all(low <= tick * (1 + 1e-9) and tick <= high for tick in ticks)
    )


def test_both_sides_of_zero_are_alike() -> None:
    """Zero in the middle, far numbers at the ends."""
    axis = two_sided(1e6, (0, 10, 1e6))
    assert axis.at(0.0) == 0.5 and axis.at(10.0) == pytest.approx(1.0 - axis.at(-10.0)) and axis.at(-1e9) == 0.0
    assert [said for _, said in axis.ticks] == ["0", "+10", "−10", "+1e6", "−1e6"]


def test_a_straight_line_needs_two_points() -> None:
    """Those on it are left out; those beside it are not."""
    panel = Panel(0, 0, 100, 100, Axis(0, 10, ()), Axis(0, 10, ()))
    assert panel.line([(float(i), float(i)) for i in range(11)], "line").count("L") == 1
    assert panel.line([(0.0, 0.0), (5.0, 9.0), (10.0, 0.0)], "line").count("L") == 2
    assert math.isclose(panel.point(10, 10)[0], 100)
