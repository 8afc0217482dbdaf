"""JSON schemas: whether data are what a schema says, and where they are not, in one line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from jsonschema_rs import Draft202012Validator, Registry, ValidationError, ValidationErrorKind

# values in lists and objects; what one line of a record holds is less
SMALL = 50_000


@dataclass(frozen=True)
class Complaint:
    """What is wrong with one value: the steps that lead to it from the root, and a message without a full stop."""

    path: tuple[str | int, ...]
    message: str

    @property
    def place(self) -> str:
        """The path as a person writes it, such as runs[0].header; empty at the root."""
        steps = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in self.path)
        return steps.removeprefix(".")


@dataclass(frozen=True)
class Schema:
    """A schema of draft 2020-12, with the documents that it refers to by their ids."""

    definition: dict[str, Any]
    others: tuple[dict[str, Any], ...] = ()

    def complaint(self, data: object) -> Complaint | None:
        """What is wrong with the data, where something is: of several faults the one nearest to the root.

        Of much data it is the first fault, for all of them would take the memory and the time of many times the data.
        """
        try:
            return self._complaint(data)
        except UnicodeEncodeError:
            # Half a surrogate pair is no fault of a record, but the validator's text cannot hold it.
            return self._complaint(json.loads(json.dumps(data, ensure_ascii=False).encode("utf-8", "replace")))

    def _complaint(self, data: object) -> Complaint | None:
        try:
            if self._validator.is_valid(data):
                return None
            if not _is_small(data):
                self._validator.validate(data)
            return min(map(_innermost, self._validator.iter_errors(data)), key=lambda error: len(error.path))
        except ValidationError as error:
            return _innermost(error)
        except UnicodeEncodeError:
            raise
        except ValueError as error:  # a date, bytes, a key that is no text, or too deep
            return Complaint((), str(error))

    @cached_property
    def _validator(self) -> Draft202012Validator:
        registry = Registry([(other["$id"], other) for other in self.others])
        return Draft202012Validator(self.definition, registry=registry)


def _is_small(data: object) -> bool:
    """Whether data hold few values."""
    left, count = [data], 0
    while left and count < SMALL:
        held = left.pop()
        count += 1
        if isinstance(held, dict | list):
            count += len(held)
            left += [one for one in (held.values() if isinstance(held, dict) else held) if isinstance(one, dict | list)]
    return count < SMALL


def _innermost(error: ValidationError) -> Complaint:
    # "is not valid under any of the given schemas" helps nobody: what the alternative that goes deepest lacks does
    alternatives = list(_alternatives(error))
    if not alternatives:
        return Complaint(tuple(error.instance_path), _message(error))
    return max(map(_innermost, alternatives), key=lambda inner: len(inner.path))


def _message(error: ValidationError) -> str:
    match error.kind:
        case ValidationErrorKind.Enum(options):  # the validator names two and counts the others
            return f"{json.dumps(error.instance)} is not one of {', '.join(map(json.dumps, options))}"
    return error.message


def _alternatives(error: ValidationError) -> Iterator[ValidationError]:
    match error.kind:
        case ValidationErrorKind.AnyOf(context) | ValidationErrorKind.OneOfNotValid(context):
            for errors in context:
                yield from errors
