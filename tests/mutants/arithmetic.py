"""What the mutants are built of: the contracts in NumPy, every operation in the weights' own format."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from numpy.lib.array_utils import normalize_axis_tuple

Array = npt.NDArray[Any]

ELEMENTWISE = ("clip_by_value", "non_neg")
# what each contract with a largest norm calls it
UPPER: Mapping[str, str] = {
    "max_norm": "max_value",
    "min_max_norm": "max_value",
    "clip_by_norm": "clip_norm",
    "renorm": "maxnorm",
    "l2_ball": "scale",
    "clip_grad_norm": "max_norm",
    "max_norm_projection": "max_value",
    "unitwise_clip": "max_norm",
}
# those that leave a group as it is up to a norm, and scale it beyond
THRESHOLDS = ("clip_by_norm", "renorm", "l2_ball", "max_norm_projection", "unitwise_clip")
KERAS = ("max_norm", "min_max_norm", "unit_norm")
OTHER_NORMS = tuple(f"{name}_{norm}" for name in ("max_norm", "renorm", "normalize") for norm in ("l1", "linf"))
# those of the frameworks' own calls, and those that are for people's own constraints
CONTRACTS = (*KERAS, "clip_by_norm", "renorm", "l2_ball", "clip_grad_norm", *ELEMENTWISE)
OTHER_CONTRACTS = ("max_norm_projection", "unitwise_clip", "normalize", "l2_sphere", *OTHER_NORMS)


@dataclass(frozen=True)
class Call:
    """What a constraint is asked for, and in which way; `number` counts its calls before this one."""

    contract: str
    parameters: Mapping[str, Any]
    axis: Any
    number: int = 0
    access: str = "call"

    @property
    def formula(self) -> str:
        """The contract without the name of its norm, where that is not L2."""
        return self.contract.rpartition("_")[0] if self.contract in OTHER_NORMS else self.contract

    def dimensions(self, rank: int) -> tuple[int, ...]:
        """The dimensions over which the norm is taken, ascending."""
        return tuple(sorted(normalize_axis_tuple(range(rank) if self.axis is None else self.axis, rank)))

    def value(self, name: str, w: Array) -> Any:
        """A parameter in the weights' format."""
        return w.dtype.type(self.parameters[name])

    def upper(self, w: Array) -> Any:
        """The largest norm in the weights' format; infinity where there is none."""
        name = UPPER.get(self.formula)
        return w.dtype.type(math.inf) if name is None else self.value(name, w)

    def given(self, **parameters: float) -> Call:
        """The same call with other values for those of the parameters that it has."""
        return replace(self, parameters={name: parameters.get(name, old) for name, old in self.parameters.items()})

    def bounded(self, change: Callable[[float], float]) -> Call:
        """The same call with another largest norm, if it has one."""
        name = UPPER.get(self.formula)
        return self if name is None else self.given(**{name: change(self.parameters[name])})


Function = Callable[[Array, Call], Any]


def rows_of(x: Array, dimensions: tuple[int, ...]) -> tuple[Array, list[int]]:
    """The groups over some dimensions, one per row, and the shape of an array that has these with size 1."""
    kept = [1 if d in dimensions else size for d, size in enumerate(x.shape)]
    return np.moveaxis(x, dimensions, range(x.ndim - len(dimensions), x.ndim)).reshape(math.prod(kept), -1), kept


def total(x: Array, dimensions: tuple[int, ...]) -> Array:
    """The sum over some dimensions, which are kept with size 1, as a balanced tree of additions."""
    rows, kept = rows_of(x, dimensions)
    while (n := rows.shape[1]) > 1:
        half = rows[:, : (n + 1) // 2].copy()
        half[:, : n // 2] += rows[:, (n + 1) // 2 :]
        rows = half
    return rows.reshape(kept)


def norm(w: Array, call: Call) -> Array:
    """The norm of each group, which is L2 unless the contract's name ends in another's."""
    if call.contract.endswith("_l1"):
        return total(np.abs(w), call.dimensions(w.ndim))
    if call.contract.endswith("_linf"):
        return np.asarray(np.max(np.abs(w), axis=call.dimensions(w.ndim), keepdims=True, initial=0))
    return l2(w, call)


def l2(w: Array, call: Call) -> Array:
    """The L2 norm of each group."""
    return np.asarray(np.sqrt(total(np.square(w), call.dimensions(w.ndim))))


def clipped(n: Array, low: Any, high: Any) -> Array:
    """Numbers moved between two bounds."""
    return np.asarray(np.minimum(np.maximum(n, low), high))


def inside(n: Array, call: Call) -> Array:
    """The groups that a contract with a threshold leaves as they are."""
    # of NaN, PyTorch's renorm makes nothing, and the other two NaN
    upper = call.upper(n)
    if call.formula == "unitwise_clip":
        return np.asarray(n < upper)
    return np.asarray(~(n > upper) if call.formula in ("renorm", "max_norm_projection") else n <= upper)


def numerator(n: Array, call: Call) -> Array:
    """What each weight is multiplied by: for Keras' constraints on bounds, what its group's norm should become."""
    one = n.dtype.type(1)
    if call.formula in ("unit_norm", "normalize"):
        return np.ones_like(n)
    if call.formula == "l2_sphere":
        return np.full_like(n, call.value("scale", n))
    upper = call.upper(n)
    if call.formula in THRESHOLDS:
        return np.asarray(np.where(inside(n, call), one, upper))
    if call.formula == "clip_grad_norm":
        return np.full_like(n, upper)
    if call.formula == "max_norm":
        return clipped(n, n.dtype.type(0), upper)
    rate = call.value("rate", n)
    return np.asarray(rate * clipped(n, call.value("min_value", n), upper) + (one - rate) * n)


def denominator(n: Array, call: Call) -> Array:
    """What each weight is divided by."""
    if call.formula == "l2_sphere":
        return n
    if call.formula == "normalize":
        return np.asarray(np.maximum(n, call.value("epsilon", n)))
    if call.formula == "unitwise_clip":
        return np.asarray(np.where(inside(n, call), n.dtype.type(1), np.maximum(n, call.value("epsilon", n))))
    if call.formula in ("clip_by_norm", "l2_ball", "max_norm_projection"):
        return np.asarray(np.where(inside(n, call), n.dtype.type(1), n))
    longer = np.asarray(call.value("epsilon", n) + n)
    if call.formula == "renorm":
        return np.asarray(np.where(inside(n, call), n.dtype.type(1), longer))
    return np.asarray(np.maximum(call.upper(n), longer)) if call.formula == "clip_grad_norm" else longer


def gain(n: Array, call: Call) -> Array:
    """The number by which each group is multiplied."""
    return np.asarray(numerator(n, call) / denominator(n, call))


def elementwise(w: Array, call: Call) -> Array:
    """The weights, each taken on its own."""
    zero = w.dtype.type(0)
    if call.contract == "non_neg":
        return np.asarray(np.maximum(w, zero))
    return clipped(w, call.value("clip_value_min", w), call.value("clip_value_max", w))
