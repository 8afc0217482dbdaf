"""Keras constraints on the kernels of convolutions: which axes are a filter in which layer."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

import numpy as np

from conformance.claims.experiment import Arguments, Draw, experiment
from conformance.claims.experiments.keras_calls import EPSILON
from conformance.claims.experiments.numbers import ROUNDOFF, normals

if TYPE_CHECKING:
    import keras


def constrained_kernel(
    layer: str, kernel: list[list[list[list[float]]]], max_value: float, axis: list[int], data_format: str, groups: int
) -> list[object]:
    """What the constraint that a convolution's kernel has makes of it."""
    shape, constraint = np.shape(kernel), keras.constraints.max_norm(max_value, axis=axis)
    sizes: dict[str, object]
    if layer == "DepthwiseConv2D":
        depth, sizes, name = shape[2], {"depth_multiplier": shape[3]}, "depthwise"
    elif layer == "Conv2DTranspose":
        depth, sizes, name = shape[3], {"filters": shape[2]}, "kernel"
    else:
        depth, sizes, name = shape[-2] * groups, {"filters": shape[-1], "groups": groups}, "kernel"
    size, space = list(shape)[:-2], [8] * (len(shape) - 2)
    sizes |= {"kernel_size": size, f"{name}_constraint": constraint, f"{name}_initializer": "zeros"}
    made = getattr(keras.layers, layer)(data_format=data_format, use_bias=False, **sizes)
    made.build((None, depth, *space) if data_format == "channels_first" else (None, *space, depth))
    made.set_weights([np.array(kernel, "float32")])
    result: list[object] = np.asarray(made.weights[0].constraint(made.get_weights()[0])).tolist()
    return result


def constrained_kernel_by_default(kernel: list[list[list[list[float]]]], max_value: float) -> list[object]:
    """What max_norm makes of the kernel of a Conv2D layer where no axis is given."""
    rows, cols, depth, filters = np.shape(kernel)
    constraint = keras.constraints.max_norm(max_value)
    layer = keras.layers.Conv2D(
        filters, (rows, cols), use_bias=False, kernel_initializer="zeros", kernel_constraint=constraint
    )
    layer.build((None, 8, 8, depth))
    layer.set_weights([np.array(kernel, "float32")])
    made: list[object] = np.asarray(layer.weights[0].constraint(layer.get_weights()[0])).tolist()
    return made


def constrained_in_each_layer(kernel: list[list[list[list[float]]]], max_value: float, axis: list[int]) -> list[object]:
    """What max_norm makes of the same kernel in a Conv2D, a Conv2DTranspose and a DepthwiseConv2D layer."""
    layers = ("Conv2D", "Conv2DTranspose", "DepthwiseConv2D")
    return [constrained_kernel(layer, kernel, max_value, axis, "channels_last", 1) for layer in layers]


def _kernel(random: Random, space: int = 2) -> Arguments:
    kernel = normals(random, *random.sample(range(1, 7), space + 2))
    return {"kernel": kernel, "max_value": random.choice((0.5, 1.0, 3.0))}


def _in(layer: str, axis: list[int], space: int = 2) -> Draw:
    return lambda random: {
        **{"layer": layer, **_kernel(random, space), "axis": axis},
        "data_format": random.choice(("channels_last", "channels_first")),
        "groups": 1,
    }


def _conv2d(random: Random) -> Arguments:
    """A Conv2D layer with either data_format, of one group or of several."""
    groups, shape = random.choice((1, 1, 2, 3)), random.sample(range(1, 5), 3)
    kernel = normals(random, *shape, groups * random.randint(1, 2))
    data_format = random.choice(("channels_last", "channels_first"))
    bound = random.choice((0.5, 1.0, 3.0))
    return {"layer": "Conv2D", "kernel": kernel, "max_value": bound, "axis": [0, 1, 2]} | {
        "data_format": data_format,
        "groups": groups,
    }


def _scaled(arguments: Arguments, output: Any, axis: tuple[int, ...]) -> list[bool]:
    """Whether each group of weights is multiplied by min(n, max_value) / (n + 1e-7), n being its norm."""
    before = np.array(arguments["kernel"])
    norms = np.sqrt(np.sum(np.square(before), axis=axis, keepdims=True))
    wanted = before * (np.minimum(norms, arguments["max_value"]) / (norms + EPSILON))
    room = (before.size // norms.size + 6) * ROUNDOFF * np.abs(wanted)
    return [bool(truth) for truth in (np.abs(np.array(output) - wanted) <= room).all(axis=axis).ravel()]


ALL = ("layer", "kernel", "axis", "data_format", "groups")


@experiment(constrained_kernel, _conv2d, keep=ALL)
def axis_0_1_2_is_a_filter_in_either_data_format(arguments: Arguments, output: Any) -> list[bool]:
    """With axis [0, 1, 2], either data_format and any groups, each Conv2D filter is scaled by its norm."""
    return _scaled(arguments, output, (0, 1, 2))


@experiment(constrained_kernel, _in("Conv2DTranspose", [0, 1, 3]), keep=ALL)
def axis_0_1_3_is_a_transposed_filter(arguments: Arguments, output: Any) -> list[bool]:
    """A Conv2DTranspose kernel is (rows, cols, output_depth, input_depth): with axis [0, 1, 3] the weights of each
    output are scaled by their norm.
    """
    return _scaled(arguments, output, (0, 1, 3))


@experiment(constrained_kernel, _in("DepthwiseConv2D", [0, 1]), keep=ALL)
def axis_0_1_is_a_depthwise_filter(arguments: Arguments, output: Any) -> list[bool]:
    """A DepthwiseConv2D kernel is (rows, cols, input_depth, depth_multiplier): with axis [0, 1] the weights of each
    output are scaled by their norm.
    """
    return _scaled(arguments, output, (0, 1))


@experiment(constrained_kernel, _in("Conv1D", [0, 1], 1), keep=ALL)
def axis_0_1_is_a_filter_of_conv1d(arguments: Arguments, output: Any) -> list[bool]:
    """With axis [0, 1] each Conv1D filter is scaled by its norm."""
    return _scaled(arguments, output, (0, 1))


@experiment(constrained_kernel, _in("Conv3D", [0, 1, 2, 3], 3), trials=4, keep=ALL)
def axis_0_1_2_3_is_a_filter_of_conv3d(arguments: Arguments, output: Any) -> list[bool]:
    """With axis [0, 1, 2, 3] each Conv3D filter is scaled by its norm."""
    return _scaled(arguments, output, (0, 1, 2, 3))


@experiment(constrained_kernel_by_default, _kernel, keep=("kernel",))
def default_axis_scales_columns_of_filters(arguments: Arguments, output: Any) -> list[bool]:
    """By default each column of each input channel of each Conv2D filter is scaled by its norm over the rows."""
    return _scaled(arguments, output, (0,))


def _any_axis(random: Random) -> Arguments:
    return {**_kernel(random), "axis": random.sample(range(4), random.randint(1, 4))}


@experiment(constrained_in_each_layer, _any_axis, keep=("kernel", "axis"))
def axis_means_the_same_in_every_layer(arguments: Arguments, output: Any) -> bool:
    """The same kernel with the same axis becomes the same in Conv2D, Conv2DTranspose and DepthwiseConv2D layers."""
    return bool(output[0] == output[1] == output[2])


def conv2d_kernel_shape(rows: int, cols: int, depth: int, filters: int, groups: int, data_format: str) -> list[int]:
    """The shape of the kernel of a Conv2D layer."""
    sizes = {"data_format": data_format, "groups": groups}
    layer = keras.layers.Conv2D(filters, (rows, cols), kernel_initializer="zeros", **sizes)
    layer.build((None, depth, 8, 8) if data_format == "channels_first" else (None, 8, 8, depth))
    return [int(size) for size in layer.get_weights()[0].shape]


def _conv2d_sizes(random: Random) -> Arguments:
    groups, (rows, cols, depth, filters) = random.choice((1, 1, 2, 3)), random.sample(range(1, 7), 4)
    sizes = {"rows": rows, "cols": cols, "depth": depth * groups, "filters": filters * groups, "groups": groups}
    return {**sizes, "data_format": random.choice(("channels_last", "channels_first"))}


@experiment(conv2d_kernel_shape, _conv2d_sizes, trials=12, keep=("depth", "filters", "groups"))
def conv2d_kernel_has_one_shape_in_both_data_formats(arguments: Arguments, output: Any) -> bool:
    """The kernel of a Conv2D layer has the shape (rows, cols, input_depth / groups, output_depth)."""
    rows, cols, depth, filters = (arguments[name] for name in ("rows", "cols", "depth", "filters"))
    return bool(output == [rows, cols, depth // arguments["groups"], filters])
