"""A strip shows what becomes of every size, and says it."""

from __future__ import annotations

import pytest

from reports.charts.strips import strip
from reports.record.sweeps import Sweep
from tests.reports.analysis.sweeps.test_sentences import FINE, INFINITY, LOSES, folded, sweep
from tests.reports.charts.test_charts import drawn, title

LOSSES = sweep(LOSES, changed={"inside": 32770, "changed": 0, "norm": None})


def test_each_outcome_has_its_colour_and_ends() -> None:
    """The sizes at which it changes are written over the strip, and the bound beneath."""
    svg = strip(LOSSES)
    assert drawn(svg, "inside") and drawn(svg, "zero") and not drawn(svg, "far")
    assert all(f">{said}</text>" in svg for said in ("→ 0", "inside", "0.0001727", "256", "bound 2"))


def test_what_is_broken_is_said() -> None:
    """With a sign, and not by colour alone."""
    svg = strip(sweep((*LOSES[:2], (23551, "DIVERGENT", "NaN"), *LOSES[3:])))
    assert drawn(svg, "far") and ">✘ → NaN</text>" in svg


@pytest.mark.parametrize(("one", "strips"), [(sweep(LOSES), 1), (sweep(LOSES, FINE), 2)])
def test_signs_that_come_out_otherwise_have_a_strip_each(one: Sweep, strips: int) -> None:
    """Else one is enough."""
    assert len(drawn(strip(one), "axis")) == strips


def test_a_strip_of_a_thousand_ranges_is_small() -> None:
    """And its words are few."""
    parts = tuple((place, ("BOUNDED", "RANGE")[place % 2], "normal") for place in range(1, 1000))
    svg = strip(sweep((FINE[0], *parts, *FINE[1:])))
    assert len(svg) < 40_000 and "in turn" in title(svg)


def test_what_some_of_the_numbers_become_is_pale() -> None:
    """And said so."""
    svg = strip(folded("RANGE"))
    assert drawn(svg, "nan some") and "some → NaN from 5.96e-08 to 5.364e-07" in title(svg)


def test_what_is_not_recorded_is_not_drawn() -> None:
    """The rest of the strip is empty."""
    svg = strip(sweep(((100, "BOUNDED", "normal"),), (), groups=101, stopped="time is up"))
    assert "inside from 5.96e-08 to 5.96e-06" in title(svg) and ">→ 0" not in svg


def test_pairs_have_no_strip() -> None:
    """They do not lie on a line."""
    assert strip(sweep(space="pairs")) == "" and strip(sweep(((INFINITY, "BOUNDED", "zero"), FINE[2]))) != ""
