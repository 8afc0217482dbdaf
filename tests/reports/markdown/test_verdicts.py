"""The table of verdicts has a line for each stack, and hides neither what is new nor what did not run."""

from __future__ import annotations

from pathlib import Path

import pytest

from reports.markdown.verdicts import verdict_table
from tests.reports.html.test_page import measured
from tests.support.builder import RULES, absent, finding, report, result, stack, whole

MILD = finding(level="SHOULD")


def line(table: str, name: str) -> list[str]:
    """The cells of a stack's line."""
    (found,) = (row for row in table.splitlines() if row.startswith(f"| {name} |"))
    return [cell.strip() for cell in found.strip("|").split("|")][1:]


@pytest.mark.parametrize(
    ("name", "cells"),
    [
        ("torch", ["**1 of 2**, 1 new", "0 of 1", "◐ 2.5", "∅", "◆ known 4,194,304", "✘ new 12.5"]),
        ("jax", ["0 of 2", "0 of 1", "–", "∅", "✔ 2.5", "∅"]),
    ],
)
def test_a_stack_has_a_line(name: str, cells: list[str], tmp_path: Path) -> None:
    """Rules that are broken of those that were asked, and the worst of each format."""
    assert line(verdict_table(report(tmp_path, measured())), name) == cells


def test_a_stack_that_did_not_run_has_a_line(tmp_path: Path) -> None:
    """It is not left out."""
    told = report(tmp_path, whole([stack("torch"), absent("tf-keras")]))
    assert line(verdict_table(told), "tf-keras")[0] == "not available"


def test_known_is_said(tmp_path: Path) -> None:
    """And is not news."""
    known = result("max_norm_value", "torch", grade="DIVERGENT", findings=[finding(known="a reason")])
    assert line(verdict_table(report(tmp_path, whole([stack("torch")], [known]))), "torch")[0] == "1 of 2, known"


def test_what_users_expect_is_never_news(tmp_path: Path) -> None:
    """A SHOULD rule that is broken is counted, and no more."""
    broken = result("unchanged_inside_the_bound", "torch", grade="DIVERGENT", findings=[MILD])
    assert line(verdict_table(report(tmp_path, whole([stack("torch")], [broken]))), "torch")[1] == "1 of 1"


def test_what_users_expect_of_a_must_rule_stands_apart(tmp_path: Path) -> None:
    """So that no more rules are broken than were asked."""
    mild = result("max_norm_value", "torch", grade="DIVERGENT", findings=[MILD])
    shown = line(verdict_table(report(tmp_path, whole([stack("torch")], [mild]))), "torch")
    assert shown[:2] == ["0 of 2", "0 of 1 + 1"]


def test_a_device_has_a_line_of_its_own(tmp_path: Path) -> None:
    """What is broken on one is not broken on the other."""
    broken = result("max_norm_value", "torch", device="gpu", grade="DIVERGENT", findings=[finding()])
    others = [result(rule.id, "torch", device="gpu") for rule in RULES[1:]]
    gpu = stack("torch", device={"kind": "gpu", "name": "One"})
    told = verdict_table(report(tmp_path, whole([stack("torch")]), whole([gpu], [broken, *others])))
    assert line(told, "torch")[0] == "0 of 2" and line(told, "torch on gpu")[0] == "**1 of 2**, 1 new"
