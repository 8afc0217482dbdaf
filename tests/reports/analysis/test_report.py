"""A rule is asked where a contract is shared and the mode fits; anything else is blank and not missing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from reports.analysis.report import Report
from reports.markdown.page import render
from reports.record.events import Event
from reports.record.model import Column, Result
from tests.support.builder import MORE, RULES, footer, header, report, result, stack, varied

RULE = {rule.id: rule for rule in [*RULES, *MORE]}


@pytest.fixture
def told(tmp_path: Path) -> Report:
    """Three stacks, of which one is held to another contract and one has two modes."""
    return report(tmp_path, varied())


ASKED = {
    ("max_norm_value", "torch", "eager"): True,
    ("max_norm_value", "torch.renorm", "eager"): False,
    ("renorm_value", "jax", "jit"): False,
    ("renorm_value", "torch.renorm", "eager"): True,
    ("modes_agree", "jax", "eager"): False,
    ("modes_agree", "jax", "jit"): True,
}


@pytest.mark.parametrize(("where", "asked"), ASKED.items(), ids=str)
def test_a_rule_applies_by_contract_and_mode(told: Report, where: tuple[str, str, str], asked: bool) -> None:
    """Of a stack's modes the first is not compared with itself."""
    rule, name, mode = where
    assert told.applies(RULE[rule], Column(name, mode, "cpu")) is asked


def test_a_rule_for_the_first_mode_is_asked_there_alone(tmp_path: Path) -> None:
    """Further modes owe it no result."""
    jax = stack("jax", modes=["eager", "jit"])
    events: list[Event] = [header([jax], rules=[replace(RULES[0], modes="the first")])]
    events += [result("max_norm_value", "jax"), footer(1)]
    assert report(tmp_path, events).whole


def test_a_rule_that_does_not_suit_is_not_missing(tmp_path: Path) -> None:
    """What one record names stands when records are merged."""
    torch = stack("torch", unsuited=[rule.id for rule in RULES[1:]])
    run: list[Event] = [header([torch]), result("max_norm_value", "torch"), footer(1)]
    assert report(tmp_path, run).whole and report(tmp_path, [header([stack("torch")]), footer(0)], run).whole


def test_what_does_not_apply_is_not_missing(told: Report) -> None:
    """All that was asked was answered."""
    assert told.missing == 0 and told.whole


def test_what_applies_and_did_not_run_is_missing(tmp_path: Path) -> None:
    """Also in one mode of several."""
    events = [one for one in varied() if not isinstance(one, Result) or one.rule != "modes_agree"]
    partial = report(tmp_path, [*events[:-1], footer(len([one for one in events if one.kind == "result"]))])
    assert partial.missing == 1 and not partial.whole


def test_a_result_shows_that_a_rule_applies(tmp_path: Path) -> None:
    """Whatever the header says."""
    events: list[Event] = [header([stack("torch")], rules=[*RULES, *MORE]), result("renorm_value", "torch"), footer(1)]
    assert report(tmp_path, events).applies(RULE["renorm_value"], Column("torch", "eager", "cpu"))


def chapter(page: str, name: str) -> list[list[str]]:
    """The rows of a chapter's table."""
    text = page.partition(f"### Chapter: {name}\n")[2].partition("##")[0]
    rows = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("|")]
    return [rows[0], *rows[2:]]


def test_a_chapter_has_the_rows_and_columns_that_apply(told: Report) -> None:
    """A row for each stack and mode, a column for each rule."""
    head, *rows = chapter(render(told), "modes")
    assert head == ["stack and mode", "`modes_agree`"] and [row[0] for row in rows] == ["jax jit"]


def test_a_cell_that_does_not_apply_is_a_dash(told: Report) -> None:
    """It is told from one that did not run."""
    _, *rows = chapter(render(told), "values")
    assert [row[2] for row in rows] == ["–", "–", "–", "✔ BOUNDED 2.0"]


def test_a_large_chapter_is_folded(tmp_path: Path) -> None:
    """Its summary says how its cells ended."""
    many = [stack(f"stack{place}") for place in range(20)]
    body = [result("max_norm_value", one.name) for one in many]
    page = render(report(tmp_path, [header(many, rules=RULES[:1]), *body, footer(20)]))
    assert "<summary>values: 20 stacks and modes, 1 rule: 20 ✔ BOUNDED</summary>" in page


def test_every_column_is_a_stack_in_a_mode(told: Report) -> None:
    """In the order of the stacks."""
    assert [(one.stack, one.mode) for one in told.columns] == [
        ("torch", "eager"),
        ("jax", "eager"),
        ("jax", "jit"),
        ("torch.renorm", "eager"),
    ]
