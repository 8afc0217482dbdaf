"""Putting the cases of a rule to a target, one verdict each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import hypothesis
import numpy as np
from hypothesis import HealthCheck, Phase
from hypothesis.strategies import SearchStrategy

from conformance.cases.case import Case
from conformance.judging.results import NoResult, not_judged
from conformance.judging.verdict import Verdict
from conformance.stacks.outcome import Call
from conformance.stacks.target import Target, Trace

Check = Callable[[Trace, Case], Verdict]


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
    return Evaluation(verdict, tuple(trace.calls))


def generate_only(examples: int) -> hypothesis.settings:
    """Settings under which Hypothesis draws this many examples, and neither stores, shrinks nor times them."""
    return hypothesis.settings(
        max_examples=examples,
        database=None,
        deadline=None,
        phases=[Phase.generate],
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
