"""The axis of Keras constraints: what it can be, and what happens where the weights do not have it."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

import numpy as np

from conformance.claims.experiment import Arguments, experiment, is_refused
from conformance.claims.experiments.keras_calls import EPSILON
from conformance.claims.experiments.numbers import ROUNDOFF, normals

if TYPE_CHECKING:
    import keras


def along_axes(weights: list[object], max_value: float, axis: int | list[int] | None, is_tuple: bool) -> list[object]:
    """What MaxNorm makes of an array along an axis, a list or tuple of axes, or None."""
    constraint = keras.constraints.MaxNorm(max_value, axis=tuple(axis) if is_tuple and isinstance(axis, list) else axis)
    made: list[object] = np.asarray(constraint(np.array(weights, "float32"))).tolist()
    return made


def _array(random: Random) -> Arguments:
    shape = [random.randint(1, 3) for _ in range(random.randint(1, 4))]
    return {"weights": normals(random, *shape, scale=2.0), "max_value": random.choice((0.5, 1.0, 3.0))}


def axis_of_any_form(random: Random) -> Arguments:
    """An array of any rank, and some of its axes in any form."""
    drawn = _array(random)
    rank = np.ndim(drawn["weights"])
    several = [random.choice((axis, axis - rank)) for axis in random.sample(range(rank), random.randint(0, rank))]
    axis = random.choice((random.randrange(-rank, rank), several, several, None))
    return {**drawn, "axis": axis, "is_tuple": isinstance(axis, list) and random.random() < 0.5}


def no_axis(random: Random) -> Arguments:
    """An array of any rank, and an empty list or tuple."""
    return {**_array(random), "axis": [], "is_tuple": random.random() < 0.5}


def _scaled(arguments: Arguments, output: Any) -> list[bool]:
    before, axis = np.array(arguments["weights"]), arguments["axis"]
    axis = tuple(axis) if isinstance(axis, list) else axis
    norms = np.sqrt(np.sum(np.square(before), axis=axis, keepdims=True))
    wanted = before * (np.minimum(norms, arguments["max_value"]) / (norms + EPSILON))
    room = (before.size // norms.size + 6) * ROUNDOFF * np.abs(wanted)
    return [bool(truth) for truth in (np.abs(np.array(output) - wanted) <= room).ravel()]


@experiment(along_axes, axis_of_any_form, trials=12, keep=("weights", "axis", "is_tuple"))
def axis_is_an_integer_a_list_a_tuple_or_none(arguments: Arguments, output: Any) -> list[bool]:
    """Each weight is multiplied by min(n, c) / (n + 1e-7), n being the norm along that axis, those axes or all."""
    return _scaled(arguments, output)


@experiment(along_axes, no_axis, keep=("weights", "axis", "is_tuple"))
def empty_axis_takes_each_weight_on_its_own(arguments: Arguments, output: Any) -> list[bool]:
    """With an empty list or tuple a weight w is multiplied by min(abs(w), c) / (abs(w) + 1e-7), but for roundings."""
    return _scaled(arguments, output)


def axis_of(axis: int | list[int]) -> int | list[int]:
    """The axis of a MaxNorm that was made with it and is not called."""
    made: int | list[int] = keras.constraints.MaxNorm(2.0, axis=axis).axis
    return made


def call_along(shape: list[int], axis: int | list[int]) -> list[int]:
    """The shape of what MaxNorm makes of ones along an axis."""
    return list(keras.constraints.MaxNorm(2.0, axis=axis)(np.ones(shape, "float32")).shape)


def call_along_in_a_graph(shape: list[int], axis: int | list[int]) -> list[int]:
    """The same inside a tf.function."""
    import tensorflow as tf

    return list(tf.function(keras.constraints.MaxNorm(2.0, axis=axis))(tf.ones(shape)).shape)


def missing_axis(random: Random) -> Arguments:
    """A shape, and an axis that it does not have, alone or beside one that it has."""
    rank = random.randint(1, 4)
    missing = random.choice((rank, rank + 3, -rank - 1, -rank - 2))
    axis = random.choice((missing, [missing], [0, missing]))
    return {"shape": [random.randint(1, 3) for _ in range(rank)], "axis": axis}


@experiment(axis_of, lambda random: {"axis": missing_axis(random)["axis"]}, keep=("axis",))
def any_axis_can_be_given(arguments: Arguments, output: Any) -> bool:
    """MaxNorm can be made with any axis: weights, and whether they have it, come later."""
    return bool(output == arguments["axis"])


@experiment(call_along, missing_axis, errors=True, keep=("shape", "axis"))
def missing_axis_is_an_invalid_argument(arguments: Arguments, output: Any) -> bool:
    """Called along an axis that the weights do not have, MaxNorm raises an InvalidArgumentError."""
    return is_refused(output, "InvalidArgumentError")


@experiment(call_along_in_a_graph, missing_axis, errors=True, keep=("shape", "axis"))
def missing_axis_is_a_value_error_in_a_graph(arguments: Arguments, output: Any) -> bool:
    """Called inside a tf.function along an axis that the weights do not have, MaxNorm raises a ValueError."""
    return is_refused(output, "ValueError")


@experiment(call_along, missing_axis, errors=True, keep=("shape", "axis"))
def missing_axis_is_an_index_error(arguments: Arguments, output: Any) -> bool:
    """Called along an axis that the weights do not have, MaxNorm raises an IndexError."""
    return is_refused(output, "IndexError")


@experiment(call_along, missing_axis, errors=True, keep=("shape", "axis"))
def missing_axis_is_a_value_error(arguments: Arguments, output: Any) -> bool:
    """Called along an axis that the weights do not have, MaxNorm raises a ValueError, as NumPy's AxisError is one."""
    return is_refused(output, "ValueError") or is_refused(output, "AxisError")
