"""The experiments of a post on MinMaxNorm: a Dense layer of sixes, Adam, ones; and the same on other matrices."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

import numpy as np

from conformance.claims.experiment import Arguments, experiment
from conformance.claims.experiments.keras_calls import EPSILON, min_max_norm, norms_of, roundings
from conformance.claims.experiments.keras_rates import any_rate
from conformance.claims.experiments.numbers import ROUNDOFF

if TYPE_CHECKING:
    import keras


def train_dense(
    kernel: list[list[float]], rate: float, max_value: float, rows: int, batch: int
) -> list[list[list[float]]]:
    """The kernel of a Dense layer after one epoch of Adam on ones: without a constraint, then with MinMaxNorm."""
    kernels = []
    for constraint in (None, keras.constraints.MinMaxNorm(0.0, max_value, rate=rate, axis=0)):
        layer = keras.layers.Dense(len(kernel[0]), use_bias=False, kernel_constraint=constraint)
        model = keras.Sequential([keras.Input((len(kernel),)), layer])
        layer.set_weights([np.array(kernel, "float32")])
        model.compile(optimizer="adam", loss="mse", run_eagerly=True)  # for one step tracing does not pay
        x, y = np.ones((rows, len(kernel)), "float32"), np.ones((rows, len(kernel[0])), "float32")
        model.fit(x, y, batch_size=batch, epochs=1, verbose=0)
        kernels.append(layer.get_weights()[0].tolist())
    return kernels


# as the post has them: the constrained weight at each rate
PUBLISHED = {0.0: 5.9990, 0.1: 5.6491, 0.2: 5.2992, 0.3: 4.9493, 0.8: 3.1998, 1.0: 2.5000}
WITHOUT, ITS_NORM = 5.9990, 11.9980
POST = [{"kernel": [[6.0] * 4] * 4, "rate": rate, "max_value": 5.0, "rows": 4, "batch": 4} for rate in PUBLISHED]
SINGLY = [{**arguments, "batch": 1} for arguments in POST if 0.0 < arguments["rate"] < 1.0]  # type: ignore[operator]  # a float


def _other_matrix(random: Random) -> Arguments:
    rows, columns = random.choice(((4, 4), (3, 5), (6, 2)))
    kernel = [[float(np.float32(random.uniform(0.5, 8.0))) for _ in range(columns)] for _ in range(rows)]
    return {"kernel": kernel, "rate": random.choice((0.1, 0.3, 0.8, 1.0)), "max_value": 5.0, "rows": 4, "batch": 4}


def _arrays(output: Any) -> tuple[np.ndarray, np.ndarray]:
    without, constrained = np.array(output, dtype=np.float64)
    return without, constrained


def _follows(arguments: Arguments, output: Any, axis: int | None, scalar: bool = False) -> list[bool]:
    """Whether each weight is the unconstrained one times the gain over an axis, up to the roundings of float32.

    A gain of MinMaxNorm has 8 roundings, a norm of n weights n + 2, and epsilon 1e-7 is less than one of norms over 2.
    """
    without, constrained = _arrays(output)
    norms = np.sqrt(np.sum(without**2, axis=axis, keepdims=True))
    norms = norms.flat[0] * np.ones((1, 1)) if scalar else norms
    rate = arguments["rate"]
    gain = (rate * np.clip(norms, 0.0, arguments["max_value"]) + (1.0 - rate) * norms) / (1e-7 + norms)
    wanted = without * gain
    bound = (max(without.shape) + 12) * ROUNDOFF
    return list((np.abs(constrained - wanted) <= bound * np.abs(wanted)).ravel())


@experiment(train_dense, POST)
def sixes_give_the_published_weights(arguments: Arguments, output: Any) -> list[bool]:
    """One Adam step on sixes gives every weight that the post prints, and the norm of a row, to four decimals."""
    without, constrained = _arrays(output)
    weights = [f"{weight:.4f}" == f"{PUBLISHED[arguments['rate']]:.4f}" for weight in constrained.ravel()]
    norms = [f"{norm:.4f}" == f"{ITS_NORM:.4f}" for norm in np.sqrt(np.sum(without**2, axis=1))]
    return [*weights, *norms, *(f"{weight:.4f}" == f"{WITHOUT:.4f}" for weight in without.ravel())]


@experiment(train_dense, POST)
def sixes_follow_one_factor_over_axis_1(arguments: Arguments, output: Any) -> list[bool]:
    """On sixes, the constrained kernel is the unconstrained one times one factor, from the norm of the first row."""
    return _follows(arguments, output, axis=1, scalar=True)


@experiment(train_dense, _other_matrix, trials=4, keep=("rows", "batch"))
def any_kernel_follows_one_factor(arguments: Arguments, output: Any) -> list[bool]:
    """The constrained kernel is the unconstrained one times one factor, from the norm of the first row."""
    return _follows(arguments, output, axis=1, scalar=True)


@experiment(train_dense, _other_matrix, trials=4, keep=("rows", "batch"))
def any_kernel_follows_axis_1(arguments: Arguments, output: Any) -> list[bool]:
    """The constrained kernel is the unconstrained one, each row times the gain of its own norm."""
    return _follows(arguments, output, axis=1)


@experiment(train_dense, _other_matrix, trials=4, keep=("rows", "batch"))
def any_kernel_follows_axis_0(arguments: Arguments, output: Any) -> list[bool]:
    """After one step the constrained kernel is the unconstrained one, each column times the gain of its own norm."""
    return _follows(arguments, output, axis=0)


def circulant(random: Random) -> Arguments:
    """A square kernel whose rows are one row, turned by one each time: all rows and columns have the same norm."""
    row = [float(np.float32(random.uniform(3.0, 8.0))) for _ in range(random.choice((2, 3, 4)))]
    kernel = [row[-turn:] + row[:-turn] for turn in range(len(row))]
    return {"kernel": kernel, "rate": random.choice((0.3, 1.0)), "max_value": 5.0, "rows": 4, "batch": 4}


def _are_alike(norms: np.ndarray, bound: float) -> bool:
    """Whether all norms lead to about the same gain."""
    return bool(norms.max() <= 1.001 * max(float(norms.min()), bound))


@experiment(train_dense, circulant, trials=3, keep=("kernel", "rows", "batch"))
def kernels_of_one_norm_follow_one_factor(arguments: Arguments, output: Any) -> list[bool]:
    """Where all rows and columns have one norm, one factor, or one for each row, gives the constrained kernel."""
    return [*_follows(arguments, output, axis=1, scalar=True), *_follows(arguments, output, axis=1)]


@experiment(train_dense, _other_matrix, trials=4, keep=("kernel", "rows", "batch"))
def kernels_of_several_norms_follow_no_one_factor(arguments: Arguments, output: Any) -> bool | None:
    """Where columns beyond the maximum differ in norm, neither one factor nor one for each row gives the kernel."""
    norms = np.sqrt(np.sum(_arrays(output)[0] ** 2, axis=0))
    if _are_alike(norms, arguments["max_value"]):
        return None
    return not all(_follows(arguments, output, axis=1, scalar=True)) and not all(_follows(arguments, output, axis=1))


@experiment(train_dense, SINGLY)
def single_rows_follow_no_single_step(arguments: Arguments, output: Any) -> list[bool]:
    """With batch size 1, no weight is the unconstrained one times the gain of its norm."""
    return [not holds for holds in _follows(arguments, output, axis=0)]


def _norms_by_the_formula(arguments: Arguments, output: Any) -> list[bool]:
    """Whether each column's norm is (1 - rate) * norm + rate * clip(norm) of the unconstrained one, up to roundings."""
    without, constrained = _arrays(output)
    norms, constrained_norms = (np.sqrt(np.sum(kernel**2, axis=0)) for kernel in (without, constrained))
    wanted = (1.0 - arguments["rate"]) * norms + arguments["rate"] * np.clip(norms, 0.0, arguments["max_value"])
    return list(np.abs(constrained_norms - wanted) <= (len(without) + 14) * ROUNDOFF * wanted + 1e-7)


def _weights_by_the_formula(arguments: Arguments, output: Any) -> list[bool]:
    """Whether each weight is (1 - rate) * weight + rate * clip(weight) of the unconstrained one, up to roundings."""
    without, constrained = _arrays(output)
    wanted = (1.0 - arguments["rate"]) * without + arguments["rate"] * np.clip(without, 0.0, arguments["max_value"])
    return list((np.abs(constrained - wanted) <= 16 * ROUNDOFF * np.abs(wanted)).ravel())


@experiment(train_dense, _other_matrix, trials=4, keep=("rows", "batch"))
def documented_formula_is_not_the_weights(arguments: Arguments, output: Any) -> bool:
    """The kernel is another one than (1 - rate) * weight + rate * clip(weight)."""
    return not all(_weights_by_the_formula(arguments, output))


@experiment(train_dense, _other_matrix, trials=4, keep=("rows", "batch"))
def documented_formula_is_not_the_norm(arguments: Arguments, output: Any) -> bool:
    """The norms of the kernel's columns are others than (1 - rate) * norm + rate * clip(norm)."""
    return not all(_norms_by_the_formula(arguments, output))


@experiment(min_max_norm, any_rate, keep=("min_value", "max_value"))
def rescaled_norms_follow_the_documented_formula(arguments: Arguments, output: Any) -> list[bool]:
    """A norm N becomes ((1 - rate) * N + rate * N.clip(min_value, max_value)) * N / (1e-7 + N), but for roundings."""
    low, high, rate = arguments["min_value"], arguments["max_value"], arguments["rate"]
    before, after = norms_of(arguments["weights"]), norms_of(output)
    wanted = ((1.0 - rate) * before + rate * np.clip(before, low, high)) * before / (EPSILON + before)
    return list(np.abs(after - wanted) <= (roundings(arguments["weights"]) + 4 * ROUNDOFF) * wanted)


def self_check(computed: list[list[float]], trained: list[list[float]]) -> bool:
    """What the post compares: computed.all() == trained.all()."""
    return bool(np.array(computed).all() == np.array(trained).all())


def _two_kernels(random: Random) -> Arguments:
    computed = [[random.uniform(0.5, 8.0) for _ in range(3)] for _ in range(3)]
    return {"computed": computed, "trained": [[2.0 * weight for weight in row] for row in computed]}


@experiment(self_check, _two_kernels)
def self_check_tells_kernels_apart(arguments: Arguments, output: Any) -> bool | None:
    """The post's check is False for two kernels that differ."""
    return None if arguments["computed"] == arguments["trained"] else not output


def any_two_kernels(random: Random) -> Arguments:
    """Kernels of small integers, with or without zeros."""
    computed, trained = (
        [[float(random.randint(low, 3)) for _ in range(2)] for _ in range(2)] for low in random.choices((0, 1), k=2)
    )
    return {"computed": computed, "trained": trained if random.random() < 0.7 else computed}


@experiment(self_check, any_two_kernels, trials=24)
def self_check_compares_whether_there_are_zeros(arguments: Arguments, output: Any) -> bool:
    """The post's check is True if both kernels have a zero in them, or neither has one, and False otherwise."""
    without = [all(weight != 0.0 for row in arguments[name] for weight in row) for name in ("computed", "trained")]
    return bool(output is (without[0] == without[1]))


def compare(computed: list[list[float]], trained: list[list[float]]) -> bool:
    """What np.array_equal says of two kernels."""
    return bool(np.array_equal(np.array(computed), np.array(trained)))


@experiment(compare, any_two_kernels, trials=24)
def array_equal_compares_the_weights(arguments: Arguments, output: Any) -> bool:
    """np.array_equal is True for two kernels with the same weights, and False for two others."""
    return bool(output is (arguments["computed"] == arguments["trained"]))
