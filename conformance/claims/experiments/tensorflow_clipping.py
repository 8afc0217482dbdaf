"""tf.clip_by_norm, its bounds, axes and types."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

import numpy as np

from conformance.claims.experiment import Arguments, Raised, experiment, is_refused
from conformance.claims.experiments.numbers import ROUNDOFF

if TYPE_CHECKING:
    import tensorflow as tf


def clip(weights: list[float], clip_norm: float) -> list[float]:
    """The weights with their norm clipped."""
    clipped: list[float] = tf.clip_by_norm(tf.constant(weights), clip_norm).numpy().tolist()
    return clipped


def clip_to_infinity(weights: list[float]) -> list[float]:
    """The weights under a bound that no norm exceeds."""
    return clip(weights, float("inf"))


def clip_below_zero_and_to_zero(weights: list[float], clip_norm: float) -> dict[str, list[float]]:
    """The weights under a negative bound and under a bound of zero."""
    return {"negative": clip(weights, clip_norm), "zero": clip(weights, 0.0)}


def clip_rows_to_a_list(weights: list[list[float]], clip_norms: list[float]) -> list[list[float]]:
    """The weights, row by row, under a bound that is no scalar."""
    clipped: list[list[float]] = tf.clip_by_norm(tf.constant(weights), clip_norms, axes=[1]).numpy().tolist()
    return clipped


def clip_integers(weights: list[int], clip_norm: float) -> list[float]:
    """Integers with their norm clipped."""
    clipped: list[float] = tf.clip_by_norm(tf.constant(weights, tf.int32), clip_norm).numpy().tolist()
    return clipped


def clip_complex(real: list[float], imaginary: list[float], clip_norm: float) -> list[float]:
    """The real parts of complex numbers with their norm clipped."""
    clipped: list[float] = tf.math.real(tf.clip_by_norm(tf.complex(real, imaginary), clip_norm)).numpy().tolist()
    return clipped


def clip_over_axes(weights: list[list[float]], clip_norm: float) -> dict[str, list[list[float]]]:
    """A matrix clipped as a whole, row by row and column by column."""
    t = tf.constant(weights)
    axes = {"all": None, "rows": [1], "columns": [0]}
    return {name: tf.clip_by_norm(t, clip_norm, axes=over).numpy().tolist() for name, over in axes.items()}


def halves(random: Random, count: int) -> list[float]:
    return [random.randint(1, 16) / 2.0 for _ in range(count)]


def far_inside(random: Random) -> Arguments:
    """Weights of any size, and a bound at least ten times their norm, all of them float32."""
    exponent = random.randint(-36, 24)
    bound = 10.0 ** random.randint(exponent + 2, 38)
    return {"weights": [float(f"{random.randint(1, 9)}e{exponent}") for _ in range(2)], "clip_norm": bound}


def never_positive(random: Random) -> Arguments:
    zeros = random.random() < 0.5
    return {"weights": [0.0, 0.0] if zeros else halves(random, 2), "clip_norm": -halves(random, 1)[0]}


def matrix(random: Random) -> Arguments:
    rows, columns = random.choice([(2, 3), (4, 2), (3, 5)])
    return {"weights": [halves(random, columns) for _ in range(rows)], "clip_norm": random.choice([1.0, 3.0, 12.0])}


def norms_for_columns(random: Random) -> Arguments:
    return {"weights": [halves(random, 2) for _ in range(2)], "clip_norms": [1.0, 2.0]}


def integers(random: Random) -> Arguments:
    return {"weights": [random.randint(-9, 9) for _ in range(2)], "clip_norm": random.choice([1.0, 2.5])}


def complex_numbers(random: Random) -> Arguments:
    return {"real": halves(random, 2), "imaginary": halves(random, 2), "clip_norm": 1.0}


@experiment(clip, far_inside, trials=16)
def weights_far_inside_change_by_roundings_only(arguments: Arguments, output: Any) -> bool | None:
    """Weights whose norm is at most half of the bound change by at most 3 units of roundoff: w * c / max(N, c)."""
    before, after = np.float64(np.float32(arguments["weights"])), np.array(output)
    if 2.0 * np.linalg.norm(before) > arguments["clip_norm"]:
        return None
    return bool((np.abs(after - before) <= 3.0 * ROUNDOFF * np.abs(before)).all())


@experiment(clip_to_infinity, lambda random: {"weights": halves(random, 2)})
def infinite_bound_changes_nothing(arguments: Arguments, output: Any) -> bool:
    """Under a bound of infinity the weights stay as they are."""
    return bool(arguments["weights"] == output)


@experiment(clip_below_zero_and_to_zero, never_positive)
def negative_bound_is_a_bound_of_zero(arguments: Arguments, output: Any) -> bool | None:
    """A negative bound gives what a bound of zero gives, NaN included."""
    return (
        bool(np.array_equal(output["negative"], output["zero"], equal_nan=True))
        if arguments["clip_norm"] < 0.0
        else None
    )


@experiment(clip, never_positive)
def bound_of_zero_gives_zeros(arguments: Arguments, output: Any) -> bool | None:
    """Under a bound that is negative or zero all weights become zero."""
    return not np.any(output) if arguments["clip_norm"] <= 0.0 else None


@experiment(clip_rows_to_a_list, norms_for_columns, errors=True, keep=("clip_norms",))
def list_of_bounds_raises_value_error(arguments: Arguments, output: Any) -> bool:
    """A clip_norm that is a list raises a ValueError."""
    return is_refused(output, "ValueError")


@experiment(clip_integers, integers, errors=True, keep=("weights",))
def integers_raise_type_error(arguments: Arguments, output: Any) -> bool:
    """Weights that are integers raise a TypeError."""
    return is_refused(output, "TypeError")


@experiment(clip_complex, complex_numbers, errors=True)
def complex_weights_raise_no_error(arguments: Arguments, output: Any) -> bool:
    """Weights that are complex numbers raise no error."""
    return not isinstance(output, Raised)


@experiment(clip_over_axes, matrix)
def axes_say_whose_norms_are_bounded(arguments: Arguments, output: Any) -> list[bool]:
    """Weights are multiplied by min(1, clip_norm / N), with N over all of them, each row or each column as axes say."""
    t = np.array(arguments["weights"])
    truths = []
    for name, over in (("all", (0, 1)), ("rows", (1,)), ("columns", (0,))):
        norms = np.sqrt(np.sum(t * t, axis=over, keepdims=True))
        wanted = t * np.minimum(1.0, arguments["clip_norm"] / norms)
        # the squares, their sum and its root round the norm, and two more operations the result
        truths.append(bool((np.abs(np.array(output[name]) - wanted) <= (t.size + 6) * ROUNDOFF * wanted).all()))
    return truths
