"""Putting the cases of a rule to a target, one verdict each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import hypothesis
import numpy as np
from hypothesis import HealthCheck, Phase
from hypothesis.strategies import SearchStrategy

from conformance.cases.case import Case
from conformance.judging.describe import sentence
from conformance.judging.results import NoResult, not_judged
from conformance.judging.verdict import MUST, Verdict, Violation
from conformance.stacks.outcome import Call, Returned
from conformance.stacks.target import Target, Trace
from reports.record.failure import Failure, FailureCode

Check = Callable[[Trace, Case], Verdict]
# a violation, the case in which it is shown, and the calls that show it
Shown = tuple[Violation, Case, tuple[Call, ...]]


@dataclass(frozen=True)
class Evaluation:
    """The verdict of a rule on one case, and the calls behind it."""

    verdict: Verdict
    calls: tuple[Call, ...]


def evaluate(check: Check, target: Target, case: Case) -> Evaluation:
    """The verdict of a rule's check on a case, where there is no result too."""
    trace = Trace(target)
    with np.errstate(all="ignore"):  # infinities and NaN are what is asked about
        try:
            verdict = check(trace, case)
        except NoResult as none:
            verdict = none.verdict
        except Exception as error:  # of a stack of our own it is a fault of the suite
            if target.stack.declaration is None:
                raise
            verdict = not_judged(case, error)
    if any(isinstance(call.outcome, Returned) and call.outcome.input_changed for call in trace.calls):
        _hold_input(target, verdict)
    return Evaluation(verdict, tuple(trace.calls))


def _hold_input(target: Target, verdict: Verdict) -> None:
    """Whatever a rule is about, weights that were passed in and are others afterwards break it, but by design."""
    failure = Failure(FailureCode.INPUT_CHANGED)
    said = any(violation.failure == failure for violation in verdict.violations)
    if not said and not target.stack.in_place:
        groups = max(1, sum(verdict.grades.values()))
        verdict.grades = Counter({"DIVERGENT": groups})
        verdict.violations.insert(0, Violation("DIVERGENT", MUST, failure, sentence(failure), groups))


def generate_only(examples: int, *also: Phase) -> hypothesis.settings:
    """Settings under which Hypothesis draws this many examples, untimed and unstored; `also`: what else it does."""
    return hypothesis.settings(
        max_examples=examples,
        database=None,
        deadline=None,
        phases=[Phase.generate, *also],
        suppress_health_check=list(HealthCheck),
    )


def explore(
    check: Check,
    target: Target,
    cases: SearchStrategy[Case],
    examples: int,
    seed: int | str,
    add: Callable[[Case, Evaluation], None],
) -> None:
    """Hand every drawn case and its evaluation to `add`.

    Nothing is raised while Hypothesis draws, so that no answer of a stack changes what is drawn next.
    """

    @hypothesis.seed(seed)
    @generate_only(examples)
    @hypothesis.given(case=cases)
    def draw(case: Case) -> None:
        add(case, evaluate(check, target, case))

    draw()
