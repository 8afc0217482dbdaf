"""A case as a record holds it: which call was made, on which weights, exactly."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import prod
from typing import Any, TypeAlias

from reports.record.codec import Coding, to_json, wire


@dataclass(frozen=True)
class NumpyInteger:
    """An axis given as an integer of NumPy's own type."""

    value: int

    def __repr__(self) -> str:
        return f"np.int64({self.value})"


# what was given to a call, valid or not; a float or a bool is allowed by no contract
Axis: TypeAlias = int | float | bool | list[int] | tuple[int, ...] | NumpyInteger | None
# None and text are no numbers: some rules ask what an implementation makes of them
Parameter: TypeAlias = float | int | str | None


def axis_to_json(axis: Axis) -> Any:
    """JSON data that keep apart an int, a list, a tuple, None, and forms that are not valid."""
    if isinstance(axis, bool):
        return {"bool": axis}
    if isinstance(axis, float):
        return {"float": axis if axis - axis == 0.0 else str(axis)}
    if isinstance(axis, NumpyInteger):
        return {"numpy": axis.value}
    return {"tuple": list(axis)} if isinstance(axis, tuple) else axis


def axis_from_json(data: Any) -> Axis:
    """The inverse of `axis_to_json`; ValueError for what it does not write."""
    if isinstance(data, list):
        return list(data)
    if not isinstance(data, dict):
        if data is None or isinstance(data, int):
            return data
        raise ValueError(f"{data!r} is no axis")
    ((kind, value),) = data.items()
    made: Axis = {"tuple": tuple, "bool": bool, "float": float, "numpy": NumpyInteger}[kind](value)
    return made


def _parameter_to_json(value: Parameter) -> Any:
    if isinstance(value, str):
        return {"text": value}
    return value if value is None or type(value) is int else float(value).hex()


def _parameter_from_json(data: Any) -> Parameter:
    if isinstance(data, dict):
        text: str = data["text"]
        return text
    return data if data is None or type(data) is int else float.fromhex(data)


# of one weight, in the formats of ours and in others that some rules ask for
BYTES: Mapping[str, int] = {
    "float16": 2,
    "bfloat16": 2,
    "float32": 4,
    "float64": 8,
    "bool": 1,
    **{f"{kind}{8 * size}": size for kind in ("int", "uint") for size in (1, 2, 4, 8)},
    "complex64": 8,
    "complex128": 16,
}
AXIS = wire(coding=Coding(axis_to_json, axis_from_json))
PARAMETERS = wire(
    coding=Coding(
        lambda held: {name: _parameter_to_json(value) for name, value in held.items()},
        lambda data: {name: _parameter_from_json(value) for name, value in data.items()},
    )
)


@dataclass(frozen=True)
class Weights:
    """The exact weights of a case: `bits` are its elements in C order."""

    format: str
    shape: tuple[int, ...]
    layout: str
    bits: bytes

    def __post_init__(self) -> None:
        """Raise ValueError where these are no weights."""
        if self.format not in BYTES:
            raise ValueError(f"{self.format!r:.80} is no format of weights")
        if len(self.bits) != BYTES[self.format] * prod(self.shape):
            raise ValueError(f"{len(self.bits)} bytes are no {self.format} weights of the shape {self.shape!r:.80}")


@dataclass(frozen=True)
class Case:
    """A question that replays anywhere; `access` is how the constraint is got, or what of it is used."""

    id: str
    contract: str
    parameters: Mapping[str, Parameter] = field(metadata=PARAMETERS)
    axis: Axis = field(metadata=AXIS)
    weights: Weights
    calls: int
    access: str = field(default="call", metadata=wire("way"))


def id_of(case: Case) -> str:
    """The id that a case has by its content."""
    content = to_json(case)
    del content["id"]
    return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()[:10]
