"""Faults of conduct: towards the input, between calls, and in what becomes of a configuration."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import numpy as np

from tests.mutants.arithmetic import ELEMENTWISE, UPPER, Array, Call, gain, norm
from tests.mutants.mutant import OF_BOUNDS, killed_by
from tests.mutants.right import right, scaled
from tests.mutants.wrong.results import roundoff


@killed_by("input_is_not_modified")
def input_is_scaled(w: Array, call: Call) -> Any:
    """The weights that were passed in are scaled, and returned."""
    np.copyto(w, right(w, call))
    return w


@killed_by("input_is_not_modified")
def input_is_squared(w: Array, call: Call) -> Any:
    """The weights that were passed in are squared on the way."""
    result = right(w, call)
    np.square(w, out=w)
    return result


@killed_by("same_input_gives_the_same_bits")
def bits_alternate(w: Array, call: Call) -> Any:
    """Every second call gives the neighbouring numbers."""
    off = 2 * roundoff(w) * (next(_COUNTER) % 2)
    return right(w, call) * w.dtype.type(1 + off)


_COUNTER = itertools.count()


@killed_by(*OF_BOUNDS, "second_call_changes_nothing")
def calls_tighten_the_bound(w: Array, call: Call) -> Any:
    """The bound is a tenth smaller at each successive call."""
    return right(w, call.bounded(lambda upper: upper * 0.9**call.number))


@killed_by(*OF_BOUNDS, "nothing_is_lost_in_2000_calls", "weights_inside_the_bound_are_unchanged")
def calls_lose_a_little(w: Array, call: Call) -> Any:
    """Each call loses one part in ten thousand of a group inside the bound."""
    n = norm(w, call)
    if call.contract not in UPPER:
        return scaled(w, n, call)
    one = n.dtype.type(1)
    return scaled(w, n, call, gain(n, call) * np.where(n < call.upper(n), n.dtype.type(1 - 1e-4), one))


@killed_by("nothing_is_lost_in_2000_calls")
def calls_lose_a_little_later(w: Array, call: Call) -> Any:
    """After a hundred successive calls, each loses one part in a hundred."""
    result = right(w, call)
    return result * w.dtype.type(0.99) if call.number >= 100 and call.access == "call" else result


# configurations


def _rebuilt(call: Call) -> bool:
    return call.access in ("from_config", "serialized", "got", "cloned", "saved")


@killed_by("config_round_trip_keeps_the_constraint")
def config_loses_epsilon(w: Array, call: Call) -> Any:
    """A constraint that is rebuilt from its configuration has the default epsilon, 1e-3."""
    return right(w, call.given(epsilon=1e-3) if _rebuilt(call) else call)


@killed_by(
    "config_round_trip_keeps_the_constraint",
    "an_identifier_gives_the_constraint",
    "a_cloned_model_keeps_the_constraint",
    "a_saved_model_keeps_the_constraint",
)
def config_loses_the_axis(w: Array, call: Call) -> Any:
    """A constraint that is rebuilt from its configuration has axis 0."""
    return right(w, replace(call, axis=0) if _rebuilt(call) and call.contract not in ELEMENTWISE else call)


@killed_by("config_round_trip_keeps_the_constraint")
def config_loses_the_rate(w: Array, call: Call) -> Any:
    """A constraint that is rebuilt from its configuration has rate 1."""
    return right(w, call.given(rate=1.0) if _rebuilt(call) else call)


@killed_by("serialisation_keeps_the_constraint")
def config_loses_digits(w: Array, call: Call) -> Any:
    """Numbers are serialised with one digit."""
    short = {name: float(f"{value:.1g}") for name, value in call.parameters.items()}
    return right(w, call.given(**short) if call.access == "serialized" else call)
