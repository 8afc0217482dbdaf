"""The search phase of a rule: Hypothesis draws small cases choice by choice, and is told how far off each answer was.

The packed draw of conformance.cases covers: the same cases for every stack, many groups in each. Here the answers steer
what is asked next, towards the largest distance from what is exact and between modes, so that each stack is asked
something else. It pays where a call is cheap whatever the shape.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Container, Sequence
from itertools import combinations

import hypothesis
from hypothesis import Phase
from hypothesis import strategies as st

from adapters.core.stack import Stack, tied_value
from conformance.cases.case import Case, weights_of
from conformance.cases.generate import CaseSpec
from conformance.cases.layouts import differs, full_names, layouts_for, made_to_fit
from conformance.cases.shapes import GroupShape, takes
from conformance.judging.verdict import Verdict
from conformance.rules.explore import Check, Evaluation, evaluate, generate_only
from conformance.stacks.target import Target
from conformance.strategies import arrays, of_parameters
from reference.contract import Contract
from reference.formats import FORMATS
from reference.registry import CONTRACTS, bounds

# as the packed draw names regimes, and as they are drawn one by one
_REGIMES = {
    "inside": "inside",
    "at a bound": "at the bound",
    "outside": "ordinary",
    "zero": "zeros",
    "tiny": "tiny",
    "huge": "huge",
    "small integers": "equal",
    "one weight carries": "one large",
}
_MOST_WEIGHTS, _MOST_CALLS = 300, 3


def search(
    check: Check, target: Target, spec: CaseSpec, examples: int, seed: str, add: Callable[[Case, Evaluation], None]
) -> None:
    """Hand cases that Hypothesis draws, and their evaluations, to `add`, and have it look where the distance grows."""

    @hypothesis.seed(seed)
    @generate_only(examples, Phase.target)
    @hypothesis.given(case=searched(spec, target.stack, target.lacks))
    def draw(case: Case) -> None:
        evaluation = evaluate(check, target, case)
        add(case, evaluation)
        for label, distance in distances(evaluation.verdict).items():
            hypothesis.target(distance, label=label)

    draw()


def distances(verdict: Verdict) -> dict[str, float]:
    """How far off a verdict says that results are, in powers of two of an ulp; what is no number says nothing."""
    difference = verdict.difference
    found = {
        "from the exact result": verdict.worst_ulps,
        "between two modes": None if difference is None else difference.ulps,
        "beyond what is accepted": max((v.ulps for v in verdict.violations if v.ulps is not None), default=None),
    }
    known = {label: ulps for label, ulps in found.items() if ulps is not None}
    return {label: math.log2(1.0 + ulps) for label, ulps in known.items() if math.isfinite(ulps)}


def searched(spec: CaseSpec, stack: Stack, lacks: Container[str] = ()) -> st.SearchStrategy[Case]:
    """Small cases of the kind that a rule speaks about, and that a stack takes; `lacks`: formats that it has not."""
    contracts = [CONTRACTS[name] for name in spec.contracts if name in stack.contracts]
    drawn = st.sampled_from(contracts).flatmap(lambda contract: _of_contract(contract, spec, stack, lacks))
    # a rule may have no bound for longer ones
    longest = max(groups.length for groups in spec.shapes)

    def is_of_kind(case: Case) -> bool:
        groups = GroupShape(case.weights.shape, case.reduced)
        return groups.length <= longest and takes(stack, case) and spec.admits(case, case)

    return drawn.filter(is_of_kind)


@st.composite
def _of_contract(draw: st.DrawFn, contract: Contract, spec: CaseSpec, stack: Stack, lacks: Container[str]) -> Case:
    values = draw(_parameters(contract, spec, stack))
    rank, axis = draw(_placed(contract, stack))
    shape = draw(arrays.shapes(min_dims=rank, max_dims=rank, min_side=1, max_weights=_MOST_WEIGHTS))
    taken = [name for name in spec.formats if name in (stack.limits.formats or FORMATS)]
    fmt = FORMATS[draw(st.sampled_from([name for name in taken if spec.lacking or name not in lacks] or taken))]
    _, bound = bounds(contract, values)
    regimes = [name for packed, name in _REGIMES.items() if packed in spec.regimes]
    regimes += ["special"] if any(value is not None for value in spec.special) else []
    array = draw(arrays.weights(shape, axis, format="float64", bound=min(bound, fmt.largest), regimes=regimes))
    names = [layout for layout in layouts_for(stack, sorted(set(spec.layouts))) if differs(layout, shape)]
    layout = draw(st.sampled_from([full for name in names for full in full_names(name, shape)] or ["C"]))
    weights = weights_of(made_to_fit(array, layout), fmt, layout)
    calls = draw(
        st.sampled_from([calls for calls in sorted(set(spec.calls)) if calls <= _MOST_CALLS] or [spec.calls[0]])
    )
    return Case(contract.name, values, axis, weights, calls)


def _placed(contract: Contract, stack: Stack) -> st.SearchStrategy[tuple[int, arrays.Axis]]:
    """A rank, and an axis that the stack takes at it; () where each weight is taken on its own."""
    ranks = stack.limits.ranks or range(0 if contract.single_weights else 1, 5)
    if contract.single_weights:
        return st.tuples(st.sampled_from(ranks), st.just(()))
    axes = {rank: _axes(stack, rank) for rank in ranks}
    taken = [rank for rank in ranks if not axes[rank].is_empty]
    return st.sampled_from(taken).flatmap(lambda rank: st.tuples(st.just(rank), axes[rank]))


def _axes(stack: Stack, rank: int) -> st.SearchStrategy[arrays.Axis]:
    named = stack.limits.axes_for(rank)
    if named is not None:
        return _any_of([axis for axis in named if not isinstance(axis, list)])
    every = [reduced for n in range(1, rank + 1) for reduced in combinations(range(rank), n)]
    covered = [reduced for reduced in every if stack.one_group_per_call or stack.grouping.covers(rank, reduced)]
    if covered == every:
        return arrays.axes(rank)
    return _any_of([reduced[0] if len(reduced) == 1 else reduced for reduced in covered])


def _any_of(axes: Sequence[arrays.Axis]) -> st.SearchStrategy[arrays.Axis]:
    return st.sampled_from(axes) if axes else st.nothing()


def _parameters(contract: Contract, spec: CaseSpec, stack: Stack) -> st.SearchStrategy[dict[str, float]]:
    """Those that the stack takes: fixed, inside its limits, and tied to each other as it says."""
    limits, constants = stack.limits, of_parameters.constants(contract)
    given: dict[str, float | of_parameters.Numbers] = {name: st.floats(*ends) for name, ends in limits.values.items()}
    given |= {name: value for name, value in limits.fixed.items() if name not in constants}
    if "epsilon" in contract.defaults and not {"epsilon"} & {*given, *constants}:
        given["epsilon"] = st.sampled_from(spec.epsilons)

    def with_ties(values: dict[str, float]) -> dict[str, float]:
        every = {**values, **constants}
        return every | {name: tied_value(other, every) for name, other in limits.tied.items()}

    drawn = of_parameters.parameters(contract.name, **given).map(with_ties)
    return drawn.filter(lambda values: contract.outside_domain(values) is None and not limits.refusal(values))
