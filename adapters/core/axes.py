"""An axis as plain data and back: an int, None and a list as they are, and what plain data would confuse with these."""

from __future__ import annotations

from typing import Any

import numpy as np


def encode_axis(axis: Any) -> Any:
    """Return plain data that keep apart what a framework is given: an int, a list, a tuple, None, and invalid forms."""
    if isinstance(axis, bool):
        return {"bool": axis}
    if isinstance(axis, float):
        return {"float": axis}
    if isinstance(axis, np.integer):
        return {"numpy": int(axis)}
    return {"tuple": list(axis)} if isinstance(axis, tuple) else axis


def encode_axes(axes: Any) -> Any:
    """Return plain data for several axes, None for none."""
    return None if axes is None else [encode_axis(axis) for axis in axes]


def decode_axes(wire: Any) -> Any:
    """Return the axes that plain data hold; raises TypeError or ValueError for other data."""
    return None if wire is None else tuple(decode_axis(axis) for axis in wire)


def encode_by_rank(axes: Any) -> Any:
    """Return plain data for the axis of each rank, None for none."""
    return None if axes is None else [[rank, encode_axis(axis)] for rank, axis in axes.items()]


def decode_by_rank(wire: Any) -> Any:
    """Return the axis of each rank that plain data hold; raises TypeError or ValueError for other data."""
    return None if wire is None else {int(rank): decode_axis(axis) for rank, axis in wire}


def decode_axis(wire: Any) -> Any:
    """Return the object that a framework gets."""
    if not isinstance(wire, dict):
        return wire
    ((kind, value),) = wire.items()
    return {"tuple": tuple, "float": float, "bool": bool, "numpy": np.int64}[kind](value)
