"""Keras constraints in training: when they are applied to the kernel of a Dense layer, and when not."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

import numpy as np

from conformance.claims.experiment import Arguments, experiment
from conformance.claims.experiments.numbers import ROUNDOFF

if TYPE_CHECKING:
    import keras


def with_max_norm(kernel: list[list[float]], max_value: float) -> keras.Model:
    """A model of one Dense layer with MaxNorm that begins with this kernel."""
    constraint = keras.constraints.MaxNorm(max_value)
    layer = keras.layers.Dense(len(kernel[0]), use_bias=False, kernel_constraint=constraint)
    model = keras.Sequential([keras.Input((len(kernel),)), layer])
    model.set_weights([np.array(kernel, "float32")])
    return model


def kernel_of(model: keras.Model) -> list[list[float]]:
    """The kernel of the model's first layer."""
    kernel: list[list[float]] = np.asarray(model.layers[0].get_weights()[0]).tolist()
    return kernel


def fit_step_by_step(kernel: list[list[float]], max_value: float, target: float, steps: int) -> list[list[list[float]]]:
    """The kernel after each of several gradient updates by fit."""
    model = with_max_norm(kernel, max_value)
    model.compile(optimizer=keras.optimizers.SGD(0.1), loss="mse", run_eagerly=True)
    kernels = []
    for _ in range(steps):
        model.fit(np.ones((1, len(kernel))), np.full((1, len(kernel[0])), target), verbose=0)
        kernels.append(kernel_of(model))
    return kernels


def use_without_training(kernel: list[list[float]], max_value: float) -> dict[str, list[list[float]]]:
    """The kernel after its initializer, after set_weights, after predict and after evaluate."""
    layer = keras.layers.Dense(
        len(kernel[0]),
        use_bias=False,
        kernel_initializer=lambda shape, dtype=None: np.array(kernel, "float32"),
        kernel_constraint=keras.constraints.MaxNorm(max_value),
    )
    model = keras.Sequential([keras.Input((len(kernel),)), layer])
    kernels = {"initializer": kernel_of(model)}
    model.set_weights([np.array(kernel, "float32")])
    kernels["set_weights"] = kernel_of(model)
    model.compile(optimizer="sgd", loss="mse", run_eagerly=True)
    ones = np.ones((1, len(kernel)))
    model.predict(ones, verbose=0)
    kernels["predict"] = kernel_of(model)
    model.evaluate(ones, np.ones((1, len(kernel[0]))), verbose=0)
    return {**kernels, "evaluate": kernel_of(model)}


def apply_zero_gradient(kernel: list[list[float]], max_value: float) -> list[list[float]]:
    """The kernel after apply_gradients, outside of fit, with a gradient of zeros."""
    model = with_max_norm(kernel, max_value)
    variable = model.layers[0].kernel
    keras.optimizers.SGD(0.1).apply_gradients([(variable * 0.0, variable)])
    return kernel_of(model)


def fit_frozen(kernel: list[list[float]], max_value: float) -> list[list[float]]:
    """The kernel of a layer with trainable=False after fit has trained the layer behind it."""
    model = with_max_norm(kernel, max_value)
    model.layers[0].trainable = False
    model.add(keras.layers.Dense(1))
    model.compile(optimizer="sgd", loss="mse", run_eagerly=True)
    model.fit(np.ones((1, len(kernel))), np.ones((1, 1)), verbose=0)
    return kernel_of(model)


def fit_at_rate(kernel: list[list[float]], max_value: float, rate: float) -> list[list[float]]:
    """The kernel after fit at a learning rate."""
    model = with_max_norm(kernel, max_value)
    model.compile(optimizer=keras.optimizers.SGD(rate), loss="mse", run_eagerly=True)
    model.fit(np.ones((1, len(kernel))), np.ones((1, len(kernel[0]))), verbose=0)
    return kernel_of(model)


def accumulate(kernel: list[list[float]], max_value: float, every: int) -> list[list[list[float]]]:
    """The kernel after each batch of which gradients are accumulated, up to the update."""
    model = with_max_norm(kernel, max_value)
    model.compile(optimizer=keras.optimizers.SGD(0.1, gradient_accumulation_steps=every), loss="mse", run_eagerly=True)
    kernels = []
    for _ in range(every):
        model.train_on_batch(np.ones((1, len(kernel))), np.ones((1, len(kernel[0]))))
        kernels.append(kernel_of(model))
    return kernels


def fit_with_average(kernel: list[list[float]], max_value: float, target: float, steps: int) -> list[list[float]]:
    """The kernel after fit with an optimizer that keeps a moving average of the weights."""
    model = with_max_norm(kernel, max_value)
    model.compile(optimizer=keras.optimizers.SGD(0.1, use_ema=True, ema_momentum=0.5), loss="mse", run_eagerly=True)
    targets = np.full((steps, len(kernel[0])), target)
    model.fit(np.ones((steps, len(kernel))), targets, batch_size=1, verbose=0)
    return kernel_of(model)


def constrain_after_build(kernel: list[list[float]], max_value: float) -> list[list[float]]:
    """The kernel after fit where kernel_constraint was set on a layer that was built before."""
    layer = keras.layers.Dense(len(kernel[0]), use_bias=False)
    model = keras.Sequential([keras.Input((len(kernel),)), layer])
    layer.set_weights([np.array(kernel, "float32")])
    layer.kernel_constraint = keras.constraints.MaxNorm(max_value)
    model.compile(optimizer=keras.optimizers.SGD(0.0), loss="mse", run_eagerly=True)
    model.fit(np.ones((1, len(kernel))), np.ones((1, len(kernel[0]))), verbose=0)
    return kernel_of(model)


def scaled_kernel(random: Random, lowest: float, highest: float) -> Arguments:
    """A kernel of quarters whose columns have norms near or between these multiples of max_value."""
    rows, columns = random.choice([(2, 2), (2, 4), (3, 2)])
    max_value = random.choice([1.0, 2.0])
    drawn = np.array([[random.uniform(0.1, 1.0) for _ in range(columns)] for _ in range(rows)])
    norms = np.array([random.uniform(lowest, highest) for _ in range(columns)]) * max_value
    kernel = drawn / np.linalg.norm(drawn, axis=0) * norms
    return {"kernel": (np.round(4.0 * kernel) / 4.0).tolist(), "max_value": max_value}


def outside(random: Random) -> Arguments:
    return scaled_kernel(random, 1.5, 8.0)


def trained_from_anywhere(random: Random) -> Arguments:
    return {**scaled_kernel(random, 0.1, 4.0), "target": random.choice([-8.0, 0.0, 8.0]), "steps": 4}


def trained_from_inside(random: Random) -> Arguments:
    return {**scaled_kernel(random, 0.1, 0.9), "target": random.choice([8.0, 16.0]), "steps": random.randint(1, 4)}


def norms_of(kernel: Any) -> Any:
    return np.linalg.norm(np.asarray(kernel, dtype=np.float64), axis=0)


def is_bounded(arguments: Arguments, kernel: Any) -> bool:
    """Whether each column is in the bound; the formula of MaxNorm rounds at most rows + 6 times."""
    return bool((norms_of(kernel) <= arguments["max_value"] * (1.0 + (len(arguments["kernel"]) + 6) * ROUNDOFF)).all())


def is_scaled(before: Any, after: Any, max_value: float) -> list[bool]:
    """Which columns are multiplied by min(n, max_value) / (n + 1e-7), n being their norm, but for roundings."""
    kernel, norms = np.asarray(before, dtype=np.float64), norms_of(before)
    wanted = kernel * (np.minimum(norms, max_value) / (norms + 1e-7))
    near = np.abs(np.array(after) - wanted) <= (len(kernel) + 6) * ROUNDOFF * np.abs(wanted)
    return [bool(truth) for truth in near.all(axis=0)]


def columns_left_alone(arguments: Arguments, kernel: Any) -> list[bool] | None:
    """Which columns that were outside the bound kept their bits."""
    before = np.array(arguments["kernel"], dtype=np.float32)
    far = norms_of(before) > 1.01 * arguments["max_value"]
    return (before == np.array(kernel, dtype=np.float32)).all(axis=0)[far].tolist() if far.any() else None


@experiment(fit_step_by_step, trained_from_anywhere, trials=3)
def fit_bounds_the_kernel_after_each_update(arguments: Arguments, output: Any) -> list[bool]:
    """After each gradient update by fit each column's norm is at most max_value, up to (rows + 6) units of roundoff."""
    return [is_bounded(arguments, kernel) for kernel in output]


@experiment(use_without_training, outside, trials=3)
def kernels_are_bounded_without_training(arguments: Arguments, output: Any) -> list[bool]:
    """After an initializer, set_weights, predict and evaluate the norm of each column is at most max_value."""
    return [is_bounded(arguments, kernel) for kernel in output.values()]


@experiment(use_without_training, outside, trials=3)
def kernels_are_left_alone_without_training(arguments: Arguments, output: Any) -> list[bool]:
    """Initializer, set_weights, predict and evaluate leave the bits of a kernel outside the bound as they are."""
    return [kernel == arguments["kernel"] for kernel in output.values()]


@experiment(apply_zero_gradient, outside, trials=3)
def constraints_wait_for_fit(arguments: Arguments, output: Any) -> list[bool] | None:
    """Outside of fit, apply_gradients with zeros leaves columns outside the bound as they are."""
    return columns_left_alone(arguments, output)


@experiment(fit_frozen, outside, trials=3)
def fit_leaves_frozen_kernels_alone(arguments: Arguments, output: Any) -> bool:
    """Fit leaves the bits of a kernel outside the bound as they are where the layer had trainable=False before."""
    return bool(output == arguments["kernel"])


@experiment(fit_frozen, outside, trials=3)
def fit_bounds_frozen_kernels(arguments: Arguments, output: Any) -> bool:
    """After fit the norm of each column of a layer with trainable=False is at most max_value."""
    return is_bounded(arguments, output)


@experiment(fit_at_rate, lambda random: {**outside(random), "rate": 10.0 ** random.uniform(-9.0, 6.0)}, trials=4)
def fit_bounds_the_kernel_at_any_rate(arguments: Arguments, output: Any) -> bool:
    """Fit at a learning rate from 1e-9 to 1e6 leaves no column with a norm above max_value, but for roundings."""
    return is_bounded(arguments, output)


@experiment(fit_at_rate, lambda random: {**outside(random), "rate": 0.0}, trials=3, keep=("rate",))
def fit_at_rate_zero_only_scales(arguments: Arguments, output: Any) -> list[bool]:
    """Fit with a learning rate of zero multiplies each column by min(n, max_value) / (n + 1e-7), n being its norm."""
    return is_scaled(arguments["kernel"], output, arguments["max_value"])


@experiment(fit_at_rate, lambda random: {**outside(random), "rate": 0.0}, trials=3, keep=("rate",))
def fit_with_rate_zero_changes_nothing(arguments: Arguments, output: Any) -> list[bool] | None:
    """Fit with a learning rate of zero leaves columns outside the bound as they are."""
    return columns_left_alone(arguments, output)


@experiment(accumulate, lambda random: {**outside(random), "every": random.choice([2, 4])}, trials=3)
def accumulating_steps_change_nothing(arguments: Arguments, output: Any) -> list[bool] | None:
    """While gradients are accumulated, before the update, columns outside the bound stay as they are."""
    truths = [columns_left_alone(arguments, kernel) for kernel in output[:-1]]
    return [truth for columns in truths for truth in columns or ()] or None


@experiment(fit_with_average, trained_from_inside, trials=3)
def averaged_kernels_are_bounded(arguments: Arguments, output: Any) -> bool | None:
    """A kernel that begins inside the bound is inside after fit with use_ema=True."""
    return is_bounded(arguments, output) if is_bounded(arguments, arguments["kernel"]) else None


@experiment(constrain_after_build, outside, trials=3)
def constraints_set_after_build_are_applied(arguments: Arguments, output: Any) -> bool:
    """With kernel_constraint set on a built layer, the norm of each column is at most max_value after fit."""
    return is_bounded(arguments, output)
