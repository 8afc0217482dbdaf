"""Whether results depend on earlier calls is told with the sequence that shows it."""

from __future__ import annotations

from itertools import count

import numpy as np

from conformance.cases.case import Case, weights_of
from conformance.hints.sequences import of_turns
from conformance.stacks.outcome import Outcome, Raised, Returned
from reference.formats import FORMATS
from tests.support.fakes import Fake

CASE = Case("max_norm", {"max_value": 1.0, "epsilon": 1e-7}, 0, weights_of(np.array([3.0, 4.0]), FORMATS["float32"]))


def test_every_second_call() -> None:
    """The calls are numbered, and what each kind gave is said once."""
    numbers = count()
    half = weights_of(np.array([0.5, 0.0]), FORMATS["float32"])
    target = Fake(lambda case: Returned((half if next(numbers) % 2 else case.weights,)))
    said = of_turns(target, CASE)
    assert said is not None and "the weights as they were (calls 1, 3, 5, 7); weights of norm 0.5 (calls" in said


def test_the_third_call_raises() -> None:
    """What raises is part of the sequence."""
    numbers = count(1)

    def answer(case: Case) -> Outcome:
        return Raised("ValueError", "no") if next(numbers) == 3 else Returned((case.weights,))

    assert "ValueError (call 3)" in str(of_turns(Fake(answer), CASE))


def test_what_is_always_alike_has_no_turns() -> None:
    """Be it right or wrong."""
    assert of_turns(Fake(lambda case: Returned((case.weights,))), CASE) is None
    assert of_turns(Fake(lambda case: Raised("ValueError", "no")), CASE) is None
