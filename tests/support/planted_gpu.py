"""A stack with a GPU that is none: a process that may see one computes a little otherwise, mode by mode."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from adapters.core import arrays
from adapters.core.framework import Array, Constraint, Framework
from adapters.core.messages import Apply
from adapters.core.program import Program
from adapters.core.stack import Mode, Stack
from adapters.keras1 import in_numpy
from reference.formats import FORMATS

STACK = Stack(
    name="planted",
    module=__name__,
    requires=(),
    environment={},
    modes=tuple(map(Mode, ("alike", "other bits", "no subnormals", "tf32 matters", "never the same"))),
    sentence="NumPy, with a GPU that is planted.",
    contracts=("max_norm",),
)
# what `bench` measures: the contracts of Keras
BENCHED = replace(STACK, name="benched", modes=(Mode("alike"),), contracts=("max_norm", "min_max_norm"))
STACKS = (STACK, BENCHED)
KNOWN: Mapping[str, Stack] = {"planted": STACK}


def load(stack: Stack) -> Framework:
    """Prepare NumPy; where a GPU may be seen, there is one."""
    on_gpu = os.environ.get("CUDA_VISIBLE_DEVICES") != "-1"
    allowed: list[bool] = []
    calls: list[int] = []

    def build(contract: str, parameters: Mapping[str, Any], axis: Any, mode: str) -> Constraint:
        right = in_numpy(contract, parameters, axis, mode)

        def constraint(w: Array) -> Any:
            with np.errstate(all="ignore"):
                y = np.asarray(right(w), w.dtype)
                calls.append(1)
                if not on_gpu or mode == "alike":
                    return y
                if mode == "no subnormals":
                    smallest = 2.0 ** FORMATS[arrays.named(y)[1]].emin
                    return np.where(np.abs(y) < smallest, y.dtype.type(0), y)
                if mode == "tf32 matters" and not allowed:
                    return y
                if mode == "never the same" and len(calls) % 2:
                    return y
                return np.nextafter(y, y.dtype.type(np.inf))

        return constraint

    @contextlib.contextmanager
    def tf32() -> Iterator[None]:
        allowed.append(True)
        yield
        allowed.clear()

    return Framework(
        backend="numpy",
        array_types=(np.ndarray, np.generic),
        to_tensor=arrays.as_bfloat16,
        to_array=arrays.named,
        build=build,
        accelerator="Planted GPU" if on_gpu else None,
        accelerator_libraries={"CUDA": "13.0"} if on_gpu else {},
        tf32=tf32,
        copy=np.copy,
    )


def snippet(stack: Stack, requests: Sequence[Apply]) -> Program:
    """Return a program that shows nothing: what a planted device does, only its process does."""
    return Program(after=("print([])",))
