"""Groups as rows: the order in memory changes nothing."""

from __future__ import annotations

import numpy as np
import pytest

from reference.groups import SHORT, by_columns


@pytest.mark.parametrize("length", [0, 1, 2, SHORT, SHORT + 1])
def test_rows_by_columns_are_the_same_rows(length: int) -> None:
    """Short ones and long ones."""
    rows = np.arange(3.0 * length).reshape(3, length)
    assert by_columns(rows).tolist() == rows.tolist()


def test_short_rows_are_reduced_as_columns() -> None:
    """Whose numbers lie side by side then."""
    assert by_columns(np.zeros((4, SHORT))).flags.f_contiguous
    assert by_columns(np.zeros((4, SHORT + 1))).flags.c_contiguous
