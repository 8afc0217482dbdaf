"""tf.clip_by_value: the order of its bounds, their types and shapes."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

import numpy as np

from conformance.claims.experiment import Arguments, Raised, experiment, is_refused

if TYPE_CHECKING:
    import tensorflow as tf


def clip_values(weights: list[float], low: float, high: float) -> list[float]:
    """The weights clipped to a minimum and a maximum."""
    clipped: list[float] = tf.clip_by_value(tf.constant(weights), low, high).numpy().tolist()
    return clipped


def clip_integer_values(weights: list[int], high: float) -> list[int]:
    """Integers clipped to Python floats."""
    clipped: list[int] = tf.clip_by_value(tf.constant(weights, tf.int32), -high, high).numpy().tolist()
    return clipped


def clip_integers_to_tensors(weights: list[int], high: float) -> list[int]:
    """Integers clipped to float32 tensors."""
    bounds = tf.constant([-high, high])
    clipped: list[int] = tf.clip_by_value(tf.constant(weights, tf.int32), bounds[0], bounds[1]).numpy().tolist()
    return clipped


def clip_to_column(weights: list[float], lows: list[float]) -> list[float]:
    """A vector clipped to a column of minima, which would make a matrix of it."""
    column = [[low] for low in lows]
    clipped: list[float] = tf.clip_by_value(tf.constant(weights), column, 99.0).numpy().tolist()
    return clipped


def integers_and_bound(random: Random) -> Arguments:
    return {"weights": [random.randint(-9, 9) for _ in range(2)], "high": random.choice([1.5, 3.1])}


def values(random: Random) -> Arguments:
    low, high = (random.randint(-8, 8) / 2.0 for _ in range(2))
    return {"weights": [random.randint(-16, 16) / 2.0 for _ in range(6)], "low": low, "high": high}


def vector_and_minima(random: Random) -> Arguments:
    return {"weights": [1.0, 2.0], "lows": [random.randint(1, 16) / 2.0 for _ in range(random.randint(2, 3))]}


@experiment(clip_values, values, trials=16)
def values_are_clipped(arguments: Arguments, output: Any) -> bool | None:
    """With a minimum that is at most the maximum, each weight becomes the nearest number between them."""
    low, high = arguments["low"], arguments["high"]
    return bool(output == [min(max(weight, low), high) for weight in arguments["weights"]]) if low <= high else None


@experiment(clip_values, values, trials=16, errors=True, keep=("low", "high"))
def minimum_above_maximum_raises(arguments: Arguments, output: Any) -> bool | None:
    """A minimum above the maximum raises an error."""
    return isinstance(output, Raised) if arguments["low"] > arguments["high"] else None


@experiment(clip_integer_values, integers_and_bound, errors=True, keep=("weights",))
def integers_and_python_floats_raise_type_error(arguments: Arguments, output: Any) -> bool:
    """Integers clipped to Python floats raise a TypeError."""
    return is_refused(output, "TypeError")


@experiment(clip_integers_to_tensors, integers_and_bound, errors=True, keep=("weights",))
def integers_and_float_tensors_raise_type_error(arguments: Arguments, output: Any) -> bool:
    """Integers clipped to float32 tensors raise a TypeError."""
    return is_refused(output, "TypeError")


@experiment(clip_to_column, vector_and_minima, errors=True)
def larger_result_raises_invalid_argument_error(arguments: Arguments, output: Any) -> bool | None:
    """Bounds that would enlarge the result raise an InvalidArgumentError."""
    return is_refused(output, "InvalidArgumentError") if len(arguments["lows"]) > 1 else None


@experiment(clip_values, values, trials=24, errors=True)
def minimum_above_maximum_gives_the_minimum(arguments: Arguments, output: Any) -> bool | None:
    """With a minimum above the maximum every weight becomes the minimum."""
    if arguments["low"] <= arguments["high"]:
        return None
    return bool(output == [arguments["low"]] * len(arguments["weights"]))


def clip_integers_in_mode(mode: str, weights: list[int], high: float) -> list[int]:
    """Integers clipped to float32 tensors, eagerly or in a tf.function."""
    t, low, up = tf.constant(weights, tf.int32), tf.constant(-high), tf.constant(high)

    def clipped() -> tf.Tensor:
        return tf.clip_by_value(t, low, up)

    result: list[int] = (tf.function(clipped)() if mode == "graph" else clipped()).numpy().tolist()
    return result


@experiment(
    clip_integers_in_mode,
    lambda random: {"mode": random.choice(("eager", "graph")), **integers_and_bound(random)},
    errors=True,
    keep=("mode", "weights"),
)
def integers_and_float_tensors_are_refused_by_mode(arguments: Arguments, output: Any) -> bool:
    """Integers and float32 tensors raise an InvalidArgumentError in eager execution, a TypeError inside tf.function."""
    return is_refused(output, "TypeError" if arguments["mode"] == "graph" else "InvalidArgumentError")


def clip_to_bounds_of_a_shape(side: str, weights: list[float], bounds: list[float], shape: list[int]) -> list[float]:
    """A vector clipped to minima or to maxima of a shape, the other bound being far away."""
    t, limits = tf.constant(weights), tf.reshape(tf.constant(bounds), shape)
    low, high = (limits, 99.0) if side == "min" else (-99.0, limits)
    clipped: list[float] = tf.clip_by_value(t, low, high).numpy().tolist()
    return clipped


def bounds_of_a_shape(fits: bool) -> Any:
    """How to draw bounds that can be broadcast but would enlarge a vector, or that cannot be broadcast."""

    def draw(random: Random) -> Arguments:
        size = random.randint(2, 4)
        enlarging = random.choice(([size, 1], [1, size], [1, 1], [2, size], [3, 1]))
        shape = enlarging if fits else random.choice(([size + 1], [size + 3], [1, size + 1]))
        bounds = [random.randint(1, 16) / 2.0 for _ in range(int(np.prod(shape)))]
        weights = [float(random.randint(-9, 9)) for _ in range(size)]
        return {"side": random.choice(("min", "max")), "weights": weights, "bounds": bounds, "shape": shape}

    return draw


SHAPED = ("side", "weights", "bounds", "shape")


@experiment(clip_to_bounds_of_a_shape, bounds_of_a_shape(fits=True), trials=16, errors=True, keep=SHAPED)
def values_that_would_enlarge_raise_value_error(arguments: Arguments, output: Any) -> bool:
    """Minima or maxima whose broadcasting would enlarge the result raise a ValueError."""
    return is_refused(output, "ValueError")


@experiment(clip_to_bounds_of_a_shape, bounds_of_a_shape(fits=False), trials=16, errors=True, keep=SHAPED)
def values_that_cannot_be_broadcast_raise_invalid_argument_error(arguments: Arguments, output: Any) -> bool:
    """Minima or maxima that cannot be broadcast raise an InvalidArgumentError in eager execution."""
    return is_refused(output, "InvalidArgumentError")
