"""Faults that show for one number, or for few: no drawn case is likely to meet them, and a sweep meets them all."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.mutants.arithmetic import ELEMENTWISE, Array, Call
from tests.mutants.mutant import killed_by
from tests.mutants.right import right

SWEPT = "every_group_of_a_space_is_accepted"
# pi / 4 in float16 and in bfloat16
ONE_NUMBER = {"float16": 0x3A48, "bfloat16": 0x3F49}


def _are_that_number(w: Array) -> Array:
    bits = ONE_NUMBER.get(w.dtype.name)
    return np.zeros(w.shape, bool) if bits is None else np.asarray(w.view(np.uint16) == bits)


@killed_by(SWEPT)
def one_number_is_doubled(w: Array, call: Call) -> Any:
    """A weight that is nearest to pi / 4 in float16, or in bfloat16, comes back doubled."""
    result = right(w, call)
    return np.where(_are_that_number(w), result + result, result) if call.contract not in ELEMENTWISE else result


@killed_by(SWEPT)
def one_number_raises(w: Array, call: Call) -> Any:
    """A weight that is nearest to pi / 4 in float16, or in bfloat16, is refused."""
    if w.ndim < 3 and _are_that_number(w).any():
        raise ArithmeticError("this number has bad luck")
    return right(w, call)


@killed_by(SWEPT)
def one_negative_number_loses_its_sign(w: Array, call: Call) -> Any:
    """A weight of float16 next above -1 comes back positive."""
    result = right(w, call)
    if w.dtype.name != "float16" or call.contract in ELEMENTWISE:
        return result
    return np.where(w.view(np.uint16) == 0xBBFF, np.abs(result), result)


@killed_by(SWEPT)
def the_last_mantissa_is_cut(w: Array, call: Call) -> Any:
    """A weight of float16 whose mantissa is all ones, outside [0.5, 32], comes back as the number below."""
    result = right(w, call)
    if w.dtype.name != "float16" or call.contract in ELEMENTWISE:
        return result
    chosen = ((w.view(np.uint16) & 0x3FF) == 0x3FF) & ((np.abs(w) < 0.5) | (np.abs(w) > 32)) & np.isfinite(w)
    return np.where(chosen, np.nextafter(np.nextafter(result, np.float16(0)), np.float16(0)) * np.float16(0.5), result)
