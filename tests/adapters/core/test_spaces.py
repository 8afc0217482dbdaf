"""Spaces: both sides make the same groups from their numbers, and none is left out or twice in it."""

from __future__ import annotations

import numpy as np
import pytest

from adapters.core.spaces import EQUAL_WEIGHTS, NUMBERS, PAIRS, Space, are_finite, arranged, in_columns, shape_of

PLACES = [(1, ()), (2, (0,)), (2, (1,)), (3, (1, 2)), (4, (0, 1, 2)), (4, (1, 2, 3)), (5, (0, 1, 2, 3))]


@pytest.mark.parametrize("format", ["float16", "bfloat16"])
def test_the_numbers_of_a_format_are_each_there_once(format: str) -> None:
    """The bits of a number are its number."""
    space = Space(NUMBERS, format)
    assert space.columns(0, space.size).tolist() == [list(range(65536))]


def test_parts_of_a_space_are_the_space() -> None:
    """However it is cut, up to the last number of float32."""
    space = Space(NUMBERS, "float32")
    assert space.columns(space.size - 3, 3).tolist() == [[0xFFFFFFFD, 0xFFFFFFFE, 0xFFFFFFFF]]
    assert np.hstack([space.columns(5, 2), space.columns(7, 4)]).tolist() == space.columns(5, 6).tolist()


def test_a_pair_is_numbered_by_the_bits_of_both() -> None:
    """The first number decides first, and there are as many pairs as float32 has numbers."""
    space = Space(PAIRS, "bfloat16", 2)
    assert space.size == 1 << 32
    assert space.columns(0x3C00FFFF, 2).tolist() == [[0x3C00, 0x3C01], [0xFFFF, 0x0000]]


def test_equal_weights_fill_a_group() -> None:
    """Each number is as often there as a group is long."""
    assert Space(EQUAL_WEIGHTS, "float16", 3).columns(7, 2).tolist() == [[7, 8]] * 3


@pytest.mark.parametrize(
    ("kind", "format", "length"),
    [
        (NUMBERS, "float64", 1),
        (NUMBERS, "float16", 2),
        (PAIRS, "float32", 2),
        (PAIRS, "float16", 3),
        (EQUAL_WEIGHTS, "float16", 1),
        (EQUAL_WEIGHTS, "float16", 4097),
        ("triples", "float16", 3),
    ],
)
def test_what_is_no_space_is_refused(kind: str, format: str, length: int) -> None:
    """By one sentence, whoever asks."""
    with pytest.raises(ValueError, match=r"there are no|are not swept"):
        Space(kind, format, length)


@pytest.mark.parametrize(("first", "count"), [(-1, 2), (65535, 2), (0, 65537)])
def test_groups_that_a_space_does_not_have_are_refused(first: int, count: int) -> None:
    """No number is wrapped around."""
    with pytest.raises(ValueError, match="there are no"):
        Space(NUMBERS, "float16").columns(first, count)


@pytest.mark.parametrize(("rank", "reduced"), PLACES)
def test_groups_come_back_from_where_they_were_put(rank: int, reduced: tuple[int, ...]) -> None:
    """In whichever dimensions they lie, the array has the shape that was said, and is contiguous."""
    columns = np.arange(6 if reduced else 3, dtype=np.uint16).reshape(-1, 3)
    array = arranged(columns, rank, reduced)
    assert array.shape == shape_of(len(columns), 3, rank, reduced) and array.flags.c_contiguous
    assert in_columns(array, rank, reduced).tolist() == columns.tolist()


def test_a_whole_array_has_no_place_for_many_groups() -> None:
    """One dimension has to be left for them."""
    with pytest.raises(ValueError, match="all weights are one group"):
        shape_of(2, 3, 2, (0, 1))


@pytest.mark.parametrize(("format", "infinity"), [("float16", 0x7C00), ("bfloat16", 0x7F80), ("float32", 0x7F800000)])
def test_infinities_and_nan_are_told_from_other_numbers(format: str, infinity: int) -> None:
    """A group is finite where all its weights are."""
    wide = np.uint32 if format == "float32" else np.uint16
    columns = np.array([[infinity - 1, infinity, infinity + 1, 0, 0], [0, 0, 0, infinity, 1]], wide)
    assert are_finite(columns, format).tolist() == [True, False, False, False, True]


@pytest.mark.parametrize(("first", "count", "found"), [(0, 9, (True, False)), (0x7BFF, 2, (True, True))])
def test_it_is_known_what_a_part_holds(first: int, count: int, found: tuple[bool, bool]) -> None:
    """Finite weights, and others; and so it is of negative numbers."""
    space = Space(NUMBERS, "float16")
    assert space.holds(first, count) == space.holds(0x8000 + first, count) == found
    assert space.holds(0x7C00, 0x400) == space.holds(0xFC00, 0x400) == (False, True)
