"""What changed between two reports: nothing is fixed that was not asked again."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from reports.changes.diff import Category, Diff, compare
from reports.console.diff import entries, markdown, show
from reports.record.events import Event
from reports.record.file import RecordError
from reports.record.grades import Level
from tests.reports.markdown.test_page import both, hostile, shown
from tests.support.builder import (
    CASE,
    MORE,
    RULES,
    absent,
    case,
    cell,
    claim,
    claimed,
    equivalence,
    finding,
    footer,
    header,
    observation,
    realistic,
    report,
    result,
    stack,
    varied,
    whole,
)

TORCH = stack("torch")
GOOD = whole([TORCH])
DETAIL = {"what": "detail", "reason": "2 further kinds of MUST problem are counted only", "cases": 1}


def differ(folder: Path, old: list[Event], new: list[Event]) -> Diff:
    """What changed."""
    sides = folder / "old", folder / "new"
    for side in sides:
        side.mkdir()
    return compare(report(sides[0], old), report(sides[1], new))


def found(diff: Diff) -> dict[Category, list[str]]:
    """The titles of all changes but the unchanged, by category."""
    every = {category: [change.fact.title for change in changes] for category, changes in diff.changes.items()}
    return {category: titles for category, titles in every.items() if titles and category != "unchanged"}


def told(diff: Diff) -> str:
    """What stands in the log."""
    text = io.StringIO()
    show(diff, Console(file=text, width=80))
    return text.getvalue()


def broken(*findings: Any, **changes: Any) -> list[Event]:
    """A run in which torch breaks a rule, in one way or in those that are given."""
    base = {"grade": "DIVERGENT", "grades": {"DIVERGENT": 5}, "findings": list(findings or [finding()])}
    return whole([TORCH], [result("max_norm_value", "torch", **{**base, **changes})])


def probed(*characters: str, name: str = "torch", **changes: Any) -> list[Event]:
    """A run in which unspecified input is met in some ways."""
    seen = [observation(character, **changes) for character in characters]
    return whole([stack(name)], [result("min_above_max", name, observations=seen)])


def standing(relation: str) -> list[Event]:
    """A run in which a call was tried in place of Keras's."""
    torch = stack("torch", contracts=["renorm"])
    one = result("stands_in", "torch", equivalences=[equivalence(0, relation)])
    return [header([torch], rules=MORE[2:]), one, footer(1)]


WRONG = "max_norm_value (max_norm, float32): another value"
PROBE = "unspecified input: min_value > max_value (min_max_norm, float32)"
STANDS = "in place of max_norm(max_value=3.0, axis=0) on a matrix (float32)"
CHANGES: dict[str, tuple[list[Event], list[Event], dict[Category, list[str]]]] = {
    "nothing": (broken(), broken(), {}),
    "added": (GOOD, broken(), {"added": [WRONG]}),
    "fixed": (broken(), GOOD, {"fixed": [WRONG]}),
    "another failure": (
        broken(),
        broken(finding(failure="is NaN")),
        {"added": ["max_norm_value (max_norm, float32): is NaN"], "fixed": [WRONG]},
    ),
    "another grade": (broken(), broken(finding(grade="ERROR")), {"changed": [WRONG]}),
    "another level": (broken(), broken(finding(level="SHOULD")), {"changed": [WRONG]}),
    "another result": (broken(), broken(finding(observed="[5.0]")), {"changed": [WRONG]}),
    "another distance": (broken(), broken(finding(ulps="nan")), {"changed": [WRONG]}),
    "another case": (broken(), broken(finding(case=case(axis=None))), {"changed": [WRONG]}),
    "other words": (broken(), broken(finding(sentence="It is 4.", count=7)), {}),
    "without a case": (GOOD, broken(grades={}, findings=[]), {"added": ["max_norm_value"]}),
    "out of range": (GOOD, broken(finding(grade="RANGE"), grade="RANGE", grades={"RANGE": 5}), {}),
    "another character": (probed("A"), probed("B"), {"changed": [PROBE]}),
    "one character more": (probed("A"), probed("A", "B"), {"changed": [PROBE]}),
    "other weights": (probed("A"), probed("A", observed="[2.0]"), {}),
    "a new probe": (GOOD, probed("A"), {"added": [PROBE]}),
    "no longer probed": (probed("A"), GOOD, {"no longer run": [PROBE]}),
    "another relation": (standing("exactly"), standing("not at all"), {"changed": [STANDS]}),
    "the same relation": (standing("exactly"), standing("exactly"), {}),
}


@pytest.mark.parametrize(("old", "new", "expected"), CHANGES.values(), ids=CHANGES)
def test_every_change_has_its_category(
    tmp_path: Path, old: list[Event], new: list[Event], expected: dict[Category, list[str]]
) -> None:
    """Additions and changes are news, and nothing else is."""
    diff = differ(tmp_path, old, new)
    assert found(diff) == expected and diff.anything_new == bool({"added", "changed"} & set(expected))


def cells(**grades: int) -> dict[str, Any]:
    """What came of max_norm in float32, in a result that has nothing else to say of it."""
    return {"grade": "DIVERGENT", "grades": {"DIVERGENT": 5}, "cells": [cell(grades=grades)]}


UNSETTLED: dict[str, list[Event]] = {
    "killed before": [GOOD[0]],
    "killed": [GOOD[0], *GOOD[2:3]],
    "not available": [header([absent("torch")]), footer(0)],
    "another mode": [header([stack("torch", modes=["jit"])]), result("max_norm_value", "torch", mode="jit"), footer(1)],
    "without the rule": [header([TORCH], rules=RULES[1:]), *GOOD[2:-1], footer(3)],
    "cannot be asked": whole([TORCH], [result("max_norm_value", "torch", grade="UNSUPPORTED", grades={})]),
    "not in this format": whole(
        [TORCH],
        [result("max_norm_value", "torch", unsupported=[{"what": "float32", "reason": "it is gone", "cases": 3}])],
    ),
    "not of this contract": whole(
        [TORCH], [result("max_norm_value", "torch", cells=[cell(contract="unit_norm"), cell(format="float16")])]
    ),
    "counted only": broken(finding(failure="is NaN"), unsupported=[DETAIL]),
    "without a case": broken(findings=[]),
    "counted only, in this format": broken(finding(failure="is NaN"), unsupported=[DETAIL], **cells(DIVERGENT=5)),
}


@pytest.mark.parametrize("new", UNSETTLED.values(), ids=UNSETTLED)
def test_what_was_not_seen_to_be_well_is_not_fixed(tmp_path: Path, new: list[Event]) -> None:
    """It is no longer run, and the reason is said."""
    diff = differ(tmp_path, broken(), new)
    (gone,) = [change for change in diff.changes["no longer run"] if change.fact.kind == "divergence"]
    assert not diff.changes["fixed"] and gone.why


SETTLED: dict[str, list[Event]] = {
    "another failure": broken(finding(failure="is NaN")),
    "well in this format": broken(
        finding(format="float16"), unsupported=[DETAIL], **cells(EXACT=5, BOUNDED=7)
    ),
    "killed later": GOOD[:3],
}  # fmt: skip


@pytest.mark.parametrize("new", SETTLED.values(), ids=SETTLED)
def test_what_was_seen_to_be_well_is_fixed(tmp_path: Path, new: list[Event]) -> None:
    """Whatever else there is to say of the rule."""
    assert [change.fact.title for change in differ(tmp_path, broken(), new).changes["fixed"]] == [WRONG]


def test_a_stack_and_a_rule_that_are_gone_are_said(tmp_path: Path) -> None:
    """With the reason for which the stack is not available."""
    new = [header([TORCH, absent("jax", "no wheel")], rules=RULES[1:]), *GOOD[2:-1], footer(3)]
    gone = differ(tmp_path, whole([TORCH, stack("jax")]), new).changes["no longer run"]
    assert [(change.fact.title, change.why) for change in gone] == [
        ("stack jax (cpu)", "not available: no wheel"),
        ("rule max_norm_value", "not among the rules"),
    ]


def test_what_an_old_record_may_have_counted_only_says_so(tmp_path: Path) -> None:
    """It is added all the same: nothing shows that it was there."""
    old = broken(unsupported=[DETAIL])
    (added,) = differ(tmp_path, old, broken(finding(), finding(failure="a new way"))).changes["added"]
    assert added.fact.title.endswith("a new way") and added.why.startswith("perhaps not new")


def test_what_was_not_run_before_says_so(tmp_path: Path) -> None:
    """It is added, and perhaps it was always so."""
    (added,) = differ(tmp_path, [GOOD[0], *GOOD[2:-1], footer(3)], broken()).changes["added"]
    assert added.why == "not run before"


@pytest.mark.parametrize(("old", "new", "side"), [(GOOD[:-1], GOOD, "OLD"), (GOOD, GOOD[:-1], "NEW")])
def test_a_run_that_is_not_whole_is_said(tmp_path: Path, old: list[Event], new: list[Event], side: str) -> None:
    """Right behind the counts, and it is no reason to say that something changed."""
    diff = differ(tmp_path, old, new)
    assert f"The {side} run is INCOMPLETE" in told(diff).splitlines()[1] and not diff.anything_new


def test_versions_that_differ_come_first(tmp_path: Path) -> None:
    """With the stacks in which they do, those of the suite among them."""
    old, new = (
        [stack(name, versions={"torch": v, "numpy": "2.4"}) for name in ("torch", "torch.renorm")] for v in "12"
    )
    host = replace(header([]).host, hypothesis="6.2")
    diff = differ(tmp_path, whole(old), [header(new, host=host), *whole(new)[1:]])
    assert told(diff).splitlines()[1:3] == [
        "hypothesis 6.1 -> 6.2 (the suite itself)",
        "torch 1 -> 2 (torch, torch.renorm)",
    ]


REFUSED: dict[str, tuple[list[Event], str]] = {
    "seed": ([header([TORCH], seed=7), footer(0)], "has seed 0 and the new one 7, .* --seed"),
    "depth": ([header([TORCH], depth="quick"), footer(0)], "has depth default and the new one quick, .* --depth"),
    "depth of some": (
        [header([TORCH]), result("max_norm_value", "torch", depth="quick"), footer(1)],
        "has depth default and the new one default and quick, .* --depth",
    ),
    "contracts": (
        whole([stack("torch", contracts=["renorm"])]),
        "'torch' was held to .* and to renorm in the new one: run",
    ),
    "sentence": (
        [header([TORCH], rules=[replace(RULES[0], sentence="?")])],
        "'max_norm_value' says something else .*: run",
    ),
    "level": ([header([TORCH], rules=[replace(RULES[0], level=Level.SHOULD)])], "'max_norm_value' says something else"),
    "contracts of a rule": ([header([TORCH], rules=[replace(RULES[0], contracts=())])], "says something else"),
}


@pytest.mark.parametrize(("new", "said"), REFUSED.values(), ids=REFUSED)
def test_what_was_asked_otherwise_is_not_compared(tmp_path: Path, new: list[Event], said: str) -> None:
    """One sentence says what it is, and what to do."""
    with pytest.raises(RecordError, match=rf"^[^\n]*{said}[^\n]*\.$"):
        differ(tmp_path, GOOD, new)


def test_a_source_may_be_said_otherwise(tmp_path: Path) -> None:
    """The rule is the same."""
    assert not differ(
        tmp_path, GOOD, [header([TORCH], rules=[replace(RULES[0], source="a book")]), *GOOD[1:2]]
    ).anything_new


def test_an_addition_is_told_with_case_and_versions(tmp_path: Path) -> None:
    """All that a maintainer needs to begin with."""
    text = told(differ(tmp_path, GOOD, broken()))
    assert text.startswith("1 added, 0 changed, 0 fixed, 0 no longer run, 0 unchanged.\nADDED\n")
    for part in (f"{WRONG} on torch", "The norm came out as 4", f"({CASE.id})", "DIVERGENT (MUST)", "torch 3.15.1"):
        assert part in text


def test_a_change_is_told_with_what_it_was(tmp_path: Path) -> None:
    """And what it is."""
    old = whole([stack("torch", versions={"torch": "2.12"})], [broken()[1]])  # type: ignore[list-item]
    text = told(differ(tmp_path, old, broken(finding(observed="[5.0]"))))
    assert "[4.0, 0.0, 0.0, 0.0] -> [5.0]" in text and "torch 2.12 -> 3.15.1" in text


def test_what_is_the_same_in_several_places_is_told_once(tmp_path: Path) -> None:
    """With all of them."""
    both = stack("torch", modes=["eager", "jit"])
    wrong = [result("max_norm_value", "torch", mode=mode, grade="CRASH", findings=[finding()]) for mode in both.modes]
    diff = differ(tmp_path, [header([both]), footer(0)], [header([both]), *wrong, footer(2)])
    (entry,) = entries(diff, "added")
    assert len(diff.changes["added"]) == 2 and entry.named(diff) == f"{WRONG} on torch"


def test_what_is_fixed_has_a_line(tmp_path: Path) -> None:
    """By name."""
    assert f"FIXED\n  {WRONG} on torch\n" in told(differ(tmp_path, broken(), GOOD))


def test_what_no_longer_runs_is_counted(tmp_path: Path) -> None:
    """By kind and reason, for it may be hundreds."""
    old = broken(finding(), finding(format="float16"))
    text = told(differ(tmp_path, old, [header([absent("torch", "no wheel")]), footer(0)]))
    assert text.endswith(
        "NO LONGER RUN\n  1 stack (not available: no wheel): torch\n  2 divergences (not run): torch\n"
    )


def test_markdown_folds_what_is_no_news(tmp_path: Path) -> None:
    """And shows what is."""
    page = markdown(differ(tmp_path, broken(), broken(finding(failure="is NaN"))))
    assert page.index("## Added") < page.index("is NaN") < page.index("<summary>Fixed: 1</summary>")


@pytest.mark.parametrize("events", [realistic(), varied()], ids=["realistic", "varied"])
def test_hostile_text_makes_no_tag_and_moves_no_line(tmp_path: Path, events: list[Event]) -> None:
    """The page has the elements that it has with harmless text."""
    pages = []
    for name, run in zip(("plain", "hostile"), both(events), strict=True):
        (tmp_path / name).mkdir()
        pages.append(shown(markdown(differ(tmp_path / name, run[:1], run))))
    for tag in ("<h2", "<li", "<strong>", "<details>", "<a ", "<em>", "<script"):
        assert pages[0].count(tag) == pages[1].count(tag), tag


@pytest.mark.parametrize("events", [realistic(), varied()], ids=["realistic", "varied"])
def test_hostile_text_is_only_text_in_a_log(tmp_path: Path, events: list[Event]) -> None:
    """No control character reaches a terminal, and no line is of another's making."""
    run = hostile(events)
    text = told(differ(tmp_path, run[:1], run))
    assert all(c == "\n" or c.isprintable() for c in text) and "\n# x" not in text


def test_a_huge_message_is_cut(tmp_path: Path) -> None:
    """Ten megabytes fill neither a log nor a page."""
    diff = differ(tmp_path, broken(), broken(finding(sentence="x" * 10_000_000, observed="y" * 10_000_000)))
    assert len(told(diff)) < 5_000 and len(markdown(diff)) < 10_000


def claims(verdict: str) -> list[Event]:
    """A run that tried one claim on one stack, as it came out."""
    return claimed([stack("torch")], [claim("torch", verdict=verdict, expected=verdict)])


def test_a_claim_that_comes_out_otherwise_is_changed(tmp_path: Path) -> None:
    """From one verdict to the other."""
    (change,) = differ(tmp_path, claims("TRUE"), claims("FALSE")).changes["changed"]
    assert change.fact.title == "claim norm-at-most" and change.differences == {"verdict": ("TRUE", "FALSE")}


def test_a_claim_that_comes_out_as_before_is_no_news(tmp_path: Path) -> None:
    """It is unchanged."""
    diff = differ(tmp_path, claims("TRUE"), claims("TRUE"))
    assert not diff.anything_new and len(diff.changes["unchanged"]) == 1


@pytest.mark.parametrize("old", [True, False])
def test_where_one_run_tried_no_claims_nothing_is_said_of_them(tmp_path: Path, old: bool) -> None:
    """In either direction."""
    without, with_claims = [GOOD], [GOOD, claims("TRUE")]
    sides = (with_claims, without) if old else (without, with_claims)
    for name in ("old", "new"):
        (tmp_path / name).mkdir()
    diff = compare(report(tmp_path / "old", *sides[0]), report(tmp_path / "new", *sides[1]))
    assert not any(change.fact.kind == "claim" for members in diff.changes.values() for change in members)
