"""Keras constraints on groups whose squares overflow their format."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

import numpy as np

from conformance.claims.experiment import Arguments, experiment
from conformance.claims.experiments.keras_calls import norms_of
from conformance.claims.experiments.numbers import normals
from reference.formats import FLOAT16, FLOAT32

if TYPE_CHECKING:
    import keras

FORMATS = {"float16": FLOAT16, "float32": FLOAT32}


def max_norm_in(type_in: str, weights: list[list[float]], max_value: float) -> list[list[float]]:
    """What MaxNorm makes of the columns of a matrix in a format."""
    constraint = keras.constraints.MaxNorm(max_value)
    made: list[list[float]] = np.asarray(constraint(np.array(weights, type_in))).tolist()
    return made


def min_max_norm_in(
    type_in: str, weights: list[list[float]], min_value: float, max_value: float, rate: float
) -> list[list[float]]:
    """What MinMaxNorm makes of the columns of a matrix in a format."""
    constraint = keras.constraints.MinMaxNorm(min_value, max_value, rate=rate)
    made: list[list[float]] = np.asarray(constraint(np.array(weights, type_in))).tolist()
    return made


def around_the_overflow(random: Random) -> Arguments:
    """Columns with norms below and above the root of a format's largest number, some of them near."""
    type_in = random.choice(tuple(FORMATS))
    largest, unit = FORMATS[type_in].largest, FORMATS[type_in].unit_roundoff
    rows, columns = random.randint(1, 4), random.randint(2, 5)
    drawn = np.array(normals(random, rows, columns)) + 0.01
    sizes = [
        1.0 + random.choice((-1.0, 1.0)) * 10.0 ** random.uniform(np.log10(20.0 * unit), -0.05) for _ in range(columns)
    ]
    # and one as large as weights can be
    sizes[0] = 0.99 * np.sqrt(largest) * np.linalg.norm(drawn[:, 0]) / np.abs(drawn[:, 0]).max()
    weights = drawn / np.linalg.norm(drawn, axis=0) * sizes * np.sqrt(largest)
    max_value = random.choice((0.5, 1.0, 3.0))
    return {"type_in": type_in, "weights": weights.astype(type_in).astype(float).tolist(), "max_value": max_value}


def interval_around_the_overflow(random: Random) -> Arguments:
    """The same, and an interval and a rate."""
    drawn = around_the_overflow(random)
    rate = random.choice((0.0, 0.25, 0.5, 1.0))
    return {**drawn, "min_value": random.choice((0.0, drawn["max_value"] / 2.0)), "rate": rate}


def sides(arguments: Arguments) -> tuple[Any, Any]:
    """Which columns have squares whose sum does not overflow, and which have; between them roundings decide."""
    fmt = FORMATS[arguments["type_in"]]
    norms, limit = norms_of(arguments["weights"]), np.sqrt(fmt.largest)
    room = (len(arguments["weights"]) + 10) * fmt.unit_roundoff
    return norms < limit * (1.0 - room), norms > limit * (1.0 + room)


def is_near(arguments: Arguments, output: Any, wanted: Any) -> Any:
    fmt = FORMATS[arguments["type_in"]]
    room = (len(wanted) + 10) * fmt.unit_roundoff * np.abs(wanted) + 2.0 ** (fmt.emin - fmt.precision + 1)
    return (np.abs(np.array(output) - wanted) <= room).all(axis=0)


@experiment(max_norm_in, around_the_overflow, keep=("type_in",))
def max_norm_makes_zeros_where_squares_overflow(arguments: Arguments, output: Any) -> list[bool] | None:
    """A column becomes zero where the sum of its squares overflows, in float32 from the norm 1.8447e19 and in float16
    from 256 on, and gets the norm max_value below that, but for roundings.
    """
    below, above = sides(arguments)
    before = np.array(arguments["weights"])
    scaled = is_near(arguments, output, before * (arguments["max_value"] / norms_of(before)))
    zeros = (np.array(output) == 0.0).all(axis=0)
    return list(np.where(above, zeros, scaled)[below | above]) or None


@experiment(min_max_norm_in, interval_around_the_overflow, keep=("type_in", "rate"))
def min_max_norm_makes_nan_where_squares_overflow(arguments: Arguments, output: Any) -> list[bool] | None:
    """At any rate from 0 to 1 a column becomes NaN where the sum of its squares overflows, in float32 from the norm
    1.8447e19 and in float16 from 256 on, and gets the norm of the formula below that, but for roundings.
    """
    rate, high = arguments["rate"], arguments["max_value"]
    if not 0.0 <= rate <= 1.0 or arguments["min_value"] > high:
        return None
    below, above = sides(arguments)
    before = np.array(arguments["weights"])
    scaled = is_near(arguments, output, before * (1.0 - rate + rate * high / norms_of(before)))
    return list(np.where(above, np.isnan(output).all(axis=0), scaled)[below | above]) or None
