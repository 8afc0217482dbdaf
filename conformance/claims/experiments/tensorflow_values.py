"""tf.clip_by_value: the order of its bounds, their types and shapes."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

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
