"""Cases: plain data that say which call to make, exactly enough to be made again anywhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from reference.formats import FORMATS, BitArray, FloatArray, Format, decode, encode
from reference.groups import AxisError, reduced_dimensions, to_rows
from reports.record import case as recorded

# the forms of an axis that documents know, of a matrix for example 0, (0, 1), [-1] and None for all dimensions
Axis = int | tuple[int, ...] | list[int] | None
# forms that no document speaks of: some rules ask what an implementation makes of them
UnspecifiedAxis = float | np.int64
AnyAxis = Axis | UnspecifiedAxis
# None and text are no numbers: some rules ask what an implementation makes of them
Value = float | str | None


class Whole(float):
    """A number that is given to a call as an int, and counts as any other."""


@dataclass(frozen=True, repr=False)
class Weights:
    """An array of weights: format name, shape, raw little-endian bits in C order, and its layout in memory.

    Layouts: those of adapters.core.arrays. The content is the same whatever the layout.
    """

    format: str
    shape: tuple[int, ...]
    bits: bytes
    layout: str = "C"

    def __repr__(self) -> str:
        return f"Weights({self.format}, {self.shape}, {self.layout}, {len(self.bits)} bytes)"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(repr(self))  # Hypothesis would spell out megabytes of bits

    @property
    def floating(self) -> Format | None:
        """The floating-point format, or None for integers, booleans and the like."""
        return FORMATS.get(self.format)

    @cached_property
    def values(self) -> FloatArray:
        """The weights as float64 numbers, exactly; complex numbers as pairs along one more dimension."""
        fmt = self.floating
        if fmt is not None:
            return decode(self.raw, fmt)
        stored = np.frombuffer(self.bits, np.dtype(self.format))
        if stored.dtype.kind == "c":
            return stored.astype(np.complex128).view(np.float64).reshape(*self.shape, 2)
        return stored.astype(np.float64).reshape(self.shape)

    @property
    def raw(self) -> BitArray:
        """The bits as unsigned integers in the array's shape."""
        fmt = self.floating
        width = fmt.bits if fmt else 8 * np.dtype(self.format).itemsize
        return np.frombuffer(self.bits, np.dtype(f"<u{width // 8}")).reshape(self.shape)

    @property
    def size(self) -> int:
        """The number of weights."""
        return int(np.prod(self.shape, dtype=np.int64))


def weights_of(values: FloatArray | Sequence[Any], fmt: Format, layout: str = "C") -> Weights:
    """`values` rounded to the format."""
    array = np.ascontiguousarray(np.asarray(values, dtype=np.float64)).reshape(np.shape(values))
    return Weights(fmt.name, array.shape, encode(array, fmt).tobytes(), layout)


@dataclass(frozen=True)
class Case:
    """One call, or `calls` successive ones each on the result of the last, of a contract's implementation.

    `axis`: the dimensions over which the norm is taken, whatever the call itself wants to be given; () where each
    weight is taken on its own. `access`: how the implementation is come by, or what of it is asked: see
    adapters.core.stack.
    """

    contract: str
    parameters: Mapping[str, Any]  # numbers, but for what some rules ask of None and text
    axis: AnyAxis
    weights: Weights
    calls: int = 1
    access: str = "call"

    def rows(self, array: FloatArray) -> FloatArray:
        """The groups of an array of the weights' shape, one per row; raises AxisError for an axis that has none."""
        return to_rows(array, self.reduced)

    @cached_property
    def reduced(self) -> tuple[int, ...]:
        """The dimensions over which the norm is taken, ascending; raises AxisError for an axis that names none."""
        if isinstance(self.axis, float):
            raise AxisError(f"axis {self.axis!r} is no integer")
        return reduced_dimensions(self.axis, len(self.weights.shape))

    @property
    def id(self) -> str:
        """A short name that depends on the content alone."""
        return self.recorded.id

    @cached_property
    def recorded(self) -> recorded.Case:
        """The case as a record has it."""
        w, axis = self.weights, self.axis
        unnamed = recorded.Case(
            "",
            self.contract,
            {name: as_given(value) for name, value in sorted(self.parameters.items())},
            recorded.NumpyInteger(int(axis)) if isinstance(axis, np.integer) else axis,
            recorded.Weights(w.format, w.shape, w.layout, w.bits),
            self.calls,
            self.access,
        )
        return replace(unnamed, id=recorded.id_of(unnamed))


def as_given(value: Value) -> int | Value:
    """A parameter as a call is given it."""
    return int(value) if isinstance(value, Whole) else value


def format_of(case: Case) -> Format:
    """The format of floating-point weights, which every packed case has."""
    fmt = case.weights.floating
    assert fmt is not None
    return fmt
