"""Drawing the cases of a rule."""

from __future__ import annotations

from collections.abc import Callable

import hypothesis
import numpy as np
from hypothesis import HealthCheck, Phase
from hypothesis.strategies import SearchStrategy

from conformance.cases.case import Case
from conformance.judging.verdict import Verdict
from conformance.rules.rule import Body
from conformance.stacks.target import Subject


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
    body: Body,
    subject: Subject,
    cases: SearchStrategy[Case],
    examples: int,
    seed: int | str,
    add: Callable[[Case, Verdict], None],
) -> None:
    """Hand every drawn case and its verdict to `add`."""

    @hypothesis.seed(seed)
    @generate_only(examples)
    @hypothesis.given(case=cases)
    def draw(case: Case) -> None:
        subject.begin()
        with np.errstate(all="ignore"):  # infinities and NaN are what is asked about
            verdict = body(subject, case)
        add(case, verdict)

    draw()
