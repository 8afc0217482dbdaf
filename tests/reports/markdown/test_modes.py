"""What further modes change in the bits, and what compiling costs, adds up over the rules."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from reports.analysis.differences import differences
from reports.analysis.report import Report
from reports.markdown.page import render
from reports.record.model import Column, Difference
from reports.text import percent
from tests.support.builder import MORE, RULES, footer, header, report, result, stack

JAX = stack("jax", modes=["eager", "jit"], compiled=["jit"])
JIT = Column("jax", "jit", "cpu")


def compared(folder: Path, *found: tuple[int, int, float], **changes: Any) -> Report:
    """Rules that compared so many elements of which so many differ by so much."""
    rules = [replace(MORE[1], id=f"rule{place}") for place in range(len(found))]
    body = []
    for place, (elements, differ, far) in enumerate(found):
        bits = {"float32": {"elements": elements, "differ": differ, "ulps": far}}
        body.append(replace(result("modes_agree", "jax", mode="jit", differences=bits, **changes), rule=f"rule{place}"))
    events: Any = [header([JAX], rules=rules), *body, footer(len(body))]
    return report(folder, events)


def test_differences_add_up_over_the_rules(tmp_path: Path) -> None:
    """The largest distance counts."""
    found = differences(compared(tmp_path, (100, 1, 2.0), (300, 2, 1.0)))
    assert found == {JIT: {"float32": Difference(400, 3, 2.0)}}


@pytest.mark.parametrize("value", [math.inf, math.nan])
def test_a_distance_that_is_no_number_is_the_largest(tmp_path: Path, value: float) -> None:
    """It is not lost beside one that is."""
    assert differences(compared(tmp_path, (1, 1, value), (1, 1, 1e300)))[JIT]["float32"].ulps is value


def test_bits_that_differ_are_said(tmp_path: Path) -> None:
    """How many, how far, and in comparison with what."""
    page = render(compared(tmp_path, (1000, 15, 2.0)))
    assert "No: 1 of 1 give other bits" in page and "| jax jit | eager | ≠ 1.5 % of 1,000, at most 2.0 ulps |" in page


def test_bits_that_are_the_same_are_said(tmp_path: Path) -> None:
    """Of how many elements."""
    page = render(compared(tmp_path, (1000, 0, 0)))
    assert "Yes: every bit that was compared is the same." in page and "✔ none of 1,000" in page


def test_nothing_compared_is_no_agreement(tmp_path: Path) -> None:
    """Neither where no stack has two modes, nor where no element was compared."""
    page = render(compared(tmp_path, (0, 0, 0)))
    assert "nothing compared" in page and "Yes:" not in page


def test_no_further_mode_is_said(tmp_path: Path) -> None:
    """The section is never empty."""
    events: Any = [header([stack("torch")]), *(result(rule.id, "torch") for rule in RULES), footer(4)]
    assert "No stack was compared in two modes." in render(report(tmp_path, events))


SHARES = {
    0.0: "0 %",
    1e-9: "less than 0.01 %",
    0.015: "1.5 %",
    0.996: "99.6 %",
    1 - 1e-9: "more than 99.99 %",
    1.0: "100 %",
}


@pytest.mark.parametrize(("share", "said"), SHARES.items())
def test_a_share_is_never_rounded_to_all_or_none(share: float, said: str) -> None:
    """Only none is 0 %, only all is 100 %."""
    assert percent(share) == said


def test_the_time_of_calls_and_of_compiling_is_said(tmp_path: Path) -> None:
    """In total and by stack and mode, as an upper bound."""
    page = render(compared(tmp_path, (1, 0, 0), calls={"seconds": 4.0, "compiling": 2.0}, seconds=8.0))
    assert "The rules took 8.0 s, of which 4.0 s (50 %) were calls, and at most 2.0 s (25 %) tracing" in page
    assert "upper bound" in page and "| jax jit | 8.0 s | 4.0 s (50 %) | 2.0 s (25 %) |" in page
