"""Histories: calls in any order, each of which must give what it gives in a process that was asked nothing else.

A machine of Hypothesis makes them, each in a process of its own: of cases that are new, that were asked before, and
that are much like those, as what is kept by one part of a call mixes them up; now and then while another thread calls
the same constraint. What fails is shrunk to the fewest calls that show it.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace

import hypothesis
from hypothesis import Phase, Verbosity
from hypothesis import strategies as st
from hypothesis.errors import Flaky
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    initialize,
    multiple,
    rule,
    run_state_machine_as_test,
)

from adapters.core.messages import MADE_ONCE
from conformance.cases.alike import others_than
from conformance.cases.case import Case
from conformance.cases.generate import CaseSpec
from conformance.judging.relations import expect_equal
from conformance.judging.results import NoResult, comparable
from conformance.judging.values import judge_value
from conformance.judging.verdict import SHOULD, Verdict
from conformance.rules.explore import Shown, generate_only
from conformance.rules.search import searched
from conformance.stacks.outcome import Call, Outcome, Returned
from conformance.stacks.target import Target
from reports.record.failure import Failure, FailureCode

# steps of a history, and histories in all: shrinking tries hundreds, each of which costs a process
_STEPS, _MOST = 20, 150
# at most so many cases are much like another
_ALIKE = 8
_FAILURE, _BESIDE = Failure(FailureCode.EARLIER_CALL_MATTERS), Failure(FailureCode.CALL_AT_ONCE_DIFFERS)


def play(target: Target, spec: CaseSpec, histories: int, seed: str) -> Shown | None:
    """The shortest history found in which an earlier call matters; None if so many histories show none."""
    found: list[Shown] = []
    played = itertools.count()
    cases = searched(replace(spec, calls=(1,)), target.stack, target.lacks)
    # all calls by constraints that are made for them, or all by such as are made once, where the stack makes any
    accesses = st.sampled_from(["call", MADE_ONCE] if target.stack.makes_constraints else ["call"])

    @hypothesis.seed(seed)
    class History(RuleBasedStateMachine):
        given = Bundle("given")

        def __init__(self) -> None:
            super().__init__()
            self.is_over = next(played) >= _MOST  # which ends the shrinking, with what was found by then
            target.begin_afresh()
            self.calls: list[Call] = []
            self.first: dict[str, Returned] = {}

        @initialize(access=accesses)
        def choose_access(self, access: str) -> None:
            self.access = access

        @rule(target=given, case=cases)
        def call(self, case: Case) -> Case:
            return self._called(replace(case, access=self.access))

        @rule(case=given)
        def call_again(self, case: Case) -> None:
            self._called(case)

        @rule(target=given, case=given, numbers=st.lists(st.integers(0, _ALIKE - 1), min_size=1, unique=True))
        def call_some_that_are_alike(self, case: Case, numbers: list[int]) -> MultipleResults[Case]:
            others = tuple(others_than(case, target.stack, target.mode, target.formats))
            return multiple(*(self._called(others[number]) for number in numbers if number < len(others)))

        @rule(case=given)
        def call_again_beside_another_thread(self, case: Case) -> None:
            expected = self.first.get(case.id)
            if expected is not None and not self.is_over:
                beside = replace(case, access="at once", calls=2)
                outcome = self._outcome(beside)
                if isinstance(outcome, Returned):
                    self._compare(beside, outcome, expected)

        def _called(self, case: Case) -> Case:
            if not self.is_over:
                outcome = self._outcome(case)
                if isinstance(outcome, Returned):
                    first = self.first.setdefault(case.id, outcome)
                    expected = _in_doubt(target, case, outcome) if first is outcome else first
                    if expected is not None:
                        self._compare(case, outcome, expected)
            return case

        def _outcome(self, case: Case) -> Outcome:
            outcome = target.call_since(case)
            self.calls.append(Call(case, outcome))
            return outcome

        def _compare(self, case: Case, outcome: Returned, expected: Returned) -> None:
            for violation in _compared(case, outcome, expected).violations:
                found.append((violation, case, tuple(self.calls)))
                raise AssertionError(violation.sentence)

    settings = hypothesis.settings(
        generate_only(histories, Phase.shrink),
        stateful_step_count=_STEPS,
        verbosity=Verbosity.quiet,
        print_blob=False,
        report_multiple_bugs=False,
    )
    try:
        run_state_machine_as_test(History, settings=settings)
    except (AssertionError, Flaky):
        smallest = min(found, key=lambda shown: (len(shown[2]), sum(call.case.weights.size for call in shown[2])))
        return _without_what_does_not_matter(target, smallest)
    return None


def _without_what_does_not_matter(target: Target, shown: Shown) -> Shown:
    """The same history without each call but for which it shows the same."""
    violation, case, calls = shown
    for left_out in reversed(range(len(calls) - 1)):
        shorter = [call.case for at, call in enumerate(calls) if at != left_out]
        again, verdict = play_again(target, shorter)
        for same in [found for found in verdict.violations if found.failure == violation.failure]:
            violation, calls = same, again
    return violation, case, calls


def play_again(target: Target, history: Sequence[Case]) -> tuple[tuple[Call, ...], Verdict]:
    """The calls of a history, in a process of their own, and the verdict on the last of them: it gives what it gives in
    a process that is asked nothing else.
    """
    target.begin_afresh()
    calls = tuple(Call(case, target.call_since(case)) for case in history)
    last = calls[-1]
    return calls, _compared(last.case, last.outcome, target.call_afresh(last.case))


def _compared(case: Case, outcome: Outcome, expected: Outcome) -> Verdict:
    """The verdict on what should be the result of another same call; threads are only expected not to matter."""
    beside = case.access == "at once"
    try:
        (other,) = comparable(case, expected)
        verdict = expect_equal(case, outcome, other.first.values, _BESIDE if beside else _FAILURE)
    except NoResult as none:
        verdict = none.verdict
    if beside:
        verdict.violations = [replace(violation, level=SHOULD) for violation in verdict.violations]
    return verdict


def _in_doubt(target: Target, case: Case, outcome: Returned) -> Returned | None:
    """What a wrong result is in a process that was asked nothing else; None of one that is right, or there is none."""
    if not judge_value(case, outcome).breaks_must:
        return None
    fresh: Outcome = target.call_afresh(case)
    return fresh if isinstance(fresh, Returned) else None
