"""Layouts hold the weights that are made for them, and are left where others do not fit."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest

from adapters.core.arrays import decode, encode, laid_out
from conformance.cases.layouts import LAYOUTS, fits, layouts_for, made_for
from tests.support.fakes import stack_of


@pytest.mark.parametrize("layout", sorted(set(LAYOUTS)))
def test_a_layout_holds_the_weights_that_are_made_for_it(layout: str) -> None:
    """Bit by bit."""
    values, name = made_for(layout, np.arange(24.0).reshape(2, 3, 4), Random(3))
    assert fits(name, values) and name.partition(":")[0] == layout
    stored = encode(values.astype(np.float32), "float32")
    assert laid_out(decode(stored), name).tolist() == values.tolist()


@pytest.mark.parametrize(("layout", "shape"), [("broadcast", ()), ("windows", (4,))])
def test_a_rank_that_is_too_small_is_contiguous(layout: str, shape: tuple[int, ...]) -> None:
    """There is nothing to share."""
    assert made_for(layout, np.zeros(shape), Random(0))[1] == "C"


def test_other_weights_may_not_fit() -> None:
    """Of which those that share memory differ."""
    assert not fits("broadcast:0", np.array([1.0, 2.0])) and not fits("windows:0", np.array([[1.0, 2.0], [3.0, 4.0]]))


def test_what_works_in_place_gets_memory_of_its_own() -> None:
    """That it may write to."""
    assert {"read-only", "broadcast", "windows"}.isdisjoint(layouts_for(stack_of(in_place=True), LAYOUTS))
