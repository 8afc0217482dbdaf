"""What people answer to "what does kernel_constraint=max_norm(3) do?", on kernels of Dense and Conv2D layers."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

import numpy as np

from conformance.claims.experiment import Arguments, experiment
from conformance.claims.experiments.numbers import ROUNDOFF, uneven_columns

if TYPE_CHECKING:
    import keras


def constrain(kernel: list[list[float]], max_value: float) -> list[list[float]]:
    """A Dense kernel of shape (inputs, units) after max_norm, with no axis given."""
    layer = keras.layers.Dense(len(kernel[0]), kernel_constraint=keras.constraints.MaxNorm(max_value))
    layer.build((None, len(kernel)))
    layer.set_weights([np.array(kernel, "float32"), np.zeros(len(kernel[0]), "float32")])
    layer.kernel.assign(layer.kernel_constraint(layer.kernel))
    return layer.get_weights()[0].tolist()  # type: ignore[no-any-return]  # floats


def _kernel(random: Random) -> Arguments:
    kernel = uneven_columns(random, ((4, 9), (3, 5), (6, 2), (2, 2)))
    return {"kernel": kernel, "max_value": random.choice((0.5, 1.0, 3.0))}


def _norms(kernel: Any, axis: int | tuple[int, ...] | None) -> np.ndarray:
    return np.asarray(np.sqrt(np.sum(np.square(np.array(kernel, dtype=np.float64)), axis=axis, keepdims=True)))


@experiment(constrain, _kernel)
def whole_matrix_norm_is_bounded(arguments: Arguments, output: Any) -> bool:
    """The norm of the whole matrix is at most max_value, up to the roundings of its weights."""
    return bool(_norms(output, None).item() <= arguments["max_value"] * (1.0 + (np.size(output) + 5) * ROUNDOFF))


@experiment(constrain, _kernel)
def one_factor_for_the_matrix(arguments: Arguments, output: Any) -> bool | None:
    """All weights of the matrix are multiplied by the same factor, up to the roundings of factor and product."""
    kernel, result = np.array(arguments["kernel"]), np.array(output)
    if np.count_nonzero(kernel) < 2:
        return None
    factors = result[kernel != 0.0] / kernel[kernel != 0.0]
    return bool(factors.max() * (1.0 - 3 * ROUNDOFF) <= factors.min() * (1.0 + 3 * ROUNDOFF))


@experiment(constrain, _kernel)
def each_column_norm_is_bounded(arguments: Arguments, output: Any) -> list[bool]:
    """The norm of each column, a unit's incoming weights, is at most max_value up to roundings."""
    bound = arguments["max_value"] * (1.0 + (len(output) + 5) * ROUNDOFF)
    return list((_norms(output, 0) <= bound).ravel())


@experiment(constrain, _kernel)
def printed_formula_is_todays(arguments: Arguments, output: Any) -> list[bool]:
    """Each weight is w * (clip(norm, 0, max_value) / (epsilon + norm)), norms by column, up to roundings of float32."""
    kernel = np.array(arguments["kernel"])
    norms = _norms(kernel, 0)
    wanted = kernel * (np.clip(norms, 0.0, arguments["max_value"]) / (1e-7 + norms))
    return list((np.abs(np.array(output) - wanted) <= (len(output) + 8) * ROUNDOFF * np.abs(wanted)).ravel())


def constrain_over(kernel: list[list[float]], max_value: float, axis: int | list[int] | None) -> list[list[float]]:
    """A matrix after max_norm over an axis, over several, or over None."""
    constraint = keras.constraints.MaxNorm(max_value, axis=axis)
    return np.asarray(constraint(np.array(kernel, "float32"))).tolist()  # type: ignore[no-any-return]  # floats


def _over(*axes: int | list[int] | None) -> Any:
    return lambda random: {**_kernel(random), "axis": random.choice(axes)}


def _follows(arguments: Arguments, output: Any) -> list[bool]:
    kernel, axis = np.array(arguments["kernel"]), arguments["axis"]
    norms = _norms(kernel, tuple(axis) if isinstance(axis, list) else axis)
    wanted = kernel * (np.clip(norms, 0.0, arguments["max_value"]) / (1e-7 + norms))
    return list((np.abs(np.array(output) - wanted) <= (kernel.size + 8) * ROUNDOFF * np.abs(wanted)).ravel())


@experiment(constrain_over, _over(None, [0, 1], 0, 1), trials=16, keep=("axis",))
def each_group_over_an_axis_has_its_own_factor(arguments: Arguments, output: Any) -> list[bool]:
    """Weights of a group, with a norm N over the axis, are multiplied by min(N, max_value) / (1e-7 + N)."""
    return _follows(arguments, output)


@experiment(constrain_over, _over(None, [0, 1]), keep=("axis",))
def all_axes_are_one_group(arguments: Arguments, output: Any) -> list[bool]:
    """With axis None, or with both axes, all weights are multiplied by min(N, max_value) / (1e-7 + N) for one norm N.

    That is the norm of the whole matrix.
    """
    return _follows({**arguments, "axis": None}, output)


def constrain_filters(
    shape: list[int], scale: float, max_value: float, axis: list[int], data_format: str
) -> list[float]:
    """The norm of each filter of a Conv2D layer whose kernel (rows, cols, in, out) max_norm has rescaled."""
    constraint = keras.constraints.MaxNorm(max_value, axis=axis)
    layer = keras.layers.Conv2D(shape[3], tuple(shape[:2]), data_format=data_format, kernel_constraint=constraint)
    layer.build((None, shape[2], 8, 8) if data_format == "channels_first" else (None, 8, 8, shape[2]))
    kernel = scale * np.sin(np.arange(1.0, np.prod(shape) + 1.0)).reshape(shape)
    layer.set_weights([kernel.astype("float32"), np.zeros(shape[3], "float32")])
    layer.kernel.assign(layer.kernel_constraint(layer.kernel))
    filters = layer.get_weights()[0].astype("float64")
    return np.sqrt(np.sum(filters**2, axis=(0, 1, 2))).tolist()  # type: ignore[no-any-return]  # floats


def _filters(axis: list[int]) -> Any:
    def draw(random: Random) -> Arguments:
        shape = [random.choice((1, 3, 5)), random.choice((1, 3)), random.choice((1, 2, 4)), random.choice((1, 2, 8))]
        data_format = random.choice(("channels_last", "channels_first"))
        scale = random.choice((0.01, 1.0, 10.0))
        return {"shape": shape, "scale": scale, "max_value": 3.0, "axis": axis, "data_format": data_format}

    return draw


def _bounded(arguments: Arguments, output: Any) -> list[bool]:
    bound = arguments["max_value"] * (1.0 + (np.prod(arguments["shape"][:3]) + 5) * ROUNDOFF)
    return [norm <= bound for norm in output]


@experiment(constrain_filters, _filters([0, 1, 2]), keep=("shape", "axis"))
def each_filter_is_bounded_by_axis_0_1_2(arguments: Arguments, output: Any) -> list[bool]:
    """With axis [0, 1, 2] the norm of each convolution filter is at most max_value, in both data formats."""
    return _bounded(arguments, output)


@experiment(constrain_filters, _filters([0]), keep=("shape", "axis"))
def each_filter_is_bounded_by_axis_0(arguments: Arguments, output: Any) -> list[bool]:
    """With the default axis 0 the norm of each convolution filter is at most max_value, in both data formats."""
    return _bounded(arguments, output)


def constrain_conv2d(shape: list[int], weight: float, max_value: float) -> dict[str, list[float]]:
    """The norms over the rows of a Conv2D kernel of equal weights after max_norm, with no axis given; its filters'."""
    layer = keras.layers.Conv2D(shape[3], tuple(shape[:2]), kernel_constraint=keras.constraints.MaxNorm(max_value))
    layer.build((None, 8, 8, shape[2]))
    layer.set_weights([np.full(shape, weight, "float32"), np.zeros(shape[3], "float32")])
    layer.kernel.assign(layer.kernel_constraint(layer.kernel))
    kernel = layer.get_weights()[0].astype("float64")
    over = {"rows": (0,), "filters": (0, 1, 2)}
    return {name: np.sqrt(np.sum(kernel**2, axis=axes)).ravel().tolist() for name, axes in over.items()}


def equal_filters(random: Random) -> Arguments:
    """A Conv2D kernel of equal weights, large or small."""
    shape = [random.choice((1, 3, 5)), random.choice((2, 3)), random.choice((1, 2, 4)), random.choice((1, 2))]
    return {"shape": shape, "weight": float(np.float32(random.uniform(0.1, 9.0))), "max_value": 3.0}


@experiment(constrain_conv2d, equal_filters, trials=12, keep=("shape",))
def norms_over_the_rows_are_bounded_and_those_of_filters_are_not(arguments: Arguments, output: Any) -> list[bool]:
    """Equal weights get a norm N of at most max_value over a kernel's rows, and N * sqrt(cols * in) in each filter."""
    rows, cols, channels, _ = arguments["shape"]
    before = abs(arguments["weight"]) * np.sqrt(rows)
    norm, room = min(before, arguments["max_value"]), (rows + 8) * ROUNDOFF + 1e-7 / before
    filters = np.array(output["filters"]) / np.sqrt(cols * channels)
    return [bool(abs(found - norm) <= room * norm) for found in (*output["rows"], *filters)]
