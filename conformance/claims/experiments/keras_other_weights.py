"""Keras constraints on weights of layers other than Dense and Conv2D kernels: biases and LSTM kernels."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

import numpy as np

from conformance.claims.experiment import Arguments, experiment
from conformance.claims.experiments.keras_calls import EPSILON, float32
from conformance.claims.experiments.numbers import ROUNDOFF, normals

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


def constrained_bias(layer: str, bias: list[float], max_value: float) -> list[object]:
    """What the constraint that the bias of a layer has makes of it."""
    constraint = keras.constraints.max_norm(max_value)
    gates = {"Dense": 1, "Conv2D": 1, "LSTM": 4, "GRU": 3}[layer]
    more = {"kernel_size": 2} if layer == "Conv2D" else {"recurrent_initializer": "zeros"} if gates > 1 else {}
    units = np.shape(bias)[-1] // gates
    made = getattr(keras.layers, layer)(units, kernel_initializer="zeros", bias_constraint=constraint, **more)
    made.build({"Dense": (None, 2), "Conv2D": (None, 8, 8, 2)}.get(layer, (None, 3, 2)))
    weights = made.get_weights()
    made.set_weights([*weights[:-1], np.array(bias, "float32")])
    result: list[object] = np.asarray(made.weights[-1].constraint(made.get_weights()[-1])).tolist()
    return result


def constrained_lstm(
    kernel: list[list[float]], recurrent: list[list[float]], max_value: float, recurrent_max_value: float
) -> list[list[list[float]]]:
    """What the constraints that the two kernels of an LSTM layer have make of them."""
    constraint, other = keras.constraints.max_norm(max_value), keras.constraints.max_norm(recurrent_max_value)
    layer = keras.layers.LSTM(
        len(recurrent),
        use_bias=False,
        kernel_initializer="zeros",
        recurrent_initializer="zeros",
        kernel_constraint=constraint,
        recurrent_constraint=other,
    )
    layer.build((None, 3, len(kernel)))
    layer.set_weights([np.array(kernel, "float32"), np.array(recurrent, "float32")])
    pairs = zip(layer.weights, layer.get_weights(), strict=True)
    return [np.asarray(weight.constraint(values)).tolist() for weight, values in pairs]


def small_bias(random: Random) -> Arguments:
    """A bias of which each number is inside the bound, but not all of them together."""
    return {"bias": [float32(random.uniform(0.6, 0.9)) for _ in range(random.randint(3, 6))], "max_value": 1.0}


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


def bias_of_a_layer(random: Random) -> Arguments:
    """A bias of a Dense, a Conv2D or an LSTM layer."""
    layer = random.choice(("Dense", "Conv2D", "LSTM"))
    size = random.randint(1, 6) * (4 if layer == "LSTM" else 1)
    return {"layer": layer, "bias": normals(random, size, scale=2.0), "max_value": random.choice((0.5, 1.0, 8.0))}


def bias_of_a_gru(random: Random) -> Arguments:
    """A bias of a GRU layer, which has two rows."""
    return {
        "layer": "GRU",
        "bias": normals(random, 2, 3 * random.randint(1, 3)),
        "max_value": random.choice((0.5, 1.0)),
    }


def _scaled(weights: Any, output: Any, max_value: float) -> list[bool]:
    """Which columns are multiplied by min(n, max_value) / (n + 1e-7), n being their norm, but for roundings."""
    before, after = (np.array(array).reshape(len(array), -1) for array in (weights, output))
    norms = np.sqrt(np.sum(np.square(before), axis=0))
    wanted = before * (np.minimum(norms, max_value) / (norms + EPSILON))
    return list((np.abs(after - wanted) <= (len(before) + 6) * ROUNDOFF * np.abs(wanted)).all(axis=0))


@experiment(constrained_bias, bias_of_a_layer, keep=("layer", "bias"))
def bias_is_one_vector(arguments: Arguments, output: Any) -> list[bool]:
    """The bias of a Dense, Conv2D or LSTM layer is scaled as a whole, by its norm."""
    return _scaled(arguments["bias"], output, arguments["max_value"])


@experiment(constrained_bias, bias_of_a_gru, keep=("layer", "bias"))
def gru_bias_is_scaled_by_columns(arguments: Arguments, output: Any) -> list[bool]:
    """The bias of a GRU layer has two rows, of which each column is scaled by its norm."""
    return _scaled(arguments["bias"], output, arguments["max_value"])


def _kernels(random: Random) -> Arguments:
    inputs, units = random.randint(1, 4), random.randint(1, 3)
    return {"kernel": normals(random, inputs, 4 * units), "recurrent": normals(random, units, 4 * units)}


def lstm_with_two_bounds(random: Random) -> Arguments:
    """The kernels of an LSTM layer, each with a bound of its own."""
    bounds = random.sample((0.25, 0.5, 1.0, 2.0), 2)
    return {**_kernels(random), "max_value": bounds[0], "recurrent_max_value": bounds[1]}


def lstm_with_one_bound(random: Random) -> Arguments:
    """The kernels of an LSTM layer with the same bound."""
    bound = random.choice((0.25, 0.5, 1.0))
    return {**_kernels(random), "max_value": bound, "recurrent_max_value": bound}


@experiment(constrained_lstm, lstm_with_two_bounds, keep=("kernel", "recurrent"))
def lstm_kernels_are_scaled_by_bounds_of_their_own(arguments: Arguments, output: Any) -> list[bool]:
    """Each column of an LSTM kernel is scaled to kernel_constraint's bound, of the other to recurrent_constraint's."""
    kernel, recurrent = output
    return [
        *_scaled(arguments["kernel"], kernel, arguments["max_value"]),
        *_scaled(arguments["recurrent"], recurrent, arguments["recurrent_max_value"]),
    ]


@experiment(constrained_lstm, lstm_with_one_bound, keep=("kernel", "recurrent"))
def lstm_gates_reach_the_root_of_2(arguments: Arguments, output: Any) -> list[bool] | None:
    """With one bound c for both, all into an LSTM gate has at most the norm c * sqrt(2), and that if both exceed c."""
    bound, (kernel, recurrent) = arguments["max_value"], (np.array(weights) for weights in output)
    if bound != arguments["recurrent_max_value"] or bound < 0.25:
        return None
    together = np.linalg.norm(np.concatenate([kernel, recurrent]), axis=0) / (bound * np.sqrt(2.0))
    exceed = np.minimum(*(np.linalg.norm(arguments[name], axis=0) for name in ("kernel", "recurrent"))) > bound
    room = (len(kernel) + len(recurrent) + 6) * ROUNDOFF
    lowest = np.where(exceed, 1.0 - room - EPSILON / bound, 0.0)
    return list((lowest <= together) & (together <= 1.0 + room))
