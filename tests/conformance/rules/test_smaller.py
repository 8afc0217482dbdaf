"""Hypothesis finds small cases of what halving leaves large."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from conformance.cases.case import Case, weights_of
from conformance.rules.smaller import smaller_case
from reference.formats import FORMATS
from reference.registry import CONTRACTS

pytestmark = pytest.mark.slow

LARGE = Case("max_norm", CONTRACTS["max_norm"].defaults, 0, weights_of(np.ones((1023, 3)), FORMATS["float16"]))


def everything(case: Case) -> bool:
    """Every case is one."""
    return True


def is_odd(case: Case) -> bool:
    """Whether groups have an odd number of weights, more than one."""
    length = int(case.rows(case.weights.values).shape[1])
    return length > 1 and length % 2 == 1


def test_an_odd_length_becomes_a_small_one() -> None:
    """Of which halving finds none."""
    found = smaller_case(LARGE, is_odd, everything)
    assert found is not None and found.weights.size == 3


def test_a_case_is_called_as_before() -> None:
    """With its contract, parameters and format."""
    found = smaller_case(LARGE, is_odd, everything)
    assert found is not None
    assert (found.contract, found.parameters, found.weights.format) == ("max_norm", LARGE.parameters, "float16")


def test_what_no_small_case_shows_is_left() -> None:
    """After a hundred tries."""
    tried: list[Case] = []

    def fails(case: Case) -> bool:
        tried.append(case)
        return case.weights.size > 1000

    assert smaller_case(LARGE, fails, everything) is None
    assert 20 < len(tried) <= 200


def test_what_is_not_taken_is_not_called() -> None:
    """Such as vectors, where matrices are wanted."""

    def fails(case: Case) -> bool:
        assert len(case.weights.shape) == 2
        return is_odd(case)

    found = smaller_case(LARGE, fails, lambda case: len(case.weights.shape) == 2)
    assert found is not None and len(found.weights.shape) == 2


@pytest.mark.parametrize("contract", ["non_neg", "renorm", "min_max_norm", "l2_ball"])
def test_every_kind_of_contract_is_drawn(contract: str) -> None:
    """Also those about single weights, which have no axis."""
    contract_ = CONTRACTS[contract]
    case = Case(contract, contract_.defaults, () if contract_.single_weights else 0, LARGE.weights)
    found = smaller_case(case, lambda candidate: candidate.weights.size > 3, everything)
    assert found is not None and found.weights.size < 16


def test_what_fails_now_and_then_ends_with_what_was_seen() -> None:
    """Hypothesis calls that flaky, and it is no fault of the suite."""
    numbers = itertools.count()
    found = smaller_case(LARGE, lambda case: next(numbers) % 3 == 0, everything)
    assert found is not None and found.weights.size < LARGE.weights.size
