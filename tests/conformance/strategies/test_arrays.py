"""Shapes, axes and weights reach the places at which implementations go wrong."""

from __future__ import annotations

from collections.abc import Callable
from math import prod

import numpy as np
import pytest
from hypothesis import find, given, settings
from hypothesis import strategies as st

from conformance.strategies.arrays import SIZES, axes, layouts, shapes, weights
from conformance.strategies.regimes import REGIMES
from reference.formats import FORMATS
from reference.groups import reduced_dimensions, to_rows


@given(shapes(min_dims=1, max_dims=5, max_weights=600))
def test_shapes_keep_their_limits(shape: tuple[int, ...]) -> None:
    """Sides that would make too many weights are cut."""
    assert 1 <= len(shape) <= 5 and prod(shape) <= 600


@given(shapes(min_dims=3, max_dims=3, min_side=2, max_weights=8))
def test_a_side_is_cut_to_leave_room_for_the_others(shape: tuple[int, ...]) -> None:
    """Here one shape is left."""
    assert shape == (2, 2, 2)


@pytest.mark.parametrize("size", [0, 1, *SIZES])
def test_sizes_around_blocks_are_reached(size: int) -> None:
    """Each of them."""
    assert find(shapes(max_dims=1), lambda shape: shape == (size,)) == (size,)


IMPOSSIBLE: list[dict[str, int]] = [{"min_dims": 3, "max_dims": 2}, {"min_side": 9, "max_side": 8}]


@pytest.mark.parametrize("limits", [*IMPOSSIBLE, {"min_dims": 2, "min_side": 4, "max_weights": 15}])
def test_shapes_that_cannot_be_are_refused(limits: dict[str, int]) -> None:
    """Rather than drawn for ever."""
    with pytest.raises(ValueError, match="there is no shape"):
        shapes(**limits)


@pytest.mark.parametrize("reduced", [(0,), (3,), (0, 2), (1, 3), (0, 1, 2, 3)])
def test_all_dimensions_are_reached_from_either_end(reduced: tuple[int, ...]) -> None:
    """Also several that do not lie side by side, in any order."""

    def names(axis: object) -> bool:
        numbers = axis if isinstance(axis, tuple) else (axis,)
        return None not in numbers and min(numbers) < 0 and reduced_dimensions(numbers, 4) == reduced

    assert names(find(axes(4), names))
    assert find(axes(4), lambda axis: axis is None) is None


def test_a_number_has_no_dimensions() -> None:
    """What names none is all that can be."""
    assert find(axes(0), lambda axis: axis == ()) == ()


@pytest.mark.slow
@pytest.mark.parametrize("regime", REGIMES)
@settings(max_examples=20)
@given(data=st.data())
def test_weights_of_every_regime_have_their_shape_and_format(regime: str, data: st.DataObject) -> None:
    """Whatever the shape, the empty ones among them."""
    format = data.draw(st.sampled_from(["float16", "float32", "float64"]))
    shape = data.draw(shapes(max_dims=2, max_weights=40))
    drawn = data.draw(weights(shape, data.draw(axes(len(shape))), format=format, regimes=[regime]))
    assert (drawn.shape, drawn.dtype) == (shape, np.dtype(format))


def norms(rows: np.ndarray) -> np.ndarray:
    """Of each group, in float64."""
    found: np.ndarray = np.sqrt(np.sum(np.square(rows.astype(np.float64)), axis=1))
    return found


TINY, LARGEST = FORMATS["float32"].smallest_normal, FORMATS["float32"].largest
SHOWS: dict[str, Callable[[np.ndarray], bool]] = {
    "ordinary": lambda rows: bool(np.all(norms(rows) > 2.0)),
    "inside": lambda rows: bool(np.all((norms(rows) > 0.0) & (norms(rows) < 2.0))),
    "zeros": lambda rows: bool(np.signbit(rows).any() and not rows.any()),
    "equal": lambda rows: bool(np.all(rows == rows[:, :1]) and np.all(rows > 0.0)),
    "at the bound": lambda rows: bool(np.all(norms(rows) == 2.0)),
    "one large": lambda rows: bool(np.all(np.sort(np.abs(rows))[:, -1] > 100 * np.sort(np.abs(rows))[:, -2])),
    "tiny": lambda rows: bool(rows.any() and np.all(np.abs(rows) < 8 * TINY)),
    "huge": lambda rows: bool(np.all(np.abs(rows).max(axis=1) > 1e-3 * LARGEST)),
    "special": lambda rows: not np.isfinite(rows).all(),
}


@pytest.mark.slow
@pytest.mark.parametrize("regime", REGIMES)
def test_a_regime_is_what_it_says(regime: str) -> None:
    """Each is tried, so that a new one needs a line here."""
    drawn = weights((3, 2), 0, bound=2.0, regimes=[regime])
    assert find(drawn, lambda array: SHOWS[regime](to_rows(array, 0))).shape == (3, 2)


@pytest.mark.slow
def test_many_groups_differ() -> None:
    """More than are drawn one by one: each is like one of a few."""
    found = find(weights((40, 1), 1, regimes=["ordinary"]), lambda array: len(np.unique(array)) > 2)
    assert found.shape == (40, 1)


def test_all_layouts_are_drawn() -> None:
    """Those that need weights made for them too."""
    assert find(layouts(), lambda name: True) == "C"
    assert find(layouts(), lambda name: name == "windows") == "windows"


@pytest.mark.parametrize(("said", "asked"), [("format", {"format": "float8"}), ("regime", {"regimes": ["large"]})])
def test_a_name_that_there_is_not_is_refused(said: str, asked: dict[str, str]) -> None:
    """With those that there are."""
    with pytest.raises(ValueError, match=f"there is no {said} named .*; there are "):
        weights((2,), 0, **asked)  # type: ignore[arg-type]
