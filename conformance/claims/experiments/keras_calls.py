"""Keras constraints called on arrays: which norms come out."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from conformance.claims.experiment import Arguments, experiment
from conformance.claims.experiments.numbers import ROUNDOFF

if TYPE_CHECKING:
    import keras

Array = NDArray[np.float64]
EPSILON = 1e-7


def float32(value: float) -> float:
    """The nearest float32 number."""
    return float(np.float32(value))


def drawn_columns(random: Random, exponents: tuple[float, float], rows: int = 0) -> list[list[float]]:
    """A matrix whose columns have norms of about 10 to the power of numbers between `exponents`."""
    height, width = rows or random.randint(1, 5), random.randint(1, 4)
    sizes = [10.0 ** random.uniform(*exponents) for _ in range(width)]
    return [[float32(_weight(random) * size) for size in sizes] for _ in range(height)]


def _weight(random: Random) -> float:
    return random.choice((-1.0, 1.0)) * random.uniform(0.5, 1.0)


def norms_of(columns: Any) -> Array:
    """The norms of columns in float64, of very large ones too."""
    array = np.asarray(columns, dtype=np.float64)
    return np.asarray(np.sqrt(np.sum(np.square(array), axis=0)))


def roundings(columns: Any, unit: float = ROUNDOFF) -> float:
    """The relative error of a computed norm of n weights, and of clipping and scaling: (n + 6) units of roundoff."""
    return (len(columns) + 6) * unit


def max_norm(weights: list[list[float]], max_value: float) -> list[list[float]]:
    """What MaxNorm makes of the columns of a matrix."""
    constraint = keras.constraints.MaxNorm(max_value)
    made: list[list[float]] = np.asarray(constraint(np.array(weights, "float32"))).tolist()
    return made


def min_max_norm(weights: list[list[float]], min_value: float, max_value: float, rate: float) -> list[list[float]]:
    """What MinMaxNorm makes of the columns of a matrix."""
    constraint = keras.constraints.MinMaxNorm(min_value, max_value, rate=rate)
    made: list[list[float]] = np.asarray(constraint(np.array(weights, "float32"))).tolist()
    return made


def around_the_maximum(random: Random) -> Arguments:
    """Columns inside and outside a bound."""
    return {"weights": drawn_columns(random, (-1.0, 2.0)), "max_value": float32(random.uniform(0.5, 4.0))}


def overflowing(random: Random) -> Arguments:
    """Columns of weights whose squares are beyond float32."""
    return {"weights": drawn_columns(random, (19.8, 36.0)), "max_value": float32(random.uniform(0.5, 4.0))}


def _norms_above_become_the_maximum(arguments: Arguments, output: Any) -> list[bool] | None:
    before, after = norms_of(arguments["weights"]), norms_of(output)
    room = roundings(arguments["weights"])
    above = before > arguments["max_value"] * (1.0 + room)
    with np.errstate(invalid="ignore", divide="ignore"):
        apart = np.abs(after[above] / arguments["max_value"] - 1.0)
        return list(apart <= room + EPSILON / before[above]) or None


@experiment(max_norm, around_the_maximum)
def max_norm_scales_larger_norms_to_the_maximum(arguments: Arguments, output: Any) -> list[bool] | None:
    """A column whose norm n is above max_value gets the norm max_value, but for a share of 1e-7 / n and roundings."""
    return _norms_above_become_the_maximum(arguments, output)


@experiment(max_norm, overflowing)
def max_norm_scales_huge_norms_to_the_maximum(arguments: Arguments, output: Any) -> list[bool] | None:
    """A column of float32 weights above 1e19 gets the norm max_value, but for roundings."""
    return _norms_above_become_the_maximum(arguments, output)


def overflowing_interval(random: Random) -> Arguments:
    """Columns whose squares are beyond float32, and an interval."""
    low = float32(random.uniform(0.0, 1.0))
    return {**overflowing(random), "min_value": low, "max_value": float32(low + 1.0), "rate": 1.0}


@experiment(min_max_norm, overflowing_interval, keep=("rate",))
def min_max_norm_scales_huge_norms_to_the_maximum(arguments: Arguments, output: Any) -> list[bool] | None:
    """A column of float32 weights above 1e19 gets the norm max_value under MinMaxNorm, but for roundings."""
    if arguments["min_value"] > arguments["max_value"]:
        return None
    return _norms_above_become_the_maximum(arguments, output)


def below_the_interval(random: Random) -> Arguments:
    """Columns of very small norms and of zeros, and an interval that begins above zero."""
    weights = drawn_columns(random, (-8.0, -6.0))
    if random.random() < 0.5:
        weights = [[0.0 for _ in row] for row in weights]
    return {"weights": weights, "min_value": 1.0, "max_value": 2.0, "rate": 1.0}


@experiment(min_max_norm, below_the_interval, keep=("min_value", "max_value", "rate"))
def min_max_norm_reaches_the_interval(arguments: Arguments, output: Any) -> list[bool]:
    """MinMaxNorm makes of each column one whose norm is between min_value and max_value, but for roundings."""
    after, room = norms_of(output), roundings(arguments["weights"])
    return list((after >= arguments["min_value"] * (1.0 - room)) & (after <= arguments["max_value"] * (1.0 + room)))
