"""A recorded case is put to its rules again, each with its own calls, its own level and the run's time limit."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from conformance.cases.case import Case, weights_of
from conformance.errors import UsageError
from conformance.run.replay import replay
from conformance.stacks.options import Options
from conformance.stacks.outcome import Outcome
from conformance.stacks.target import Target
from reference.formats import FORMATS
from reports.record.file import Record
from tests.support.builder import finding, header, result

pytestmark = pytest.mark.process
CASE = Case("max_norm", {"max_value": 2.0, "epsilon": 1e-7}, 0, weights_of([0.5], FORMATS["float32"]))
# by the correct mutant the first is kept; the second asks for two calls, and the third is broken by every max_norm
KEPT, SIGN, INSIDE = "shape_is_kept", "sign_symmetry", "weights_inside_the_bound_are_unchanged"


def recorded(*rules: str, mode: str = "correct", case: Case = CASE) -> Record:
    """A record in which the case was shown under these rules."""
    shown = finding(id=case.id, case=case.recorded, observed="[0.5]")
    plain = result("max_norm_value", "mutants", mode=mode, findings=[shown])
    results = tuple(replace(plain, rule=rule) for rule in rules)
    return Record(Path("run.jsonl"), header([]), results, (), None)


def replayed(record: Record, case: Case = CASE, **options: Any) -> tuple[int, str]:
    """The exit code and what is printed."""
    text = io.StringIO()
    code = replay(record, case.id, replace(Options(), **options), Console(file=text, width=200))
    return code, text.getvalue()


@pytest.mark.usefixtures("only_mutants")
def test_a_rule_is_shown_with_its_own_calls() -> None:
    """Those of the rule before are not printed again."""
    _, text = replayed(recorded(KEPT, SIGN))
    first, second = text.split(f"{SIGN} on")
    assert (first.count("  now "), second.count("  now ")) == (1, 2)


@pytest.mark.usefixtures("only_mutants")
def test_a_should_rule_is_no_failure() -> None:
    """It is said at its own level, and the exit code is 0."""
    code, text = replayed(recorded(INSIDE))
    assert code == 0 and "DIVERGENT (SHOULD): weights already inside the bound are changed" in text


@pytest.mark.usefixtures("only_mutants")
def test_a_must_rule_that_is_broken_again_is_one() -> None:
    """With exit code 1, and what is accepted."""
    case = replace(CASE, weights=weights_of([[3.0, 4.0]], FORMATS["float32"]))
    code, text = replayed(recorded(KEPT, mode="shape_is_flat", case=case), case)
    assert code == 1 and "DIVERGENT (MUST)" in text


@pytest.mark.usefixtures("only_mutants")
def test_a_history_is_played_again() -> None:
    """The calls before come first, in a process of their own, and the case is judged by what it gives alone."""
    first = replace(CASE, weights=weights_of([3.0], FORMATS["float32"]))
    record = recorded(KEPT)
    (told,) = record.results
    shown = replace(told.findings[0], before=(first.recorded,))
    code, text = replayed(replace(record, results=(replace(told, findings=(shown,)),)))
    assert code == 0 and text.count("  now ") == 2 and f"for {first.id}" in text and "conforms  EXACT" in text


@pytest.mark.usefixtures("only_mutants")
def test_the_time_limit_is_that_of_the_command_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """A call that never comes back costs what the user said."""
    limits, usual = list[float](), Target.call

    def noted(target: Target, *asked: Any) -> Outcome:
        limits.append(target.timeout)
        return usual(target, *asked)

    monkeypatch.setattr(Target, "call", noted)
    replayed(recorded(KEPT), timeout=33.0)
    assert limits == [33.0]


@pytest.mark.usefixtures("only_mutants")
def test_a_rule_that_is_gone_is_said() -> None:
    """One sentence names it."""
    with pytest.raises(UsageError, match="rule 'no_such_rule', which this version does not have"):
        replayed(recorded("no_such_rule"))
