"""torch.renorm: which norms it takes, how close to the bound it comes, and what it refuses."""

from __future__ import annotations

from fractions import Fraction
from random import Random
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from conformance.claims.experiment import Arguments, Raised, experiment
from conformance.claims.experiments.numbers import float32, normals
from reference.formats import FORMATS

if TYPE_CHECKING:
    import torch

UNIT_ROUNDOFF = {name: FORMATS[name].unit_roundoff for name in ("bfloat16", "float16", "float32", "float64")}
# what PyTorch adds to a norm before it divides by it
EPSILON = 1e-7


def renormed(p: float, dim: int, maxnorm: float, w: list[list[float]]) -> list[list[float]]:
    """What torch.renorm makes of float32 weights."""
    result: list[list[float]] = torch.renorm(torch.tensor(w), p=p, dim=dim, maxnorm=maxnorm).tolist()
    return result


def renormed_vector(maxnorm: float, w: list[float]) -> list[float]:
    """What torch.renorm makes of a vector."""
    result: list[float] = torch.renorm(torch.tensor(w), p=2, dim=0, maxnorm=maxnorm).tolist()
    return result


def renormed_integers(maxnorm: int, w: list[list[int]]) -> list[list[int]]:
    """What torch.renorm makes of integers."""
    integers = torch.tensor(w, dtype=torch.int64)
    result: list[list[int]] = torch.renorm(integers, p=2, dim=0, maxnorm=maxnorm).tolist()
    return result


def renormed_in(dtype: str, maxnorm: float, w: list[list[float]]) -> list[list[float]]:
    """What torch.renorm makes of weights of a format."""
    weights = torch.tensor(w, dtype=getattr(torch, dtype))
    result: list[list[float]] = torch.renorm(weights, p=2, dim=0, maxnorm=maxnorm).tolist()
    return result


def moderate(random: Random) -> Arguments:
    """A matrix whose rows and columns have norms on both sides of the bound."""
    shape = random.randint(2, 4), random.randint(2, 4)
    maxnorm = random.choice((0.5, 1.0, 2.0, 3.0))
    w = normals(random, *shape, scale=maxnorm * random.choice((0.3, 0.6, 2.0)))
    return {"p": 2.0, "dim": random.choice((0, 1)), "maxnorm": maxnorm, "w": w}


def tiny(random: Random) -> Arguments:
    """The same with weights of 1e-9 to 1e-6."""
    arguments, size = moderate(random), 10.0 ** random.uniform(-9.0, -6.0)
    maxnorm = float(float32(arguments["maxnorm"] * size))
    return {**arguments, "maxnorm": maxnorm, "w": float32(np.array(arguments["w"]) * size).tolist()}


def groups(weights: Any, kept: int) -> list[NDArray[np.float64]]:
    """The rows (kept is 0) or the columns (1) of a matrix of float32 numbers."""
    return list(np.moveaxis(float32(weights), kept, 0))


def slack(size: int, bound: float, dtype: str = "float32") -> float:
    """How far roundings may carry the norm of `size` weights from a bound: n + 4 of them, of half an ulp each."""
    return (size + 4) * UNIT_ROUNDOFF[dtype] * bound


def is_bounded(before: NDArray[np.float64], after: NDArray[np.float64], bound: float, dtype: str = "float32") -> bool:
    """Whether a norm above the bound has become the bound, and another is as it was, up to roundings and EPSILON."""
    wanted = min(float(np.linalg.norm(before)), bound)
    return bool(abs(np.linalg.norm(after) - wanted) <= slack(before.size, bound, dtype) + EPSILON)


@experiment(renormed, moderate, trials=12, keep=("p", "dim"))
def torch_renorm_is_strictly_below_maxnorm(arguments: Arguments, output: Any) -> list[bool]:
    """The exact norm of every slice that torch.renorm returns is lower than maxnorm."""
    bound = max(Fraction(arguments["maxnorm"]), Fraction(float(float32(arguments["maxnorm"]))))
    squares = (sum(Fraction(float(x)) ** 2 for x in group) for group in groups(output, arguments["dim"]))
    return [square < bound**2 for square in squares]


@experiment(renormed, moderate, trials=12, keep=("p", "dim"))
def torch_renorm_bounds_each_slice_at_an_index_of_dim(arguments: Arguments, output: Any) -> list[bool]:
    """Each slice at an index of dim is one group: its norm is what it was, or maxnorm where it was larger."""
    pairs = zip(groups(arguments["w"], arguments["dim"]), groups(output, arguments["dim"]), strict=True)
    return [is_bounded(before, after, arguments["maxnorm"]) for before, after in pairs]


@experiment(renormed, moderate, trials=12, keep=("p", "dim"))
def torch_renorm_takes_the_norm_over_dim(arguments: Arguments, output: Any) -> list[bool]:
    """The norm over dim, as torch.norm takes it, is what it was, or maxnorm where it was larger."""
    pairs = zip(groups(arguments["w"], 1 - arguments["dim"]), groups(output, 1 - arguments["dim"]), strict=True)
    return [is_bounded(before, after, arguments["maxnorm"]) for before, after in pairs]


@experiment(renormed, lambda random: random.choice((moderate, tiny))(random), trials=24, keep=("p", "dim"))
def torch_renorm_is_at_most_maxnorm_up_to_roundings(arguments: Arguments, output: Any) -> list[bool]:
    """The norm of every slice that torch.renorm returns is at most maxnorm, up to n + 4 roundings."""
    bound = arguments["maxnorm"]
    return [
        bool(np.linalg.norm(group) <= bound + slack(group.size, bound)) for group in groups(output, arguments["dim"])
    ]


@experiment(renormed, tiny, trials=16, keep=("p", "dim"))
def torch_renorm_scales_larger_slices_to_maxnorm(arguments: Arguments, output: Any) -> list[bool] | None:
    """A slice whose norm is above maxnorm gets the norm maxnorm, up to n + 4 roundings."""
    bound = arguments["maxnorm"]
    pairs = zip(groups(arguments["w"], arguments["dim"]), groups(output, arguments["dim"]), strict=True)
    larger = [after for before, after in pairs if np.linalg.norm(before) > bound]
    return [bool(abs(np.linalg.norm(after) - bound) <= slack(after.size, bound)) for after in larger] or None


def in_a_format(random: Random) -> Arguments:
    """Weights whose squares leave the range of float16, among others."""
    dtype = random.choice(tuple(UNIT_ROUNDOFF))
    w = np.array(normals(random, 2, 4, scale=random.choice((1.0, 300.0, 3000.0)))).round()
    return {"dtype": dtype, "maxnorm": random.choice((1.0, 2.0, 4.0)), "w": w.tolist()}


@experiment(renormed_in, in_a_format, trials=16, keep=("dtype",))
def torch_renorm_takes_every_floating_format(arguments: Arguments, output: Any) -> list[bool]:
    """In each floating-point format a row gets the norm maxnorm where its norm was larger, up to n + 4 roundings."""
    pairs = zip(np.array(arguments["w"]), np.array(output), strict=True)
    return [is_bounded(before, after, arguments["maxnorm"], arguments["dtype"]) for before, after in pairs]


def a_vector(random: Random) -> Arguments:
    """A vector and a bound."""
    return {"maxnorm": random.choice((1.0, 2.0)), "w": normals(random, 3)}


@experiment(renormed_vector, a_vector, errors=True)
def torch_renorm_takes_vectors(arguments: Arguments, output: Any) -> bool:
    """A vector, whose slices are single weights, raises no error."""
    return not isinstance(output, Raised)


def some_integers(random: Random) -> Arguments:
    """A matrix of integers and a bound."""
    return {"maxnorm": random.choice((1, 2)), "w": [[random.randint(1, 9) for _ in range(2)] for _ in range(2)]}


@experiment(renormed_integers, some_integers, errors=True, keep=("w",))
def torch_renorm_takes_integers(arguments: Arguments, output: Any) -> bool:
    """A matrix of integers raises no error."""
    return not isinstance(output, Raised)


def odd_numbers(random: Random) -> Arguments:
    """A p or a maxnorm that is not positive."""
    return {**moderate(random), "dim": 0, **random.choice(({"p": 0.0}, {"p": -1.0}, {"maxnorm": -1.0}))}


@experiment(renormed, odd_numbers, errors=True, keep=("dim",))
def torch_renorm_takes_any_p_and_maxnorm(arguments: Arguments, output: Any) -> bool | None:
    """A p that is not positive, or a maxnorm that is negative, raises no error."""
    return not isinstance(output, Raised) if arguments["p"] <= 0.0 or arguments["maxnorm"] < 0.0 else None
