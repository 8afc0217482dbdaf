"""What a stack is, what an adapter gives, and the messages between the suite and a worker.

A module of this package with a tuple ``STACKS`` is an adapter; dropping one in adds its stacks. It also has

    load(stack) -> Framework               imports the framework; nothing at module level does
    snippet(stack_name, requests) -> str   a stand-alone program that repeats apply requests; pure text

The master runs BOOTSTRAP in a fresh interpreter through execnet and sends the first message
    {"root": project folder, "module": Stack.module, "stack": Stack.name, "log": file for all output}
The worker answers {"hello": DESCRIPTION}, or {"unavailable": sentence} and ends.
Then each request gets one response.

{"do": "describe"} -> DESCRIPTION
    {"versions": {import name: str}, "python": str, "backend": str,
     "device": {"kind": "cpu" or "gpu", "name": str}, "formats": {name: None or why the stack cannot hold it},
     "modes": [str], "pid": int, "epsilon_default": float}

{"do": "apply", "contract": "max_norm", "min_max_norm" or "unit_norm",
 "parameters": {"max_value": 2.0, "epsilon": 1e-7, ...}, "axis": AXIS, "weights": WEIGHTS,
 "mode": one of Stack.modes, "calls": k}
    AXIS: int, None, [..] (a list), {"tuple": [..]}, {"float": 1.5} or {"bool": True}
    WEIGHTS: {"format": "float32", "shape": [3, 4], "layout": see adapters.arrays, "bits": bytes}
    "mode", "calls", "layout" and "epsilon" may be left out: "eager", 1, "C" and the stack's own default.
    The constraint is built once and called k times, each time on the result before. One of these comes back:
    {"outcome": "value", "results": [{"format", "shape", "bits"} per call],
     "input_changed": bool, "warnings": [str]}
        input_changed: the bits of the input, as the framework sees them, differ after the first call
    {"outcome": "error", "type": "ValueError", "message": str, "call": index}   the constraint raised
    {"outcome": "malformed", "reason": "returned NoneType, not an array"}
    {"outcome": "unsupported", "reason": sentence}   no such format, mode or constraint in this stack
    {"outcome": "refused", "reason": sentence}       the request itself is wrong: the suite's fault

{"do": "time", "request": an apply request, "repeats": n} -> {"seconds": float}, or an outcome but "value"
    wall time of n calls on the same converted tensor, each result awaited, after one warm-up call

{"do": "run", "source": str} -> {"outcome": "ran", "stdout": str},
    or {"outcome": "error", "type": str, "message": str, "stdout": str}; the source runs as __main__

{"do": "quit"} ends the worker without a response.

Bits are little-endian and in C order whatever the layout.
"""

from __future__ import annotations

import contextlib
import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy.typing as npt

# execnet leaves '' in front: a file torch.py in the user's folder would be taken for the framework.
BOOTSTRAP = """
import sys
start = channel.receive()
sys.path[:] = [start["root"]] + [path for path in sys.path if path not in ("", start["root"])]
try:
    from adapters.worker import serve
except BaseException as error:  # no NumPy, or a Python too old for this project
    channel.send({"unavailable": "the worker cannot start: %s: %s" % (type(error).__name__, error)})
else:
    serve(channel, start["module"], start["stack"], start["log"])
"""

Array = npt.NDArray[Any]
Constraint = Callable[[Any], Any]


class Unsupported(Exception):
    """The stack cannot do what is asked; the message is the reason in one sentence."""


@dataclass(frozen=True)
class Stack:
    """One way to run a constraint: a framework, perhaps with a backend, that a worker can load."""

    name: str
    module: str
    requires: tuple[str, ...]
    environment: Mapping[str, str]
    modes: tuple[str, ...]
    sentence: str


@dataclass(frozen=True)
class Framework:
    """What an adapter gives the worker once its framework is imported."""

    backend: str
    array_types: tuple[type, ...]
    # bfloat16 travels as an array of uint16 beside the format's name: NumPy has no bfloat16 of its own.
    to_tensor: Callable[[Array, str], Any]
    to_array: Callable[[Any], tuple[Array, str]]
    # contract, parameters, axis, mode; raises Unsupported for a contract that the stack does not have
    build: Callable[[str, Mapping[str, Any], Any, str], Constraint]
    synchronise: Callable[[Any], Any] = lambda tensor: tensor
    scope: Callable[[str], contextlib.AbstractContextManager[Any]] = contextlib.nullcontext
    reset: Callable[[], None] = lambda: None
    accelerator: str | None = None
    epsilon: float = 1e-7


def decode_axis(axis: Any) -> Any:
    """Turn the wire form of an axis into the Python object that the framework gets."""
    if not isinstance(axis, dict):
        return axis
    ((kind, value),) = axis.items()
    return {"tuple": tuple, "float": float, "bool": bool}[kind](value)


def discover() -> dict[str, Stack]:
    """Find the stacks of every module in this package, by name."""
    package = importlib.import_module("adapters")
    stacks: dict[str, Stack] = {}
    for module in pkgutil.iter_modules(package.__path__, "adapters."):
        for stack in getattr(importlib.import_module(module.name), "STACKS", ()):
            if stack.name in stacks:
                raise ValueError(f"{stacks[stack.name].module} and {stack.module} both define {stack.name}")
            stacks[stack.name] = stack
    return stacks
