"""Numbers and results in words."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from reference.formats import FloatArray, Format, round_to

SAID = {
    "NaN": "is NaN",
    "infinite": "is infinite",
    "all zero": "is zero though the weights are not",
    "sign flipped": "has the opposite sign",
    "other values": "has other values than exact arithmetic gives",
}


def signatures(rows: FloatArray, results: FloatArray) -> NDArray[np.str_]:
    """What each group became, in a word."""
    with np.errstate(all="ignore"):
        tests = {
            "NaN": np.isnan(results).any(axis=1),
            "infinite": np.isinf(results).any(axis=1),
            "all zero": ~results.any(axis=1) & rows.any(axis=1),
            "sign flipped": (np.sign(results) * np.sign(rows) < 0).any(axis=1),
        }
    return np.select(list(tests.values()), list(tests), "other values")


def show(values: FloatArray, fmt: Format | None = None, most: int = 8) -> str:
    """A few numbers as people write them: the shortest decimals that name them in their format."""
    flat = np.ravel(values)
    if flat.size > most and np.all(flat == flat[0]):
        return f"[{flat.size:,} times {_number(float(flat[0]), fmt)}]"
    text = ", ".join(_number(float(v), fmt) for v in flat[:most])
    return f"[{text}, ... {flat.size - most:,} more]" if flat.size > most else f"[{text}]"


def _number(value: float, fmt: Format | None) -> str:
    for digits in range(1, 17 if fmt is not None else 1):
        text = f"{value:.{digits}g}"
        if fmt is not None and round_to(np.asarray(float(text)), fmt) == value:
            return text
    return repr(value).removesuffix(".0")
