"""The formula of Keras 1 and 2 as old answers print it, in NumPy."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from adapters.core import arrays
from adapters.core.framework import Array, Constraint, Framework, Unsupported
from adapters.core.messages import Apply
from adapters.core.program import Program
from adapters.core.stack import Mode, Stack
from adapters.programs import formula
from adapters.programs.program import NUMPY, formula_program, in_guises

STACKS = (
    Stack(
        name="keras-1-formula",
        module=__name__,
        requires=("numpy",),
        environment={},
        modes=(Mode("eager"),),
        sentence="MaxNorm as Keras 1 and 2 had it, p * (clip(norms, 0, m) / (1e-7 + norms)), in NumPy.",
        contracts=("max_norm",),
        guises=tuple(NUMPY.guises),
    ),
)

DIALECT = dataclasses.replace(NUMPY, norm="np.sqrt(np.sum(np.square(w), axis={axis}, keepdims=True))", clip="np.clip")


def load(stack: Stack) -> Framework:
    """Prepare NumPy, which has no bfloat16 of its own."""

    def to_tensor(array: Array, format: str) -> Array:
        if format == "bfloat16":
            raise Unsupported("NumPy has no bfloat16 of its own")
        return array

    def build(contract: str, parameters: Mapping[str, Any], axis: Any, mode: str) -> Constraint:
        if stack.declaration is None:
            _refuse_others(contract)
        return in_numpy(contract, parameters, axis, mode)

    return Framework(
        backend="numpy",
        # NumPy's operations turn a rank 0 array into a scalar.
        array_types=(np.ndarray, np.generic),
        to_tensor=to_tensor,
        to_array=arrays.named,
        build=build,
        guises=in_guises(NUMPY, {"np": np}),
        # what is called again is an array, as where it is assigned to one: not a masked one, nor a matrix
        synchronise=np.asarray,
        copy=np.copy,
    )


def in_numpy(contract: str, parameters: Mapping[str, Any], axis: Any, mode: str) -> Constraint:
    """The Keras formula of a contract in NumPy's operations."""

    def norm(w: Array, axis: Any) -> Any:
        return np.sqrt(np.sum(np.square(w), axis=axis, keepdims=True))

    constrained = formula.constrain(contract, norm, np.clip, tuple(axis) if isinstance(axis, list) else axis)
    return lambda w: constrained(w, {"epsilon": 1e-7, **parameters})


def _refuse_others(contract: str) -> None:
    if contract != "max_norm":
        raise Unsupported(f"keras-1-formula has no {contract}, only max_norm")


def snippet(stack: Stack, requests: Sequence[Apply]) -> Program:
    """Return a program in NumPy that repeats apply requests."""
    for request in requests:
        _refuse_others(request.contract)
    # Keras' own sum took lists, NumPy's takes tuples.
    taken = [dataclasses.replace(r, axis=tuple(r.axis)) if isinstance(r.axis, list) else r for r in requests]
    return formula_program(DIALECT, taken)
