"""What the codec makes of a dataclass, and that it makes the same dataclass of that again."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

import pytest

from reports.record.codec import from_json, to_json, wire
from reports.record.grades import Grade
from tests.support.builder import realistic, varied


@dataclass(frozen=True)
class Part:
    size: float
    pairs: tuple[tuple[float, int], ...] = ()


@dataclass(frozen=True)
class Whole:
    kind: ClassVar[str] = "whole"
    name: str = field(metadata=wire("called"))
    bits: bytes
    parts: tuple[Part, ...]
    grades: Mapping[Grade, int]
    first: Part | None
    note: str | None = None


WHOLE = Whole("w", b"\0\1", (Part(1.5, ((0.5, 3),)), Part(math.inf)), {Grade.EXACT: 2}, None)
DATA = {
    "kind": "whole",
    "called": "w",
    "bits": "AAE=",
    "parts": [{"size": 1.5, "pairs": [[0.5, 3]]}, {"size": "inf"}],
    "grades": {"EXACT": 2},
    "first": None,
}


def test_a_dataclass_becomes_json_data_and_comes_back() -> None:
    """Keys in the order of the fields, constants first, defaults left out."""
    assert list(to_json(WHOLE).items()) == list(DATA.items()) and from_json(Whole, DATA) == WHOLE


@pytest.mark.parametrize("value", [1, 1.0, -0.0, 5e-324, 1.7976931348623157e308])
def test_a_number_stays_what_it_is(value: float) -> None:
    """Also whether it is an int."""
    assert repr(to_json(from_json(Part, {"size": value}))["size"]) == repr(value)


def test_values_that_are_no_numbers_can_be_compared() -> None:
    """Two records that hold NaN in the same place hold the same."""
    assert from_json(Part, {"size": "nan"}) == from_json(Part, {"size": "nan"})


@pytest.mark.parametrize("event", [*realistic(), *varied()], ids=lambda event: event.kind)
def test_every_event_comes_back(event: object) -> None:
    """As it was, and as the same JSON data."""
    again = from_json(type(event), to_json(event))
    assert again == event and to_json(again) == to_json(event)


def test_bytes_that_are_none_are_refused() -> None:
    """By an error that says what is wrong."""
    with pytest.raises(ValueError, match="padding"):
        from_json(Whole, {**DATA, "bits": "AA="})
