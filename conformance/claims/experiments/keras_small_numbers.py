"""Keras constraints on small weights: in many calls, subnormal, and in float16."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

import numpy as np

from conformance.claims.experiment import Arguments, experiment
from conformance.claims.experiments.keras_calls import float32, norms_of, roundings

if TYPE_CHECKING:
    import keras

FLOAT16 = 2.0**-11
ORDINARY, SMALL = (0.25, 2.0), (6e-5, 2e-4)


def norms_in_calls(weights: list[float], max_value: float, calls: int) -> list[float]:
    """The norm of a vector before and after each of several calls of MaxNorm."""
    constraint = keras.constraints.MaxNorm(max_value)
    vector = np.array(weights, "float32")
    norms = [float(np.linalg.norm(vector))]
    for _ in range(calls):
        vector = np.asarray(constraint(vector))
        norms.append(float(np.linalg.norm(vector)))
    return norms


def inside_the_bound(random: Random) -> Arguments:
    """A vector well inside its bound, of norms down to 1e-7."""
    size = 10.0 ** random.uniform(-7.0, -1.0)
    weights = [float32(random.uniform(-1.0, 1.0) * size) for _ in range(random.randint(1, 4))]
    return {"weights": weights, "max_value": 2.0, "calls": 20}


@experiment(norms_in_calls, inside_the_bound, keep=("calls",))
def twenty_calls_keep_half_the_norm(arguments: Arguments, output: Any) -> bool | None:
    """Twenty calls of MaxNorm leave a vector inside the bound at least half of its norm."""
    return None if output[0] > arguments["max_value"] else bool(output[-1] >= output[0] / 2.0)


def subnormal_under_min_max_norm(weight: float) -> float:
    """What MinMaxNorm(1, 2) makes of one weight."""
    constraint = keras.constraints.MinMaxNorm(1.0, 2.0)
    return float(np.asarray(constraint(np.array([weight], "float32")))[0])


def subnormal(random: Random) -> Arguments:
    """One subnormal float32 weight."""
    return {"weight": float32(random.uniform(1e-42, 1e-39))}


@experiment(subnormal_under_min_max_norm, subnormal)
def subnormal_weights_do_not_vanish(arguments: Arguments, output: Any) -> bool:
    """MinMaxNorm(1, 2) makes no zero of a subnormal weight."""
    return bool(output != 0.0 or arguments["weight"] == 0.0)


def normal(random: Random) -> Arguments:
    """One normal float32 weight."""
    return {"weight": float32(random.uniform(0.01, 3.0))}


@experiment(subnormal_under_min_max_norm, normal)
def ordinary_weights_enter_the_interval(arguments: Arguments, output: Any) -> bool:
    """MinMaxNorm(1, 2) moves a weight of 0.01 or more into [1, 2], but for a share of 1e-7 / weight and roundings."""
    room = 1e-7 / arguments["weight"] + roundings([arguments["weight"]])
    return bool(1.0 - room <= output <= 2.0 * (1.0 + room))


def unit_norm_in_float16(weights: list[float]) -> list[float]:
    """What UnitNorm makes of a float16 vector."""
    constraint = keras.constraints.UnitNorm()
    return [float(weight) for weight in np.asarray(constraint(np.array(weights, "float16")))]


def min_max_norm_in_float16(weights: list[float], min_value: float, max_value: float) -> list[float]:
    """What MinMaxNorm makes of a float16 vector."""
    constraint = keras.constraints.MinMaxNorm(min_value, max_value)
    return [float(weight) for weight in np.asarray(constraint(np.array(weights, "float16")))]


def _vector(random: Random, between: tuple[float, float]) -> list[float]:
    return [float(np.float16(random.uniform(*between))) for _ in range(random.randint(1, 4))]


def ordinary(random: Random) -> Arguments:
    """A float16 vector of ordinary size."""
    return {"weights": _vector(random, ORDINARY)}


def small(random: Random) -> Arguments:
    """A float16 vector of normal numbers whose squares are subnormal or zero."""
    return {"weights": _vector(random, SMALL)}


def zeros(random: Random) -> Arguments:
    """A vector of zeros."""
    return {"weights": [0.0] * random.randint(1, 4)}


def _in_an_interval(arguments: Arguments, random: Random) -> Arguments:
    low = random.choice((0.5, 1.0))
    return {**arguments, "min_value": low, "max_value": 2.0 * low}


def ordinary_in_an_interval(random: Random) -> Arguments:
    """A float16 vector of ordinary size, and an interval."""
    return _in_an_interval(ordinary(random), random)


def zeros_in_an_interval(random: Random) -> Arguments:
    """A vector of zeros, and an interval that begins above zero."""
    return _in_an_interval(zeros(random), random)


def small_in_an_interval(random: Random) -> Arguments:
    """A float16 vector whose squares are subnormal or zero, and an interval that begins above zero."""
    return _in_an_interval(small(random), random)


@experiment(unit_norm_in_float16, ordinary)
def float16_unit_norm_of_ordinary_weights(arguments: Arguments, output: Any) -> bool | None:
    """UnitNorm gives a float16 vector of weights between 0.25 and 2 the norm 1, but for (n + 6) units of roundoff."""
    return _norm_between(arguments, output, 1.0, 1.0)


@experiment(unit_norm_in_float16, zeros)
def float16_unit_norm_of_zeros(arguments: Arguments, output: Any) -> bool | None:
    """UnitNorm leaves a float16 vector of zeros as it is."""
    return None if any(arguments["weights"]) else all(weight == 0.0 for weight in output)


@experiment(unit_norm_in_float16, small)
def float16_unit_norm_of_small_weights(arguments: Arguments, output: Any) -> bool | None:
    """UnitNorm gives a float16 vector of weights between 0.00006 and 0.0002 a norm of at most 2."""
    return None if not _within(arguments, SMALL) else bool(norms_of(output) <= 2.0)


@experiment(min_max_norm_in_float16, ordinary_in_an_interval)
def float16_min_max_norm_of_ordinary_weights(arguments: Arguments, output: Any) -> bool | None:
    """MinMaxNorm moves a float16 vector of weights between 0.25 and 2 into the interval, but for roundings."""
    return _norm_between(arguments, output, arguments["min_value"], arguments["max_value"])


@experiment(min_max_norm_in_float16, zeros_in_an_interval)
def float16_min_max_norm_of_zeros(arguments: Arguments, output: Any) -> bool | None:
    """MinMaxNorm makes no NaN of a float16 vector of zeros."""
    return None if any(arguments["weights"]) else not any(np.isnan(output))


@experiment(min_max_norm_in_float16, small_in_an_interval)
def float16_min_max_norm_of_small_weights(arguments: Arguments, output: Any) -> bool | None:
    """MinMaxNorm makes finite weights of a float16 vector of weights between 0.00006 and 0.0002."""
    return None if not _within(arguments, SMALL) else bool(np.isfinite(output).all())


def _norm_between(arguments: Arguments, output: Any, low: float, high: float) -> bool | None:
    if low > high or not _within(arguments, ORDINARY):
        return None
    room = roundings(arguments["weights"], FLOAT16)
    return bool(low * (1.0 - room) <= norms_of(output) <= high * (1.0 + room))


def _within(arguments: Arguments, between: tuple[float, float]) -> bool:
    return all(between[0] <= weight <= between[1] for weight in arguments["weights"])
