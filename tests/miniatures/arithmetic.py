"""What the miniatures are built of: a right constraint in NumPy, every operation in the weights' own format."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from numpy.lib.array_utils import normalize_axis_tuple

Array = npt.NDArray[Any]
VALUES = ("max_norm_value", "min_max_norm_value", "unit_norm_value")


@dataclass(frozen=True)
class Call:
    """What a constraint is asked for; `number` counts its calls before this one."""

    contract: str
    parameters: Mapping[str, float]
    axis: Any
    number: int = 0

    def dimensions(self, rank: int) -> tuple[int, ...]:
        """The dimensions over which the norm is taken, ascending."""
        return tuple(sorted(normalize_axis_tuple(range(rank) if self.axis is None else self.axis, rank)))

    def value(self, name: str, w: Array) -> Any:
        """A parameter in the weights' format."""
        return w.dtype.type(self.parameters[name])


Function = Callable[[Array, Call], Any]


@dataclass(frozen=True)
class Miniature:
    """A function and the rules that must find it wrong, each at `level` (its own where nothing is said).

    `elements` is the most that the reduced case of such a finding may hold.
    """

    function: Function
    rules: tuple[str, ...]
    level: str | None
    elements: int

    @property
    def name(self) -> str:
        """The function's name."""
        return self.function.__name__


def killed_by(*rules: str, level: str | None = None, elements: int = 16) -> Callable[[Function], Miniature]:
    """Make a function a miniature that these rules must find wrong."""
    return lambda function: Miniature(function, rules, level, elements)


def total(x: Array, dimensions: tuple[int, ...]) -> Array:
    """The sum over some dimensions, which are kept with size 1, as a balanced tree of additions."""
    kept = [1 if d in dimensions else size for d, size in enumerate(x.shape)]
    rows = np.moveaxis(x, dimensions, range(x.ndim - len(dimensions), x.ndim)).reshape(math.prod(kept), -1)
    while (n := rows.shape[1]) > 1:
        half = rows[:, : (n + 1) // 2].copy()
        half[:, : n // 2] += rows[:, (n + 1) // 2 :]
        rows = half
    return rows.reshape(kept)


def norm(w: Array, call: Call) -> Array:
    """The L2 norm of each group."""
    return np.asarray(np.sqrt(total(np.square(w), call.dimensions(w.ndim))))


def clipped(n: Array, low: Any, high: Any) -> Array:
    """Norms moved between two bounds."""
    return np.asarray(np.minimum(np.maximum(n, low), high))


def target(n: Array, call: Call) -> Array:
    """What each norm should become; 1 for unit_norm."""
    if call.contract == "unit_norm":
        return np.ones_like(n)
    high = call.value("max_value", n)
    if call.contract == "max_norm":
        return clipped(n, n.dtype.type(0), high)
    rate = call.value("rate", n)
    return np.asarray(rate * clipped(n, call.value("min_value", n), high) + (n.dtype.type(1) - rate) * n)


def scaled(w: Array, n: Array, call: Call) -> Array:
    """The weights, given the norms of their groups."""
    return np.asarray(w * (target(n, call) / (call.value("epsilon", n) + n)))


def right(w: Array, call: Call) -> Array:
    """The weights as the contract has them."""
    return scaled(w, norm(w, call), call)
