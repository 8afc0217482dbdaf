"""The properties on cases that only claims use hold where they should, and fail by a few units in the last place."""

from __future__ import annotations

import numpy as np
import pytest

from conformance.cases.case import Case, weights_of
from conformance.claims.properties import properties_on_cases
from conformance.rules.explore import evaluate
from conformance.stacks.outcome import Returned
from reference.formats import FORMATS
from tests.support.fakes import Fake

FMT = FORMATS["float64"]
ULP = 2.0**-52
ONES: dict[str, float] = {"epsilon": 1e-7}
TWOS = {"max_value": 2.0, "epsilon": 1e-7}


def norm_beyond(contract: str, parameters: dict[str, float], name: str, result: float) -> int:
    """How many groups a property finds wrong where a constraint makes 3 and 4 one group of the norm `result`."""
    case = Case(contract, parameters, 0, weights_of([3.0, 4.0], FMT))
    came = weights_of([0.0, result], FMT)
    verdict = evaluate(properties_on_cases()[name].check, Fake(lambda _: Returned((came,))), case).verdict
    assert verdict.groups == 1
    return sum(problem.count for problem in verdict.violations)


@pytest.mark.parametrize(
    ("norm", "wrong"), [(1.0, 0), (1.0 - ULP, 0), (1.0 + ULP, 0), (1.0 - 8 * ULP, 1), (1.0 + 8 * ULP, 1), (0.0, 1)]
)
def test_norm_is_one(norm: float, wrong: int) -> None:
    """Two weights are allowed six roundings, and no more."""
    assert norm_beyond("unit_norm", ONES, "norm_is_one", norm) == wrong


@pytest.mark.parametrize(("norm", "wrong"), [(2.0 - 2 * ULP, 0), (0.0, 0), (2.0, 1), (2.0 + 2 * ULP, 1)])
def test_norm_is_strictly_below_the_maximum(norm: float, wrong: int) -> None:
    """The maximum itself is not below it."""
    assert norm_beyond("max_norm", TWOS, "norm_is_strictly_below_the_maximum", norm) == wrong


@pytest.mark.parametrize(("norm", "wrong"), [(2.0 + 5 * ULP, 0), (0.0, 0), (2.0 + 16 * ULP, 1)])
def test_norm_exceeds_the_maximum_by_roundings_only(norm: float, wrong: int) -> None:
    """Two weights are allowed six roundings, and no more."""
    assert norm_beyond("max_norm", TWOS, "norm_exceeds_the_maximum_by_roundings_only", norm) == wrong


# 0.3 is more in float32 than in float64, and 0.7 is less
@pytest.mark.parametrize(
    ("bound", "factor", "wrong"), [(0.7, 1.0, 0), (0.3, 1.0, 0), (0.7, 1 + 1e-7, 1), (0.3, 1 + 1e-7, 1)]
)
def test_norm_exceeds_the_maximum_in_float32_by_roundings_only(bound: float, factor: float, wrong: int) -> None:
    """In float64 the norm may be the bound that float32 has, and nothing beyond it."""
    name, given = "norm_exceeds_the_maximum_in_float32_by_roundings_only", {"max_value": bound, "epsilon": 1e-7}
    assert norm_beyond("max_norm", given, name, max(bound, float(np.float32(bound))) * factor) == wrong


def inside(norm: float, result: float) -> int:
    """How many groups are wrong where max_norm(3) makes `result` of one float32 weight, by where epsilon counts."""
    fmt = FORMATS["float32"]
    case = Case("max_norm", {"max_value": 3.0, "epsilon": 1e-7}, 0, weights_of([norm], fmt))
    name = "weights_inside_the_bound_change_where_epsilon_is_not_lost"
    check = properties_on_cases()[name].check
    verdict = evaluate(check, Fake(lambda _: Returned((weights_of([result], fmt),))), case).verdict
    return sum(problem.count for problem in verdict.violations)


@pytest.mark.parametrize(("norm", "shrinks"), [(0.5, True), (1.0, True), (1.5, True), (2.5, False), (2.875, False)])
def test_weights_inside_the_bound_change_below_2_in_float32(norm: float, shrinks: bool) -> None:
    """Below 2 a group that keeps its bits is wrong, and above 2 one that does not."""
    assert (inside(norm, norm), inside(norm, norm * (1 - 2.0**-23))) == (shrinks, not shrinks)
