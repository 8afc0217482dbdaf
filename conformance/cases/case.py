"""Cases: plain data that say which call to make, exactly enough to be made again anywhere."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from adapters.core.axes import encode_axis
from reference.formats import FORMATS, BitArray, FloatArray, Format, decode, encode
from reference.groups import AxisError, reduced_dimensions, to_rows

# the forms of an axis that documents know, of a matrix for example 0, (0, 1), [-1] and None for all dimensions
Axis = int | tuple[int, ...] | list[int] | None
# forms that no document speaks of: some rules ask what an implementation makes of them
UnspecifiedAxis = float | np.int64
AnyAxis = Axis | UnspecifiedAxis
# None and text are no numbers: some rules ask what an implementation makes of them
Value = float | str | None


@dataclass(frozen=True, repr=False)
class Weights:
    """An array of weights: format name, shape, raw little-endian bits in C order, and its layout in memory.

    Layouts: "C", "F", "strided", "reversed", "broadcast:K" (constant along dimension K). The content is the same
    whatever the layout.
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
    weight is taken on its own. `way`: how the implementation is come by, or what of it is asked (adapters.core.stack).
    """

    contract: str
    parameters: Mapping[str, float]
    axis: AnyAxis
    weights: Weights
    calls: int = 1
    way: str = "call"

    def rows(self, array: FloatArray) -> FloatArray:
        """The groups of an array of the weights' shape, one per row; raises AxisError for an axis that has none."""
        return to_rows(array, self.reduced)

    @cached_property
    def reduced(self) -> tuple[int, ...]:
        """The dimensions over which the norm is taken, ascending; raises AxisError for an axis that names none."""
        if isinstance(self.axis, float):
            raise AxisError(f"axis {self.axis!r} is no integer")
        return reduced_dimensions(self.axis, len(self.weights.shape))

    @cached_property
    def id(self) -> str:
        """A short name that depends on the content alone."""
        content = json.dumps(_content(self), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(content.encode()).hexdigest()[:10]


def format_of(case: Case) -> Format:
    """The format of floating-point weights, which every packed case has."""
    fmt = case.weights.floating
    assert fmt is not None
    return fmt


def _content(case: Case) -> dict[str, Any]:
    weights = case.weights
    content = {
        "contract": case.contract,
        "parameters": parameters_to_json(case.parameters),
        "axis": encode_axis(case.axis),
        "weights": {
            "format": weights.format,
            "shape": list(weights.shape),
            "layout": weights.layout,
            "bits": base64.b64encode(weights.bits).decode("ascii"),
        },
        "calls": case.calls,
    }
    return content if case.way == "call" else {**content, "way": case.way}


def parameters_to_json(parameters: Mapping[str, Value]) -> dict[str, Any]:
    """Parameters by name, as JSON data: exact."""
    return {name: _value_to_json(value) for name, value in sorted(parameters.items())}


def _value_to_json(value: Value) -> str | dict[str, str] | None:
    if value is None:
        return None
    return {"text": value} if isinstance(value, str) else float(value).hex()
