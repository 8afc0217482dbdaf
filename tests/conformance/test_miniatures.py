"""The rules find every wrong implementation, and nothing wrong with the right one."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import pytest

from conformance import catalogue
from conformance.cases import Case, from_json
from conformance.rules import DEPTHS, explore
from conformance.subjects import Subject
from conformance.tally import Tally
from conformance.verdicts import MUST, RECORD, SHOULD, Problem, Verdict
from tests.conformance.conftest import Subjects
from tests.miniatures.arithmetic import VALUES, Miniature
from tests.miniatures.wrong import MINIATURES

RULES = {test.rule.id: test for test in catalogue.tests() if hasattr(test, "cases")}
PAIRS = sorted((rule, m.name) for m in MINIATURES.values() for rule in m.rules)
OF_VALUES = {m.name for m in MINIATURES.values() if set(m.rules) & set(VALUES)}


@lru_cache(maxsize=4)
def drawn(rule: str, subject: Subject) -> list[Case]:
    """The cases of a rule in a run with default depth and seed 0."""
    cases: list[Case] = []
    test = RULES[rule]
    explore(_nothing, subject, test.cases, round(DEPTHS["default"] * test.share), 0, lambda case, _: cases.append(case))
    return cases


def _nothing(subject: Subject, case: Case) -> Verdict:
    return Verdict(case.weights.format)


def level_of(rule: str, problem: Problem) -> str:
    """The level at which a record shows a problem."""
    stated: str = RULES[rule].rule.level
    return problem.level if stated == MUST or problem.level == RECORD else stated


def problems(rule: str, subject: Subject, correct: Subject) -> list[tuple[str, str]]:
    """Level and sentence of all problems that a rule has with a subject, in the order found."""
    cases, body = drawn(rule, correct), RULES[rule].body
    return [(level_of(rule, p), p.sentence) for case in cases for p in body(subject, case).problems]


def first_finding(rule: str, subject: Subject, correct: Subject, level: str) -> dict[str, Any] | None:
    """The first problem of a level that a rule finds, reduced; None if it finds none."""
    test = RULES[rule]
    tally = Tally(test.rule, subject, test.body)
    for case in drawn(rule, correct):
        subject.begin()
        verdict = test.body(subject, case)
        verdict.problems = [p for p in verdict.problems if level_of(rule, p) == level][:1]
        if verdict.problems:
            tally.add(case, verdict)
            finding: dict[str, Any] = tally.event(0.0)["findings"][0]
            return finding
    return None


@pytest.mark.parametrize("rule", RULES)
def test_the_right_implementation_breaks_no_rule(rule: str, correct: Subject) -> None:
    """All that is ever said of it is that it shrinks weights inside the bound, and where the range ends."""
    said = {(level, sentence) for level, sentence in problems(rule, correct, correct) if level != RECORD}
    shrinks = {(SHOULD, "weights already inside the bound are changed")}
    assert said == (shrinks if rule == "weights_inside_the_bound_are_unchanged" else set())


def test_every_rule_kills_a_miniature() -> None:
    """A rule that no miniature breaks could be deleted without anybody noticing."""
    assert set(RULES) == {rule for rule, _ in PAIRS}
    assert len(MINIATURES) >= 30


@pytest.mark.parametrize(("rule", "name"), PAIRS)
def test_a_rule_kills_its_miniature(rule: str, name: str, miniature: Subjects, correct: Subject) -> None:
    """Some case of a default run shows the fault, at the level that is due."""
    subject, body = miniature(name), RULES[rule].body
    due = MINIATURES[name].level or RULES[rule].rule.level
    assert any(level_of(rule, p) == due for case in drawn(rule, correct) for p in body(subject, case).problems)


@pytest.mark.parametrize("name", MINIATURES)
def test_a_wrong_value_is_found_by_the_rules_on_values(name: str) -> None:
    """A fault that no rule on values finds is one of conduct or belief, or of an axis that those never ask for."""
    others = {RULES[rule].rule.chapter for rule in MINIATURES[name].rules}
    assert name in OF_VALUES or others <= {"conduct", "beliefs", "axis"}


@pytest.mark.parametrize("each", MINIATURES.values(), ids=MINIATURES)
def test_a_finding_is_small(each: Miniature, miniature: Subjects, correct: Subject) -> None:
    """The case that is shown has at most four groups of at most four weights, where the fault allows it."""
    rule = each.rules[0]
    finding = first_finding(rule, miniature(each.name), correct, each.level or RULES[rule].rule.level)
    assert finding is not None and "seen once" not in finding["sentence"]
    assert from_json(finding["case"]).weights.size <= each.elements
    assert finding["snippet"]["reproduces"] or each.name in ("norm_kept_by_shape", "bits_alternate")


@pytest.mark.parametrize("rule", VALUES)
def test_a_sum_that_stops_growing_is_no_broken_promise(rule: str, miniature: Subjects, correct: Subject) -> None:
    """Adding 65,536 squares one by one in float16 is worse than users believe, but no contract forbids it."""
    said = problems(rule, miniature("norm_adds_up_one_by_one"), correct)
    assert {level for level, _ in said} - {RECORD} == {SHOULD}
