"""Keras constraints in layers, without training: over which weights of a layer the norm is taken."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from conformance.claims.experiment import Arguments, experiment
from conformance.claims.experiments.keras_calls import EPSILON, float32
from conformance.claims.experiments.numbers import ROUNDOFF

if TYPE_CHECKING:
    import keras

Array = NDArray[np.float64]


def dense_kernel(kernel: list[list[float]], max_value: float) -> list[list[float]]:
    """What the constraint of a Dense layer makes of its kernel."""
    layer = keras.layers.Dense(len(kernel[0]), use_bias=False, kernel_constraint=keras.constraints.max_norm(max_value))
    layer.build((None, len(kernel)))
    layer.set_weights([np.array(kernel, "float32")])
    made: list[list[float]] = np.asarray(layer.kernel_constraint(layer.get_weights()[0])).tolist()
    return made


def dense_kernel_when_set(kernel: list[list[float]], max_value: float) -> list[list[float]]:
    """What the constraint of a Dense layer makes of its kernel by the time that the layer is called."""
    layer = keras.layers.Dense(len(kernel[0]), use_bias=False, kernel_constraint=keras.constraints.max_norm(max_value))
    layer.build((None, len(kernel)))
    layer.set_weights([np.array(kernel, "float32")])
    layer(np.ones((1, len(kernel)), "float32"))
    made: list[list[float]] = layer.get_weights()[0].tolist()
    return made


def dense_kernel_before_training(kernel: list[list[float]], max_value: float) -> dict[str, list[list[float]]]:
    """The kernel of a Dense layer that begins with it, when it is built, set and called."""
    layer = keras.layers.Dense(
        len(kernel[0]),
        use_bias=False,
        kernel_initializer=lambda shape, dtype=None: np.array(kernel, "float32"),
        kernel_constraint=keras.constraints.max_norm(max_value),
    )
    layer.build((None, len(kernel)))
    kernels = {"built": layer.get_weights()[0].tolist()}
    layer.set_weights([np.array(kernel, "float32")])
    kernels["set"] = layer.get_weights()[0].tolist()
    layer(np.ones((1, len(kernel)), "float32"))
    return {**kernels, "called": layer.get_weights()[0].tolist()}


def dense_kernel_after_a_step(kernel: list[list[float]], max_value: float) -> list[list[float]]:
    """The kernel of a Dense layer after a step of an optimizer with a gradient of zeros."""
    layer = keras.layers.Dense(
        len(kernel[0]),
        use_bias=False,
        kernel_initializer="zeros",
        kernel_constraint=keras.constraints.max_norm(max_value),
    )
    layer.build((None, len(kernel)))
    layer.set_weights([np.array(kernel, "float32")])
    keras.optimizers.SGD(0.1).apply_gradients([(layer.kernel * 0.0, layer.kernel)])
    made: list[list[float]] = layer.get_weights()[0].tolist()
    return made


def conv_kernel(
    kernel: list[list[list[list[float]]]], max_value: float, axis: list[int]
) -> list[list[list[list[float]]]]:
    """What the constraint of a Conv2D layer makes of its kernel."""
    rows, cols, depth, filters = np.shape(kernel)
    constraint = keras.constraints.max_norm(max_value, axis=axis)
    layer = keras.layers.Conv2D(
        filters, (rows, cols), use_bias=False, kernel_initializer="zeros", kernel_constraint=constraint
    )
    layer.build((None, 8, 8, depth))
    layer.set_weights([np.array(kernel, "float32")])
    made: list[list[list[list[float]]]] = np.asarray(layer.kernel_constraint(layer.get_weights()[0])).tolist()
    return made


def _columns(random: Random) -> list[list[float]]:
    width = random.randint(2, 4)
    return [[float32(random.uniform(-3.0, 3.0)) for _ in range(width)] for _ in range(random.randint(1, 6))]


def dense(random: Random) -> Arguments:
    """A kernel with units inside and outside the bound."""
    return {"kernel": _columns(random), "max_value": float32(random.uniform(1.0, 4.0))}


def outside_dense(random: Random) -> Arguments:
    """A kernel whose units are all outside the bound."""
    width = random.randint(1, 3)
    kernel = [[float32(random.uniform(2.0, 4.0)) for _ in range(width)] for _ in range(random.randint(1, 3))]
    return {"kernel": kernel, "max_value": 1.0}


def conv(random: Random) -> Arguments:
    """A kernel with filters inside and outside the bound, and the axes that the documentation gives."""
    shape = (random.randint(1, 3), random.randint(1, 3), random.randint(1, 3), random.randint(1, 4))
    numbers = [float32(random.uniform(-2.0, 2.0)) for _ in range(int(np.prod(shape)))]
    kernel = np.array(numbers).reshape(shape).tolist()
    return {"kernel": kernel, "max_value": float32(random.uniform(1.0, 3.0)), "axis": [0, 1, 2]}


def conv_of_ones(random: Random) -> Arguments:
    """A kernel of ones, and the default axis."""
    shape = (random.randint(1, 3), random.randint(2, 3), random.randint(1, 3), random.randint(1, 2))
    return {"kernel": np.ones(shape).tolist(), "max_value": 1.0, "axis": [0]}


def _scaled(arguments: Arguments, output: Any) -> list[bool]:
    """Whether each column is multiplied by min(n, max_value) / (n + 1e-7), n being its norm."""
    before, after = (
        np.asarray(w, dtype=np.float64).reshape(-1, np.shape(w)[-1]) for w in (arguments["kernel"], output)
    )
    norms = np.sqrt(np.sum(np.square(before), axis=0))
    wanted = before * (np.minimum(norms, arguments["max_value"]) / (norms + EPSILON))
    return list(np.all(np.abs(after - wanted) <= (len(before) + 6) * ROUNDOFF * np.abs(wanted), axis=0))


def _at_most(arguments: Arguments, output: Any) -> list[bool]:
    """Whether the norm of each column is at most max_value, but for roundings."""
    after = np.asarray(output, dtype=np.float64).reshape(-1, np.shape(output)[-1])
    room = (len(after) + 6) * ROUNDOFF
    return list(np.sqrt(np.sum(np.square(after), axis=0)) <= arguments["max_value"] * (1.0 + room))


@experiment(dense_kernel, dense)
def dense_units_are_scaled_one_by_one(arguments: Arguments, output: Any) -> list[bool]:
    """Each column of a Dense kernel is multiplied by min(n, c) / (n + 1e-7), n being its norm, but for roundings."""
    return _scaled(arguments, output)


@experiment(conv_kernel, conv, keep=("axis",))
def conv_filters_are_scaled_one_by_one(arguments: Arguments, output: Any) -> list[bool]:
    """With axis [0, 1, 2] each Conv2D filter is multiplied by min(n, c) / (n + 1e-7), n its norm, but for roundings."""
    return _scaled(arguments, output)


@experiment(conv_kernel, conv_of_ones, keep=("axis", "max_value"))
def conv_filters_are_bounded_by_the_default_axis(arguments: Arguments, output: Any) -> list[bool]:
    """With the default axis the norm of each Conv2D filter is at most max_value, but for roundings."""
    return _at_most(arguments, output)


@experiment(dense_kernel_when_set, outside_dense, keep=("max_value",))
def constraint_holds_before_training(arguments: Arguments, output: Any) -> list[bool]:
    """Units of a layer that is only called have norms of at most max_value, but for roundings."""
    return _at_most(arguments, output)


@experiment(dense_kernel_before_training, outside_dense, keep=("max_value",))
def kernel_keeps_its_bits_before_training(arguments: Arguments, output: Any) -> list[bool]:
    """A kernel outside the bound has its bits when the layer is built, when it is set, and when the layer is called."""
    return [kernel == arguments["kernel"] for kernel in output.values()]


@experiment(dense_kernel_after_a_step, dense)
def step_scales_each_unit(arguments: Arguments, output: Any) -> list[bool]:
    """A step with a gradient of zeros multiplies each column of the kernel by min(n, c) / (n + 1e-7), n its norm."""
    return _scaled(arguments, output)


def conv_kernel_shape(data_format: str, rows: int, cols: int, depth: int, filters: int) -> list[int]:
    """The shape of the kernel of a Conv2D layer."""
    layer = keras.layers.Conv2D(filters, (rows, cols), data_format=data_format, kernel_initializer="zeros")
    layer.build((None, depth, 8, 8) if data_format == "channels_first" else (None, 8, 8, depth))
    return [int(size) for size in layer.get_weights()[0].shape]


def _conv_shape(data_format: str, random: Random) -> Arguments:
    rows, cols, depth, filters = random.sample(range(1, 6), 4)
    return {"data_format": data_format, "rows": rows, "cols": cols, "depth": depth, "filters": filters}


@experiment(conv_kernel_shape, lambda random: _conv_shape("channels_last", random))
def channels_last_kernel_is_rows_cols_depth_filters(arguments: Arguments, output: Any) -> bool:
    """The kernel of a Conv2D layer with channels_last has the shape (rows, cols, input_depth, output_depth)."""
    return bool(output == [arguments[name] for name in ("rows", "cols", "depth", "filters")])


@experiment(conv_kernel_shape, lambda random: _conv_shape("channels_first", random))
def channels_first_kernel_has_another_shape(arguments: Arguments, output: Any) -> bool | None:
    """The kernel of a Conv2D layer with channels_first has another shape, when all four sizes differ."""
    sizes = [arguments[name] for name in ("rows", "cols", "depth", "filters")]
    return None if len(set(sizes)) < len(sizes) else bool(output != sizes)


def transposed_kernel_of_ones(
    rows: int, cols: int, depth: int, filters: int, max_value: float
) -> list[list[list[list[float]]]]:
    """What max_norm over [0, 1, 2] makes of a Conv2DTranspose kernel of ones."""
    constraint = keras.constraints.max_norm(max_value, axis=[0, 1, 2])
    layer = keras.layers.Conv2DTranspose(filters, (rows, cols), kernel_constraint=constraint)
    layer.build((None, 8, 8, depth))
    made: list[list[list[list[float]]]] = np.asarray(
        layer.kernel_constraint(np.ones(layer.get_weights()[0].shape, "float32"))
    ).tolist()
    return made


def depthwise_kernel_of_ones(
    rows: int, cols: int, depth: int, multiplier: int, max_value: float
) -> list[list[list[list[float]]]]:
    """What max_norm over [0, 1, 2] makes of a DepthwiseConv2D kernel of ones."""
    constraint = keras.constraints.max_norm(max_value, axis=[0, 1, 2])
    layer = keras.layers.DepthwiseConv2D((rows, cols), depth_multiplier=multiplier, depthwise_constraint=constraint)
    layer.build((None, 8, 8, depth))
    made: list[list[list[list[float]]]] = np.asarray(
        layer.depthwise_constraint(np.ones(layer.get_weights()[0].shape, "float32"))
    ).tolist()
    return made


def _sizes(last: str, random: Random) -> Arguments:
    depth, size = random.sample(range(2, 5), 2)
    return {"rows": random.randint(2, 3), "cols": random.randint(2, 3), "depth": depth, last: size, "max_value": 1.0}


@experiment(transposed_kernel_of_ones, lambda random: _sizes("filters", random), keep=("max_value",))
def transposed_filters_become_the_maximum(arguments: Arguments, output: Any) -> list[bool] | None:
    """Each filter of a Conv2DTranspose layer, rows by cols by input_depth, gets the norm max_value."""
    filters = np.moveaxis(np.array(output), 2, -1)
    return _equal_filters_become(arguments, filters, arguments["rows"] * arguments["cols"] * arguments["depth"])


@experiment(depthwise_kernel_of_ones, lambda random: _sizes("multiplier", random), keep=("max_value",))
def depthwise_filters_become_the_maximum(arguments: Arguments, output: Any) -> list[bool] | None:
    """Each filter of a DepthwiseConv2D layer, rows by cols, gets the norm max_value."""
    filters = np.array(output).reshape(arguments["rows"], arguments["cols"], -1)
    return _equal_filters_become(arguments, filters, arguments["rows"] * arguments["cols"])


def _equal_filters_become(arguments: Arguments, filters: Array, size: int) -> list[bool] | None:
    """Whether filters of ones, along the last axis, have the norm max_value; they must have been at least 1.2 of it."""
    if np.sqrt(size) < 1.2 * arguments["max_value"]:
        return None
    norms = np.sqrt(np.sum(np.square(filters.reshape(-1, filters.shape[-1])), axis=0))
    return list(np.abs(norms / arguments["max_value"] - 1.0) <= (size * 4 + 10) * ROUNDOFF)
