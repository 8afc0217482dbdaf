"""What people answer to "how do I get max-norm limits in TensorFlow?": clipping of gradients, of weights, of values."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

import numpy as np

from conformance.claims.experiment import Arguments, Curves, experiment, is_refused
from conformance.claims.experiments.numbers import ROUNDOFF, uneven_columns

if TYPE_CHECKING:
    import tensorflow as tf


def train(
    clipped: str, weights: list[list[float]], pull: float, rate: float, clip: float, steps: int
) -> dict[str, list[float]]:
    """The largest column norms of gradient and weights, step by step, when one of them is clipped by its norm."""
    w = tf.Variable(weights)
    norms: dict[str, list[float]] = {"gradient": [], "weights": []}
    for _ in range(steps):
        with tf.GradientTape() as tape:
            loss = -pull * tf.reduce_sum(w)  # its gradient always pulls outwards
        gradient = tape.gradient(loss, w)
        if clipped == "gradient":
            gradient = tf.clip_by_norm(gradient, clip, axes=[0])
        w.assign_sub(rate * gradient)
        if clipped == "weights":
            w.assign(tf.clip_by_norm(w, clip, axes=[0]))
        norms["gradient"].append(float(np.linalg.norm(np.array(gradient, "float64"), axis=0).max()))
        norms["weights"].append(float(np.linalg.norm(np.array(w, "float64"), axis=0).max()))
    return norms


def _training(clipped: str) -> Any:
    def draw(random: Random) -> Arguments:
        weights = random.choice(([[3.0], [4.0]], [[1.0, 0.5], [-2.0, 2.0]], [[0.25], [-0.5], [1.0]]))
        pull = random.choice((0.5, 1.0, 3.0))
        return {"clipped": clipped, "weights": weights, "pull": pull, "rate": 0.1, "clip": 1.0, "steps": 1000}

    return draw


def _bounded_at_the_end(arguments: Arguments, output: Any) -> bool:
    return bool(output["weights"][-1] <= arguments["clip"] * (1.0 + (len(arguments["weights"]) + 5) * ROUNDOFF))


# smaller arguments would be no clearer, and each costs a training
TRAINING = ("clipped", "weights", "pull", "rate", "clip", "steps")
PICTURE = Curves(
    "1,000 steps with gradients clipped to norm 1: the weights grow all the same",
    "step",
    lambda output: {"norm of the weights": output["weights"][::10], "norm of the gradient": output["gradient"][::10]},
)


@experiment(train, _training("gradient"), trials=3, keep=TRAINING, picture=PICTURE)
def clipped_gradients_bound_the_weights(arguments: Arguments, output: Any) -> bool:
    """After 1,000 steps with clipped gradients the norm of each column of the weights is at most the clip norm."""
    return _bounded_at_the_end(arguments, output)


@experiment(train, _training("weights"), trials=3, keep=TRAINING)
def clipped_weights_are_bounded(arguments: Arguments, output: Any) -> bool:
    """After 1,000 steps with clipped weights the norm of each column is at most the clip norm, up to roundings."""
    return _bounded_at_the_end(arguments, output)


@experiment(train, _training("gradient"), trials=3, keep=TRAINING)
def weights_grow_with_the_steps_of_clipped_gradients(arguments: Arguments, output: Any) -> list[bool]:
    """After 500 and 1,000 steps of one direction some column is as long as the clipped steps together, but for itself.

    Each step adds the learning rate times the norm of the clipped gradient, up to a rounding for each.
    """
    before = float(np.linalg.norm(np.array(arguments["weights"]), axis=0).max())
    truths = []
    for steps in (500, 1000):
        way = steps * arguments["rate"] * min(arguments["clip"], output["gradient"][0])
        truths.append(bool(output["weights"][steps - 1] >= (way - before) * (1.0 - steps * 4 * ROUNDOFF)))
    return truths


def step_lengths(weights: list[list[float]], pull: float, rate: float, clip: float) -> list[float]:
    """How far each column of the weights moves in one step of gradient descent with a clipped gradient."""
    w = tf.Variable(weights)
    with tf.GradientTape() as tape:
        loss = pull * tf.reduce_sum(tf.exp(w))
    gradient = tf.clip_by_norm(tape.gradient(loss, w), clip, axes=[0])
    w.assign_sub(rate * gradient)
    return np.linalg.norm(np.array(w, "float64") - weights, axis=0).tolist()  # type: ignore[no-any-return]  # floats


def a_step(random: Random) -> Arguments:
    """Weights with gradients on both sides of a clip norm, and a learning rate."""
    weights = uneven_columns(random, ((4, 9), (3, 5), (6, 2)))
    pull, rate, clip = (random.choice(choices) for choices in ((0.01, 1.0, 100.0), (0.01, 0.1, 1.0), (0.5, 1.0, 3.0)))
    return {"weights": weights, "pull": pull, "rate": rate, "clip": clip}


@experiment(step_lengths, a_step, trials=12)
def clipped_gradients_bound_each_step(arguments: Arguments, output: Any) -> list[bool]:
    """In one step of gradient descent no column of the weights moves by more than rate * clip, up to roundings."""
    weights = np.array(arguments["weights"])
    way = arguments["rate"] * arguments["clip"]
    # what is added to the weights, and the sum, are rounded
    room = (len(weights) + 6) * ROUNDOFF * (way + np.linalg.norm(weights, axis=0))
    return list(np.array(output) <= way + room)


def clip_and_max_norm(weights: list[list[float]], clip: float) -> list[list[list[float]]]:
    """Weights after tf.clip_by_norm over axis 0, and after the formula of Keras's MaxNorm."""
    w = tf.constant(weights)
    norms = tf.sqrt(tf.reduce_sum(w * w, axis=0, keepdims=True))
    max_norm = w * (tf.clip_by_value(norms, 0.0, clip) / (1e-7 + norms))
    return [tf.clip_by_norm(w, clip, axes=[0]).numpy().tolist(), max_norm.numpy().tolist()]


def _weights(random: Random) -> Arguments:
    weights = uneven_columns(random, ((4, 9), (3, 5), (6, 2)))
    return {"weights": weights, "clip": random.choice((0.5, 1.0, 3.0))}


@experiment(clip_and_max_norm, _weights)
def clipped_weights_are_those_of_max_norm(arguments: Arguments, output: Any) -> list[bool]:
    """Clipped weights are those of MaxNorm up to the roundings of both and the share 1e-7 / norm of epsilon."""
    clipped, max_norm = np.array(output)
    norms = np.sqrt(np.sum(np.square(np.array(arguments["weights"])), axis=0))
    share = 2 * (len(clipped) + 8) * ROUNDOFF + 1e-7 / np.maximum(norms, 1e-30)
    return list((np.abs(clipped - max_norm) <= share * np.abs(clipped)).ravel())


def outputs_with_one_input(weights: list[list[float]], clip: float, unit: int) -> list[float]:
    """The norm of the weights by which x @ W reaches one unit, found by x of unit vectors, after clipping."""
    w = tf.clip_by_norm(tf.constant(weights), clip, axes=[0])
    reached = tf.eye(len(weights)) @ w
    return [float(np.linalg.norm(np.array(reached, "float64")[:, unit]))]


@experiment(outputs_with_one_input, lambda random: {**_weights(random), "unit": 0}, keep=("unit",))
def axes_0_bound_what_reaches_a_unit(arguments: Arguments, output: Any) -> bool:
    """With axes [0] the norm of the weights that reach a unit in x @ W is at most the clip norm, up to roundings."""
    return bool(output[0] <= arguments["clip"] * (1.0 + (len(arguments["weights"]) + 5) * ROUNDOFF))


def clip_kernel_and_bias(mode: str, units: int) -> list[float]:
    """tf.clip_by_norm over axis 1 of every variable of a layer: a kernel of rank 2 and a bias of rank 1."""
    variables = [tf.ones((3, units)), tf.ones(units)]

    def clipped() -> list[tf.Tensor]:
        return [tf.clip_by_norm(variable, 1.0, axes=[1]) for variable in variables]

    tensors = tf.function(clipped)() if mode == "graph" else clipped()
    return [float(tf.norm(tensor)) for tensor in tensors]


def _mode(mode: str) -> Any:
    return lambda random: {"mode": mode, "units": random.choice((1, 2, 5, 16))}


@experiment(clip_kernel_and_bias, _mode("graph"), errors=True, keep=("mode",))
def mixed_ranks_raise_value_error_in_graphs(arguments: Arguments, output: Any) -> bool:
    """In a tf.function, clipping a variable that lacks the axis raises ValueError."""
    return is_refused(output, "ValueError")


@experiment(clip_kernel_and_bias, _mode("eager"), errors=True, keep=("mode",))
def mixed_ranks_raise_value_error_eagerly(arguments: Arguments, output: Any) -> bool:
    """Called eagerly, clipping a variable that lacks the axis raises ValueError."""
    return is_refused(output, "ValueError")


@experiment(clip_kernel_and_bias, _mode("eager"), errors=True, keep=("mode",))
def mixed_ranks_raise_invalid_argument_error_eagerly(arguments: Arguments, output: Any) -> bool:
    """Called eagerly, clipping a variable that lacks the axis raises InvalidArgumentError."""
    return is_refused(output, "InvalidArgumentError")


def clip_values(weights: list[list[float]], clip: float) -> list[list[float]]:
    """Weights after tf.clip_by_value between -clip and clip."""
    return tf.clip_by_value(tf.constant(weights), -clip, clip).numpy().tolist()  # type: ignore[no-any-return]  # floats


@experiment(clip_values, _weights)
def clipped_values_bound_the_norm(arguments: Arguments, output: Any) -> list[bool]:
    """After clip_by_value between -c and c the norm of each column is at most c, up to roundings."""
    norms = np.sqrt(np.sum(np.square(np.array(output)), axis=0))
    return list(norms <= arguments["clip"] * (1.0 + 4 * ROUNDOFF))


@experiment(clip_values, _weights)
def each_value_is_clipped_by_itself(arguments: Arguments, output: Any) -> list[bool]:
    """Each weight becomes the nearest number between -c and c, whatever the others are."""
    clip = arguments["clip"]
    return list((np.clip(np.array(arguments["weights"]), -clip, clip) == np.array(output)).ravel())


def large_values(random: Random) -> Arguments:
    """Weights that are all beyond the bound."""
    clip = random.choice((0.5, 1.0, 3.0))
    rows, columns = random.randint(2, 6), random.randint(1, 4)
    sizes = clip * np.array([[random.uniform(1.1, 4.0) for _ in range(columns)] for _ in range(rows)])
    signs = [[random.choice((-1.0, 1.0)) for _ in range(columns)] for _ in range(rows)]
    return {"weights": np.float32(sizes * signs).tolist(), "clip": clip}


@experiment(clip_values, large_values, keep=("weights",))
def clipped_values_reach_the_root_of_their_number(arguments: Arguments, output: Any) -> list[bool] | None:
    """Where all n weights of a column are beyond c, its norm becomes c * sqrt(n), but for the rounding of c."""
    if (np.abs(np.array(arguments["weights"])) <= arguments["clip"]).any():
        return None
    wanted = arguments["clip"] * np.sqrt(len(output))
    return list(np.abs(np.linalg.norm(output, axis=0) - wanted) <= 2 * ROUNDOFF * wanted)


@experiment(clip_values, _weights)
def clipped_values_point_elsewhere(arguments: Arguments, output: Any) -> list[bool] | None:
    """A column of weights of several sizes, some beyond c, is no multiple of itself afterwards."""
    truths = []
    for before, after in zip(np.transpose(arguments["weights"]), np.transpose(output), strict=True):
        sizes = np.abs(before)
        # those beyond c become alike: only if all had one size would they keep their direction
        if sizes.max() > 1.01 * arguments["clip"] and sizes.min() < 0.99 * sizes.max():
            cosine = before @ after / np.linalg.norm(before) / np.linalg.norm(after)
            truths.append(bool(cosine < 1.0 - 8.0 * 2.0**-53 * len(before)))
    return truths or None
