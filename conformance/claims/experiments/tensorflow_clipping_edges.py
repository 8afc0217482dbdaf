"""tf.clip_by_norm at its edges: products and squares out of range, bounds that are no scalars, refused types."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

import numpy as np

from conformance.claims.experiment import Arguments, experiment, is_refused
from conformance.claims.experiments.numbers import ROUNDOFF, float32, normals
from conformance.claims.experiments.tensorflow_clipping import clip, clip_to_infinity, matrix
from reference.formats import FLOAT32

if TYPE_CHECKING:
    import tensorflow as tf


def clip_to_bounds(weights: list[list[float]], bounds: list[float], shape: list[int], axes: list[int]) -> list[float]:
    """A matrix clipped over axes, under bounds of a shape."""
    clip_norm = tf.reshape(tf.constant(bounds), shape)
    clipped: list[float] = tf.clip_by_norm(tf.constant(weights), clip_norm, axes=axes).numpy().ravel().tolist()
    return clipped


def clip_a_type(mode: str, dtype: str, weights: list[int], clip_norm: float) -> list[float]:
    """Weights of a type with their norm clipped, eagerly or in a tf.function."""
    t = tf.cast(tf.constant(weights), dtype)

    def clipped() -> tf.Tensor:
        return tf.clip_by_norm(t, clip_norm)

    result = tf.function(clipped)() if mode == "graph" else clipped()
    sizes: list[float] = np.abs(result.numpy()).tolist()
    return sizes


def far_inside(random: Random, low: float, high: float) -> Arguments:
    """Weights of which each has a product with a bound far above their norm between powers of ten; some are zero."""
    product = random.uniform(low, high)
    exponent = random.uniform(max(product - 38.0, -36.0), min(product / 2.0 - 1.0, 37.0))
    bound = float(float32(10.0 ** (product - exponent)))
    weights = [sign * random.uniform(0.5, 1.0) for sign in (1.0, *random.choices((0.0, -1.0), k=2))]
    return {"weights": float32(np.array(weights) * 10.0**exponent).tolist(), "clip_norm": bound}


def is_inside(arguments: Arguments) -> bool:
    """Whether the norm is at most half of the bound."""
    return bool(2.0 * np.linalg.norm(arguments["weights"]) <= arguments["clip_norm"] < np.inf)


@experiment(clip, lambda random: far_inside(random, 39.0, 72.0), trials=24)
def weights_of_overflowing_products_become_infinite_or_nan(arguments: Arguments, output: Any) -> list[bool] | None:
    """Where the norm is at most half of the bound, a weight whose product with it overflows becomes inf or NaN."""
    overflows = np.abs(np.array(arguments["weights"]) * arguments["clip_norm"]) > 1.01 * FLOAT32.largest
    return list(~np.isfinite(np.array(output)[overflows])) or None if is_inside(arguments) else None


@experiment(clip, lambda random: far_inside(random, -60.0, -42.5), trials=24)
def weights_of_underflowing_products_lose_digits(arguments: Arguments, output: Any) -> list[bool] | None:
    """Where its product with the bound is below 2 ** -140, a weight inside changes by more than 3 units of roundoff."""
    before = np.array(arguments["weights"])
    underflows = (before != 0.0) & (np.abs(before * arguments["clip_norm"]) < 2.0**-140)
    apart = np.abs(np.array(output) - before) > 3.0 * ROUNDOFF * np.abs(before)
    return list(apart[underflows]) or None if is_inside(arguments) else None


@experiment(clip, lambda random: far_inside(random, -36.0, 37.0), trials=24)
def weights_of_ordinary_products_change_by_roundings(arguments: Arguments, output: Any) -> list[bool] | None:
    """A weight inside, whose product with the bound is a normal number, changes by at most 3 units of roundoff."""
    before = np.array(arguments["weights"])
    products = np.abs(before * arguments["clip_norm"])
    ordinary = (products > 2.0 * FLOAT32.smallest_normal) & (products < 0.5 * FLOAT32.largest)
    close = np.abs(np.array(output) - before) <= 3.0 * ROUNDOFF * np.abs(before)
    return list(close[ordinary]) or None if is_inside(arguments) else None


def clip_equal_weights(count: int, weight: float, clip_norm: float) -> list[float]:
    """The smallest and the largest of equal weights with their norm clipped."""
    clipped = tf.clip_by_norm(tf.fill([count], weight), clip_norm).numpy()
    return [float(clipped.min()), float(clipped.max())]


def many_large_weights(random: Random) -> Arguments:
    """Weights whose squares overflow together, and whose products with a bound above their norm do not."""
    count, weight = random.randint(2000, 9000), 10.0 ** random.uniform(17.7, 18.0)
    return {"count": count, "weight": float(float32(weight)), "clip_norm": float(float32(weight * 110.0))}


@experiment(clip_equal_weights, many_large_weights)
def weights_inside_become_zero_where_their_squares_overflow(arguments: Arguments, output: Any) -> bool | None:
    """Weights of a norm within the bound become zero where the sum of their squares overflows but no product does."""
    square, bound = arguments["count"] * arguments["weight"] ** 2, arguments["clip_norm"]
    overflows = square > 1.01 * FLOAT32.largest and arguments["weight"] * bound < FLOAT32.largest
    return output == [0.0, 0.0] if overflows and square <= bound**2 else None


@experiment(clip_to_infinity, lambda random: {"weights": [*normals(random, 2), 0.0, 1e30]})
def infinite_bound_makes_nan_of_all_weights(arguments: Arguments, output: Any) -> bool:
    """Under a bound of infinity all weights become NaN, zeros too."""
    return bool(np.all(np.isnan(output)))


def no_positive_bound(random: Random) -> Arguments:
    """Weights of any size or zero, and a bound that is negative or zero."""
    size = random.choice((0.0, 10.0 ** random.uniform(-37.0, -19.5), 10.0 ** random.uniform(-18.5, 37.0)))
    weights = [random.choice((-1.0, 1.0)) * random.uniform(0.5, 1.0) * size for _ in range(2)]
    return {"weights": float32(weights).tolist(), "clip_norm": random.choice((0.0, -0.5, -3.0))}


@experiment(clip, no_positive_bound, trials=24)
def bound_of_zero_makes_zeros_or_nan_of_weights(arguments: Arguments, output: Any) -> bool | None:
    """Under a bound that is negative or zero weights become zero, and NaN where all their squares underflow to zero."""
    squares = np.square(arguments["weights"])
    if arguments["clip_norm"] > 0.0:
        return None
    if (squares < FLOAT32.smallest_normal / 2.0**24).all():
        return bool(np.all(np.isnan(output)))
    return not np.any(output) if (squares > FLOAT32.smallest_normal).any() else None


def bounds_of(shape: list[int]) -> list[float]:
    return [0.5 + number for number in range(int(np.prod(shape)))]


def bounds_that_fit(random: Random) -> Arguments:
    """A matrix, axes, and bounds that can be broadcast against it."""
    weights = matrix(random)["weights"]
    rows, columns = np.shape(weights)
    shape = random.choice(([columns], [1, columns], [rows, 1], [rows, columns], [1], [1, 1]))
    axes = random.choice(([0], [1], [0, 1]))
    return {"weights": weights, "bounds": bounds_of(shape), "shape": shape, "axes": axes}


def bounds_that_enlarge(random: Random) -> Arguments:
    """The same with bounds that would make the result larger."""
    arguments = bounds_that_fit(random)
    rows, columns = np.shape(arguments["weights"])
    if random.random() < 0.5:
        shape = random.choice(([1, 1, 1], [1, rows, columns], [3, 1, 1]))
        return {**arguments, "bounds": bounds_of(shape), "shape": shape}
    weights = [arguments["weights"][0]] if random.random() < 0.5 else [row[:1] for row in arguments["weights"]]
    return {**arguments, "weights": weights, "bounds": bounds_of([rows, columns]), "shape": [rows, columns]}


def bounds_that_do_not_fit(random: Random) -> Arguments:
    """The same with bounds that cannot be broadcast."""
    arguments = bounds_that_fit(random)
    rows, columns = np.shape(arguments["weights"])
    shape = random.choice(([columns + 1], [rows + 1, 1], [1, columns + 1]))
    return {**arguments, "bounds": bounds_of(shape), "shape": shape}


FIXED = ("weights", "bounds", "shape", "axes")


@experiment(clip_to_bounds, bounds_that_fit, trials=24, keep=FIXED)
def bounds_are_broadcast_against_the_weights(arguments: Arguments, output: Any) -> list[bool]:
    """Bounds c of any shape that fits give t * c / max(N, c), broadcast as in a product, with N over axes."""
    t, bounds = np.array(arguments["weights"]), np.array(arguments["bounds"]).reshape(arguments["shape"])
    norms = np.sqrt(np.sum(t * t, axis=tuple(arguments["axes"]), keepdims=True))
    wanted = (t * bounds / np.maximum(norms, bounds)).ravel()
    return list(np.abs(np.array(output) - wanted) <= (t.size + 6) * ROUNDOFF * np.abs(wanted))


@experiment(clip_to_bounds, bounds_that_enlarge, trials=16, errors=True, keep=FIXED)
def bounds_that_would_enlarge_raise_value_error(arguments: Arguments, output: Any) -> bool:
    """Bounds whose broadcasting would enlarge the result raise a ValueError."""
    return is_refused(output, "ValueError")


@experiment(clip_to_bounds, bounds_that_do_not_fit, trials=16, errors=True, keep=FIXED)
def bounds_that_cannot_be_broadcast_raise_invalid_argument_error(arguments: Arguments, output: Any) -> bool:
    """Bounds that cannot be broadcast against the weights raise an InvalidArgumentError in eager execution."""
    return is_refused(output, "InvalidArgumentError")


def of_types(*dtypes: str) -> Any:
    """How to draw weights of one of these types, and a mode."""

    def draw(random: Random) -> Arguments:
        weights = [random.randint(0, 9) for _ in range(random.randint(1, 3))]
        mode, clip_norm = random.choice(("eager", "graph")), random.choice((1.0, 2.5))
        return {"mode": mode, "dtype": random.choice(dtypes), "weights": weights, "clip_norm": clip_norm}

    return draw


def is_refused_by_mode(arguments: Arguments, output: Any) -> bool:
    """Whether the error is that of the mode."""
    return is_refused(output, "TypeError" if arguments["mode"] == "graph" else "InvalidArgumentError")


INTEGERS = ("int8", "int16", "int32", "int64", "uint8")


@experiment(clip_a_type, of_types(*INTEGERS), trials=16, errors=True, keep=("mode", "dtype", "weights"))
def integers_are_refused_by_mode(arguments: Arguments, output: Any) -> bool:
    """Integers raise an InvalidArgumentError in eager execution, and a TypeError inside tf.function."""
    return is_refused_by_mode(arguments, output)


@experiment(clip_a_type, of_types("complex64", "complex128"), errors=True, keep=("mode", "dtype", "weights"))
def complex_numbers_are_refused_by_mode(arguments: Arguments, output: Any) -> bool:
    """Complex numbers raise an InvalidArgumentError in eager execution, and a TypeError inside tf.function."""
    return is_refused_by_mode(arguments, output)
