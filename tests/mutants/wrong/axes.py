"""Faults in how an axis is read, where it is written in one of its rarer forms."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.mutants.arithmetic import Array, Call
from tests.mutants.mutant import killed_by
from tests.mutants.right import right


def _numbers(call: Call) -> list[int]:
    return list(call.axis) if isinstance(call.axis, list | tuple) else []


@killed_by("axis_forms_agree", "max_norm_value")
def axis_none_is_zero(w: Array, call: Call) -> Any:
    """No axis is taken for the first one."""
    return right(w, replace(call, axis=0) if call.axis is None else call)


@killed_by("max_norm_value")
def axis_zero_is_none(w: Array, call: Call) -> Any:
    """The first axis is taken for none, because Python takes 0 for false."""
    return right(w, replace(call, axis=call.axis or None))


@killed_by("axis_forms_agree", "max_norm_value")
def axis_loses_negative_numbers(w: Array, call: Call) -> Any:
    """Of several axes, those that are counted from the end are passed by, unless all are."""
    kept = [axis for axis in _numbers(call) if axis >= 0]
    return right(w, replace(call, axis=kept) if kept else call)


@killed_by("max_norm_value")
def axis_is_a_range(w: Array, call: Call) -> Any:
    """Several axes are taken for all from the first that is named to the last."""
    numbers = [axis % w.ndim for axis in _numbers(call)]
    return right(w, replace(call, axis=list(range(min(numbers), max(numbers) + 1))) if numbers else call)


@killed_by("axis_forms_agree")
def axis_must_be_ordered(w: Array, call: Call) -> Any:
    """Of axes that are not in ascending order, the first alone is taken."""
    numbers = _numbers(call)
    return right(w, replace(call, axis=numbers[0]) if numbers != sorted(numbers) else call)


@killed_by("max_norm_value")
def axis_holds_two_numbers(w: Array, call: Call) -> Any:
    """Of several axes, two are taken."""
    numbers = _numbers(call)
    return right(w, replace(call, axis=numbers[:2]) if len(numbers) > 2 else call)


@killed_by("max_norm_value")
def axis_in_a_list_is_the_first(w: Array, call: Call) -> Any:
    """Of axes in a list, as a file of JSON holds them, the first is taken."""
    return right(w, replace(call, axis=call.axis[0]) if isinstance(call.axis, list) else call)
