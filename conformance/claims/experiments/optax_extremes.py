"""Optax's l2 ball and sphere at radii whose squares leave the range of float32, and at zero."""

from __future__ import annotations

from random import Random
from typing import Any

import numpy as np

from conformance.claims.experiment import Arguments, experiment
from conformance.claims.experiments.numbers import ROUNDOFF, float32, normals
from conformance.claims.experiments.optax_projections import are_near, in_ball, in_infinite_ball, is_inside, on_sphere
from reference.formats import FLOAT32


def points(random: Random, low: float, high: float) -> Arguments:
    """A radius of 10 to the power of a number between two, and a point clearly inside, some of it zero."""
    scale = float(float32(10.0 ** random.uniform(low, high)))
    return {"scale": scale, "x": float32([random.choice((0.0, 0.2, -0.3, 0.4)) * scale for _ in range(2)]).tolist()}


@experiment(in_ball, lambda random: points(random, -18.0, 18.0), trials=32)
def optax_l2_ball_keeps_what_is_inside_at_float32_scales(arguments: Arguments, output: Any) -> bool | None:
    """A point clearly inside keeps its bits where scale is a float32 number and its square a normal one."""
    scale = arguments["scale"]
    if scale != float32(scale) or not FLOAT32.smallest_normal < scale**2 < FLOAT32.largest or not is_inside(arguments):
        return None
    return np.array_equal(float32(arguments["x"]), float32(output))


def near_the_bound(random: Random) -> Arguments:
    """A radius and a point whose norm is the radius but for the rounding of its numbers."""
    scale, x = float(float32(random.uniform(0.1, 10.0))), np.array(normals(random, 3))
    return {"scale": scale, "x": float32(x / np.linalg.norm(x) * scale).tolist()}


@experiment(in_ball, near_the_bound, trials=32)
def optax_l2_ball_keeps_what_is_on_it_up_to_roundings(arguments: Arguments, output: Any) -> bool | None:
    """A point whose norm is scale up to the rounding of its numbers stays as it is, up to n + 6 roundings."""
    x = float32(arguments["x"])
    on_it = abs(np.linalg.norm(x) - arguments["scale"]) <= 2 * ROUNDOFF * arguments["scale"]
    return are_near(output, x, x.size) if on_it else None


@experiment(in_ball, lambda random: points(random, 19.3, 38.0), trials=12)
def optax_l2_ball_of_overflowing_square_gives_zeros(arguments: Arguments, output: Any) -> bool | None:
    """Where the square of scale overflows float32, all that is inside becomes zero."""
    return not np.any(output) if FLOAT32.largest < arguments["scale"] ** 2 and is_inside(arguments) else None


@experiment(in_ball, lambda random: points(random, -37.0, -19.1), trials=12)
def optax_l2_ball_of_underflowing_square_gives_infinity(arguments: Arguments, output: Any) -> list[bool] | None:
    """Where the square of scale is below the normal float32 numbers, what is inside becomes infinite, and zero NaN."""
    if not 0.0 < arguments["scale"] ** 2 < FLOAT32.smallest_normal or not is_inside(arguments):
        return None
    return [
        bool(np.isnan(after) if before == 0.0 else after == np.copysign(np.inf, before))
        for before, after in zip(arguments["x"], output, strict=True)
    ]


@experiment(in_infinite_ball, lambda random: {"x": [random.choice((0.0, 1.0)) * x for x in normals(random, 3)]})
def optax_l2_ball_of_infinite_scale_gives_nan(arguments: Arguments, output: Any) -> bool:
    """With an infinite scale every number becomes NaN, zero too."""
    return bool(np.all(np.isnan(output)))


@experiment(in_ball, lambda random: {"scale": 0.0, "x": [0.0] * random.randint(1, 3)}, keep=("scale",))
def optax_l2_ball_of_radius_0_makes_nan_of_zero(arguments: Arguments, output: Any) -> bool | None:
    """With scale 0, zeros become NaN."""
    return bool(np.all(np.isnan(output))) if not np.any(arguments["x"]) else None


def any_point(random: Random) -> Arguments:
    """A radius, and a vector whose squares are normal float32 numbers."""
    size = 10.0 ** random.uniform(-17.0, 17.0)
    x = [random.choice((-1.0, 1.0)) * random.uniform(0.3, 1.0) * size for _ in range(random.randint(1, 4))]
    return {"scale": 10.0 ** random.uniform(-15.0, 15.0), "x": float32(x).tolist()}


@experiment(on_sphere, any_point, trials=24)
def optax_l2_sphere_gives_the_norm_of_any_scale(arguments: Arguments, output: Any) -> bool | None:
    """The norm of the result is scale, up to n + 6 roundings, where the square of each number is a normal float32."""
    squares = np.square(arguments["x"])
    if not (squares > FLOAT32.smallest_normal).all() or np.sum(squares) > FLOAT32.largest:
        return None
    return are_near([np.linalg.norm(output)], np.array([arguments["scale"]]), len(output))


@experiment(on_sphere, lambda random: {"scale": random.choice((1.0, 2.0)), "x": [0.0] * random.randint(1, 3)})
def optax_l2_sphere_makes_nan_of_zero(arguments: Arguments, output: Any) -> bool | None:
    """Zeros become NaN."""
    return bool(np.all(np.isnan(output))) if not np.any(arguments["x"]) else None


def out_of_range(random: Random) -> Arguments:
    """A vector whose squares are all too small or too large for float32."""
    size = 10.0 ** random.choice((random.uniform(-37.0, -20.0), random.uniform(20.0, 37.0)))
    x = [random.choice((-1.0, 1.0)) * random.uniform(0.3, 1.0) * size for _ in range(random.randint(1, 4))]
    return {"scale": random.choice((0.5, 1.0, 2.0)), "x": float32(x).tolist()}


@experiment(on_sphere, out_of_range, trials=12)
def optax_l2_sphere_gives_infinity_or_zeros_out_of_range(arguments: Arguments, output: Any) -> list[bool] | None:
    """Where the squares of all numbers underflow, each becomes infinite, and where one of them overflows, zero."""
    x = np.array(arguments["x"])
    if (np.square(x) > FLOAT32.largest).any():
        return [after == 0.0 for after in output]
    if not x.all() or np.sum(np.square(x)) > FLOAT32.smallest_normal / 2.0:
        return None
    return list(np.array(output) == np.copysign(np.inf, x))
