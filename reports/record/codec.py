"""Dataclasses to JSON data and back, driven by their types: dicts and lists exist on that side only.

Keys stand in the order of the fields. A field is absent where it has its default, a class variable is a constant of the
type, bytes are base64, and numbers that JSON lacks are words.
"""

from __future__ import annotations

import base64
import math
import types
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass
from enum import Enum
from functools import cache
from typing import Any, ClassVar, TypeAlias, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")
# Any: a value of the type that is coded, or JSON data, whose shape the schema holds
Convert: TypeAlias = Callable[[Any], Any]


def _same(value: Any) -> Any:
    return value


@dataclass(frozen=True)
class Coding:
    """How values of a type become JSON data, and how they are made of it."""

    encode: Convert = _same
    decode: Convert = _same


def wire(key: str = "", coding: Coding | None = None) -> Mapping[str, Any]:
    """Metadata of a field that has another name in JSON, or a coding of its own."""
    return {"key": key, "coding": coding}


def to_json(value: object) -> Any:
    """The dataclass as JSON data."""
    hint: Any = type(value)
    return _coding(hint).encode(value)


def from_json(kind: type[T], data: Mapping[str, Any]) -> T:
    """The inverse of `to_json` for data that the schema accepts; ValueError for numbers and bytes that are none."""
    try:
        hint: Any = kind
        value: T = _coding(hint).decode(data)
    except OverflowError as error:
        raise ValueError(str(error)) from error
    return value


def key_of(field: Field[Any]) -> str:
    """The field's name in JSON."""
    return field.metadata.get("key") or field.name


def is_optional(field: Field[Any]) -> bool:
    """Whether the field may be absent in JSON."""
    return field.default is not MISSING


def constants(kind: type) -> dict[str, Any]:
    """What all values of the type have in JSON, such as their kind."""
    return {name: getattr(kind, name) for name, hint in get_type_hints(kind).items() if get_origin(hint) is ClassVar}


# Any: a type as an annotation has it, for which Python has no type
@cache
def _coding(hint: Any) -> Coding:
    origin, arguments = get_origin(hint), get_args(hint)
    if is_dataclass(hint):
        return _of_dataclass(hint)  # type: ignore[arg-type]  # a type, for annotations name no values
    if origin in (Union, types.UnionType):
        return _of_optional(arguments)
    if origin is tuple:
        return _of_tuple(arguments)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return _of_mapping(*map(_coding, arguments))
    if isinstance(hint, type) and issubclass(hint, Enum):
        return Coding(lambda member: member.value, hint)
    return _PLAIN.get(hint, Coding())


def _of_dataclass(kind: type) -> Coding:
    hints, fixed = get_type_hints(kind), constants(kind)
    coded = [
        (field.name, key_of(field), field.default, field.metadata.get("coding") or _coding(hints[field.name]))
        for field in fields(kind)
    ]

    def encode(value: Any) -> dict[str, Any]:
        known = ((key, getattr(value, name), default, coding) for name, key, default, coding in coded)
        return {**fixed, **{key: coding.encode(held) for key, held, default, coding in known if held != default}}

    def decode(data: Mapping[str, Any]) -> Any:
        return kind(**{name: coding.decode(data[key]) for name, key, _, coding in coded if key in data})

    return Coding(encode, decode)


def _of_optional(arguments: tuple[Any, ...]) -> Coding:
    (inner,) = (_coding(argument) for argument in arguments if argument is not type(None))
    return Coding(
        lambda value: None if value is None else inner.encode(value),
        lambda value: None if value is None else inner.decode(value),
    )


def _of_tuple(arguments: tuple[Any, ...]) -> Coding:
    if arguments[1:] == (...,):
        each = _coding(arguments[0])
        return Coding(lambda values: list(map(each.encode, values)), lambda values: tuple(map(each.decode, values)))
    codings = [_coding(argument) for argument in arguments]
    return Coding(
        lambda values: [coding.encode(value) for coding, value in zip(codings, values, strict=True)],
        lambda values: tuple(coding.decode(value) for coding, value in zip(codings, values, strict=True)),
    )


def _of_mapping(keys: Coding, values: Coding) -> Coding:
    return Coding(
        lambda held: {keys.encode(key): values.encode(value) for key, value in held.items()},
        lambda held: {keys.decode(key): values.decode(value) for key, value in held.items()},
    )


# the same objects each time, so that records that hold NaN can be compared
_WORDS = {"inf": math.inf, "-inf": -math.inf, "nan": math.nan}
_PLAIN = {
    float: Coding(
        lambda number: number if math.isfinite(number) else str(number),
        lambda number: _WORDS[number] if isinstance(number, str) else number,
    ),
    bytes: Coding(
        lambda held: base64.b64encode(held).decode("ascii"), lambda text: base64.b64decode(text, validate=True)
    ),
}
