"""Where Keras's optimizers apply constraints: in loops of one's own, while accumulating, beside averages, set late."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

import numpy as np

from conformance.claims.experiment import Arguments, experiment
from conformance.claims.experiments.keras_training import is_bounded, is_scaled, norms_of, outside, scaled_kernel
from conformance.claims.experiments.numbers import ROUNDOFF, normals

if TYPE_CHECKING:
    import keras

MOMENTUM = 0.5


def model_with(kernel: list[list[float]], constraint: object, optimizer: object) -> keras.Model:
    """A compiled model of one Dense layer with a constraint that begins with this kernel."""
    layer = keras.layers.Dense(len(kernel[0]), use_bias=False, kernel_initializer="zeros", kernel_constraint=constraint)
    model = keras.Sequential([keras.Input((len(kernel),)), layer])
    model.set_weights([np.array(kernel, "float32")])
    model.compile(optimizer=optimizer, loss="mse", run_eagerly=True)
    return model


def kernel_in(model: keras.Model) -> list[list[float]]:
    """The kernel of the model's first layer."""
    kernel: list[list[float]] = np.asarray(model.layers[0].get_weights()[0]).tolist()
    return kernel


def loop(
    kernel: list[list[float]], max_value: float, gradients: list[list[list[float]]], trainable: bool
) -> list[list[list[float]]]:
    """The kernel after each of the gradients that a loop of one's own gives to apply_gradients."""
    optimizer = keras.optimizers.SGD(0.1)
    model, kernels = model_with(kernel, keras.constraints.MaxNorm(max_value), optimizer), []
    model.layers[0].trainable = trainable
    variable = model.layers[0].kernel
    for gradient in gradients:
        slopes = np.array(gradient, "float32")
        # PyTorch takes nothing but tensors
        slopes = keras.ops.convert_to_tensor(slopes) if hasattr(keras, "ops") else slopes
        optimizer.apply_gradients([(slopes, variable)])
        kernels.append(kernel_in(model))
    return kernels


def stateless_loop(
    kernel: list[list[float]], max_value: float, gradients: list[list[list[float]]]
) -> list[list[list[float]]]:
    """The kernel after each of the gradients that a loop of one's own gives to stateless_apply."""
    optimizer = keras.optimizers.SGD(0.1)
    model, kernels = model_with(kernel, keras.constraints.MaxNorm(max_value), optimizer), []
    optimizer.build(model.trainable_variables)
    weights, state = [v.value for v in model.trainable_variables], [v.value for v in optimizer.variables]
    for gradient in gradients:
        weights, state = optimizer.stateless_apply(state, [np.array(gradient, "float32")], weights)
        kernels.append(np.asarray(weights[0]).tolist())
    return kernels


def accumulate_from_the_same(kernel: list[list[float]], max_value: float, every: int) -> list[list[list[float]]]:
    """The kernel after each batch of which gradients are accumulated, set anew before each, up to the second update."""
    optimizer = keras.optimizers.SGD(0.1, gradient_accumulation_steps=every)
    model, kernels = model_with(kernel, keras.constraints.MaxNorm(max_value), optimizer), []
    for _ in range(2 * every):
        model.set_weights([np.array(kernel, "float32")])
        # roots, which no column of quarters is parallel to
        model.train_on_batch(np.sqrt([np.arange(1.0, len(kernel) + 1.0)]), np.full((1, len(kernel[0])), 64.0))
        kernels.append(kernel_in(model))
    return kernels


def fit_with_average_of_steps(kernel: list[list[float]], max_value: float, steps: int) -> list[list[float]]:
    """The kernel after steps with gradients of zeros by an optimizer that keeps a moving average of the weights."""
    optimizer = keras.optimizers.SGD(0.0, use_ema=True, ema_momentum=0.5)
    model = model_with(kernel, keras.constraints.MaxNorm(max_value), optimizer)
    model.fit(np.ones((steps, len(kernel))), np.ones((steps, len(kernel[0]))), batch_size=1, verbose=0)
    return kernel_in(model)


def fit_with_constraint_set_late(
    kernel: list[list[float]], before: float | None, after: float | None, built: bool
) -> list[list[float]]:
    """The kernel after fit where kernel_constraint was set to another one on a layer, which was built before or not."""
    first, second = (None if bound is None else keras.constraints.MaxNorm(bound) for bound in (before, after))
    layer = keras.layers.Dense(len(kernel[0]), use_bias=False, kernel_initializer="zeros", kernel_constraint=first)
    if built:
        layer.build((None, len(kernel)))
    layer.kernel_constraint = second
    model = keras.Sequential([keras.Input((len(kernel),)), layer])
    layer.set_weights([np.array(kernel, "float32")])
    model.compile(optimizer=keras.optimizers.SGD(0.0), loss="mse", run_eagerly=True)
    model.fit(np.ones((1, len(kernel))), np.ones((1, len(kernel[0]))), verbose=0)
    return kernel_in(model)


def fit_beside(kernel: list[list[float]], max_value: float) -> list[list[float]]:
    """The kernel of a layer on which the loss does not depend, after fit."""

    class Beside(keras.Model):  # type: ignore[misc]  # Keras has no types
        def __init__(self) -> None:
            super().__init__()
            constraint = keras.constraints.MaxNorm(max_value)
            self.beside = keras.layers.Dense(len(kernel[0]), use_bias=False, kernel_constraint=constraint)
            self.last = keras.layers.Dense(1)

        def call(self, inputs: object) -> object:
            self.beside(inputs)
            return self.last(inputs)

    model, ones = Beside(), np.ones((1, len(kernel)), "float32")
    model(ones)
    model.beside.set_weights([np.array(kernel, "float32")])
    model.compile(optimizer=keras.optimizers.SGD(0.1), loss="mse", run_eagerly=True)
    model.fit(ones, np.ones((1, 1)), verbose=0)
    made: list[list[float]] = model.beside.get_weights()[0].tolist()
    return made


def _looped(random: Random) -> Arguments:
    """A kernel outside the bound, and gradients that push it about."""
    drawn = outside(random)
    shape = np.shape(drawn["kernel"])
    return {**drawn, "gradients": [normals(random, *shape, scale=20.0) for _ in range(random.randint(1, 4))]}


@experiment(loop, lambda random: {**_looped(random), "trainable": True}, keep=("kernel", "gradients"))
def apply_gradients_bounds_the_kernel(arguments: Arguments, output: Any) -> list[bool]:
    """After each apply_gradients in a loop of one's own the norm of each column is at most max_value."""
    return [is_bounded(arguments, kernel) for kernel in output]


@experiment(loop, lambda random: {**_looped(random), "trainable": False}, keep=("kernel", "gradients"))
def apply_gradients_bounds_a_frozen_kernel(arguments: Arguments, output: Any) -> list[bool]:
    """Given the kernel of a layer with trainable=False, apply_gradients leaves no column above max_value."""
    return [is_bounded(arguments, kernel) for kernel in output]


@experiment(stateless_loop, _looped, keep=("kernel", "gradients"))
def stateless_apply_bounds_the_kernel(arguments: Arguments, output: Any) -> list[bool]:
    """After each stateless_apply in a loop of one's own the norm of each column is at most max_value."""
    return [is_bounded(arguments, kernel) for kernel in output]


def accumulated(random: Random) -> Arguments:
    """A kernel of units inside and outside the bound, and how many batches there are to an update."""
    return {**scaled_kernel(random, 0.3, 4.0), "every": random.choice((2, 3))}


@experiment(accumulate_from_the_same, accumulated, trials=3)
def accumulating_steps_only_scale(arguments: Arguments, output: Any) -> list[bool]:
    """While gradients are accumulated each batch scales the columns to at most max_value and does nothing else; only
    each last one changes them by gradients too, and leaves them bounded.
    """
    truths = []
    for step, kernel in enumerate(output, 1):
        scaled = is_scaled(arguments["kernel"], kernel, arguments["max_value"])
        is_update = step % arguments["every"] == 0
        truths.append(is_bounded(arguments, kernel) and (not all(scaled) if is_update else all(scaled)))
    return truths


@experiment(fit_with_average_of_steps, lambda random: {**outside(random), "steps": random.randint(1, 4)}, trials=4)
def average_is_of_weights_before_the_constraint(arguments: Arguments, output: Any) -> list[bool] | None:
    """With use_ema=True and gradients of zeros, fit ends with the average of the first kernel, which was outside the
    bound, and the constrained ones: above max_value, but for roundings.
    """
    kernel, norms = np.array(arguments["kernel"]), norms_of(arguments["kernel"])
    if (norms <= 1.01 * arguments["max_value"]).any():
        return None
    share = MOMENTUM ** (arguments["steps"] - 1)
    wanted = kernel * (share + (1.0 - share) * arguments["max_value"] / norms)
    # each step rounds as the constraint does, and 3 times more for the average
    room = arguments["steps"] * ((len(kernel) + 10) * ROUNDOFF + 1e-7 / norms) * np.abs(wanted)
    near = (np.abs(np.array(output) - wanted) <= room).all(axis=0)
    return [bool(truth) for truth in near & (norms_of(output) > arguments["max_value"])]


def set_late(random: Random) -> Arguments:
    """A kernel, a constraint or none, and another one or none."""
    bounds = random.choice(((None, 1.0), (2.0, 1.0), (1.0, 2.0), (1.0, None)))
    kernel = scaled_kernel(random, 2.5, 8.0)["kernel"]
    return {"kernel": kernel, "before": bounds[0], "after": bounds[1], "built": random.random() < 0.75}


@experiment(fit_with_constraint_set_late, set_late, trials=6, keep=("before", "after", "built"))
def constraint_of_the_build_is_the_one(arguments: Arguments, output: Any) -> list[bool]:
    """Fit applies the constraint, if any, that the layer had when it was built, and none that was set later."""
    bound = arguments["before" if arguments["built"] else "after"]
    if bound is None:
        return list((np.array(output) == np.array(arguments["kernel"])).all(axis=0))
    return is_scaled(arguments["kernel"], output, bound)


@experiment(fit_beside, outside, trials=3)
def kernels_without_a_gradient_are_left_alone(arguments: Arguments, output: Any) -> bool:
    """Fit leaves the bits of a kernel outside the bound as they are where the loss does not depend on it."""
    return bool(output == arguments["kernel"])


@experiment(fit_beside, outside, trials=3)
def kernels_beside_the_loss_are_scaled(arguments: Arguments, output: Any) -> list[bool]:
    """Fit scales a kernel on which the loss does not depend too: each column by min(n, max_value) / (n + 1e-7)."""
    return is_scaled(arguments["kernel"], output, arguments["max_value"])
