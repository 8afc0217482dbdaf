"""Subjects: what is lost too often is not asked any more."""

from __future__ import annotations

import numpy as np
import pytest

from conformance.cases.case import Case, weights_of
from conformance.errors import WorkerDied, WorkerHung
from conformance.stacks.outcome import Outcome
from conformance.stacks.target import MOST_LOST, Subject
from reference.formats import FORMATS
from tests.conformance.conftest import Fake, stack_of

CASE = Case("max_norm", {"max_value": 2.0, "epsilon": 1e-7}, 0, weights_of(np.ones(2), FORMATS["float32"]))


@pytest.mark.parametrize(("kind", "error"), [("crash", WorkerDied("gone")), ("timeout", WorkerHung("no answer"))])
def test_a_subject_is_given_up_after_some_losses(kind: str, error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each costs a new process or the whole time limit; what is asked then is unsupported, with the reason."""

    def lose(*_: object) -> dict[str, object]:
        raise error

    subject = Fake(lambda case: Outcome("value"), stack_of())
    monkeypatch.setattr(subject.worker, "request", lose, raising=False)
    outcomes = [Subject.ask(subject, CASE).kind for _ in range(MOST_LOST[kind] + 2)]
    assert outcomes == [kind] * MOST_LOST[kind] + ["unsupported"] * 2
    assert f"{MOST_LOST[kind]} times" in subject.given_up


def test_errors_are_no_losses() -> None:
    """A constraint may raise as often as it likes."""
    subject = Fake(lambda case: Outcome("error", said="ValueError"), stack_of())
    for _ in range(100):
        subject.ask(CASE)
    assert subject.given_up == ""
