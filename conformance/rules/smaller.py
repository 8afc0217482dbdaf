"""Hypothesis as a second reducer: it looks for a failure among small cases, and shrinks what it finds.

Ours starts from the case that failed, and takes away halves; what depends on a length being odd, or on two sizes at
once, it leaves large. Hypothesis starts from nothing, with any small shape.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import replace
from random import Random

import hypothesis
from hypothesis import Phase
from hypothesis import strategies as st
from hypothesis.errors import Flaky, NoSuchExample

from conformance.cases.case import Case, format_of, weights_of
from conformance.rules.explore import generate_only
from conformance.strategies.arrays import Axis, axes, shapes, weights
from reference.registry import CONTRACTS, bounds

# a case of so few weights is small enough
SMALL = 8
# the largest that is tried, and how many are
_MOST_WEIGHTS, _TRIES = 64, 100
_REGIMES = ("ordinary", "equal")

Holds = Callable[[Case], bool]


def smaller_case(case: Case, fails: Holds, takes: Holds) -> Case | None:
    """A case with fewer weights, of the same contract, parameters and format, for which `fails` held; None if none is
    found. What an implementation `takes` not is not tried.
    """
    found: list[Case] = []
    settings = generate_only(_TRIES, Phase.shrink)
    tried = 0

    def shows(candidate: Case) -> bool:
        nonlocal tried
        if candidate.weights.size >= case.weights.size or not takes(candidate) or tried >= 2 * _TRIES:
            return False
        tried += 1
        if not fails(candidate):
            return False
        found.append(candidate)
        return True

    # the end of the tries, and answers that differ from call to call, make what was found not found again
    with contextlib.suppress(NoSuchExample, Flaky):
        found.append(hypothesis.find(_like(case), shows, settings=settings, random=Random(0)))
    return min(reversed(found), key=lambda one: one.weights.size, default=None)


def _like(case: Case) -> st.SearchStrategy[Case]:
    """Small cases that are called like this one."""
    single = CONTRACTS[case.contract].single_weights
    small = shapes(
        max_dims=max(3, len(case.weights.shape)), min_side=1, max_side=_MOST_WEIGHTS, max_weights=_MOST_WEIGHTS
    )
    placed = small.flatmap(lambda shape: st.tuples(st.just(shape), st.just(()) if single else axes(len(shape))))
    return placed.flatmap(lambda place: _weighted(case, *place))


def _weighted(case: Case, shape: tuple[int, ...], axis: Axis) -> st.SearchStrategy[Case]:
    fmt = format_of(case)
    _, bound = bounds(CONTRACTS[case.contract], case.parameters)
    drawn = weights(shape, axis, format="float64", bound=bound, regimes=_REGIMES)
    return drawn.map(lambda values: replace(case, axis=axis, weights=weights_of(values, fmt)))
