"""What PyTorch does with a bound in a training step: clipped gradients, and steps through a parametrization."""

from __future__ import annotations

from fractions import Fraction
from random import Random
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from conformance.claims.experiment import Arguments, experiment
from conformance.claims.experiments.numbers import float32, normals
from conformance.claims.experiments.torch_renorm import UNIT_ROUNDOFF

if TYPE_CHECKING:
    import torch


def clipped(max_norm: float, gradient: list[float]) -> list[float]:
    """The gradient of a parameter after clip_grad_norm_."""
    parameter = torch.nn.Parameter(torch.zeros(len(gradient)))
    parameter.grad = torch.tensor(gradient)
    torch.nn.utils.clip_grad_norm_([parameter], max_norm)
    result: list[float] = parameter.grad.tolist()
    return result


def a_gradient(random: Random) -> Arguments:
    """A gradient of norm 1e-7 to 10, and a bound of about that size."""
    size = 10.0 ** random.uniform(-7.0, 1.0)
    gradient = normals(random, random.randint(1, 4), scale=size)
    norm = float(np.linalg.norm(gradient))
    return {"max_norm": float(float32(norm * random.choice((0.5, 1.0, 1.25, 3.0)))), "gradient": gradient}


@experiment(clipped, a_gradient, trials=16)
def torch_gradients_within_max_norm_are_kept(arguments: Arguments, output: Any) -> bool | None:
    """A gradient whose exact norm does not exceed max_norm is not scaled."""
    gradient = float32(arguments["gradient"])
    bound = Fraction(min(arguments["max_norm"], float(float32(arguments["max_norm"]))))
    inside = sum(Fraction(float(g)) ** 2 for g in gradient) <= bound**2
    return np.array_equal(gradient, float32(output)) if inside else None


# what clip_grad_norm_ adds to the norm
GRADIENT_EPSILON = 1e-6


def any_gradient(random: Random) -> Arguments:
    """A gradient of norm 1e-12 to 10, and a bound of about that size, or one of about 1e-6."""
    arguments, size = a_gradient(random), 10.0 ** random.uniform(-5.0, 0.0)
    gradient = float32(np.array(arguments["gradient"]) * size).tolist()
    bound = arguments["max_norm"] * size + random.choice((0.0, 1e-6, 2e-6))
    return {"max_norm": float(float32(random.choice((bound, 1e-6, 9.9e-7)))), "gradient": gradient}


@experiment(clipped, any_gradient, trials=48)
def torch_gradients_are_scaled_where_norm_and_epsilon_exceed_max_norm(
    arguments: Arguments, output: Any
) -> list[bool] | None:
    """Where N + 1e-6 in float32 exceeds max_norm, gradients are multiplied by max_norm / (N + 1e-6), and else kept.

    Where the roundings of N decide this, nothing is said.
    """
    gradient, after, bound = float32(arguments["gradient"]), float32(output), arguments["max_norm"]
    norm, room = float(np.linalg.norm(gradient)), (len(output) + 4) * UNIT_ROUNDOFF["float32"]
    low, high = (float32(float32(norm * factor) + float32(GRADIENT_EPSILON)) for factor in (1.0 - room, 1.0 + room))
    if low > bound:
        wanted = gradient * (bound / (norm + GRADIENT_EPSILON))
        close = np.abs(after - wanted) <= (room + 4 * UNIT_ROUNDOFF["float32"]) * np.abs(wanted)
        return list(close & ((after != gradient) | (gradient == 0.0)))
    return [np.array_equal(after, gradient)] if high <= bound else None


def below_epsilon(random: Random) -> Arguments:
    """A gradient far inside a bound of less than 1e-6."""
    max_norm = random.choice(
        (float(np.nextafter(np.float32(1e-6), np.float32(0.0))), 10.0 ** random.uniform(-9.0, -6.1))
    )
    gradient = normals(random, random.randint(1, 4), scale=max_norm * random.choice((0.001, 0.1)))
    return {"max_norm": float(float32(max_norm)), "gradient": gradient}


@experiment(clipped, below_epsilon, trials=16)
def torch_gradients_are_always_scaled_below_epsilon(arguments: Arguments, output: Any) -> list[bool] | None:
    """With a max_norm below 1e-6 every gradient that is not zero becomes smaller."""
    gradient = float32(arguments["gradient"])
    if arguments["max_norm"] >= float32(GRADIENT_EPSILON):
        return None
    return list(np.abs(float32(output))[gradient != 0.0] < np.abs(gradient)[gradient != 0.0]) or None


def clipped_in(dtype: str, max_norm: float, gradient: float) -> list[float]:
    """The gradient of one number of a format before and after clip_grad_norm_."""
    parameter = torch.nn.Parameter(torch.zeros(1, dtype=getattr(torch, dtype)))
    parameter.grad = torch.full_like(parameter, gradient)
    before: float = parameter.grad.item()
    torch.nn.utils.clip_grad_norm_([parameter], max_norm)
    return [before, parameter.grad.item()]


def near_the_bound(random: Random) -> Arguments:
    """A gradient in some format, and a bound that is a few roundings away, or much more."""
    dtype, size = random.choice(tuple(UNIT_ROUNDOFF)), 10.0 ** random.uniform(-4.0, 1.0)
    apart = random.choice((-0.5, -20.0 * UNIT_ROUNDOFF[dtype], 20.0 * UNIT_ROUNDOFF[dtype], 1.0))
    return {"dtype": dtype, "max_norm": (size + GRADIENT_EPSILON) * (1.0 + apart), "gradient": size}


@experiment(clipped_in, near_the_bound, trials=48, keep=("dtype",))
def torch_gradients_of_each_format_are_scaled_above_max_norm(arguments: Arguments, output: Any) -> bool | None:
    """In each format a gradient g becomes smaller where |g| + 1e-6 exceeds max_norm by 6 roundings, and stays below it.

    In float16 that is said of |g| + 1e-6 from 2e-5 on.
    """
    before, after = output
    total, room = abs(before) + GRADIENT_EPSILON, 6.0 * UNIT_ROUNDOFF[arguments["dtype"]]
    if arguments["dtype"] == "float16" and total < 2e-5:
        return None
    if total > arguments["max_norm"] * (1.0 + room):
        return bool(abs(after) < abs(before))
    return bool(after == before) if total < arguments["max_norm"] * (1.0 - room) else None


def tiny_in_float16(random: Random) -> Arguments:
    """A gradient of less than 1.4e-5 in float16, and a bound below it."""
    gradient = random.uniform(1e-6, 1.4e-5)
    return {"dtype": "float16", "max_norm": gradient * random.uniform(0.01, 0.9), "gradient": gradient}


@experiment(clipped_in, tiny_in_float16, trials=12, keep=("dtype", "gradient"))
def torch_gradients_below_15_millionths_are_kept_in_float16(arguments: Arguments, output: Any) -> bool | None:
    """In float16 a gradient g keeps its bits whatever max_norm is, where |g| + 1e-6 is below 1.5e-5."""
    return bool(output[0] == output[1]) if abs(output[0]) + GRADIENT_EPSILON < 1.5e-5 else None


def bounded_linear(max_norm: float, w: list[list[float]]):  # type: ignore[no-untyped-def]  # PyTorch has no types here
    """Return a Linear layer, and a parametrization of its weight that bounds the norm of each row."""

    class MaxNorm(torch.nn.Module):  # type: ignore[misc]  # likewise
        def forward(self, weight: torch.Tensor) -> torch.Tensor:
            norm = weight.norm(dim=1, keepdim=True)
            return weight * (norm.clamp(max=max_norm) / norm)

    layer = torch.nn.Linear(len(w[0]), len(w), bias=False)
    layer.weight.data = torch.tensor(w)
    return torch.nn.utils.parametrize.register_parametrization(layer, "weight", MaxNorm())


def parametrized(max_norm: float, w: list[list[float]]) -> dict[str, list[list[float]]]:
    """The weight of a parametrized layer, and the original that it keeps and trains."""
    layer = bounded_linear(max_norm, w)
    return {"weight": layer.weight.tolist(), "original": layer.parametrizations.weight.original.tolist()}


def trained_through(max_norm: float, rate: float, x: list[float], w: list[list[float]]) -> dict[str, list[list[float]]]:
    """The same after one step of SGD, for which the gradient of the weight is x in each row."""
    layer = bounded_linear(max_norm, w)
    optimizer = torch.optim.SGD(layer.parameters(), lr=rate)
    layer(torch.tensor(x)).sum().backward()
    optimizer.step()
    return {"weight": layer.weight.tolist(), "original": layer.parametrizations.weight.original.tolist()}


def weights(random: Random) -> Arguments:
    """Two rows on both sides of a bound."""
    max_norm = random.choice((0.5, 1.0, 2.0))
    return {"max_norm": max_norm, "w": normals(random, 2, 2, scale=1.5 * max_norm)}


def a_step(random: Random) -> Arguments:
    """The same, with a gradient and a learning rate."""
    arguments = weights(random)
    return {
        "max_norm": arguments["max_norm"],
        "rate": random.choice((0.25, 1.0)),
        "x": normals(random, 2),
        "w": arguments["w"],
    }


def projected(row: NDArray[np.float64], bound: float) -> NDArray[np.float64]:
    """The row, or the nearest one whose norm is the bound."""
    return row * min(1.0, bound / float(np.linalg.norm(row)))


def tolerance(arguments: Arguments, row: NDArray[np.float64]) -> float:
    """How far n + 16 roundings may carry a weight: of the row, and of three terms of the size of the step."""
    step = 3.0 * arguments["rate"] * np.linalg.norm(arguments["x"])
    return float((row.size + 16) * UNIT_ROUNDOFF["float32"] * (np.linalg.norm(row) + step))


@experiment(trained_through, a_step)
def torch_step_goes_through_the_parametrization(arguments: Arguments, output: Any) -> list[bool]:
    """The step changes the original by the learning rate times the gradient taken through the parametrization."""
    x, bound = float32(arguments["x"]), arguments["max_norm"]
    truths = []
    for row, after in zip(float32(arguments["w"]), float32(output["original"]), strict=True):
        norm = float(np.linalg.norm(row))
        # the derivative of row * bound / norm, which along the row is zero
        gradient = x if norm <= bound else bound / norm * (x - row * (row @ x) / norm**2)
        wanted = row - arguments["rate"] * gradient
        truths.append(bool(np.all(np.abs(after - wanted) <= tolerance(arguments, row))))
    return truths


@experiment(trained_through, a_step)
def torch_step_is_followed_by_the_projection(arguments: Arguments, output: Any) -> list[bool]:
    """The step is taken from the bounded weight, and its result is bounded again, as Keras does it."""
    x, bound = float32(arguments["x"]), arguments["max_norm"]
    truths = []
    for row, after in zip(float32(arguments["w"]), float32(output["weight"]), strict=True):
        wanted = projected(projected(row, bound) - arguments["rate"] * x, bound)
        truths.append(bool(np.all(np.abs(after - wanted) <= tolerance(arguments, row))))
    return truths


@experiment(trained_through, a_step, trials=12)
def torch_step_from_beyond_the_bound_ends_elsewhere_than_in_keras(
    arguments: Arguments, output: Any
) -> list[bool] | None:
    """A row beyond the bound ends elsewhere than by a step from the bounded row whose result is bounded again."""
    x, bound = float32(arguments["x"]), arguments["max_norm"]
    truths = []
    for row, after in zip(float32(arguments["w"]), float32(output["weight"]), strict=True):
        if np.linalg.norm(row) > 1.01 * bound and np.any(x):
            keras = projected(projected(row, bound) - arguments["rate"] * x, bound)
            truths.append(bool(np.any(np.abs(after - keras) > tolerance(arguments, row))))
    return truths or None


@experiment(parametrized, weights)
def torch_original_is_the_unparametrized_weight(arguments: Arguments, output: Any) -> list[bool]:
    """The original keeps the bits of the weight that the layer had, whether inside the bound or not."""
    return [np.array_equal(*pair) for pair in zip(float32(arguments["w"]), float32(output["original"]), strict=True)]
