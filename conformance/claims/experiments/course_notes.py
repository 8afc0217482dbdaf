"""What course notes say of max-norm constraints: norms strictly below c, and networks that cannot explode."""

from __future__ import annotations

from itertools import pairwise
from random import Random
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from conformance.claims.experiment import Arguments, experiment
from conformance.claims.experiments.numbers import ROUNDOFF, float32
from reference.formats import FLOAT32

if TYPE_CHECKING:
    import keras


def train(rate: float, target: float, use_bias: bool, steps: int = 20) -> list[list[list[float]]]:
    """The weights of a Dense layer with MaxNorm(3) on its kernel after some steps of SGD at a learning rate."""
    layer = keras.layers.Dense(2, use_bias=use_bias, kernel_constraint=keras.constraints.MaxNorm(3.0))
    model = keras.Sequential([keras.Input((2,)), layer])
    model.compile(optimizer=keras.optimizers.SGD(rate), loss="mse", run_eagerly=True)
    x, y = np.array([[1.0, 2.0], [3.0, -1.0]], "float32"), np.full((2, 2), target, "float32")
    layer.set_weights([np.ones_like(weight) for weight in layer.get_weights()])
    for _ in range(steps):
        model.train_on_batch(x, y)
    return [np.atleast_2d(weight).tolist() for weight in layer.get_weights()]


def _sweep(use_bias: bool) -> list[Arguments]:
    rates = (0.1, 1e3, 1e10, 1e20, 1e30, 1e38)
    return [{"rate": rate, "target": target, "use_bias": use_bias} for rate in rates for target in (1.0, 1000.0)]


@experiment(train, _sweep(False))
def kernels_stay_finite_at_any_rate(arguments: Arguments, output: Any) -> bool:
    """After 20 steps at learning rates up to 1e38 all weights of the constrained kernel are finite."""
    return bool(np.isfinite(np.array(output[0])).all())


@experiment(train, _sweep(False))
def kernels_keep_weights_at_any_rate(arguments: Arguments, output: Any) -> bool:
    """After 20 steps at learning rates up to 1e38 the constrained kernel still has weights other than zero."""
    return bool(np.any(np.nan_to_num(np.array(output[0]))))


@experiment(train, _sweep(True))
def all_weights_stay_finite_at_any_rate(arguments: Arguments, output: Any) -> bool:
    """After 20 steps at learning rates up to 1e38 kernel and unconstrained bias are finite."""
    return all(bool(np.isfinite(np.array(weight)).all()) for weight in output)


X = np.array([[1.0, 2.0], [3.0, -1.0]])


def one_step(random: Random) -> Arguments:
    """One step at a learning rate of 0.1 to 3e38, in which kernel and bias have gradients of 0.1 to 1,000."""
    rate = float(float32(10.0 ** random.uniform(-1.0, 38.5)))
    target = random.choice((-1000.0, -1.0, 1.0, 10.0, 1000.0))
    return {"rate": rate, "target": target, "use_bias": random.random() < 0.5, "steps": 1}


def updated(arguments: Arguments) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """A column of the kernel, and a bias, after one step from ones: all columns are alike."""
    off = X.sum(axis=1) + arguments["use_bias"] - arguments["target"]
    rate = arguments["rate"]
    return 1.0 - rate * (off @ X) / 2.0, 1.0 - rate * off.sum(keepdims=True) / 2.0


def overflows(numbers: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which numbers are infinite in float32."""
    return np.abs(numbers) > FLOAT32.largest


def is_clear(*numbers: NDArray[np.float64]) -> bool:
    """Whether no rounding of the step decides which of the numbers are infinite in float32."""
    return all(np.array_equal(overflows(number * 0.999), overflows(number * 1.001)) for number in numbers)


@experiment(train, one_step, trials=16, keep=("use_bias", "steps"))
def one_step_bounds_zeroes_or_breaks_the_kernel(arguments: Arguments, output: Any) -> list[bool] | None:
    """A column of norm N after the optimizer's step gets the norm min(N, 3), or becomes zero where N * N overflows.

    A weight that overflows itself becomes NaN.
    """
    column, _ = updated(arguments)
    square = np.sum(np.square(column))
    if arguments["steps"] != 1 or not is_clear(column, np.square(column), square):
        return None
    if overflows(square):
        wanted = np.where(overflows(column), np.nan, 0.0)
        return [np.array_equal(found, wanted, equal_nan=True) for found in np.transpose(output[0])]
    apart = 24 * ROUNDOFF * (1.0 + arguments["rate"] * 4.0 * (8.0 + abs(arguments["target"])) / np.sqrt(square))
    norms, norm = np.linalg.norm(output[0], axis=0), min(float(np.sqrt(square)), 3.0)
    close = np.abs(norms - norm) <= (1e-7 / np.sqrt(square) + (apart if norm < 3.0 else 8 * ROUNDOFF)) * norm
    return list(close & (norms <= 3.0 * (1.0 + 8 * ROUNDOFF)))


@experiment(train, lambda random: {**one_step(random), "use_bias": True}, trials=16, keep=("use_bias", "steps"))
def one_step_moves_the_bias_as_far_as_it_says(arguments: Arguments, output: Any) -> list[bool] | None:
    """A step changes the unconstrained bias by the learning rate times its gradient, to infinity where that is."""
    _, bias = updated(arguments)
    if arguments["steps"] != 1 or not arguments["use_bias"] or not is_clear(bias):
        return None
    if overflows(bias).any():
        return [bool(np.isinf(weight)) for weight in np.ravel(output[1])]
    apart = 8 * ROUNDOFF * (1.0 + arguments["rate"] * (8.0 + abs(arguments["target"])))
    return list(np.abs(np.ravel(output[1]) - bias) <= apart)


def bias_by_step(rate: float, target: float, units: int) -> list[list[float]]:
    """The largest bias and the largest kernel weight after each of 40 steps, as train makes them."""
    layer = keras.layers.Dense(units, kernel_constraint=keras.constraints.MaxNorm(3.0))
    model = keras.Sequential([keras.Input((2,)), layer])
    model.compile(optimizer=keras.optimizers.SGD(rate), loss="mse", run_eagerly=True)
    x, y = np.array([[1.0, 2.0], [3.0, -1.0]], "float32"), np.full((2, units), target, "float32")
    layer.set_weights([np.ones_like(weight) for weight in layer.get_weights()])
    largest = []
    for _ in range(40):
        model.train_on_batch(x, y)
        kernel, bias = (float(np.abs(weight).max()) for weight in layer.get_weights())
        largest.append([bias, kernel])
    return largest


def overshooting(random: Random) -> Arguments:
    """A learning rate at which each step carries the bias far beyond what would be best."""
    units, rate = random.randint(1, 4), float(float32(10.0 ** random.uniform(1.5, 10.0)))
    return {"rate": rate, "target": random.choice((-1000.0, 100.0, 1000.0)), "units": units}


@experiment(bias_by_step, overshooting, trials=3, keep=("rate", "target", "units"))
def overshooting_bias_grows_until_all_is_nan(arguments: Arguments, output: Any) -> list[bool]:
    """The largest bias grows at each step while all is finite, and at the end bias and kernel are NaN."""
    bias, kernel = np.transpose(output)
    finite = [one for one, weight in zip(bias, kernel, strict=True) if np.isfinite(one + weight)]
    grows = len(finite) > 1 and all(after > before for before, after in pairwise(finite))
    return [grows, bool(np.isnan(bias[-1]) and np.isnan(kernel[-1]))]
