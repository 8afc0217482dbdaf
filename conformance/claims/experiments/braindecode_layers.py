"""Braindecode's layers with max-norm constraints on their weights."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

import numpy as np

from conformance.claims.experiment import Arguments, experiment
from conformance.claims.experiments.numbers import float32, normals
from conformance.claims.experiments.torch_renorm import UNIT_ROUNDOFF, is_bounded, slack

if TYPE_CHECKING:
    import torch
    from braindecode.modules import (
        Conv2dWithConstraint,
        LinearWithConstraint,
        MaxNormLinear,
        MaxNormParametrize,
    )


def max_norm_linear(max_norm: float, w: list[list[float]]) -> list[list[float]]:
    """The weight of a MaxNormLinear, with a row for each unit."""
    layer = MaxNormLinear(len(w[0]), len(w), max_norm_val=max_norm)
    layer.parametrizations.weight.original.data = torch.tensor(w)
    weight: list[list[float]] = layer.weight.tolist()
    return weight


def linear_with_constraint(max_norm: float, w: list[list[float]]) -> list[list[float]]:
    """The weight of a LinearWithConstraint, with a row for each unit."""
    layer = LinearWithConstraint(len(w[0]), len(w), max_norm=max_norm)
    layer.parametrizations.weight.original.data = torch.tensor(w)
    weight: list[list[float]] = layer.weight.tolist()
    return weight


def conv2d_with_constraint(max_norm: float, w: list[list[float]]) -> list[list[float]]:
    """The weight of a Conv2dWithConstraint of one input channel, with a row for each filter, which is one row high."""
    layer = Conv2dWithConstraint(1, len(w), kernel_size=(1, len(w[0])), max_norm=max_norm)
    layer.parametrizations.weight.original.data = torch.tensor(w)[:, None, None, :]
    weight: list[list[float]] = layer.weight.flatten(1).tolist()
    return weight


def parametrized(max_norm: float, w: list[list[float]]) -> list[list[float]]:
    """What MaxNormParametrize makes of a weight."""
    weight: list[list[float]] = MaxNormParametrize(max_norm)(torch.tensor(w)).tolist()
    return weight


def a_weight(random: Random) -> Arguments:
    """A weight whose rows have norms on both sides of the bound."""
    max_norm = random.choice((0.5, 1.0, 2.0, 3.0))
    w = normals(random, random.randint(1, 4), random.randint(1, 4), scale=max_norm * random.choice((0.3, 0.6, 2.0)))
    return {"max_norm": max_norm, "w": w}


def one_weight(random: Random) -> Arguments:
    """A unit with one input, whose weight is above or below the bound."""
    max_norm = random.choice((1.0, 2.0, 3.0))
    return {"max_norm": max_norm, "w": [[float(float32(max_norm * random.uniform(0.1, 3.0)))]]}


@experiment(max_norm_linear, a_weight, trials=12)
def braindecode_max_norm_linear_bounds_each_unit(arguments: Arguments, output: Any) -> list[bool]:
    """The norm of each unit's weights is at most max_norm_val, as Keras's Dense has it, up to n + 4 roundings."""
    bound = arguments["max_norm"]
    return [bool(np.linalg.norm(unit) <= bound + slack(unit.size, bound)) for unit in float32(output)]


@experiment(max_norm_linear, one_weight, trials=12)
def braindecode_max_norm_linear_gives_a_lone_weight_of_keras(arguments: Arguments, output: Any) -> bool | None:
    """A unit with one weight w gets w * min(|w|, max) / (1e-7 + |w|), as Keras's Dense has it, up to 8 roundings."""
    w, bound = float32(arguments["w"]), arguments["max_norm"]
    if w.size != 1:
        return None
    wanted = w * np.minimum(np.abs(w), bound) / (1e-7 + np.abs(w))
    return bool(np.all(np.abs(float32(output) - wanted) <= 8 * UNIT_ROUNDOFF["float32"] * np.abs(wanted)))


# what MaxNormLinear adds to what it divides by, if nothing else is said
EPS = 1e-5


def equal_weights(random: Random) -> Arguments:
    """A weight of equal numbers beyond the bound, with more inputs than units."""
    max_norm, units = random.choice((0.5, 1.0, 2.0, 3.0)), random.randint(1, 3)
    size = float(float32(max_norm * random.uniform(1.0, 5.0)))
    return {"max_norm": max_norm, "w": [[size] * (units + random.randint(1, 3))] * units}


@experiment(max_norm_linear, a_weight, trials=12)
def braindecode_max_norm_linear_bounds_what_leaves_each_input(arguments: Arguments, output: Any) -> list[bool]:
    """The weights that leave an input, of norm N, become w * clip(N, max / 2, max) / (1e-5 + max(N, max / 2)).

    That is up to n + 8 roundings, and never has a larger norm than max_norm_val.
    """
    w, bound = float32(arguments["w"]), arguments["max_norm"]
    norms = np.linalg.norm(w, axis=0)
    wanted = w * np.clip(norms, bound / 2.0, bound) / (EPS + np.maximum(norms, bound / 2.0))
    close = np.abs(float32(output) - wanted) <= (len(w) + 8) * UNIT_ROUNDOFF["float32"] * np.abs(wanted)
    bounded = np.linalg.norm(output, axis=0) <= bound + slack(len(w), bound)
    return list(close.all(axis=0) & bounded)


@experiment(max_norm_linear, equal_weights)
def braindecode_max_norm_linear_exceeds_the_bound_at_equal_weights(
    arguments: Arguments, output: Any
) -> list[bool] | None:
    """Where weights that are alike reach the bound, and inputs are more than units, each unit's norm exceeds it."""
    w, bound = float32(arguments["w"]), arguments["max_norm"]
    if np.shape(w)[0] >= np.shape(w)[1] or np.ptp(w) or np.linalg.norm(w[:, 0]) < bound:
        return None
    return [bool(norm > bound) for norm in np.linalg.norm(output, axis=1)]


@experiment(max_norm_linear, [{"max_norm": 1.0, "w": [[1.0]]}])
def braindecode_max_norm_linear_makes_0_99999_of_1(arguments: Arguments, output: Any) -> bool:
    """With max_norm_val 1 a lone weight of 1 becomes the float32 number that is nearest to 0.99999."""
    return bool(np.array_equal(float32(output), float32([[0.99999]])))


def _each_row(arguments: Arguments, output: Any) -> list[bool]:
    pairs = zip(float32(arguments["w"]), float32(output), strict=True)
    return [is_bounded(before, after, arguments["max_norm"]) for before, after in pairs]


@experiment(linear_with_constraint, a_weight, trials=12)
def braindecode_linear_bounds_each_unit(arguments: Arguments, output: Any) -> list[bool]:
    """The norm of each unit's weights is what it was, or max_norm where it was larger, up to roundings and 1e-7."""
    return _each_row(arguments, output)


@experiment(conv2d_with_constraint, a_weight, trials=12)
def braindecode_conv2d_bounds_each_filter(arguments: Arguments, output: Any) -> list[bool]:
    """The norm of each filter's weights is what it was, or max_norm where it was larger, up to roundings and 1e-7."""
    return _each_row(arguments, output)


@experiment(parametrized, a_weight, trials=12)
def braindecode_parametrize_bounds_each_row(arguments: Arguments, output: Any) -> list[bool]:
    """The norm of each row is what it was, or max_norm where it was larger, up to roundings and 1e-7."""
    return _each_row(arguments, output)
