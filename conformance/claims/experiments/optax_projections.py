"""Optax: projections onto the l2 ball and sphere, and the norms of units."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from conformance.claims.experiment import Arguments, experiment
from conformance.claims.experiments.numbers import ROUNDOFF, float32, normals

if TYPE_CHECKING:
    import jax.numpy as jnp
    import optax


def in_ball(scale: float, x: list[float]) -> list[float]:
    """The projection of a vector onto the l2 ball."""
    projected: list[float] = optax.projections.projection_l2_ball(jnp.array(x, jnp.float32), scale).tolist()
    return projected


def in_infinite_ball(x: list[float]) -> list[float]:
    """The projection of a vector onto the l2 ball of infinite radius."""
    projected: list[float] = optax.projections.projection_l2_ball(jnp.array(x, jnp.float32), jnp.inf).tolist()
    return projected


def tree_in_ball(scale: float, kernel: list[list[float]], bias: list[float]) -> dict[str, list[float]]:
    """The projection of the parameters of a layer onto the l2 ball, kernel and bias each in one row."""
    tree = {"kernel": jnp.array(kernel, jnp.float32), "bias": jnp.array(bias, jnp.float32)}
    projected = optax.projections.projection_l2_ball(tree, scale)
    return {name: leaf.ravel().tolist() for name, leaf in projected.items()}


def on_sphere(scale: float, x: list[float]) -> list[float]:
    """The projection of a vector onto the l2 sphere."""
    projected: list[float] = optax.projections.projection_l2_sphere(jnp.array(x, jnp.float32), scale).tolist()
    return projected


def unit_norms(x: list[list[float]]) -> list[list[float]]:
    """The norm of each unit of a matrix, at the place of each of its weights."""
    norms: list[list[float]] = optax.transforms.unitwise_norm(jnp.array(x, jnp.float32)).tolist()
    return norms


def unit_norms_of_rank_3(x: list[list[list[float]]]) -> list[list[list[float]]]:
    """The same of an array of rank 3."""
    norms: list[list[list[float]]] = optax.transforms.unitwise_norm(jnp.array(x, jnp.float32)).tolist()
    return norms


def clipped_for_zeros(clipping: float, updates: list[float]) -> list[float]:
    """The updates of parameters that are zero, after adaptive_grad_clip."""
    transformation, params = optax.adaptive_grad_clip(clipping), jnp.zeros(len(updates))
    result, _ = transformation.update(jnp.array(updates, jnp.float32), transformation.init(params), params)
    after: list[float] = result.tolist()
    return after


def are_near(output: Any, wanted: NDArray[np.float64], size: int) -> bool:
    """Whether each number is what is wanted, up to n + 6 roundings for the norm of n weights and what follows."""
    return bool(np.all(np.abs(np.array(output) - wanted) <= (size + 6) * ROUNDOFF * np.abs(wanted)))


def moderate(random: Random) -> Arguments:
    """A vector whose norm is above or below the radius."""
    scale = random.choice((0.5, 1.0, 2.0, 3.0))
    return {"scale": scale, "x": normals(random, random.randint(1, 4), scale=scale)}


def inside(random: Random, scale: float) -> Arguments:
    """A vector clearly inside a ball."""
    return {"scale": scale, "x": float32([random.uniform(0.1, 0.4) * scale for _ in range(2)]).tolist()}


def inside_a_usual_ball(random: Random) -> Arguments:
    """The same for a radius that need not be a float32 number."""
    return inside(random, random.uniform(0.1, 10.0))


def inside_any_ball(random: Random) -> Arguments:
    """The same for a radius of any power of ten that float32 has."""
    return inside(random, float(float32(10.0 ** random.randint(-37, 38))))


def is_inside(arguments: Arguments) -> bool:
    """Whether the vector is clearly inside the ball."""
    return float(np.sum(np.abs(arguments["x"]))) <= 0.9 * float(arguments["scale"])


def a_layer(random: Random) -> Arguments:
    """The parameters of a layer."""
    rows, columns = random.randint(1, 3), random.randint(1, 3)
    kernel, bias = normals(random, rows, columns), normals(random, columns)
    return {"scale": random.choice((0.5, 1.0, 2.0)), "kernel": kernel, "bias": bias}


@experiment(tree_in_ball, a_layer)
def optax_l2_ball_takes_the_tree_for_one_vector(arguments: Arguments, output: Any) -> bool:
    """All leaves are multiplied by min(1, scale / N), where N is the norm of all weights together."""
    tree = np.concatenate([float32(arguments["kernel"]).ravel(), float32(arguments["bias"])])
    wanted = tree * min(1.0, arguments["scale"] / float(np.linalg.norm(tree)))
    return are_near([*output["kernel"], *output["bias"]], wanted, tree.size)


@experiment(tree_in_ball, a_layer, trials=16)
def optax_l2_ball_bounds_each_unit_by_itself(arguments: Arguments, output: Any) -> bool:
    """Each column of the kernel is multiplied by min(1, scale / N), where N is the norm of that column."""
    kernel = float32(arguments["kernel"])
    wanted = kernel * np.minimum(1.0, arguments["scale"] / np.linalg.norm(kernel, axis=0))
    return are_near(output["kernel"], wanted.ravel(), kernel.size)


@experiment(in_ball, inside_a_usual_ball, trials=32)
def optax_l2_ball_keeps_what_is_inside_up_to_roundings(arguments: Arguments, output: Any) -> bool | None:
    """A vector clearly inside a ball of a radius of 0.1 to 10 comes back as it is, up to 4 roundings."""
    x = float32(arguments["x"])
    return bool(np.all(np.abs(output - x) <= 4 * ROUNDOFF * np.abs(x))) if is_inside(arguments) else None


@experiment(in_ball, inside_a_usual_ball, trials=64)
def optax_l2_ball_keeps_the_bits_of_what_is_inside(arguments: Arguments, output: Any) -> bool | None:
    """A vector clearly inside a ball of a radius of 0.1 to 10 keeps its bits."""
    return np.array_equal(float32(arguments["x"]), float32(output)) if is_inside(arguments) else None


@experiment(in_ball, inside_any_ball, trials=24)
def optax_l2_ball_keeps_what_is_inside_at_any_scale(arguments: Arguments, output: Any) -> bool | None:
    """A vector clearly inside the ball comes back up to 4 roundings, whatever power of ten the radius is."""
    x = float32(arguments["x"])
    return bool(np.all(np.abs(output - x) <= 4 * ROUNDOFF * np.abs(x))) if is_inside(arguments) else None


@experiment(in_infinite_ball, lambda random: {"x": normals(random, 2)})
def optax_l2_ball_keeps_everything_at_infinite_scale(arguments: Arguments, output: Any) -> bool:
    """With an infinite radius each vector comes back as it is."""
    return np.array_equal(float32(arguments["x"]), float32(output))


@experiment(in_ball, lambda random: {"scale": 0.0, "x": [0.0] * random.randint(1, 3)}, keep=("scale",))
def optax_l2_ball_of_radius_0_keeps_zero(arguments: Arguments, output: Any) -> bool | None:
    """With radius 0 the vector of zeros comes back as it is."""
    return not np.any(output) if not np.any(arguments["x"]) else None


@experiment(on_sphere, moderate)
def optax_l2_sphere_gives_the_norm(arguments: Arguments, output: Any) -> bool | None:
    """The norm of the result is the radius, up to n + 6 roundings, for a vector that is not zero."""
    return (
        are_near([np.linalg.norm(output)], np.array([arguments["scale"]]), len(output))
        if np.any(arguments["x"])
        else None
    )


@experiment(on_sphere, lambda random: {"scale": random.choice((1.0, 2.0)), "x": [0.0] * random.randint(1, 3)})
def optax_l2_sphere_takes_zero_somewhere(arguments: Arguments, output: Any) -> bool | None:
    """A vector of zeros, to which all of the sphere is near, becomes some vector whose norm is the radius."""
    return (
        are_near([np.linalg.norm(output)], np.array([arguments["scale"]]), len(output))
        if not np.any(arguments["x"])
        else None
    )


def _norms(x: Any, axes: tuple[int, ...]) -> NDArray[np.float64]:
    squares = np.sum(float32(x) ** 2, axis=axes, keepdims=True)
    return np.broadcast_to(np.sqrt(squares), np.shape(x))


@experiment(unit_norms, lambda random: {"x": normals(random, random.randint(1, 3), random.randint(2, 3))}, trials=12)
def optax_units_of_matrices_are_columns(arguments: Arguments, output: Any) -> bool:
    """The norms of the units of a matrix are those over axis 0."""
    return are_near(output, _norms(arguments["x"], (0,)), len(arguments["x"]))


@experiment(unit_norms_of_rank_3, lambda random: {"x": normals(random, 2, random.randint(2, 3), 2)})
def optax_units_of_rank_3_are_over_all_axes(arguments: Arguments, output: Any) -> bool:
    """The norms of the units of an array of rank 3 are those over the axes 0, 1 and 2."""
    return are_near(output, _norms(arguments["x"], (0, 1, 2)), np.size(arguments["x"]))


@experiment(clipped_for_zeros, lambda random: {"clipping": random.choice((0.01, 0.5)), "updates": normals(random, 2)})
def optax_updates_of_zero_parameters_are_not_clipped(arguments: Arguments, output: Any) -> bool:
    """The updates of parameters that are zero come back as they are."""
    return np.array_equal(float32(arguments["updates"]), float32(output))
