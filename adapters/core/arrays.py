"""NumPy arrays to and from weights: bits in C order, a format, a shape and a memory layout.

Layouts hold the same logical content in different memory:
    C             contiguous
    F             contiguous in Fortran order
    strided       every second element, along the last axis, of a buffer twice as large
    reversed      a negative stride along the first axis
    channels-last the second axis next to itself in memory, as images have their channels
    offset        behind another element of the same buffer, so not where an allocation begins
    misaligned    one byte behind where a number of this size may begin
    read-only     contiguous, and not to be written to
    broadcast:K   stride 0 along axis K, on which the content must be constant
    windows:K     overlapping windows along axes K and K + 1, so that the content must be constant along their diagonals
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

FORMATS = ("float16", "bfloat16", "float32", "float64")


def storage(format: str) -> np.dtype[Any]:
    """Return the NumPy type that holds a format's bits; bfloat16 is held as uint16."""
    return np.dtype("uint16" if format == "bfloat16" else format)


def is_compared(number: np.dtype[Any]) -> bool:
    """Return whether numbers of a type are compared: those of 64 bits at most, complex ones of twice as many."""
    return number.kind in "biufc" and number.itemsize <= (16 if number.kind == "c" else 8)


@dataclass(frozen=True)
class Weights:
    """An array of a format: its bits, little-endian and in C order whatever the layout in memory."""

    format: str
    shape: tuple[int, ...]
    bits: bytes
    layout: str = "C"

    def check(self) -> None:
        """Raise ValueError for a format that NumPy does not have, or bits that do not fill the shape."""
        try:
            number = storage(self.format)
        except (TypeError, ValueError) as error:
            raise ValueError(f"NumPy has no format named {self.format[:80]}") from error
        if not is_compared(number):
            raise ValueError(f"{self.format[:80]} is no format of numbers that are compared")
        if min(self.shape, default=0) < 0 or prod(self.shape) * number.itemsize != len(self.bits):
            raise ValueError(f"{len(self.bits)} bytes are no {self.format} array of shape {self.shape}")


def decode(weights: Weights) -> Array:
    """Build the writable array of weights in their layout, or raise ValueError if they cannot be so."""
    dtype = storage(weights.format)
    flat = np.frombuffer(bytearray(weights.bits), dtype.newbyteorder("<")).astype(dtype, copy=False)
    return laid_out(flat.reshape(weights.shape), weights.layout)


def encode(array: Array, format: str) -> Weights:
    """Return the weights that an array holds, in layout C."""
    little = array.astype(array.dtype.newbyteorder("<"), copy=False)
    return Weights(format, tuple(int(size) for size in array.shape), little.tobytes())


def sample(format: str) -> Array:
    """Return two ordinary values, 1 and -2.5, in a format."""
    values = np.array([1, -2.5], np.float32)
    return (values.view(np.uint32) >> 16).astype(np.uint16) if format == "bfloat16" else values.astype(format)


def laid_out(array: Array, layout: str) -> Array:
    """Return the same content in another memory layout."""
    if layout == "C":
        return array
    if layout == "F":
        return array.copy(order="F")
    if layout == "strided":
        buffer = np.empty((*array.shape, 2), array.dtype)
        # All ones is NaN in every floating-point format, so a read across the stride cannot go unnoticed.
        buffer.view(np.uint8)[...] = 0xFF
        buffer[..., 0] = array
        return buffer[..., 0]
    if layout == "reversed":
        return array[::-1].copy()[::-1] if array.ndim else array
    if layout == "channels-last":
        return np.moveaxis(np.moveaxis(array, 1, -1).copy(), -1, 1) if array.ndim > 1 else array
    if layout in ("offset", "misaligned"):
        return _behind(array, array.itemsize if layout == "offset" else 1)
    if layout == "read-only":
        array.flags.writeable = False
        return array
    name, colon, axis = layout.partition(":")
    if colon and name in ("broadcast", "windows"):
        return (_broadcast if name == "broadcast" else _windows)(array, int(axis))
    raise ValueError(f"there is no layout named {layout!r}")


def _behind(array: Array, bytes: int) -> Array:
    """Return a copy that begins so many bytes into its buffer, behind what is NaN in every floating-point format."""
    buffer = np.full(array.nbytes + bytes, 0xFF, np.uint8)
    view = buffer[bytes:].view(array.dtype).reshape(array.shape)
    view[...] = array
    return view


def windows_of(array: Array, axis: int) -> Array:
    """Return the sequence, along an axis, whose windows would be the rows along that axis, if those overlapped."""
    firsts, last = np.take(array, 0, axis + 1), np.take(array, -1, axis)
    return np.concatenate([firsts, np.take(last, range(1, array.shape[axis + 1]), axis)], axis)


def _windows(array: Array, axis: int) -> Array:
    if not 0 <= axis < array.ndim - 1:
        raise ValueError(f"layout windows:{axis} needs that axis and the next, but the shape is {array.shape}")
    if array.size == 0:
        return array
    sequence = windows_of(array, axis)
    strides = [*sequence.strides[: axis + 1], *sequence.strides[axis:]]
    windows = np.lib.stride_tricks.as_strided(sequence, array.shape, strides)
    if windows.tobytes() != array.tobytes():
        raise ValueError(f"layout windows:{axis} needs weights that are constant along the diagonals of two axes")
    return windows


def _broadcast(array: Array, axis: int) -> Array:
    if not -array.ndim <= axis < array.ndim:
        raise ValueError(f"layout broadcast:{axis} needs that axis, but the shape is {array.shape}")
    if array.size == 0:
        return array
    first = np.take(array, [0], axis=axis)
    if np.broadcast_to(first, array.shape).tobytes() != array.tobytes():
        raise ValueError(f"layout broadcast:{axis} needs weights that are constant along axis {axis}")
    strides = list(first.strides)
    strides[axis] = 0
    # np.broadcast_to would be read-only, and a subject that writes to its input must be seen, not stopped.
    return np.lib.stride_tricks.as_strided(first, array.shape, strides)


def as_bfloat16(array: Array, format: str) -> Array:
    """View the bits of a bfloat16 array through ml_dtypes; leave other formats as they are."""
    return array.view(importlib.import_module("ml_dtypes").bfloat16) if format == "bfloat16" else array


def named(array: Any) -> tuple[Array, str]:
    """Return an array and its format's name, bfloat16 of ml_dtypes as uint16 bits."""
    array = np.asarray(array)
    name = str(array.dtype.name)
    return (array.view(np.uint16) if name == "bfloat16" else array), name
