"""Layouts in memory: which there are, and weights that are such as a layout can hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from random import Random

import numpy as np

from adapters.core.arrays import windows_of
from adapters.core.stack import Stack
from reference.formats import FloatArray

# contiguous as often as all others together
OTHERS = ("F", "strided", "reversed", "channels-last", "offset", "misaligned", "read-only", "broadcast", "windows")
LAYOUTS = ("C",) * len(OTHERS) + OTHERS
# several elements share memory, or none may be written to
NOT_IN_PLACE = frozenset({"broadcast", "windows", "read-only"})
# along which axes a layout has one element for several weights
_AXES: Mapping[str, Callable[[Sequence[int]], list[int]]] = {
    "broadcast": lambda shape: [axis for axis, size in enumerate(shape) if size > 1],
    "windows": lambda shape: [axis for axis in range(len(shape) - 1) if shape[axis] > 1 and shape[axis + 1] > 1],
}


def layouts_for(stack: Stack, layouts: Sequence[str]) -> list[str]:
    """Those of some layouts that a stack can be given: what works in place writes to each element apart."""
    return [layout for layout in layouts if not (stack.in_place and layout in NOT_IN_PLACE)]


def differs(layout: str, shape: Sequence[int]) -> bool:
    """Whether a layout is another than C for a shape, where it is not C itself."""
    if layout in _AXES:
        return bool(_AXES[layout](shape))
    if layout == "F":
        return sum(size > 1 for size in shape) > 1
    if layout == "channels-last":
        return len(shape) > 2 and shape[1] > 1 and any(size > 1 for size in shape[2:])
    return layout != "reversed" or (len(shape) > 0 and shape[0] > 1)


def made_for(layout: str, array: FloatArray, random: Random) -> tuple[FloatArray, str]:
    """Weights made such as a layout can hold, and the layout's full name; C where their shape is too small for it."""
    name = random.choice(full_names(layout, array.shape))
    return made_to_fit(array, name), name


def full_names(layout: str, shape: Sequence[int]) -> list[str]:
    """A layout with each axis along which weights of a shape can share memory in it; C alone where there is none."""
    if layout not in _AXES:
        return [layout]
    return [f"{layout}:{axis}" for axis in _AXES[layout](shape)] or ["C"]


def made_to_fit(array: FloatArray, layout: str) -> FloatArray:
    """Weights that have the same bits where a layout, by its full name, has one element for several."""
    name, _, axis = layout.partition(":")
    if name not in _AXES:
        return array
    return (_in_broadcast if name == "broadcast" else _in_windows)(array, int(axis))


def fits(layout: str, array: FloatArray) -> bool:
    """Whether weights have the same bits where a layout has one element for several."""
    name, _, number = layout.partition(":")
    axis = int(number or 0)
    if name == "broadcast":
        return axis < array.ndim and _same(array, _in_broadcast(array, axis))
    if name == "windows":
        return axis < array.ndim - 1 and _same(array, _in_windows(array, axis))
    return True


def _in_broadcast(array: FloatArray, axis: int) -> FloatArray:
    return np.repeat(np.take(array, [0], axis), array.shape[axis], axis)


def _in_windows(array: FloatArray, axis: int) -> FloatArray:
    windows = np.lib.stride_tricks.sliding_window_view(windows_of(array, axis), array.shape[axis + 1], axis)
    return np.ascontiguousarray(np.moveaxis(windows, -1, axis + 1))


def _same(array: FloatArray, other: FloatArray) -> bool:
    return np.ascontiguousarray(array).tobytes() == np.ascontiguousarray(other).tobytes()
