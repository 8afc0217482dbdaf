"""The longest tasks are begun first, by what they have taken before."""

from __future__ import annotations

from adapters.core.stack import discover
from conformance.schedule.costs import cost, longest_first, measured, shares
from conformance.schedule.tasks import Task
from tests.support import builder

LONG, SHORT = Task("jax", ("eager",), ()), Task("keras-1-formula", ("eager",), ())


def test_the_longest_is_the_first() -> None:
    """Whatever the order in which they are planned."""
    assert longest_first([SHORT, LONG]) == [LONG, SHORT] == longest_first([LONG, SHORT])


def test_every_stack_was_measured() -> None:
    """In each of its modes, and the shares are those of one whole run."""
    places = {f"{stack.name} {mode}" for stack in discover().values() for mode in stack.mode_names}
    assert set(measured()) == places and abs(sum(measured().values()) - 1.0) < 1e-3


def test_what_was_never_measured_costs_what_is_usual_for_each_mode() -> None:
    """As somebody's subject does."""
    one, two = Task("mine.py:f", ("eager",), ()), Task("mine.py:f", ("eager", "jit"), ())
    assert min(measured().values()) < cost(one) < max(measured().values()) and cost(two) == 2 * cost(one)


def test_shares_are_those_of_the_seconds_of_a_record() -> None:
    """By stack and mode."""
    results = [builder.result("max_norm_value", stack, seconds=seconds) for stack, seconds in (("a", 1.0), ("b", 3.0))]
    assert shares(results) == {"a eager": 0.25, "b eager": 0.75}
