"""What people write by mistake that is no gain of the norm: another norm, or something else done to the weights.

There are no intervals for these. What one predicts is compared with what came within a bound on the rounding of sums of
so many numbers; that names a fault, and judges nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reference.contract import GainContract
from reference.contracts import MAX_NORM, MIN_MAX_NORM
from reference.formats import FLOAT32, FLOAT64, FloatArray, Format
from reference.norms import NormName

Parameters = Mapping[str, float]
# of rows of weights and the parameters
Function = Callable[[FloatArray, Parameters], FloatArray]
# roundings beside those of a sum
ROUNDINGS = 24


@dataclass(frozen=True)
class Formula:
    """A function of groups of weights, (groups, n) in float64, and its name; {contract} in it is the promised one."""

    words: str
    function: Function

    def explains(self, rows: FloatArray, p: Parameters, results: FloatArray, fmt: Format) -> int | None:
        """How many groups it explains, if it explains all that say something; None if it does not."""
        if fmt not in (FLOAT32, FLOAT64):
            return 0
        with np.errstate(all="ignore"):
            predicted = self.function(rows, p)
            largest = np.max(np.abs(predicted), axis=1)
            bound = (rows.shape[1] + ROUNDINGS) * fmt.unit_roundoff
            near = np.all(np.abs(results - predicted) <= bound * largest[:, None], axis=1)
        # what is small or large says nothing of a formula, for its intermediates may have no room
        telling = rows.any(axis=1) & (largest > _smallest(fmt)) & (largest < fmt.largest**0.25)
        telling &= np.max(np.abs(rows), axis=1) > _smallest(fmt)
        return int(telling.sum()) if bool(np.all(near | ~telling)) else None


def _smallest(fmt: Format) -> float:
    """The root of the smallest normal number: what is larger can be squared."""
    smallest: float = 2.0 ** (fmt.emin / 2 + 2)
    return smallest


def formulas(contract: GainContract) -> Iterator[Formula]:
    """The plainest first."""
    of_norm, (name, norm) = _of_norm(contract), NORMS[contract.norm]
    yield Formula("{contract} with N squared in place of N", lambda w, p: of_norm(w, p, np.square(norm(w))))
    if contract.norm == "l2":  # contracts of another norm have one of each norm beside them, which the hint names
        yield Formula("{contract} of the L1 norm, the sum of the sizes, not L2", lambda w, p: of_norm(w, p, _l1(w)))
        yield Formula("{contract} of the largest weight, not of the L2 norm", lambda w, p: of_norm(w, p, _largest(w)))
    yield Formula(
        f"{{contract}} of the mean square's root, not of the {name} norm",
        lambda w, p: of_norm(w, p, _l2(w) / np.sqrt(w.shape[1])),
    )
    yield Formula("{contract} of the weights less their mean", lambda w, p: of_norm(_centred(w), p, norm(_centred(w))))
    yield Formula(
        "{contract} with the norm of the weights less their mean", lambda w, p: of_norm(w, p, norm(_centred(w)))
    )
    if "epsilon" in contract.defaults:
        yield Formula("{contract} with epsilon added after the division", _epsilon_last(contract, norm))
    if contract.bounds:
        top = contract.bounds[-1]
        yield Formula(f"a clamp of each weight to [-{top}, {top}]", lambda w, p: np.clip(w, -p[top], p[top]))
        yield Formula(f"a clamp of each weight to at most {top}", lambda w, p: np.minimum(w, p[top]))
    if contract in (MAX_NORM, MIN_MAX_NORM):
        yield Formula("w * clip(N): it does not divide by N", _undivided(contract))
    yield Formula("w * N: it multiplies by the norm", lambda w, p: w * norm(w)[:, None])
    if contract is MIN_MAX_NORM:
        yield Formula("DL4J's MinMaxNorm, which mixes the quotient with N: rate * clip(N) / N + (1 - rate) * N", _dl4j)


def _l2(w: FloatArray) -> FloatArray:
    return np.asarray(np.sqrt(np.sum(np.square(w), axis=1)))


def _l1(w: FloatArray) -> FloatArray:
    return np.asarray(np.sum(np.abs(w), axis=1))


def _largest(w: FloatArray) -> FloatArray:
    return np.asarray(np.max(np.abs(w), axis=1))


# by the name that a contract has for it: what people call it, and the norm of each row
NORMS: Mapping[NormName, tuple[str, Callable[[FloatArray], FloatArray]]] = {
    "l2": ("L2", _l2),
    "l1": ("L1", _l1),
    "linf": ("L-infinity", _largest),
}


def _centred(w: FloatArray) -> FloatArray:
    return np.asarray(w - np.mean(w, axis=1, keepdims=True))


def _wide(p: Parameters, w: FloatArray) -> dict[str, NDArray[np.float64]]:
    return {name: np.full(len(w), value) for name, value in p.items()}


def _of_norm(contract: GainContract) -> Callable[[FloatArray, Parameters, FloatArray], FloatArray]:
    def of_norm(w: FloatArray, p: Parameters, norm: FloatArray) -> FloatArray:
        scaled: FloatArray = w * contract.gain(norm, _wide(p, w))[:, None]
        return scaled

    return of_norm


def _undivided(contract: GainContract) -> Function:
    return lambda w, p: np.asarray(w * contract.numerator(_l2(w), _wide(p, w))[:, None])


def _epsilon_last(contract: GainContract, norm: Callable[[FloatArray], FloatArray]) -> Function:
    def epsilon_last(w: FloatArray, p: Parameters) -> FloatArray:
        size = norm(w)
        return np.asarray(w * (contract.numerator(size, _wide(p, w)) / size + p["epsilon"])[:, None])

    return epsilon_last


def _dl4j(w: FloatArray, p: Parameters) -> FloatArray:
    norm = _l2(w) + p["epsilon"]
    quotient = np.clip(_l2(w), p["min_value"], p["max_value"]) / norm
    mixed = quotient * p["rate"] + norm * (1.0 - p["rate"]) if p["rate"] != 1.0 else quotient
    return np.asarray(w * mixed[:, None])
