"""Arguments of Keras constraints that their documentation says little of, and how constraints are named and stored."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

import numpy as np

from conformance.claims.experiment import Arguments, Raised, experiment
from conformance.claims.experiments.keras_calls import float32
from conformance.claims.experiments.numbers import ROUNDOFF

if TYPE_CHECKING:
    import keras


def along_axis(weights: list[list[float]], max_value: float, axis: int) -> list[list[float]]:
    """What MaxNorm makes of a matrix, along an axis."""
    constraint = keras.constraints.MaxNorm(max_value, axis=axis)
    made: list[list[float]] = np.asarray(constraint(np.array(weights, "float32"))).tolist()
    return made


def _matrix(random: Random) -> list[list[float]]:
    width = random.randint(1, 3)
    return [[float32(random.uniform(1.0, 9.0)) for _ in range(width)] for _ in range(random.randint(2, 4))]


def any_axis(random: Random) -> Arguments:
    """A matrix and one of its axes."""
    return {"weights": _matrix(random), "max_value": 1.0, "axis": random.choice((0, 1))}


def no_integer(random: Random) -> Arguments:
    """A matrix, and an axis that is a list or None."""
    return {"weights": _matrix(random), "max_value": 1.0, "axis": random.choice(([0], [1], [0, 1], [], None))}


@experiment(along_axis, any_axis, keep=("axis",))
def integer_axis_is_the_axis_of_the_norms(arguments: Arguments, output: Any) -> list[bool] | None:
    """Along axis 0 or 1, norms above max_value become max_value, but for (n + 8) units of roundoff."""
    before, after = (np.linalg.norm(w, axis=arguments["axis"]) for w in (arguments["weights"], output))
    if arguments["max_value"] < 0.5 or not (before > arguments["max_value"]).all():
        return None
    room = (np.shape(output)[arguments["axis"]] + 8) * ROUNDOFF
    return list(np.abs(after / arguments["max_value"] - 1.0) <= room)


@experiment(along_axis, no_integer, errors=True, keep=("axis",))
def axis_other_than_an_integer_is_refused(arguments: Arguments, output: Any) -> bool:
    """An axis that is a list or None raises an exception."""
    return isinstance(output, Raised)


def ones_along_axis(shape: list[int], axis: int) -> list[int]:
    """The shape of what MaxNorm makes of ones, along an axis."""
    return list(keras.constraints.MaxNorm(2.0, axis=axis)(np.ones(shape, "float32")).shape)


def axis_out_of_range(random: Random) -> Arguments:
    """A shape, and an axis that it does not have."""
    rank = random.randint(1, 3)
    return {"shape": [random.randint(1, 3) for _ in range(rank)], "axis": random.choice((rank, rank + 1, -rank - 1))}


@experiment(ones_along_axis, axis_out_of_range, errors=True, keep=("shape", "axis"))
def axis_out_of_range_is_a_value_error(arguments: Arguments, output: Any) -> bool:
    """An axis that the weights do not have raises a ValueError, or NumPy's AxisError, which is one."""
    return isinstance(output, Raised) and output.type in ("ValueError", "AxisError")


def max_norm_of_one(weight: float, max_value: float) -> float:
    """What MaxNorm makes of a scalar weight, of shape ()."""
    return float(np.asarray(keras.constraints.MaxNorm(max_value)(np.array(weight, "float32"))))


def scalar(random: Random) -> Arguments:
    """A scalar weight above its bound."""
    return {"weight": float32(random.uniform(2.0, 9.0)), "max_value": 1.0}


@experiment(max_norm_of_one, scalar, errors=True, keep=("max_value",))
def scalar_weight_becomes_the_maximum(arguments: Arguments, output: Any) -> bool | None:
    """A weight of shape () above max_value becomes max_value, but for 8 units of roundoff."""
    if arguments["weight"] < 2.0:
        return None
    return not isinstance(output, Raised) and abs(output / arguments["max_value"] - 1.0) <= 8.0 * ROUNDOFF


def min_max_norm_of_one(weight: float, min_value: float, max_value: float, rate: float) -> float:
    """What MinMaxNorm makes of one weight."""
    constraint = keras.constraints.MinMaxNorm(min_value, max_value, rate=rate)
    return float(np.asarray(constraint(np.array([weight], "float32")))[0])


def rate_out_of_range(random: Random) -> Arguments:
    """A weight, its interval, and a rate below 0 or above 1."""
    rate = random.choice((random.uniform(1.5, 4.0), random.uniform(-4.0, -0.5)))
    return {"weight": float(random.randint(6, 12)), "min_value": 0.0, "max_value": 5.0, "rate": float32(rate)}


@experiment(min_max_norm_of_one, rate_out_of_range, errors=True, keep=("weight", "min_value", "max_value"))
def rate_outside_0_to_1_is_refused(arguments: Arguments, output: Any) -> bool | None:
    """A rate below 0 or above 1 raises an exception."""
    return None if 0.0 <= arguments["rate"] <= 1.0 else isinstance(output, Raised)


def wrong_way_round(random: Random) -> Arguments:
    """A weight, and a min_value above max_value."""
    high = float32(random.uniform(0.5, 2.0))
    low = float32(high + random.uniform(0.5, 2.0))
    return {"weight": float32(random.uniform(0.5, 9.0)), "min_value": low, "max_value": high, "rate": 1.0}


@experiment(min_max_norm_of_one, wrong_way_round, errors=True, keep=("rate",))
def minimum_above_maximum_is_refused(arguments: Arguments, output: Any) -> bool | None:
    """A min_value above max_value raises an exception."""
    return None if arguments["min_value"] <= arguments["max_value"] else isinstance(output, Raised)


@experiment(min_max_norm_of_one, wrong_way_round, keep=("rate",))
def minimum_above_maximum_clips_as_numpy_does(arguments: Arguments, output: Any) -> bool | None:
    """With a min_value above max_value the norm becomes what NumPy's clip makes of it, but for 1e-7 and roundings."""
    low, high, weight = arguments["min_value"], arguments["max_value"], arguments["weight"]
    if low <= high or weight < 0.5:
        return None
    return bool(abs(output / np.clip(weight, low, high) - 1.0) <= 1e-7 / weight + 8.0 * ROUNDOFF)


def max_norm_of_three(max_value: float) -> float:
    """What MaxNorm(max_value) makes of the weight 3."""
    return float(np.asarray(keras.constraints.MaxNorm(max_value)(np.array([3.0], "float32")))[0])


@experiment(max_norm_of_three, lambda random: {"max_value": float32(-random.uniform(0.5, 4.0))}, errors=True)
def negative_maximum_is_refused(arguments: Arguments, output: Any) -> bool | None:
    """A negative max_value raises an exception."""
    return None if arguments["max_value"] >= 0.0 else isinstance(output, Raised)


@experiment(max_norm_of_three, lambda random: {"max_value": float32(-random.uniform(0.5, 4.0))})
def negative_maximum_keeps_signs(arguments: Arguments, output: Any) -> bool | None:
    """A negative max_value does not turn the sign of weights."""
    return None if arguments["max_value"] >= 0.0 else bool(output >= 0.0)


@experiment(max_norm_of_three, [{"max_value": None}], errors=True)
def maximum_of_none_is_refused(arguments: Arguments, output: Any) -> bool:
    """The max_value None raises an exception."""
    return isinstance(output, Raised)


def types(type_in: str) -> list[str]:
    """The types of weights and of what MaxNorm makes of them."""
    weights = np.array([3, 4], type_in)
    return [weights.dtype.name, np.asarray(keras.constraints.MaxNorm(2.0)(weights)).dtype.name]


@experiment(types, [{"type_in": "float32"}])
def float32_weights_stay_float32(arguments: Arguments, output: Any) -> bool:
    """Weights of float32 stay float32."""
    return bool(output[0] == output[1])


@experiment(types, [{"type_in": "float64"}])
def float64_weights_stay_float64(arguments: Arguments, output: Any) -> bool:
    """Weights of float64 stay float64."""
    return bool(output[0] == output[1])


@experiment(types, [{"type_in": name} for name in ("int32", "uint8", "int64")], errors=True)
def integer_weights_keep_their_type_or_are_refused(arguments: Arguments, output: Any) -> bool:
    """Weights that are integers keep their type, or raise an exception."""
    return isinstance(output, Raised) or output[0] == output[1]
