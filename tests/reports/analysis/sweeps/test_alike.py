"""Columns are together where they came out alike, and only there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from reports.analysis.report import Report
from reports.analysis.sweeps.alike import not_swept, swept
from reports.record.events import Event
from reports.record.sweeps import Sweep
from tests.reports.analysis.sweeps.test_sentences import LOSES, sweep
from tests.support.builder import RULES, footer, header, report, result, stack

RULE = replace(RULES[0], id="every_group_of_a_space_is_accepted", chapter="sweeps")
OTHER: Any = {"parameters": {"max_value": "0x1p+0"}}
BROKEN = sweep((*LOSES[:2], (23551, "DIVERGENT", "zero"), *LOSES[3:]), digest="1" * 16)


def events(found: Mapping[str, Iterable[Sweep]], **changes: Any) -> list[Event]:
    """A run in which stacks were swept."""
    body = [
        replace(result("max_norm_value", name, sweeps=list(sweeps), **changes), rule=RULE.id, chapter=RULE.chapter)
        for name, sweeps in found.items()
    ]
    return [header([stack(name) for name in found], rules=[RULE]), *body, footer(len(body))]


def gathered(folder: Path, found: Mapping[str, Iterable[Sweep]], **changes: Any) -> Report:
    """The report of such a run."""
    return report(folder, events(found, **changes))


def classes(told: Report) -> list[list[list[str]]]:
    """The stacks in each class of each sweep."""
    return [[[column.stack for column in one.columns] for one in each.classes] for each in swept(told)]


def test_the_same_bits_are_one_class(tmp_path: Path) -> None:
    """Those that break something come first."""
    told = gathered(tmp_path, {"torch": [sweep()], "jax": [sweep()], "keras": [BROKEN]})
    assert classes(told) == [[["keras"], ["torch", "jax"]]]


def test_other_bits_are_another_class(tmp_path: Path) -> None:
    """Even where all counts are the same."""
    assert classes(gathered(tmp_path, {"torch": [sweep()], "jax": [sweep(digest="1" * 16)]})) == [[["torch"], ["jax"]]]


def test_without_a_digest_the_outcome_decides(tmp_path: Path) -> None:
    """All of it, for sentences say all of it."""
    far = sweep(digest=None, worst={"group": 7, "ulps": 3.0})
    told = gathered(tmp_path, {"torch": [sweep(digest=None)], "jax": [sweep(digest=None)], "keras": [far]})
    assert classes(told) == [[["torch", "jax"], ["keras"]]]


def test_the_first_parameters_of_each_contract_come_first(tmp_path: Path) -> None:
    """Whatever came in between."""
    told = gathered(tmp_path, {"torch": [sweep(), sweep(**OTHER), sweep(format="bfloat16")]})
    assert [(one.what.format, one.is_first) for one in swept(told)] == [
        ("float16", True),
        ("bfloat16", True),
        ("float16", False),
    ]


def test_what_was_not_swept_has_its_reason(tmp_path: Path) -> None:
    """And the stacks."""
    left = [{"what": "every float32 number", "reason": "it takes minutes", "cases": 0}]
    found = not_swept(gathered(tmp_path, {"torch": [], "jax": []}, unsupported=left))
    assert {reason: (what, len(where)) for reason, (what, where) in found.items()} == {
        "it takes minutes": (("every float32 number",), 2)
    }
