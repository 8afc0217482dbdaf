"""Records add up or contradict each other; findings are told once; incomplete never passes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from reports.analysis.aggregates import characterizations, tiers
from reports.analysis.merge import merge
from reports.analysis.summary import summary_sentence
from reports.record.events import Event
from reports.record.file import RecordError
from reports.record.grades import Level
from reports.record.header import Header
from reports.record.model import Column
from tests.support import builder
from tests.support.builder import (
    absent,
    finding,
    footer,
    header,
    known,
    observation,
    realistic,
    report,
    result,
    stack,
)

TORCH, JAX = stack("torch"), stack("jax")


def broken(**changes: object) -> list[Event]:
    """A run of torch that breaks a MUST rule."""
    return builder.whole([TORCH], [result("max_norm_value", "torch", grade="DIVERGENT", **changes)])


def test_stacks_of_all_records_stand_side_by_side(tmp_path: Path) -> None:
    """In the order in which the headers name them."""
    both = report(tmp_path, builder.whole([TORCH]), builder.whole([JAX]))
    assert [stack.name for stack in both.stacks] == ["torch", "jax"] and len(both.results) == 8


def test_available_outweighs_unavailable(tmp_path: Path) -> None:
    """A stack that ran in one environment is not missing because another lacks it."""
    both = report(tmp_path, builder.whole([absent("torch"), JAX]), builder.whole([TORCH, absent("jax")]))
    assert [(one.name, one.available) for one in both.stacks] == [("torch", True), ("jax", True)]


def test_a_device_that_is_missing_stays_in_the_report(tmp_path: Path) -> None:
    """That torch ran on the CPU does not hide that there was no GPU."""
    gpu = stack("torch", available=False, reason="no GPU", device={"kind": "cuda", "name": ""})
    assert len(report(tmp_path, builder.whole([TORCH]), builder.whole([gpu])).stacks) == 2


def test_the_same_result_twice_is_there_once(tmp_path: Path) -> None:
    """How long it took does not make it another."""
    calls = {"seconds": 9.0, "compiling": 2.0}
    again = builder.whole([TORCH], [result("max_norm_value", "torch", seconds=9.9, calls=calls)])
    assert len(report(tmp_path, builder.whole([TORCH]), again).results) == 4


CONTRADICTIONS: dict[str, tuple[list[Event], str]] = {
    "grade": (
        broken(),
        "run0.jsonl and .*run1.jsonl contradict each other in 'grade' of rule 'max_norm_value'",
    ),
    "versions": (
        builder.whole([stack("torch", versions={"torch": "1"})]),
        "run0.jsonl and .*run1.jsonl .*versions",
    ),
    "contracts": (builder.whole([stack("torch", contracts=["renorm"])]), "run0.jsonl and .*run1.jsonl .*contracts"),
    "known divergences": (
        builder.whole([TORCH], also=[known("stale")]),
        "run0.jsonl and .*run1.jsonl contradict each other in 'state' of the known divergence",
    ),
    "reasons": (
        builder.whole([TORCH], also=[known(reason="It rained.")]),
        "run0.jsonl and .*run1.jsonl contradict each other in 'reason' of the known divergence",
    ),
    "rules": (
        [header([TORCH], rules=[replace(builder.RULES[0], level=Level.SHOULD)])],
        "run0.jsonl and .*run1.jsonl state",
    ),
}


@pytest.mark.parametrize(("other", "said"), CONTRADICTIONS.values(), ids=CONTRADICTIONS)
def test_records_that_contradict_each_other_are_an_error(tmp_path: Path, other: list[Event], said: str) -> None:
    """It names both files."""
    with pytest.raises(RecordError, match=said):
        report(tmp_path, builder.whole([TORCH], also=[known()]), other)


def test_what_was_tried_outweighs_what_was_not(tmp_path: Path) -> None:
    """A known divergence of one environment is not untried because another lacks the stack."""
    untried = builder.whole([JAX], also=[known("not run", said="")])
    both = report(tmp_path, untried, builder.whole([TORCH], also=[known("stale")]), untried)
    assert [one.state for one in both.rechecks] == ["stale"]


def test_no_record_is_no_report() -> None:
    """Nothing is not a pass."""
    with pytest.raises(RecordError, match="no record"):
        merge([])


def test_a_clean_run_is_said_to_be_clean(tmp_path: Path) -> None:
    """With what it is based on."""
    said = summary_sentence(report(tmp_path, builder.whole([TORCH])))
    assert said == "1 stack, 4 rules, 2,000,000 weight groups: no stack breaks a MUST rule."


PARTIAL: dict[str, tuple[list[Event], str]] = {
    "killed": (builder.whole([TORCH])[:-1], "INCOMPLETE"),
    "only a header": ([header([TORCH])], "INCOMPLETE"),
    "stopped": ([*builder.whole([TORCH])[:-1], footer(4, complete=False, note="interrupted")], "INCOMPLETE"),
    "suite failed": ([*builder.whole([TORCH])[:-1], footer(4, exit=3)], "THE SUITE ITSELF FAILED"),
    "a result missing": ([*builder.whole([TORCH])[:-2], footer(3)], "1 result missing"),
    "nothing available": ([header([absent("torch")]), footer(0)], "nothing was checked"),
}


@pytest.mark.parametrize(("events", "said"), PARTIAL.values(), ids=PARTIAL)
def test_what_did_not_run_in_full_never_passes(tmp_path: Path, events: list[Event], said: str) -> None:
    """Neither by the sentence nor by the flag, also when merged with a clean run."""
    partial = report(tmp_path, events, builder.whole([JAX]))
    alone = summary_sentence(report(tmp_path, events))
    assert said in alone and "no stack breaks" not in alone
    assert "nothing" in said or ("no stack breaks" not in summary_sentence(partial) and not partial.whole)


def test_a_breach_without_a_finding_is_a_breach(tmp_path: Path) -> None:
    """The grade alone is enough."""
    assert report(tmp_path, broken()).breaches(Level.MUST) == {"torch": {"max_norm_value"}}


def test_a_finding_may_be_milder_than_its_rule(tmp_path: Path) -> None:
    """A SHOULD finding of a MUST rule breaks no MUST rule."""
    told = report(tmp_path, broken(findings=[finding(level=Level.SHOULD)]))
    assert not told.breaches(Level.MUST) and told.breaches(Level.SHOULD) == {"torch": {"max_norm_value"}}


def test_equal_findings_are_told_once(tmp_path: Path) -> None:
    """With every stack that showed them."""
    (told,) = report(tmp_path, realistic()).findings["SHOULD"]
    assert [column.stack for column in told.columns] == ["keras-tensorflow", "keras-torch", "keras-jax"]


DIFFERENT: list[dict[str, object]] = [
    {"observed": "[5.0]"},
    {"format": "float16"},
    {"model": "float32 throughout"},
    {"failure": "raises ValueError"},
    {"case": builder.case(access="gradient")},
]


@pytest.mark.parametrize("changes", DIFFERENT, ids=str)
def test_findings_that_differ_are_told_apart(tmp_path: Path, changes: dict[str, object]) -> None:
    """Only what is the same is one."""
    told = report(tmp_path, broken(findings=[finding(), finding(**changes)]))
    assert len(told.findings["MUST"]) == 2


def test_the_snippet_that_reproduces_is_shown(tmp_path: Path) -> None:
    """Of equal findings the one with the best evidence stands first."""
    poor = finding(id="0000", snippet=None)
    (told,) = report(tmp_path, broken(findings=[poor, finding()])).findings["MUST"]
    assert told.finding.id == "f1d0"


def probed(*seen: tuple[str, str]) -> list[Event]:
    """Two stacks that saw the same probe, each with a character and a format."""
    made = [
        result("min_above_max", one.name, observations=[observation(character, format=form)])
        for one, (character, form) in zip((TORCH, JAX), seen, strict=True)
    ]
    return builder.whole([TORCH, JAX], made)


def test_different_characters_are_a_disagreement(tmp_path: Path) -> None:
    """And each is listed with its stacks."""
    (probe,) = characterizations(report(tmp_path, probed(("A", "float32"), ("B", "float32"))))
    assert probe.disagree and list(probe.behaviours()) == ["A", "B"]


@pytest.mark.parametrize("other", [("A", "float32"), ("B", "float64")])
def test_another_format_is_no_disagreement(tmp_path: Path, other: tuple[str, str]) -> None:
    """A stack says nothing about a format that it was not asked in."""
    (probe,) = characterizations(report(tmp_path, probed(("A", "float32"), other)))
    assert not probe.disagree


def test_disagreements_come_first(tmp_path: Path) -> None:
    """The rows in which stacks differ stand above those in which they agree."""
    assert [probe.disagree for probe in characterizations(report(tmp_path, realistic()))] == [True, False]


def test_a_promised_column_without_results_is_missing(tmp_path: Path) -> None:
    """A mode that never ran is in the matrix."""
    told = report(tmp_path, builder.whole([stack("torch", modes=["eager", "compiled"])]))
    assert Column("torch", "compiled", "cpu") in told.columns and told.missing == 4


def test_the_loosest_tier_counts(tmp_path: Path) -> None:
    """One group that needs any order outweighs many that do not."""
    found = tiers(report(tmp_path, builder.whole([TORCH])))
    assert found[Column("torch", "eager", "cpu"), "float16"]["2049-8192"] == ("any order", 4)


def of_shard(shard: str, **changes: Any) -> list[Event]:
    """A part of a run of torch."""
    first, *rest = builder.whole([TORCH])
    assert isinstance(first, Header)
    return [replace(first, options={**first.options, "shard": shard}, **changes), *rest]


def test_shards_of_one_run_are_merged(tmp_path: Path) -> None:
    """As records of any runs are, and beside one that is not divided."""
    assert report(tmp_path, of_shard("1 of 2"), of_shard("2 of 2"), builder.whole([JAX])).stacks


@pytest.mark.parametrize(
    ("shard", "changes", "what"),
    [
        ("2 of 3", {}, "number of shards 2 and 3"),
        ("2 of 2", {"seed": 9}, "seed 0 and 9"),
        ("2 of 2", {"depth": "thorough"}, "depth default and thorough"),
        ("2 of 2", {"suite": "normconf 9.9"}, "suite normconf"),
        ("2 of 2", {"code": "0123456789ab"}, "code None and 0123456789ab"),
    ],
)
def test_shards_of_different_runs_are_not_merged(
    shard: str, changes: dict[str, Any], what: str, tmp_path: Path
) -> None:
    """The first difference is named."""
    with pytest.raises(RecordError, match=f"are shards of different runs, with {what}"):
        report(tmp_path, of_shard("1 of 2"), of_shard(shard, **changes))
