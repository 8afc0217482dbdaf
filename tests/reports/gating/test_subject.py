"""What a gate says of one subject is that subject's own, whatever else was gated with it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from reports.gating.subject import subjects
from reports.record.model import Finding
from tests.support.builder import RULES, finding, report, result, stack, whole


def shown_as(name: str) -> Finding:
    """The same divergence, shown by a program that calls what has this name."""
    seen = finding()
    assert seen.program is not None
    return replace(seen, program=replace(seen.program, source=f"{name}(w)"))


def test_subjects_with_the_same_fault_show_programs_of_their_own(tmp_path: Path) -> None:
    """The divergence is the same in each, and who runs its program wants to see that subject."""
    rule, names = RULES[0].id, ("one", "two")
    broken = [result(rule, name, grade="DIVERGENT", findings=(shown_as(name),)) for name in names]
    found = subjects(report(tmp_path, whole([stack(name) for name in names], broken)), ["MUST"])
    assert {each.name: [group.finding.program for group in each.counts] for each in found} == {
        name: [shown_as(name).program] for name in names
    }
