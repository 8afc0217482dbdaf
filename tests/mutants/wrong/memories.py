"""Faults of what is kept from one call to the next, by one constraint or by all, and between threads."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import numpy as np

from tests.mutants.arithmetic import ELEMENTWISE, Array, Call, gain, norm
from tests.mutants.mutant import killed_by
from tests.mutants.right import right, scaled

LATER, EARLIER = "later_calls_change_nothing", "earlier_calls_do_not_matter"
THREADS = "threads_do_not_disturb_each_other"
# by mutant, what it keeps
_KEPT: dict[str, dict[Any, Any]] = {}


def _kept(name: str) -> dict[Any, Any]:
    """What a mutant keeps, a thousand things at most."""
    kept = _KEPT.setdefault(name, {})
    if len(kept) > 1000:
        kept.clear()
    return kept


@killed_by(LATER)
def output_is_shared(w: Array, call: Call) -> Any:
    """Results of one shape and format are the same array."""
    buffer = _kept("output").setdefault((w.shape, w.dtype.name), np.empty_like(w, order="C"))
    buffer[...] = right(w, call)
    return buffer


@killed_by(LATER)
def the_last_result_is_doubled(w: Array, call: Call) -> Any:
    """Each call doubles the result of the one before."""
    kept, result = _kept("last"), right(w, call)
    if isinstance(kept.get("result"), np.ndarray) and kept["result"].flags.writeable:
        kept["result"] *= 2
    kept["result"] = result
    return result


@killed_by(LATER)
def the_first_input_is_cleared(w: Array, call: Call) -> Any:
    """The third call of a constraint clears the weights that the first was given."""
    kept = _kept("first")
    if call.number == 0:
        kept["input"] = w
    if call.number == 3 and kept["input"].flags.writeable:
        kept["input"][...] = 7
    return right(w, call)


@killed_by(LATER)
def a_hundred_calls_are_enough(w: Array, call: Call) -> Any:
    """From the hundredth call on a constraint leaves weights as they are."""
    return right(w, call) * w.dtype.type(2 if call.number >= 100 else 1)


@killed_by(LATER)
def every_64th_call_is_off(w: Array, call: Call) -> Any:
    """Every 64th call of a constraint gives twice what it should."""
    return right(w, call) * w.dtype.type(2 if call.number % 64 == 63 else 1)


@killed_by(LATER)
def calls_loosen_the_bound(w: Array, call: Call) -> Any:
    """The bound of a constraint grows with each call."""
    return right(w, call) * w.dtype.type(1 + call.number / 8)


@killed_by(EARLIER)
def parameters_are_those_of_the_class(w: Array, call: Call) -> Any:
    """Once it has been called, a constraint has the parameters of the one that was called first since."""
    kept = _kept("class")
    if call.number == 0:
        kept[call.contract] = call.parameters
    return right(w, replace(call, parameters=kept[call.contract]))


@killed_by(EARLIER)
def gains_are_cached_by_shape(w: Array, call: Call) -> Any:
    """What the first weights of a shape were multiplied by is kept for all others of that shape."""
    if call.contract in ELEMENTWISE:
        return _cached_weights(w, call)
    key = call.contract, w.shape, w.dtype.name, str(call.axis)
    return scaled(w, norm(w, call), call, _kept("shape").setdefault(key, gain(norm(w, call), call)))


def _cached_weights(w: Array, call: Call) -> Array:
    return np.asarray(_kept("weights").setdefault((call.contract, w.shape, w.dtype.name), right(w, call)).copy())


@killed_by(EARLIER)
def results_are_cached_by_parameters(w: Array, call: Call) -> Any:
    """What one call with some parameters has returned is returned again for whatever weights of that shape."""
    key = call.contract, w.shape, w.dtype.name, str(call.parameters), str(call.axis)
    return _kept("parameters").setdefault(key, right(w, call)).copy()


@killed_by(EARLIER)
def parameters_are_those_before(w: Array, call: Call) -> Any:
    """The parameters of the first call of a contract with a shape are those of all later ones."""
    first = _kept("before").setdefault((call.contract, w.shape, w.dtype.name, str(call.axis)), call.parameters)
    return right(w, replace(call, parameters=first))


@killed_by(EARLIER, elements=64)
def axes_are_those_before(w: Array, call: Call) -> Any:
    """The axis of the first call with a shape is that of all later ones."""
    first = _kept("axes").setdefault((w.shape, call.contract), call.axis)
    return right(w, replace(call, axis=first))


@killed_by(EARLIER, elements=2**10)
def precision_is_lost_for_good(w: Array, call: Call) -> Any:
    """Once a narrower format was met, its precision is that of all results of that shape."""
    kept = _kept("narrow")
    if w.dtype.itemsize < 4:
        kept[w.shape] = w.dtype
    narrow = kept.get(w.shape)
    return right(w, call) if narrow is None else right(w, call).astype(narrow).astype(w.dtype)


@killed_by(EARLIER, elements=2**10)
def lengths_are_those_before(w: Array, call: Call) -> Any:
    """A scratch array keeps the squares of longer groups, and those count for shorter ones of that rank."""
    kept = _kept("scratch")
    before, largest = kept.get((w.ndim, w.dtype.name)), np.abs(w).max(initial=0)
    kept[w.ndim, w.dtype.name] = w.shape
    longer = before is not None and before != w.shape and np.prod(before) > w.size
    return right(w, call) * w.dtype.type(0.5 if longer and largest > 0 else 1)


@killed_by(THREADS)
def norms_are_shared(w: Array, call: Call) -> Any:
    """The norms of the last call of a shape lie where all threads put theirs."""
    kept, key = _kept("norms"), (w.shape, w.dtype.name)
    kept[key] = w
    time.sleep(0)
    mine = kept[key]
    return right(mine if mine.shape == w.shape else w, call)


@killed_by(THREADS)
def results_are_shared(w: Array, call: Call) -> Any:
    """A result is put where other threads of that shape put theirs, and copied from there."""
    buffer = _kept("results").setdefault((w.shape, w.dtype.name), np.empty_like(w, order="C"))
    buffer[...] = right(w, call)
    time.sleep(0)
    return buffer.copy()
