"""Whether a subject's results depend on its earlier calls: the same call, made again and again."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from conformance.cases.case import Case
from conformance.stacks.outcome import Outcome, Raised, Returned, describe
from conformance.stacks.target import Target

TIMES = 8


def of_turns(target: Target, case: Case) -> str | None:
    """What differs between calls that are all the same, with the sequence that shows it; None where they agree."""
    outcomes = [target.call(case) for _ in range(TIMES)]
    if all(_alike(one, other) for one, other in pairwise(outcomes)):
        return None
    seen = [_said(case, outcome) for outcome in outcomes]
    return f"The same call gives different results, depending on the calls before: {TIMES} in a row gave {_runs(seen)}."


def _alike(one: Outcome, other: Outcome) -> bool:
    if isinstance(one, Returned) and isinstance(other, Returned):
        return one.results == other.results
    # a message may hold what is new each time, such as an address
    return type(one) is type(other) and _kind(one) == _kind(other)


def _kind(outcome: Outcome) -> str:
    return outcome.type if isinstance(outcome, Raised) else describe(outcome)


def _said(case: Case, outcome: Outcome) -> str:
    if not isinstance(outcome, Returned):
        return describe(outcome).partition(":")[0] or "nothing"
    if outcome.first == case.weights:
        return "the weights as they were"
    norm = float(np.sqrt(np.sum(np.square(outcome.first.values.astype(np.float64)))))
    return f"weights of norm {norm:.9g}"


def _runs(seen: Sequence[str]) -> str:
    """What was seen, each with the numbers of its calls."""
    places: dict[str, list[str]] = {}
    for number, said in enumerate(seen, 1):
        places.setdefault(said, []).append(str(number))
    return "; ".join(f"{said} ({'call' if len(at) == 1 else 'calls'} {', '.join(at)})" for said, at in places.items())
