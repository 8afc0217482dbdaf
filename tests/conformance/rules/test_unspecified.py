"""What unspecified input is called says what it is."""

from __future__ import annotations

import re

import pytest

from conformance.rules.registry import catalog
from conformance.rules.rule import Characterization, UnspecifiedInput

INPUTS = [unspecified for rule in catalog() if isinstance(rule, Characterization) for unspecified in rule.inputs]
NUMBER = re.compile(r"\b(\w+) (-?\d[\d.e+-]*)")


@pytest.mark.parametrize("unspecified", INPUTS, ids=lambda one: f"{one.case.contract}: {one.name}")
def test_numbers_in_a_name_are_those_of_the_case(unspecified: UnspecifiedInput) -> None:
    """Each parameter that is named with a number has it."""
    parameters = unspecified.case.parameters
    named = {name: float(number) for name, number in NUMBER.findall(unspecified.name) if name in parameters}
    assert named == {name: parameters[name] for name in named}
