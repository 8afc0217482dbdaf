"""What Keras constraints make of zeros and small weights, also in float16, where 1e-7 is twice the smallest number."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

import numpy as np

from conformance.claims.experiment import Arguments, experiment
from conformance.claims.experiments.keras_calls import float32
from conformance.claims.experiments.keras_small_numbers import min_max_norm_in_float16, unit_norm_in_float16

if TYPE_CHECKING:
    import keras

# 1e-7 rounded to float16; of weights below the other number the squares round to zero
EPSILON, VANISHING = 2.0**-23, 2.0**-12.5
# what 1e-7 has to divide to overflow
OVERFLOWING = 2.0**-7


def _small(random: Random) -> float:
    """A float16 weight other than zero whose square rounds to zero, of any sign."""
    weight = np.float16(10.0 ** random.uniform(-7.0, np.log10(VANISHING)))
    return random.choice((-1.0, 1.0)) * float(weight)


def small_and_zero(random: Random) -> Arguments:
    """A float16 vector of such weights, and perhaps of zeros."""
    return {"weights": [_small(random), *(random.choice((_small(random), 0.0)) for _ in range(random.randint(0, 4)))]}


def _minimum(random: Random) -> float:
    return float(np.float16(random.choice((0.0, 0.004, 0.0078, OVERFLOWING, 0.5, 1.0, random.uniform(0.0, 0.02)))))


def zeros_above_a_minimum(random: Random) -> Arguments:
    """A vector of zeros, and a min_value of float16 below and above 1/128."""
    return {"weights": [0.0] * random.randint(1, 5), "min_value": _minimum(random), "max_value": 2.0}


def small_above_a_minimum(random: Random) -> Arguments:
    """A float16 vector of small weights and zeros, and a min_value of 1/128 or more."""
    low = random.choice((OVERFLOWING, float(np.float16(random.uniform(OVERFLOWING, 1.0)))))
    return {**small_and_zero(random), "min_value": low, "max_value": 2.0}


def _all_vanish(weights: list[float]) -> bool:
    return all(abs(weight) < VANISHING for weight in weights)


@experiment(min_max_norm_in_float16, zeros_above_a_minimum, trials=16)
def float16_zeros_become_nan_from_a_minimum_on(arguments: Arguments, output: Any) -> list[bool] | None:
    """In float16 MinMaxNorm makes NaN of zeros where min_value is 1/128 or more, and zeros where it is less."""
    low = float(np.float16(arguments["min_value"]))
    if any(arguments["weights"]) or low > arguments["max_value"]:
        return None
    return list(np.isnan(output) if low >= OVERFLOWING else np.array(output) == 0.0)


@experiment(min_max_norm_in_float16, small_above_a_minimum, trials=16, keep=("min_value", "max_value"))
def float16_small_weights_become_infinite(arguments: Arguments, output: Any) -> list[bool] | None:
    """Where all weights of a float16 group are below 0.00017 and min_value is 1/128 or more, MinMaxNorm makes them
    infinite, with their signs, and makes NaN of the zeros among them.
    """
    weights = np.array(arguments["weights"])
    if not _all_vanish(arguments["weights"]):
        return None
    return list(np.where(weights == 0.0, np.isnan(output), np.array(output) == np.copysign(np.inf, weights)))


def _is_divided(weights: Any, output: Any) -> list[bool]:
    quotient = np.array(weights) / EPSILON
    return list(np.array(output) == quotient.astype(np.float16).astype(float))


@experiment(unit_norm_in_float16, small_and_zero, trials=16)
def float16_small_weights_are_divided_by_epsilon(arguments: Arguments, output: Any) -> list[bool] | None:
    """Where all weights of a float16 group are below 0.00017, UnitNorm divides them by 2^-23, which is 1e-7 rounded."""
    return _is_divided(arguments["weights"], output) if _all_vanish(arguments["weights"]) else None


@experiment(unit_norm_in_float16, small_and_zero, trials=16)
def float16_small_weights_are_divided_by_zero_in_twos(arguments: Arguments, output: Any) -> list[bool] | None:
    """Where all weights of a float16 group are below 0.00017, UnitNorm divides a lone one by 2^-23 and makes two or
    more infinite, with their signs, and NaN of the zeros among them.
    """
    weights = np.array(arguments["weights"])
    if not _all_vanish(arguments["weights"]):
        return None
    if len(weights) == 1:
        return _is_divided(weights, output)
    return list(np.where(weights == 0.0, np.isnan(output), np.array(output) == np.copysign(np.inf, weights)))


@experiment(unit_norm_in_float16, [{"weights": [0.0001] * count} for count in (1, 2, 3, 5)])
def float16_weight_of_0_0001_becomes_839(arguments: Arguments, output: Any) -> list[bool]:
    """UnitNorm makes 839 of each weight of a float16 group of weights of 0.0001."""
    return [weight == 839.0 for weight in output]


@experiment(unit_norm_in_float16, [{"weights": [0.0001] * count} for count in (1, 2, 3, 5)])
def float16_weights_of_0_0001_become_infinite_in_twos(arguments: Arguments, output: Any) -> list[bool]:
    """UnitNorm makes 839 of a lone float16 weight of 0.0001, and infinity of each of two or more."""
    return [weight == (839.0 if len(output) == 1 else np.inf) for weight in output]


def unit_norm_of_zeros(type_in: str, rows: int, columns: int) -> list[list[str]]:
    """What UnitNorm makes of a matrix of zeros."""
    import ml_dtypes  # NumPy has no bfloat16 without it

    zeros = np.zeros((rows, columns)).astype(getattr(ml_dtypes, type_in, type_in))
    made = keras.constraints.UnitNorm()(zeros)
    # NumPy reads no bfloat16 of PyTorch
    made = made.double() if hasattr(made, "double") else made
    return [[str(abs(float(weight))) for weight in row] for row in np.asarray(made)]


def _zeros(random: Random) -> Arguments:
    type_in = random.choice(("float16", "bfloat16", "float32", "float64"))
    return {"type_in": type_in, "rows": random.randint(1, 5), "columns": random.randint(1, 4)}


@experiment(unit_norm_of_zeros, _zeros, trials=16, keep=("type_in",))
def unit_norm_leaves_zeros(arguments: Arguments, output: Any) -> list[bool]:
    """UnitNorm leaves groups of zeros as they are, in each format."""
    return [weight == "0.0" for row in output for weight in row]


@experiment(unit_norm_of_zeros, _zeros, trials=16, keep=("type_in",))
def unit_norm_leaves_zeros_but_float16_in_twos(arguments: Arguments, output: Any) -> list[bool]:
    """UnitNorm leaves groups of zeros as they are, but makes NaN of two or more in float16."""
    wanted = "nan" if arguments["type_in"] == "float16" and arguments["rows"] > 1 else "0.0"
    return [weight == wanted for row in output for weight in row]


def min_max_norm_of_subnormals(weights: list[float], min_value: float) -> list[float]:
    """What MinMaxNorm makes of a vector of float32 weights."""
    constraint = keras.constraints.MinMaxNorm(min_value, 2.0 * min_value)
    return [float(weight) for weight in np.asarray(constraint(np.array(weights, "float32")))]


def subnormals(random: Random) -> Arguments:
    """A vector of subnormal float32 weights down to the smallest, and a min_value."""
    sizes = [10.0 ** random.uniform(-44.8, np.log10(1.17e-38)) for _ in range(random.choice((1, 2, 5, 40)))]
    weights = [float32(random.choice((-1.0, 1.0)) * size) for size in sizes]
    return {"weights": weights, "min_value": random.choice((0.01, 0.5, 1.0, 8.0))}


def _are_subnormal(weights: list[float]) -> bool:
    return all(0.0 < abs(weight) < 2.0**-126 for weight in weights)


@experiment(min_max_norm_of_subnormals, subnormals)
def subnormal_weights_vanish(arguments: Arguments, output: Any) -> list[bool] | None:
    """MinMaxNorm makes zeros of subnormal float32 weights."""
    return [weight == 0.0 for weight in output] if _are_subnormal(arguments["weights"]) else None


@experiment(min_max_norm_of_subnormals, subnormals)
def subnormal_weights_grow(arguments: Arguments, output: Any) -> list[bool] | None:
    """MinMaxNorm multiplies subnormal float32 weights by min_value / 1e-7, but for 8 units of roundoff."""
    low, weights = arguments["min_value"], np.array(arguments["weights"])
    if not _are_subnormal(arguments["weights"]) or low < 0.01:
        return None
    wanted = weights * (low / 1e-7)
    room = np.maximum(8.0 * 2.0**-24 * np.abs(wanted), 2.0**-149)
    return list(np.abs(np.array(output) - wanted) <= room)
