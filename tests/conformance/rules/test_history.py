"""Histories find what one call leaves for another, and show it with the fewest calls."""

from __future__ import annotations

import pytest

from conformance.cases.case import Case
from conformance.rules import history
from conformance.rules.explore import Shown
from conformance.rules.findings import Findings
from conformance.rules.history import play, play_again
from conformance.stacks.options import MAX_FINDINGS
from conformance.stacks.outcome import Returned
from conformance.stacks.target import Target
from tests.mutants.score import RULES
from tests.support.fakes import Mutants

pytestmark = [pytest.mark.process, pytest.mark.slow]

RULE = RULES["earlier_calls_do_not_matter"]


@pytest.fixture
def keeps_norms(mutant: Mutants) -> Target:
    """A mutant that keeps the norms of the first weights of a shape for all others."""
    return mutant("norm_kept_by_shape", RULE.id)


def shown(target: Target) -> Shown:
    """The first history found with some seeds: what Hypothesis draws for one differs with the code that is imported."""
    return next(found for seed in "1234567" if (found := play(target, RULE.cases, 40, seed)) is not None)


def test_what_is_kept_by_shape_is_shown_with_two_calls(keeps_norms: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second of them gives something else than it gives alone."""
    monkeypatch.setattr(history, "_MOST", 60)
    found = shown(keeps_norms)
    violation, case, calls = found
    assert calls[-1].case == case and len(calls) == 2 and violation.failure.code == "earlier_call_matters"


def test_what_threads_share_is_shown_as_what_is_expected_only(mutant: Mutants, monkeypatch: pytest.MonkeyPatch) -> None:
    """No contract says that a function may be called by two threads at once."""
    monkeypatch.setattr(history, "_MOST", 30)
    target = mutant("norms_are_shared", RULE.id)
    found = play(target, RULE.cases, 40, "0")
    assert found is not None
    violation, case, calls = found
    assert (violation.level, violation.failure.code, case.access) == ("SHOULD", "call_at_once_differs", "at once")
    _, again = play_again(target, [call.case for call in calls])
    assert {one.level for one in again.violations} == {"SHOULD"}


def test_the_right_implementation_has_no_such_history(correct: Target) -> None:
    """Whatever it was asked before."""
    assert play(correct, RULE.cases, 10, "0") is None


def test_a_history_is_shown_with_a_program_of_all_its_calls(
    keeps_norms: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No single case shows it, so none is reduced."""
    monkeypatch.setattr(history, "_MOST", 60)
    found = shown(keeps_norms)
    findings = Findings(RULE, keeps_norms, RULE.check)
    findings.add_shown(*found)
    (finding,), _ = findings.reduced(MAX_FINDINGS)
    assert f"(after the {len(found[2]) - 1} that the program makes before it)" in finding.sentence
    assert finding.program is not None and finding.id == found[1].id
    assert finding.before == tuple(call.case.recorded for call in found[2][:-1])


def test_a_history_can_be_played_again(keeps_norms: Target, correct: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    """It shows the same where the fault still is, and nothing where it is not."""
    monkeypatch.setattr(history, "_MOST", 60)
    found = shown(keeps_norms)
    cases = [call.case for call in found[2]]
    _, verdict = play_again(keeps_norms, cases)
    assert [violation.failure.code for violation in verdict.violations] == ["earlier_call_matters"]
    calls, verdict = play_again(correct, cases)
    assert [call.case for call in calls] == cases and not verdict.violations and verdict.groups


def test_shrinking_ends(keeps_norms: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    """After so many histories nothing is called any more."""
    monkeypatch.setattr(history, "_MOST", 3)
    asked: list[Case] = []

    def answer(case: Case) -> Returned:
        asked.append(case)
        return Returned((case.weights,))

    for name in ("call_since", "call_afresh"):
        monkeypatch.setattr(keeps_norms, name, answer)
    assert play(keeps_norms, RULE.cases, 40, "0") is None
    assert len(asked) <= 2 * 3 * 20 * 8
