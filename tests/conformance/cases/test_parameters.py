"""Every promise can be asked about with parameters of its domain, and cases are packed around its bounds."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random

import pytest

from conformance.cases.parameters import parameter_set
from reference.contracts import GAIN_CONTRACTS
from reference.elementwise import ELEMENTWISE_CONTRACTS
from reference.registry import BALLS, BOUNDED, CONTRACTS, EVERY, FREE, GAINS, bounds


def sets(name: str, count: int = 500) -> list[dict[str, float]]:
    """Sets of parameters of one promise, from one seed."""
    random = Random(3)
    return [parameter_set(random, CONTRACTS[name]) for _ in range(count)]


@pytest.mark.parametrize(
    ("name", "parameters", "expected"),
    [
        ("max_norm", {"max_value": 2.0, "epsilon": 1e-7}, (0.25, 2.0)),
        ("max_norm", {"max_value": 0.0, "epsilon": 1e-7}, (0.125, 1.0)),
        ("min_max_norm", {"min_value": 0.5, "max_value": 2.0, "rate": 0.25, "epsilon": 1e-7}, (0.5, 2.0)),
        ("min_max_norm", {"min_value": 0.0, "max_value": 2.0, "rate": 0.25, "epsilon": 1e-7}, (0.25, 2.0)),
        ("unit_norm", {"epsilon": 1e-7}, (0.125, 1.0)),
        ("clip_by_value", {"clip_value_min": -4.0, "clip_value_max": 1.0}, (1.0, 4.0)),
        ("clip_by_value", {"clip_value_min": -4.0, "clip_value_max": -1.0}, (1.0, 4.0)),
        ("non_neg", {}, (0.125, 1.0)),
    ],
)
def test_bounds_are_those_of_the_promise(
    name: str, parameters: Mapping[str, float], expected: tuple[float, float]
) -> None:
    """They are positive and in order, and numbers serve for those that are not there or zero."""
    assert bounds(CONTRACTS[name], parameters) == expected


@pytest.mark.parametrize("name", CONTRACTS)
def test_bounds_are_positive_and_in_order(name: str) -> None:
    """Norms can be drawn between them, whatever the parameters."""
    assert all(0.0 < low <= high for low, high in (bounds(CONTRACTS[name], values) for values in sets(name)))


def test_every_promise_is_a_gain_or_about_single_weights() -> None:
    """The names are those of the reference, and none stands for two promises."""
    assert set(GAINS) == set(GAIN_CONTRACTS) and set(EVERY) == set(GAIN_CONTRACTS) | set(ELEMENTWISE_CONTRACTS)
    assert len(EVERY) == len(GAIN_CONTRACTS) + len(ELEMENTWISE_CONTRACTS)


def test_contracts_with_one_bound() -> None:
    """Keras's other two have two and none, a floor and a sphere have none."""
    of_l2 = {"max_norm", "clip_by_norm", "renorm", "l2_ball", "clip_grad_norm", "max_norm_projection", "unitwise_clip"}
    assert set(BALLS) == of_l2
    assert set(BOUNDED) - of_l2 == {"max_norm_l1", "max_norm_linf", "renorm_l1", "renorm_linf"}


def test_a_fixed_constant_makes_a_contract_less_free() -> None:
    """A rule that chooses every number passes by those whose epsilon is fixed."""
    assert set(GAINS) - set(FREE) == {"renorm", "clip_grad_norm", "renorm_l1", "renorm_linf", "unitwise_clip"}


@pytest.mark.parametrize("name", CONTRACTS)
def test_parameters_stay_inside_the_domain(name: str) -> None:
    """Whatever is drawn is specified."""
    assert {CONTRACTS[name].outside_domain(values) for values in sets(name)} == {None}


@pytest.mark.parametrize(("name", "epsilon"), [("renorm", 1e-7), ("clip_grad_norm", 1e-6)])
def test_a_fixed_constant_is_kept(name: str, epsilon: float) -> None:
    """It is drawn like any parameter, and always the same."""
    assert {values["epsilon"] for values in sets(name)} == {epsilon}


@pytest.mark.parametrize("name", ["max_norm", "min_max_norm", "unit_norm"])
def test_other_constants_are_drawn(name: str) -> None:
    """Keras lets its users choose epsilon."""
    assert {1e-7, 0.25} < {values["epsilon"] for values in sets(name)}


@pytest.mark.parametrize(
    ("name", "bottom", "top", "least"),
    [("min_max_norm", "min_value", "max_value", 50), ("clip_by_value", "clip_value_min", "clip_value_max", 1)],
)
def test_both_bounds_meet_at_times(name: str, bottom: str, top: str, least: int) -> None:
    """One number for both is inside the domain, and is drawn; mostly they differ."""
    together = sum(values[bottom] == values[top] for values in sets(name))
    assert least <= together < 250


def test_an_interval_may_lie_around_zero_or_above() -> None:
    """The lower bound of clip_by_value has either sign, and is as far from zero as the upper one at times."""
    drawn = [(values["clip_value_min"], values["clip_value_max"]) for values in sets("clip_by_value")]
    assert any(low < 0.0 for low, _ in drawn) and any(low > 0.0 for low, _ in drawn)
    assert any(low == -high for low, high in drawn) and any(-high < low < 0.0 for low, high in drawn)


@pytest.mark.parametrize(("name", "bound"), [("max_norm", "max_value"), ("min_max_norm", "min_value")])
def test_a_bound_may_be_zero(name: str, bound: str) -> None:
    """Where the domain begins at zero, zero is drawn; elsewhere it never is."""
    assert any(values[bound] == 0.0 for values in sets(name))
    assert all(values["scale"] > 0.0 for values in sets("l2_ball"))


def test_a_bound_is_drawn_on_both_sides_of_a_floor() -> None:
    """The floor of unitwise_clip counts for bounds below it only."""
    below = [values["max_norm"] < values["epsilon"] for values in sets("unitwise_clip")]
    assert any(below) and not all(below)
