"""What a stack is, what an adapter gives, and the messages between the suite and a worker.

A module of this package with a tuple ``STACKS`` is an adapter; dropping one in adds its stacks. It also has

    load(stack) -> Framework          imports the framework; nothing at module level does
    snippet(stack, requests) -> str   a stand-alone program that repeats apply requests; pure text
    prelude(stack) -> tuple           the first lines of any other program; only experiments need it

``adapters.user`` has no STACKS of its own: people bring them, as plain data (Stack.declared) that it turns into one.

The master runs BOOTSTRAP in a fresh interpreter through execnet and sends the first message
    {"root": project folder, "log": file for all output}
The worker answers {"ready": pid}, or {"unavailable": sentence} and ends. Then each request gets one response.
Stacks of one `process` share a worker, so every request but "quit" names its stack:
"stack": Stack.name, "module": Stack.module, and "declared": Stack.declared where there is any. A stack is loaded at
the first request that names it.

{"do": "find", "where": "file.py" or "package.module", "names": [str]} -> {"subjects": [see adapters.finding.find]},
    or {"unavailable": sentence}; names no stack

{"do": "describe"} -> DESCRIPTION, or {"unavailable": sentence} if the stack cannot be loaded
    {"versions": {import name: str}, "python": str, "backend": str,
     "device": {"kind": "cpu" or "gpu", "name": str, "details": {driver or library: version}, on a CPU none},
     "formats": {name: None or why the stack cannot hold it},
     "modes": [str], "pid": int, "epsilon_default": float}

{"do": "apply", "contract": one of Stack.contracts,
 "parameters": {"max_value": 2.0, "epsilon": 1e-7, ...}, "axis": AXIS, "weights": WEIGHTS,
 "mode": one of Stack.modes, "calls": k, "way": WAY, "keep": "all" or "last"}
    AXIS: int, None, [..] (a list), {"tuple": [..]}, {"float": 1.5}, {"bool": True} or {"numpy": 1} (a np.int64):
        the dimensions over which the norm is taken, in the Keras sense, whatever the call itself wants to be given:
        the adapter of torch.renorm passes the dimension that is left.
    WEIGHTS: {"format": "float32", "shape": [3, 4], "layout": see adapters.arrays, "bits": bytes}
    WAY: "call", "gradient" (of the sum of the result, with respect to the weights, in place of the result), "tf32" (a
        call while TensorFloat-32 is allowed), or a key of Framework.ways
    "mode", "calls", "layout", "epsilon", "way" and "keep" may be left out: Stack.modes[0], 1, "C", the stack's own
        default, "call" and "all".
    A parameter is a float, or None or a string where a rule asks what an implementation makes of those.
    The constraint is built once and called k times, each time on the result before. One of these comes back:
    {"outcome": "value", "results": [{"format", "shape", "bits"} per call, or of the last call only],
     "input_changed": bool, "warnings": [str], "seconds": float, "first": bool}
        input_changed: the bits of the input, as the framework sees them, differ after the first call
        seconds: wall time of all calls, conversions left out; first: the mode compiles, and had not been called with
            this stack, contract, axis, way, format and shape (and parameters, where they are Framework.constants)
            before: so most of the time is tracing and compiling
    {"outcome": "error", "type": "ValueError", "message": str, "call": index}   the constraint raised
    {"outcome": "malformed", "reason": "returned NoneType, not an array"}
    {"outcome": "unsupported", "reason": sentence}   no such format, mode, way or constraint in this stack
    {"outcome": "refused", "reason": sentence}       the request itself is wrong: the suite's fault

{"do": "time", "request": an apply request, "repeats": n} -> {"seconds": float}, or an outcome but "value"
    wall time of n calls on the same converted tensor, each result awaited, after one warm-up call

{"do": "copy", "weights": WEIGHTS, "repeats": n} -> {"seconds": float}, or an outcome but "value"
    the same of copying the tensor on its device

{"do": "run", "source": str, "stack": ..., "module": ...} -> {"outcome": "ran", "stdout": str},
    or {"outcome": "error", "type": str, "message": str, "stdout": str}; the source runs as __main__

{"do": "quit"} ends the worker without a response.

Bits are little-endian and in C order whatever the layout.
"""

from __future__ import annotations

import contextlib
import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
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
    serve(channel, start["log"])
"""

Array = npt.NDArray[Any]
Constraint = Callable[[Any], Any]
Build = Callable[[str, Mapping[str, Any], Any, str], Constraint]


class Unsupported(Exception):
    """The stack cannot do what is asked; the message is the reason in one sentence."""


class Malformed(Exception):
    """The constraint returned something that is not an array of its framework; the message says what."""


def any_dimensions(rank: int, reduced: tuple[int, ...]) -> bool:
    """The norm may be taken over whichever dimensions."""
    return bool(reduced)


def all_dimensions(rank: int, reduced: tuple[int, ...]) -> bool:
    """The whole array is one group."""
    return len(reduced) == rank


def all_but_one_dimension(rank: int, reduced: tuple[int, ...]) -> bool:
    """One dimension is kept, of at least two."""
    return rank >= 2 and len(reduced) == rank - 1


def rows_of_a_matrix(rank: int, reduced: tuple[int, ...]) -> bool:
    """Each row of a matrix is a group."""
    return rank == 2 and reduced == (1,)


def no_dimension(rank: int, reduced: tuple[int, ...]) -> bool:
    """Each weight is taken on its own."""
    return not reduced


@dataclass(frozen=True)
class Stack:
    """One call that people use as a norm constraint: a framework, perhaps with a backend, and a function of it.

    `modes`: the plainest first; `compiled` are those that compile for each shape, `costly` those of
    them that take seconds for it. `contracts`: what it is held to.
    `groups` says over which dimensions (rank, reduced) the call itself can take norms. `looped`: the adapter makes
    one call per group, so that a function of a whole array can be asked about many groups in one request.
    `in_place`: it changes its input by design. `ways`: the keys of its Framework.ways. `process`: stacks with the same
    one share a worker; its own name if empty. What somebody else's call is limited to: the `axes` that it may be given
    (any if empty), `ranks`, `formats` and `devices` (all if empty), parameters that are `fixed`. `on_gpu`: the
    lines ahead of a program by which what it makes lies on a GPU, where its framework does not see to that. `declared`:
    what its author says of it, as plain data.
    """

    name: str
    module: str
    requires: tuple[str, ...]
    environment: Mapping[str, str]
    modes: tuple[str, ...]
    sentence: str
    contracts: tuple[str, ...] = ("max_norm", "min_max_norm", "unit_norm")
    compiled: tuple[str, ...] = ()
    costly: tuple[str, ...] = ()
    groups: Callable[[int, tuple[int, ...]], bool] = any_dimensions
    looped: bool = False
    in_place: bool = False
    ways: tuple[str, ...] = ()
    process: str = ""
    axes: tuple[Any, ...] = ()
    ranks: tuple[int, ...] = ()
    formats: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    fixed: Mapping[str, float] = field(default_factory=dict)
    on_gpu: tuple[str, ...] = ()
    declared: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Framework:
    """What an adapter gives the worker once its framework is imported."""

    backend: str
    array_types: tuple[type, ...]
    # bfloat16 travels as an array of uint16 beside the format's name: NumPy has no bfloat16 of its own.
    to_tensor: Callable[[Array, str], Any]
    to_array: Callable[[Any], tuple[Array, str]]
    # contract, parameters, axis, mode; raises Unsupported for a contract that the stack does not have
    build: Build
    # other ways to get a constraint: "from_config" (rebuilt from its JSON), "identifier" (by name), ...
    ways: Mapping[str, Build] = field(default_factory=dict)
    # the gradient of the sum of a constraint's result at a tensor
    gradient: Callable[[Constraint, Any], Any] | None = None
    synchronise: Callable[[Any], Any] = lambda tensor: tensor
    scope: Callable[[str], contextlib.AbstractContextManager[Any]] = contextlib.nullcontext
    reset: Callable[[], None] = lambda: None
    # of distributions that are loaded in part, and so are no module with a __version__
    versions: Mapping[str, str] = field(default_factory=dict)
    accelerator: str | None = None
    # versions of the libraries by which the accelerator is used
    accelerator_libraries: Mapping[str, str] = field(default_factory=dict)
    # a scope in which TensorFloat-32 is allowed
    tf32: Callable[[], contextlib.AbstractContextManager[Any]] | None = None
    # a copy of a tensor on its device, to measure how fast memory is
    copy: Callable[[Any], Any] | None = None
    # parameters are constants of what is compiled, which is compiled anew for each of their values
    constants: bool = False
    epsilon: float = 1e-7


def decode_axis(axis: Any) -> Any:
    """Turn the wire form of an axis into the Python object that the framework gets."""
    if not isinstance(axis, dict):
        return axis
    ((kind, value),) = axis.items()
    return {"tuple": tuple, "float": float, "bool": bool, "numpy": np.int64}[kind](value)


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
