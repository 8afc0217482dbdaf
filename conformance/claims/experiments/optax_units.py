"""Optax on single units: projections mapped over them, and adaptive_grad_clip."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from conformance.claims.experiment import Arguments, experiment
from conformance.claims.experiments.numbers import ROUNDOFF, float32, normals
from conformance.claims.experiments.optax_projections import a_layer, are_near, unit_norms, unit_norms_of_rank_3

if TYPE_CHECKING:
    import jax
    import jax.numpy as jnp
    import optax


def units_in_ball(scale: float, kernel: list[list[float]]) -> list[list[float]]:
    """The projection onto the l2 ball, mapped over the columns of a kernel."""
    mapped = jax.vmap(lambda unit: optax.projections.projection_l2_ball(unit, scale), in_axes=1, out_axes=1)
    projected: list[list[float]] = mapped(jnp.array(kernel, jnp.float32)).tolist()
    return projected


def clipped_matrix(
    clipping: float, eps: float, params: list[list[float]], updates: list[list[float]]
) -> list[list[float]]:
    """The updates of a matrix after adaptive_grad_clip."""
    transformation, w = optax.adaptive_grad_clip(clipping, eps), jnp.array(params, jnp.float32)
    result, _ = transformation.update(jnp.array(updates, jnp.float32), transformation.init(w), w)
    after: list[list[float]] = result.tolist()
    return after


def clipped_rank_3(
    clipping: float, eps: float, params: list[list[list[float]]], updates: list[list[list[float]]]
) -> list[list[list[float]]]:
    """The same of an array of rank 3."""
    transformation, w = optax.adaptive_grad_clip(clipping, eps), jnp.array(params, jnp.float32)
    result, _ = transformation.update(jnp.array(updates, jnp.float32), transformation.init(w), w)
    after: list[list[list[float]]] = result.tolist()
    return after


# what adaptive_grad_clip divides by at least
DIV_EPS = 1e-6


def some_array(random: Random, rank: int) -> Any:
    """Numbers in 1 to 3 along each dimension."""
    return normals(random, *(random.randint(1, 3) for _ in range(rank)))


def clipping_of(rank: int) -> Any:
    """How to draw parameters of any size or zero, and updates on both sides of what is allowed."""

    def draw(random: Random) -> Arguments:
        updates, clipping = np.array(some_array(random, rank)), random.choice((0.01, 0.5))
        params = normals(random, *updates.shape, scale=random.choice((0.0, 1e-4, 1.0, 3.0)))
        size = clipping * random.choice((0.001, 1.0, 10.0))
        return {"clipping": clipping, "eps": 1e-3, "params": params, "updates": float32(updates * size).tolist()}

    return draw


def norms_of_units(x: Any) -> NDArray[np.float64]:
    """The norm over axis 0, or over all where at most one dimension is longer than 1, at the place of each weight."""
    array = float32(x)
    axes = None if sum(size > 1 for size in array.shape) <= 1 else (0,)
    return np.broadcast_to(np.sqrt(np.sum(array**2, axis=axes, keepdims=True)), array.shape)


def is_clipped(arguments: Arguments, output: Any) -> list[bool]:
    """Whether updates with a norm G of more than c = clipping * max(N, eps) are multiplied by c / max(G, 1e-6).

    That is up to the roundings of two norms; where G is c but for them, both are right.
    """
    updates = float32(arguments["updates"])
    allowed = arguments["clipping"] * np.maximum(norms_of_units(arguments["params"]), arguments["eps"])
    norms = norms_of_units(updates)
    room, after = (2 * updates.size + 12) * ROUNDOFF, np.array(output)
    clipped = updates * (allowed / np.maximum(norms, DIV_EPS))
    is_kept = (after == updates) & (norms <= allowed * (1.0 + room))
    is_scaled = (np.abs(after - clipped) <= room * np.abs(clipped)) & (norms >= allowed * (1.0 - room))
    return list((is_kept | is_scaled).ravel())


@experiment(units_in_ball, lambda random: {name: a_layer(random)[name] for name in ("scale", "kernel")}, trials=16)
def optax_mapped_l2_ball_bounds_each_unit(arguments: Arguments, output: Any) -> bool:
    """Mapped over the columns, the projection multiplies each by min(1, scale / N), where N is its own norm."""
    kernel = float32(arguments["kernel"])
    wanted = kernel * np.minimum(1.0, arguments["scale"] / np.linalg.norm(kernel, axis=0))
    return are_near(output, wanted, kernel.size)


@experiment(unit_norms, lambda random: {"x": some_array(random, 2)}, trials=16)
def optax_units_of_matrices_are_columns_or_the_only_row(arguments: Arguments, output: Any) -> bool:
    """The norm of a unit of a matrix is that over axis 0, and in a matrix of one row or column that of all weights."""
    return are_near(output, norms_of_units(arguments["x"]), np.size(arguments["x"]))


@experiment(unit_norms_of_rank_3, lambda random: {"x": some_array(random, 3)}, trials=24)
def optax_units_of_rank_3_are_over_axis_0(arguments: Arguments, output: Any) -> bool:
    """In rank 3 a unit's norm is that over axis 0, and of all weights where at most one dimension is longer than 1."""
    return are_near(output, norms_of_units(arguments["x"]), np.size(arguments["x"]))


@experiment(clipped_matrix, clipping_of(2), trials=24, keep=("params", "updates"))
def optax_adaptive_clip_takes_columns_of_matrices(arguments: Arguments, output: Any) -> list[bool]:
    """adaptive_grad_clip gives each unit of a matrix, as unitwise_norm has them, at most clipping * max(N, eps)."""
    return is_clipped(arguments, output)


@experiment(clipped_rank_3, clipping_of(3), trials=24, keep=("params", "updates"))
def optax_adaptive_clip_takes_axis_0_of_rank_3(arguments: Arguments, output: Any) -> list[bool]:
    """adaptive_grad_clip gives each unit in rank 3, as unitwise_norm has them, at most clipping * max(N, eps)."""
    return is_clipped(arguments, output)


def zero_parameters(random: Random) -> Arguments:
    """Parameters of zero, a drawn eps, and updates on both sides of clipping * eps."""
    clipping, eps = random.choice((0.01, 0.5, 2.0)), float(float32(10.0 ** random.uniform(-6.0, 0.0)))
    updates = normals(random, random.randint(2, 3), 2, scale=clipping * eps * random.choice((0.3, 1.0, 10.0)))
    return {"clipping": clipping, "eps": eps, "params": np.zeros(np.shape(updates)).tolist(), "updates": updates}


@experiment(clipped_matrix, zero_parameters, trials=16, keep=("params", "updates"))
def optax_updates_of_zero_parameters_get_at_most_clipping_times_eps(arguments: Arguments, output: Any) -> list[bool]:
    """Updates of zero parameters with a norm G above c = clipping * eps are multiplied by c / max(G, 1e-6)."""
    return is_clipped(arguments, output)
