"""Cases are of kinds, by which it is counted what a run has met."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from conformance.cases.case import Axis, Case, weights_of
from conformance.cases.kinds import BEYOND, kinds_of, norms_of_groups, size
from reference.formats import FORMATS

F32 = FORMATS["float32"]


def case_of(values: object, axis: Axis = 0) -> Case:
    """max_norm(2) of some weights."""
    parameters = {"max_value": 2.0, "epsilon": 1e-7}
    return Case("max_norm", parameters, axis, weights_of(np.asarray(values, dtype=float), F32))


@pytest.mark.parametrize(
    ("number", "kind"),
    [(0, "0"), (1, "1"), (2, "2 to 7"), (64, "64 to 1,023"), (65536, "16,384 to 65,536"), (65537, BEYOND)],
)
def test_sizes_have_kinds(number: int, kind: str) -> None:
    """From one number to another."""
    assert size(number) == kind


@pytest.mark.parametrize(
    ("axis", "written", "reduced"),
    [
        (0, "int", "one"),
        (-1, "negative int", "one"),
        ((0, 1), "tuple", "adjacent ones"),
        ([0, 2], "list", "ones apart"),
        ((2, 0), "unordered tuple", "ones apart"),
        ((-1, 0), "mixed tuple", "ones apart"),
        (None, "None", "all"),
    ],
)
def test_an_axis_has_kinds(axis: Axis, written: str, reduced: str) -> None:
    """How it is written, and which dimensions it names."""
    kinds = dict(kinds_of(case_of(np.ones((2, 3, 4)), axis)))
    assert (kinds["axis"], kinds["reduced dimensions"], kinds["rank"]) == (written, reduced, "3")


def test_norms_have_kinds() -> None:
    """Where they lie to the bound, and whether the format holds them and their squares."""
    columns = [np.nan, 0.0, 3e38, 1e30, 1e-40, 1e-30, 2.0, 5.0, 0.01, 1.0]
    rows = np.array([columns, [0.0, 0.0, 3e38, *[0.0] * 7]])
    assert norms_of_groups(case_of(rows)) == Counter(
        {
            "NaN or infinite": 1,
            "zero": 1,
            "beyond the format": 1,
            "with squares beyond the format": 1,
            "subnormal": 1,
            "with squares below the format": 1,
            "at a bound": 1,
            "above the bounds": 1,
            "below the bounds": 1,
            "inside the bounds": 1,
        }
    )
