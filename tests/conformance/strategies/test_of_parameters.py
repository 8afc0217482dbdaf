"""Parameters are drawn inside their domains, and what is given is kept."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import find, given
from hypothesis import strategies as st

from conformance.strategies.of_parameters import constants, contracts, parameters
from reference.registry import CONTRACTS


@given(st.data())
def test_every_contract_is_asked_inside_its_domain(data: st.DataObject) -> None:
    """Outside, no result is right or wrong."""
    name = data.draw(contracts())
    values = data.draw(parameters(name))
    assert CONTRACTS[name].outside_domain({**values, **constants(CONTRACTS[name])}) is None


@pytest.mark.slow
@pytest.mark.parametrize("name", CONTRACTS)
def test_the_simplest_are_the_defaults(name: str) -> None:
    """So that a case which fails whatever they are shows those that everybody knows."""
    defaults = CONTRACTS[name].defaults
    found = find(parameters(name), lambda values: True)
    assert {key: defaults[key] for key in found} == found


def test_bounds_are_in_order_and_may_be_equal() -> None:
    """Equal ones are an edge of the domain."""
    alike = find(parameters("min_max_norm"), lambda values: values["min_value"] == values["max_value"] > 0.0)
    assert alike["min_value"] == alike["max_value"]


@given(parameters("min_max_norm", min_value=3.0, rate=st.just(0.25)))
def test_what_is_given_is_kept(values: dict[str, float]) -> None:
    """And the other bound stays out of its way."""
    assert values["min_value"] == 3.0 and values["rate"] == 0.25 and values["max_value"] >= 3.0


def test_a_whole_number_may_be_an_int() -> None:
    """As people write max_norm(3)."""
    assert isinstance(
        find(parameters("max_norm"), lambda values: isinstance(values["max_value"], int))["max_value"], int
    )


WRONG: dict[str, Callable[[], object]] = {
    "there is no contract named 'maxnorm'; there are max_norm": lambda: parameters("maxnorm"),
    "max_norm takes max_value, epsilon, not rate": lambda: parameters("max_norm", rate=1.0),
    "unit_norm takes epsilon, not axis": lambda: parameters("unit_norm", axis=1.0),
    "max_value = -1.0 lies outside": lambda: find(parameters("max_norm", max_value=-1.0), lambda values: True),
}


@pytest.mark.parametrize("said", WRONG)
def test_a_mistake_is_said(said: str) -> None:
    """In one sentence that names the thing."""
    with pytest.raises(ValueError, match=said):
        WRONG[said]()
