"""Shapes that are drawn freely are of moderate size, and such as a stack takes."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest

from adapters.core.stack import ALL_BUT_ONE, ROWS, WHOLE, Grouping
from conformance.cases.bags import Bags
from conformance.cases.free_shapes import KINDS, FreeShapes
from tests.support.fakes import stack_of


@pytest.mark.parametrize("kind", KINDS)
def test_shapes_are_of_moderate_size(kind: str) -> None:
    """Whatever their kind, and some are large."""
    drawer, bags, random = FreeShapes(2**16, kinds=(kind,)).of(stack_of(), 1), Bags(""), Random(0)
    assert drawer is not None
    sizes = [int(np.prod(drawer.draw(random, bags).shape)) for _ in range(60)]
    assert min(sizes) >= 1 and max(sizes) <= 2.5 * 2**16


@pytest.mark.parametrize("grouping", [WHOLE, ALL_BUT_ONE, ROWS])
def test_a_shape_is_one_that_the_stack_takes(grouping: Grouping) -> None:
    """In its rank and the dimensions that are reduced."""
    drawer, bags, random = FreeShapes().of(stack_of(grouping=grouping), 1), Bags(""), Random(0)
    assert drawer is not None
    drawn = [drawer.draw(random, bags) for _ in range(40)]
    assert all(grouping.covers(len(groups.shape), groups.reduced) for groups in drawn)


def test_a_stack_without_groups_has_no_shapes() -> None:
    """Nothing can be drawn for it."""
    assert FreeShapes().of(stack_of(grouping=Grouping("", lambda rank, reduced: False)), 1) is None
