"""Keras constraints on weights of layers other than Dense and Conv2D kernels: biases and LSTM kernels."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

import numpy as np

from conformance.claims.experiment import Arguments, experiment
from conformance.claims.experiments.keras_calls import float32
from conformance.claims.experiments.numbers import ROUNDOFF

if TYPE_CHECKING:
    import keras


def dense_bias(bias: list[float], max_value: float) -> list[float]:
    """What the bias constraint of a Dense layer makes of its bias."""
    layer = keras.layers.Dense(len(bias), bias_constraint=keras.constraints.max_norm(max_value))
    layer.build((None, 1))
    made: list[float] = np.asarray(layer.bias_constraint(np.array(bias, "float32"))).tolist()
    return made


def lstm_kernels_of_ones(inputs: int, units: int, max_value: float) -> list[list[list[float]]]:
    """What the constraints of an LSTM layer make of its two kernels, when they are ones."""
    constraint = keras.constraints.max_norm(max_value)
    layer = keras.layers.LSTM(units, use_bias=False, kernel_constraint=constraint, recurrent_constraint=constraint)
    layer.build((None, 3, inputs))
    return [np.asarray(constraint(np.ones(weight.shape, "float32"))).tolist() for weight in layer.get_weights()]


def small_bias(random: Random) -> Arguments:
    """A bias of which each number is inside the bound, but not all of them together."""
    return {"bias": [float32(random.uniform(0.5, 0.9)) for _ in range(random.randint(3, 6))], "max_value": 1.0}


def any_bias(random: Random) -> Arguments:
    """A bias, and a bound."""
    return {"bias": [float32(random.uniform(-3.0, 3.0)) for _ in range(random.randint(1, 6))], "max_value": 1.0}


def lstm(random: Random) -> Arguments:
    """The sizes of an LSTM layer."""
    return {"inputs": random.randint(2, 5), "units": random.randint(2, 4), "max_value": 1.0}


@experiment(dense_bias, any_bias, keep=("max_value",))
def bias_has_at_most_the_maximum(arguments: Arguments, output: Any) -> bool:
    """The bias as one vector has at most the norm max_value, but for (n + 6) units of roundoff."""
    return bool(np.linalg.norm(output) <= arguments["max_value"] * (1.0 + (len(output) + 6) * ROUNDOFF))


@experiment(dense_bias, small_bias, keep=("max_value",))
def bias_is_bounded_unit_by_unit(arguments: Arguments, output: Any) -> list[bool] | None:
    """The bias of a unit that is at most max_value stays what it is, but for a share of 1e-7 / bias and roundings."""
    bias = np.array(arguments["bias"])
    if (np.abs(bias) > arguments["max_value"]).any() or (bias < 0.5).any():
        return None
    return list(np.abs(np.array(output) / bias - 1.0) <= 1e-7 / bias + 8.0 * ROUNDOFF)


@experiment(lstm_kernels_of_ones, lstm, keep=("max_value",))
def lstm_kernels_have_at_most_the_maximum(arguments: Arguments, output: Any) -> list[bool]:
    """Each column of an LSTM kernel, and of its recurrent kernel, has at most the norm max_value, but for roundings."""
    room = (max(len(kernel) for kernel in output) + 6) * ROUNDOFF
    return [
        bool(n <= arguments["max_value"] * (1.0 + room)) for kernel in output for n in np.linalg.norm(kernel, axis=0)
    ]


@experiment(lstm_kernels_of_ones, lstm, keep=("max_value",))
def lstm_units_have_at_most_the_maximum(arguments: Arguments, output: Any) -> list[bool]:
    """All that goes into an LSTM gate, from inputs and units, has at most the norm max_value, but for roundings."""
    together = np.concatenate([np.array(kernel) for kernel in output])
    room = (len(together) + 6) * ROUNDOFF
    return list(np.linalg.norm(together, axis=0) <= arguments["max_value"] * (1.0 + room))
