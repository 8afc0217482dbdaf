"""Keras constraints as objects: their names, their configs, the epsilon that they read, and their gradients."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

import numpy as np

from conformance.claims.experiment import Arguments, Raised, experiment, is_refused
from conformance.claims.experiments.keras_calls import float32
from conformance.claims.experiments.numbers import ROUNDOFF

if TYPE_CHECKING:
    import keras

CLASSES = {
    "max_norm": {"max_value": 2, "axis": 0},
    "min_max_norm": {"min_value": 0.0, "max_value": 1.0, "rate": 1.0, "axis": 0},
    "unit_norm": {"axis": 0},
    "non_neg": {},
}


def named(name: str) -> dict[str, float]:
    """The config of the constraint that a name stands for."""
    made: dict[str, float] = keras.constraints.get(name).get_config()
    return made


def _names(*forms: str) -> list[Arguments]:
    return [{"name": name} for name in forms]


@experiment(named, _names(*CLASSES, "MaxNorm", "MinMaxNorm", "UnitNorm", "NonNeg"))
def names_with_underscores_and_of_classes_are_known(arguments: Arguments, output: Any) -> bool:
    """A name such as max_norm or MaxNorm stands for the constraint with its default arguments."""
    plain = arguments["name"].lower().replace("_", "")
    return bool(output == next(config for name, config in CLASSES.items() if name.replace("_", "") == plain))


@experiment(named, _names("maxnorm", "unitnorm", "nonneg"), errors=True)
def names_without_underscores_are_known(arguments: Arguments, output: Any) -> bool:
    """A name such as maxnorm, as Keras 1 had it, stands for the constraint with its default arguments."""
    config = next(config for name, config in CLASSES.items() if name.replace("_", "") == arguments["name"])
    return not isinstance(output, Raised) and output == config


@experiment(
    named, _names("maxnorm", "minmaxnorm", "unitnorm", "nonneg", "MAXNORM", "Max_Norm", "max-norm"), errors=True
)
def other_names_are_a_value_error(arguments: Arguments, output: Any) -> bool:
    """A name such as maxnorm, as Keras 1 had it, or max-norm raises a ValueError."""
    return is_refused(output, "ValueError")


def shortcut_and_class(weights: list[list[float]], max_value: float) -> list[list[list[float]]]:
    """What max_norm and MaxNorm make of the same weights."""
    made = (keras.constraints.max_norm(max_value), keras.constraints.MaxNorm(max_value=max_value))
    return [np.asarray(constraint(np.array(weights, "float32"))).tolist() for constraint in made]


def _weights(random: Random) -> list[list[float]]:
    return [[float32(random.uniform(-3.0, 3.0)) for _ in range(3)] for _ in range(random.randint(1, 4))]


@experiment(shortcut_and_class, lambda random: {"weights": _weights(random), "max_value": float(random.randint(1, 4))})
def max_norm_is_max_norm(arguments: Arguments, output: Any) -> bool:
    """The function max_norm gives the same constraint as the class MaxNorm, bit by bit."""
    return bool(output[0] == output[1])


def config_through_json(max_value: float, type_of_number: str) -> dict[str, float]:
    """The config of MaxNorm with a NumPy number, written as JSON and read again."""
    import json

    config = keras.constraints.MaxNorm(np.dtype(type_of_number).type(max_value)).get_config()
    made: dict[str, float] = json.loads(json.dumps(config))
    return made


def _numbers(type_of_number: str, random: Random) -> Arguments:
    return {"max_value": float32(random.uniform(0.5, 4.0)), "type_of_number": type_of_number}


@experiment(config_through_json, lambda random: _numbers("float32", random), errors=True)
def float32_arguments_become_json(arguments: Arguments, output: Any) -> bool:
    """A max_value that is a NumPy float32 comes through JSON."""
    return not isinstance(output, Raised) and output["max_value"] == arguments["max_value"]


def norms_by_epsilon(weight: float, max_value: float, epsilons: list[float]) -> list[float]:
    """What MaxNorm makes of one weight when Keras's epsilon is changed; that is put back in the end."""
    constraint, results, usual = keras.constraints.MaxNorm(max_value), [], keras.backend.epsilon()
    try:
        for epsilon in epsilons:
            keras.backend.set_epsilon(epsilon)
            results.append(float(np.asarray(constraint(np.array([weight], "float32")))[0]))
    finally:
        keras.backend.set_epsilon(usual)
    return results


def epsilons(random: Random) -> Arguments:
    """A weight, and the usual epsilon and a larger one."""
    return {
        "weight": float32(random.uniform(2.0, 6.0)),
        "max_value": 2.0,
        "epsilons": [1e-7, random.choice((1e-2, 1e-3))],
    }


@experiment(norms_by_epsilon, epsilons, keep=("epsilons",))
def epsilon_does_not_matter(arguments: Arguments, output: Any) -> bool:
    """Another keras.backend.set_epsilon changes nothing of what MaxNorm makes of a weight of 1 or more."""
    return bool(arguments["weight"] < 1.0 or output[0] == output[1])


@experiment(norms_by_epsilon, epsilons, keep=("epsilons",))
def max_norm_divides_by_norm_plus_epsilon(arguments: Arguments, output: Any) -> list[bool]:
    """MaxNorm makes w * min(n, max_value) / (n + epsilon) of a weight, but for 8 units of roundoff."""
    weight, top = arguments["weight"], arguments["max_value"]
    wanted = [weight * min(abs(weight), top) / (abs(weight) + epsilon) for epsilon in arguments["epsilons"]]
    return [abs(gain - right) <= 8.0 * ROUNDOFF * abs(right) for gain, right in zip(output, wanted, strict=True)]


def epsilon_and_norms(weights: list[list[float]], max_value: float, epsilon: float) -> list[object]:
    """The usual epsilon, where Keras has it, and what MaxNorm makes of a matrix under it and under another one."""
    settings = keras.config if hasattr(keras, "config") else keras.backend
    constraint, matrix, usual = keras.constraints.MaxNorm(max_value), np.array(weights, "float32"), settings.epsilon()
    before = np.asarray(constraint(matrix)).tolist()
    settings.set_epsilon(epsilon)
    try:
        after = np.asarray(constraint(matrix)).tolist()
    finally:
        settings.set_epsilon(usual)
    return [usual, before, after]


def any_epsilon(random: Random) -> Arguments:
    """Columns around a bound and small ones, and an epsilon of any size."""
    sizes = [10.0 ** random.uniform(-6.0, 2.0) for _ in range(3)]
    weights = [[float32(random.uniform(-size, size)) for size in sizes] for _ in range(random.randint(1, 4))]
    epsilon = random.choice((0.0, 10.0 ** random.uniform(-9.0, 0.0)))
    return {"weights": weights, "max_value": float(random.randint(1, 4)), "epsilon": float32(epsilon)}


@experiment(epsilon_and_norms, any_epsilon)
def divisor_is_norm_plus_the_set_epsilon(arguments: Arguments, output: Any) -> list[bool]:
    """Columns are multiplied by min(n, max_value) / (n + 1e-7), and after set_epsilon(e) by that with e for 1e-7."""
    before, (usual, *made) = np.array(arguments["weights"]), output
    norms = np.sqrt(np.sum(np.square(before), axis=0))
    truths = [usual == 1e-7]
    for epsilon, after in zip((1e-7, arguments["epsilon"]), made, strict=True):
        wanted = before * (np.minimum(norms, arguments["max_value"]) / (norms + epsilon))
        near = np.abs(np.array(after) - wanted) <= (len(before) + 6) * ROUNDOFF * np.abs(wanted)
        truths += near.all(axis=0).tolist()
    return truths


@experiment(norms_by_epsilon, [{"weight": weight, "max_value": 2.0, "epsilons": [1e-2]} for weight in (5.0, -5.0)])
def epsilon_of_a_hundredth_makes_1_996_of_5(arguments: Arguments, output: Any) -> bool:
    """After set_epsilon(1e-2) MaxNorm(2) makes 1.996 of a weight of 5, to three decimals."""
    return bool(round(abs(output[0]), 3) == 1.996)


def gradient(weights: list[float], max_value: float) -> list[float]:
    """The gradient of the sum of what MaxNorm makes of a vector."""
    constraint, vector = keras.constraints.MaxNorm(max_value), np.array(weights, "float32")
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        variable = tf.Variable(vector)
        with tf.GradientTape() as tape:
            total = tf.reduce_sum(constraint(variable))
        return [float(slope) for slope in tape.gradient(total, variable)]
    if keras.backend.backend() == "torch":
        import torch

        parameter = torch.tensor(vector, requires_grad=True)
        constraint(parameter).sum().backward()
        return [float(slope) for slope in parameter.grad]
    import jax

    return [float(slope) for slope in jax.grad(lambda w: constraint(w).sum())(vector)]


@experiment(gradient, lambda random: {"weights": [0.0] * random.randint(1, 4), "max_value": 2.0})
def gradient_at_zero_is_finite(arguments: Arguments, output: Any) -> list[bool]:
    """The gradient through MaxNorm is finite at a vector of zeros."""
    return list(np.isfinite(output))


def gradient_of_columns(weights: list[list[float]], max_value: float) -> list[list[float]]:
    """The gradient of the sum of what MaxNorm makes of a matrix."""
    constraint, matrix = keras.constraints.MaxNorm(max_value), np.array(weights, "float32")
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        variable = tf.Variable(matrix)
        with tf.GradientTape() as tape:
            total = tf.reduce_sum(constraint(variable))
        slopes = tape.gradient(total, variable)
    elif keras.backend.backend() == "torch":
        import torch

        parameter = torch.tensor(matrix, requires_grad=True)
        constraint(parameter).sum().backward()
        slopes = parameter.grad
    else:
        import jax

        slopes = jax.grad(lambda w: constraint(w).sum())(matrix)
    made: list[list[float]] = np.asarray(slopes).tolist()
    return made


def columns_of_zeros(random: Random) -> Arguments:
    """A matrix with columns of zeros between others, and a bound of any size."""
    sizes = [random.choice((0.0, 0.0, 1.0)) for _ in range(random.randint(1, 4))] + [0.0]
    weights = [[float32(size * random.uniform(1.0, 3.0)) for size in sizes] for _ in range(random.randint(1, 4))]
    return {"weights": weights, "max_value": random.choice((0.001, 0.5, 2.0, 1e20))}


def _at_zeros(arguments: Arguments, output: Any, is_right: Any) -> list[bool] | None:
    zeros = ~np.any(arguments["weights"], axis=0)
    others = np.isfinite(output).all(axis=0)
    return list(np.where(zeros, is_right(np.array(output)).all(axis=0), others)) if zeros.any() else None


@experiment(gradient_of_columns, columns_of_zeros, trials=4, keep=("max_value",))
def gradient_at_zeros_is_zero(arguments: Arguments, output: Any) -> list[bool] | None:
    """The gradient through MaxNorm is 0 at a group of zeros, and finite at the other groups beside it."""
    return _at_zeros(arguments, output, lambda slopes: slopes == 0.0)


@experiment(gradient_of_columns, columns_of_zeros, trials=4, keep=("max_value",))
def gradient_at_zeros_is_nan(arguments: Arguments, output: Any) -> list[bool] | None:
    """The gradient through MaxNorm is NaN at a group of zeros, and finite at the other groups beside it."""
    return _at_zeros(arguments, output, np.isnan)
