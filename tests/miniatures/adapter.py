"""The adapter of the miniatures: each fault is a mode of one stack; the first mode of each stack is right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from adapters import arrays
from adapters.protocol import Array, Constraint, Framework, Stack, Unsupported, decode_axis
from tests.miniatures.arithmetic import Call, Function
from tests.miniatures.faults import FAULTS
from tests.miniatures.wrong import MINIATURES

FUNCTIONS: dict[str, Function] = {m.name: m.function for m in MINIATURES.values()}
FUNCTIONS |= {f.name: f.function for f in FAULTS.values()}


def _stack(name: str, modes: tuple[str, ...], requires: tuple[str, ...], sentence: str) -> Stack:
    return Stack(name, __name__, requires, {}, modes, sentence)


STACKS = (
    _stack("miniatures", tuple(MINIATURES), ("ml_dtypes",), "Wrong implementations, and the right one."),
    _stack("faults", ("correct", *FAULTS), ("ml_dtypes",), "Implementations that die, hang, or return no result."),
    _stack("absent", ("correct",), ("normconf_is_not_installed",), "A framework that is not there."),
)
KNOWN: Mapping[str, Stack] = {stack.name: stack for stack in STACKS}


def constraint(contract: str, parameters: Mapping[str, Any], axis: Any, mode: str) -> Constraint:
    """The function of a mode as a constraint that counts its calls."""
    if contract not in ("max_norm", "min_max_norm", "unit_norm"):
        raise Unsupported(f"the miniatures have no contract {contract}")
    calls = 0

    def apply(w: Array) -> Any:
        nonlocal calls
        calls += 1
        with np.errstate(all="ignore"):
            return FUNCTIONS[mode](w, Call(contract, {"epsilon": 1e-7, **parameters}, axis, calls - 1))

    return apply


def load(stack: Stack) -> Framework:
    """Prepare NumPy."""
    return Framework(
        backend="numpy",
        array_types=(np.ndarray, np.generic),
        to_tensor=arrays.as_bfloat16,
        to_array=arrays.named,
        build=constraint,
    )


def repeat(requests: Sequence[Mapping[str, Any]]) -> None:
    """Make the calls again and print what each gives."""
    for request in requests:
        weights = request["weights"]
        again = constraint(request["contract"], request["parameters"], decode_axis(request["axis"]), request["mode"])
        w = arrays.as_bfloat16(arrays.decode(weights), weights["format"])
        for _ in range(request["calls"]):
            w = again(w)
            print(np.asarray(w, np.float64).tolist())


def snippet(stack_name: str, requests: Sequence[Mapping[str, Any]]) -> str:
    """Return a program that repeats apply requests."""
    return f"from tests.miniatures.adapter import repeat\n\nrepeat({list(requests)!r})\n"
