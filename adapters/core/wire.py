"""Frozen dataclasses as the plain data that a channel carries and JSON holds, and back, checked field by field."""

from __future__ import annotations

import collections.abc
import dataclasses
import functools
from collections.abc import Mapping
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")


class MessageError(ValueError):
    """Plain data that is not the message it is taken for; the message names the field and what is wrong with it."""


def to_wire(value: Any) -> Any:
    """Return plain data: dictionaries of fields, lists, and what is plain by itself.

    A field may be encoded in a way of its own, by a function "encode" in its metadata.
    """
    if dataclasses.is_dataclass(value):
        return {
            each.name: each.metadata.get("encode", to_wire)(getattr(value, each.name))
            for each in dataclasses.fields(value)
        }
    if isinstance(value, Mapping):
        return {key: to_wire(item) for key, item in value.items()}
    return [to_wire(item) for item in value] if isinstance(value, (tuple, list)) else value


def from_wire(kind: type[T], wire: Any, name: str) -> T:
    """Return the value of a dataclass that plain data hold; raises MessageError."""
    value: T = _read(kind, wire, name)
    return value


def _read(kind: Any, wire: Any, name: str) -> Any:
    if kind is Any:
        return wire
    if dataclasses.is_dataclass(kind):
        return _dataclass(kind, _checked(dict, wire, name), name)
    arguments = get_args(kind)
    if get_origin(kind) is Union:  # of a type and None
        return None if wire is None else _read(arguments[0], wire, name)
    if get_origin(kind) is tuple:
        items = _checked(list, wire, name)
        return tuple(_read(arguments[0], item, f"{name}[{number}]") for number, item in enumerate(items))
    if get_origin(kind) is collections.abc.Mapping:
        entries = _checked(dict, wire, name)
        return {
            _checked(str, key, f"a key of {name}"): _read(arguments[1], value, f"{name}.{key}")
            for key, value in entries.items()
        }
    return _checked(kind, wire, name)


def _checked(kind: Any, wire: Any, name: str) -> Any:
    # a bool is an int to isinstance, and a whole number may stand for a float
    if type(wire) is kind or (kind is float and type(wire) is int):
        return wire
    raise MessageError(f"{name} is {type(wire).__name__}, not {kind.__name__}")


def _dataclass(kind: Any, wire: Mapping[str, Any], name: str) -> Any:
    fields = {each.name: each for each in dataclasses.fields(kind)}
    required = {key for key, each in fields.items() if _is_required(each)}
    if missing := sorted(required - set(wire)):
        raise MessageError(f"{name} has no {missing[0]}")
    if unknown := sorted(map(str, set(wire) - set(fields))):
        raise MessageError(f"{name} has an unknown field {unknown[0]}")
    values = {key: _field(kind, fields[key], value, f"{name}.{key}") for key, value in wire.items()}
    try:
        return kind(**values)
    except ValueError as error:
        raise MessageError(f"{name}: {error}") from error


def _is_required(field: dataclasses.Field[Any]) -> bool:
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING


def _field(kind: Any, field: dataclasses.Field[Any], wire: Any, name: str) -> Any:
    if "decode" not in field.metadata:
        return _read(_types(kind)[field.name], wire, name)
    try:
        return field.metadata["decode"](wire)
    except (KeyError, TypeError, ValueError) as error:
        raise MessageError(f"{name} is {wire!r:.80}: {type(error).__name__}: {error}") from error


@functools.lru_cache(maxsize=None)
def _types(kind: Any) -> Mapping[str, Any]:
    # by the names of its module, which a worker that has imported somebody's code no longer finds in sys.modules
    return get_type_hints(kind, kind.__init__.__globals__)
