"""torch.renorm: by what it multiplies, over which dimensions, and what it takes and refuses."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from conformance.claims.experiment import Arguments, Raised, experiment, is_refused
from conformance.claims.experiments.numbers import ROUNDOFF, float32, normals
from conformance.claims.experiments.torch_renorm import EPSILON, UNIT_ROUNDOFF, moderate, renormed, tiny
from reference.formats import FLOAT32

if TYPE_CHECKING:
    import torch


def renormed_rank_3(p: float, dim: int, maxnorm: float, w: list[list[list[float]]]) -> list[list[list[float]]]:
    """What torch.renorm makes of float32 weights of rank 3."""
    result: list[list[list[float]]] = torch.renorm(torch.tensor(w), p=p, dim=dim, maxnorm=maxnorm).tolist()
    return result


def renormed_complex(
    dtype: str, maxnorm: float, real: list[list[float]], imaginary: list[list[float]]
) -> list[list[list[float]]]:
    """The real and imaginary parts of what torch.renorm makes of complex numbers."""
    weights = torch.complex(torch.tensor(real), torch.tensor(imaginary)).to(getattr(torch, dtype))
    result = torch.renorm(weights, p=2, dim=0, maxnorm=maxnorm)
    return [result.real.tolist(), result.imag.tolist()]


def renormed_ones(dtype: str, shape: list[int], p: float, maxnorm: float) -> list[float]:
    """How large ones of a format and shape are after torch.renorm."""
    result = torch.renorm(torch.ones(shape).to(getattr(torch, dtype)), p=p, dim=0, maxnorm=maxnorm)
    sizes: list[float] = result.abs().double().flatten().tolist()
    return sizes


def are_scaled(arguments: Arguments, output: Any, norms: NDArray[np.float64]) -> list[bool]:
    """Whether weights are multiplied by maxnorm / (N + 1e-7) where N exceeds maxnorm, up to roundings, and else kept.

    Where N is maxnorm up to roundings, both are right.
    """
    w, after, bound = float32(arguments["w"]), float32(output), arguments["maxnorm"]
    room = (w.size + 12) * ROUNDOFF
    scaled = w * (bound / (norms + EPSILON))
    is_scaled = (np.abs(after - scaled) <= room * np.abs(scaled)) & (norms >= bound * (1.0 - room))
    return list((is_scaled | ((after == w) & (norms <= bound * (1.0 + room)))).ravel())


def rank_3(random: Random) -> Arguments:
    """Weights of rank 3, and a norm."""
    shape, maxnorm = [random.randint(1, 3) for _ in range(3)], random.choice((0.5, 1.0, 3.0))
    w = normals(random, *shape, scale=maxnorm * random.choice((0.3, 1.0, 2.0)))
    return {"p": random.choice((1.0, 2.0, 3.0, float("inf"))), "dim": random.randint(0, 2), "maxnorm": maxnorm, "w": w}


@experiment(renormed_rank_3, rank_3, trials=24, keep=("p", "dim", "w"))
def torch_renorm_takes_norms_over_all_other_dimensions(arguments: Arguments, output: Any) -> list[bool]:
    """In rank 3 each slice at an index of dim is scaled by its own p-norm, over the two other dimensions."""
    w, p = np.abs(float32(arguments["w"])), arguments["p"]
    over = tuple(axis for axis in range(3) if axis != arguments["dim"])
    powers = w.max(axis=over, keepdims=True) if np.isinf(p) else np.sum(w**p, axis=over, keepdims=True)
    return are_scaled(arguments, output, powers if np.isinf(p) else powers ** (1.0 / p))


@experiment(renormed, lambda random: {**moderate(random), "dim": 1}, trials=12, keep=("p", "dim"))
def torch_renorm_at_dim_1_is_max_norm_over_axis_0(arguments: Arguments, output: Any) -> list[bool]:
    """With dim 1 a matrix becomes w * clip(N, 0, maxnorm) / (1e-7 + N), N over axis 0, but for a share of 1e-7 / N."""
    w, bound = float32(arguments["w"]), arguments["maxnorm"]
    norms = np.linalg.norm(w, axis=0)
    wanted = w * np.clip(norms, 0.0, bound) / (EPSILON + norms)
    share = EPSILON / np.maximum(norms, EPSILON) + (len(w) + 8) * ROUNDOFF
    return list((np.abs(float32(output) - wanted) <= share * np.abs(wanted)).ravel())


def norms_of_slices(arguments: Arguments) -> NDArray[np.float64]:
    """The norms of the slices of a matrix at the indices of dim."""
    return np.asarray(np.linalg.norm(float32(arguments["w"]), axis=1 - arguments["dim"], keepdims=True))


@experiment(renormed, lambda random: random.choice((moderate, tiny))(random), trials=24, keep=("p", "dim"))
def torch_renorm_multiplies_by_maxnorm_over_norm_and_epsilon(arguments: Arguments, output: Any) -> list[bool]:
    """A slice whose norm N is above maxnorm is multiplied by maxnorm / (N + 1e-7), and another one keeps its bits."""
    return are_scaled(arguments, output, norms_of_slices(arguments))


@experiment(renormed, tiny, trials=24, keep=("p", "dim"))
def torch_renorm_halves_slices_of_norms_below_epsilon(arguments: Arguments, output: Any) -> list[bool] | None:
    """A slice whose norm is above maxnorm and at most 1e-7 gets at most half of maxnorm, but for roundings."""
    bound, norms = arguments["maxnorm"], norms_of_slices(arguments).ravel()
    after = np.linalg.norm(float32(output), axis=1 - arguments["dim"])
    room = (np.size(output) + 8) * ROUNDOFF
    return list((after <= 0.5 * bound * (1.0 + room))[(norms > bound * (1.0 + room)) & (norms <= EPSILON)]) or None


def out_of_range(random: Random) -> Arguments:
    """Weights whose squares are all too small or too large for float32, beyond a bound of a tenth of them."""
    size = 10.0 ** random.choice((random.uniform(-37.0, -23.5), random.uniform(19.5, 37.0)))
    w = [[float(float32(random.uniform(0.3, 1.0) * size)) for _ in range(2)] for _ in range(2)]
    return {"p": 2.0, "dim": random.choice((0, 1)), "maxnorm": float(float32(0.1 * size)), "w": w}


@experiment(renormed, out_of_range, trials=16, keep=("p", "dim"))
def torch_renorm_keeps_underflowing_and_zeroes_overflowing_slices(arguments: Arguments, output: Any) -> bool | None:
    """Weights whose squares are all below 1e-46 stay as they are, and those whose squares overflow become zero."""
    w = float32(arguments["w"])
    if (np.abs(w) < 1e-23).all():
        return np.array_equal(w, float32(output))
    return not np.any(output) if (np.square(w) > FLOAT32.largest).all() and arguments["maxnorm"] < 1e38 else None


def complex_rows(random: Random) -> Arguments:
    """Rows of complex numbers on both sides of a bound."""
    real, imaginary = normals(random, 2, 3, scale=2.0), normals(random, 2, 3, scale=2.0)
    dtype, maxnorm = random.choice(("complex64", "complex128")), random.choice((1.0, 3.0, 5.0))
    return {"dtype": dtype, "maxnorm": maxnorm, "real": real, "imaginary": imaginary}


@experiment(renormed_complex, complex_rows, trials=12, keep=("dtype", "real", "imaginary"))
def torch_renorm_takes_complex_rows(arguments: Arguments, output: Any) -> list[bool]:
    """Rows of complex64 and complex128 numbers are multiplied by maxnorm / (N + 1e-7) where N is above maxnorm."""
    parts, bound = np.array([arguments["real"], arguments["imaginary"]]), arguments["maxnorm"]
    norms = np.sqrt(np.sum(parts**2, axis=(0, 2), keepdims=True))
    wanted = parts * np.where(norms > bound, bound / (norms + EPSILON), 1.0)
    unit = UNIT_ROUNDOFF["float32" if arguments["dtype"] == "complex64" else "float64"]
    # the modulus of a complex number has some roundings too
    return list((np.abs(np.array(output) - wanted) <= 24 * unit * np.abs(wanted)).ravel())


FLOATING = ("float16", "bfloat16", "float32", "float64", "complex64", "complex128")
REFUSED = ("int64", "int32", "int16", "int8", "uint8", "bool", "float8_e4m3fn", "float8_e5m2", "complex32")


def allowed(random: Random) -> Arguments:
    """Arguments that torch.renorm takes."""
    shape = [random.randint(1, 3) for _ in range(random.randint(2, 5))]
    p, maxnorm = random.choice((0.5, 1.0, 1.5, 2.0, float("inf"))), random.choice((0.0, 0.5, 2.0, float("inf")))
    return {"dtype": random.choice(FLOATING), "shape": shape, "p": p, "maxnorm": maxnorm}


def one_wrong(random: Random) -> Arguments:
    """The same with one of the arguments wrong."""
    nan = float("nan")
    wrong: Arguments = random.choice(
        (
            {"dtype": random.choice(REFUSED)},
            {"shape": random.choice(([], [1], [3]))},
            {"p": random.choice((0.0, -0.5, -1.0, nan))},
            {"maxnorm": random.choice((-0.5, -1.0, nan))},
        )
    )
    return {**allowed(random), **wrong}


@experiment(renormed_ones, allowed, trials=24, errors=True, keep=("dtype", "shape", "p", "maxnorm"))
def torch_renorm_takes_what_is_said(arguments: Arguments, output: Any) -> bool:
    """Two to five dimensions, the four float and two complex formats, p above 0 and maxnorm from 0 raise no error."""
    return not isinstance(output, Raised)


@experiment(renormed_ones, one_wrong, trials=32, errors=True, keep=("dtype", "shape", "p", "maxnorm"))
def torch_renorm_refuses_everything_else(arguments: Arguments, output: Any) -> bool:
    """Fewer dimensions, other formats, a p that is not above 0 or a maxnorm that is not 0 or more: a RuntimeError."""
    return is_refused(output, "RuntimeError")
