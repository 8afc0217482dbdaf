"""A part of a contract's domain that is refused is one finding, and named only where nothing else is wrong."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from reports.analysis.report import FindingGroup, Occurrence
from reports.gating.domain import refusal
from reports.record.grades import Grade
from reports.record.model import HIDDEN, Result, Unsupported
from tests.support.builder import RULES, cell, finding, result


def group(name: str, grade: Grade = Grade.ERROR, **parameters: float) -> FindingGroup:
    """A finding of a rule in a format, with these parameters in its smallest case."""
    seen = finding(grade=grade, observed="raised ValueError", format=name)
    seen = replace(seen, case=replace(seen.case, parameters=parameters))
    return FindingGroup(RULES[0], (Occurrence(result("max_norm_value", "mine").column, seen, Path("run.jsonl"), None),))


def results(**cells: Grade) -> list[Result]:
    """A result in which a group of each of these formats came out so."""
    found = tuple(cell(format=name, grades={grade: 1}) for name, grade in cells.items())
    return [result("max_norm_value", "mine", cells=found)]


def test_a_format_that_is_refused() -> None:
    """Nothing of it is right, and everything of the others."""
    said = refusal([group("float64", max_value=2.0)], results(float64=Grade.ERROR, float32=Grade.EXACT))
    assert said is not None and "raised ValueError for float64 weights only" in said and "formats=['float32']" in said


def test_a_parameter_that_is_refused() -> None:
    """It is zero in every case that is left."""
    groups = [group("float64", max_value=0.0), group("float32", max_value=0.0)]
    said = refusal(groups, results(float64=Grade.EXACT, float32=Grade.EXACT))
    assert said == "It raised ValueError where max_value = 0; for other values it keeps every rule."


def test_where_findings_are_counted_only_nothing_is_said_of_the_rest() -> None:
    """One of them may be of another kind."""
    hidden = Unsupported(HIDDEN, "3 further kinds of MUST problem are counted only", 1)
    (right,) = results(float64=Grade.EXACT, float32=Grade.EXACT)
    said = refusal([group("float64", max_value=0.0)], [replace(right, unsupported=(hidden,))])
    assert said == "It raised ValueError where max_value = 0."


def test_what_always_raises_refuses_no_part() -> None:
    """Nor does what is wrong besides, or right in the same format."""
    raised = [group("float64", max_value=2.0)]
    assert refusal(raised, results(float64=Grade.ERROR)) is None
    assert refusal(raised, results(float64=Grade.EXACT, float32=Grade.EXACT)) is None
    wrong = [*raised, group("float32", Grade.DIVERGENT)]
    assert refusal(wrong, results(float64=Grade.ERROR, float32=Grade.EXACT)) is None


def test_of_what_conforms_nothing_is_said() -> None:
    """There is no finding."""
    assert refusal([], results(float32=Grade.EXACT)) is None
