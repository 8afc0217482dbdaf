"""A failing case becomes small, goes on failing, and costs no more calls than allowed."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.core.stack import discover
from conformance.cases.case import Case, weights_of
from conformance.cases.packing import pack
from conformance.cases.shapes import takes
from conformance.cases.shrink import BUDGET, Fails, reduce_case
from conformance.rules.test_06_beliefs import neighbours
from reference.formats import FORMATS

F32 = FORMATS["float32"]
PARAMETERS = {"min_value": 0.0, "max_value": 2.7, "rate": 0.37, "epsilon": 1e-3}
ROWS = pack(F32, 64, 64, (2.7 / 8.0, 2.7, 1e-3), seed=4)
LARGE = Case("min_max_norm", PARAMETERS, (-2,), weights_of(ROWS, F32), calls=3)
FAULTS: dict[str, Fails] = {
    "some weight is large": lambda case: bool(np.any(np.abs(case.weights.values) > 100.0)),
    "two groups are not zero": lambda case: sum(r.any() for r in case.rows(case.weights.values)) >= 2,
    "a group has two weights": lambda case: case.rows(case.weights.values).shape[1] >= 2,
    "several calls": lambda case: case.calls > 1,
    "rank 2": lambda case: len(case.weights.shape) == 2,
    "a negative weight": lambda case: bool(np.any(case.weights.values < 0.0)),
    "rate below one half": lambda case: case.parameters["rate"] < 0.5,
    "a tuple": lambda case: isinstance(case.axis, tuple),
    "always": lambda case: True,
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_known_fault_becomes_small(name: str) -> None:
    """At most four weights remain, and they still show the fault."""
    small = reduce_case(LARGE, 0, FAULTS[name])
    assert FAULTS[name](small) and small.weights.size <= 4


def test_what_does_not_matter_becomes_plain() -> None:
    """One call on one weight, over axis 0, with default parameters."""
    small = reduce_case(LARGE, 5, lambda case: True)
    assert (small.calls, small.axis, small.weights.size) == (1, 0, 1)
    assert small.parameters == {"min_value": 0.0, "max_value": 1.0, "rate": 1.0, "epsilon": 1e-7}


@pytest.mark.parametrize("layout", ["F", "strided", "reversed", "broadcast:1"])
def test_a_layout_that_matters_is_kept(layout: str) -> None:
    """A fault of one memory layout is shown in that layout, and is small all the same."""
    values = np.repeat(ROWS[:, :1], 64, axis=1)
    case = replace(LARGE, weights=weights_of(values, F32, layout))
    small = reduce_case(case, 0, lambda case: case.weights.layout == layout)
    assert small.weights.layout == layout and small.weights.size <= 4


@given(seed=st.integers(0, 1000))
@settings(max_examples=30)
def test_the_result_fails(seed: int) -> None:
    """However erratic the fault, a case that does not show it is never returned."""
    small = reduce_case(LARGE, 3, lambda case: hash((case.id, seed)) % 3 == 0)
    assert small is LARGE or hash((small.id, seed)) % 3 == 0


@pytest.mark.parametrize("budget", [0, 1, 10, BUDGET])
def test_a_budget_is_kept(budget: int) -> None:
    """The implementation is not asked more often than allowed."""
    asked = itertools.count()
    reduce_case(LARGE, 0, lambda case: next(asked) % 7 == 3, budget)
    assert next(asked) <= budget


@pytest.mark.parametrize("name", FAULTS)
def test_what_did_not_fail_is_asked_once(name: str) -> None:
    """Though steps are taken again and again until none is left."""
    asked: list[str] = []

    def fails(case: Case) -> bool:
        failed = FAULTS[name](case)
        asked.extend([] if failed else [case.id])
        return failed

    reduce_case(LARGE, 0, fails)
    assert len(asked) == len(set(asked))


def test_a_case_of_thousands_of_calls_has_fewer_candidates() -> None:
    """Each costs as much as some that are called once."""
    asked = itertools.count()
    reduce_case(replace(LARGE, calls=2000), 0, lambda case: case.calls == 2000 and next(asked) % 7 == 3, BUDGET)
    assert next(asked) <= BUDGET // 10


def test_a_case_that_cannot_be_reduced_is_returned() -> None:
    """Nothing smaller fails: the case itself comes back."""
    assert reduce_case(LARGE, 0, lambda case: False) is LARGE


def test_what_an_implementation_does_not_take_costs_nothing() -> None:
    """Where it wants matrices, no vector is tried, and a small budget is enough."""
    tried: list[Case] = []

    def fails(case: Case) -> bool:
        tried.append(case)
        return len(case.weights.shape) == 2

    wide = Case("max_norm", {"max_value": 2.0, "epsilon": 1e-7}, 1, weights_of(np.ones((64, 1024)), FORMATS["float64"]))
    small = reduce_case(wide, 3, fails, 24, lambda case: len(case.weights.shape) == 2)
    assert small.weights.size <= 2 and all(len(case.weights.shape) == 2 for case in tried)


def test_every_stack_takes_weights_on_their_own() -> None:
    """Whatever groups it forms of others; of those it takes what it can form."""
    single = Case("non_neg", {}, (), weights_of(np.ones((2, 3)), FORMATS["float32"]))
    rows = Case("renorm", {"maxnorm": 1.0, "epsilon": 1e-7}, 1, single.weights)
    stacks = discover()
    assert takes(stacks["keras-jax"], single) and takes(stacks["torch.nn.Embedding"], rows)
    assert not takes(stacks["torch.nn.Embedding"], replace(rows, axis=0))


@pytest.mark.parametrize("name", FORMATS)
def test_a_part_of_the_weights_has_its_part_of_the_neighbours(name: str) -> None:
    """Else a rule that moves weights would say something else of each smaller case."""
    values = weights_of(np.sin(np.arange(1.0, 4097.0)).reshape(64, 64), FORMATS[name]).values
    moved = neighbours(values, FORMATS[name])
    assert np.array_equal(neighbours(values[5:6, 9:], FORMATS[name]), moved[5:6, 9:])
    assert np.mean(moved != values) > 0.8 and np.all(np.abs(moved - values) <= 0.5 * np.abs(values))
