"""Constraints as they are asked for: built, given weights in the framework's own tensors, called, and looked at."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from adapters.core import arrays
from adapters.core.arrays import Weights
from adapters.core.axes import encode_axis
from adapters.core.framework import Array, Build, Constraint, Framework, Malformed, Unsupported
from adapters.core.messages import MADE_ONCE, WHILE_CALLED, Apply, Raised
from adapters.core.stack import Stack
from adapters.worker.text import line_reached, one_line, plain, type_name

BUILT_IN = ("call", "gradient", "tf32", MADE_ONCE, *WHILE_CALLED)
# bytes of one result, which is none of the weights that were given where it is larger
MOST_RESULT = 32 * 1024 * 1024


@dataclass(frozen=True)
class Loaded:
    """A stack that is ready, what its compiled modes have been called with, and what was MADE_ONCE."""

    stack: Stack
    framework: Framework
    called: set[str] = field(default_factory=set)
    made: dict[str, Constraint] = field(default_factory=dict)


@contextlib.contextmanager
def prepared(loaded: Loaded, request: Apply) -> Iterator[Callable[[], Constraint]]:
    framework, access, weights = loaded.framework, request.access, request.weights
    build = builder(loaded, request)
    constraint = functools.partial(build, request.contract, request.parameters, request.axis, request.mode)
    if access == MADE_ONCE:
        constraint = functools.partial(_made_once, loaded.made, constraint)
    elif access == "call":
        loaded.made.clear()
    around = framework.gradient if access == "gradient" else framework.guises.get(access)
    if around is not None:
        constraint = functools.partial(_put_around, around, constraint)
    allowed = framework.tf32() if access == "tf32" and framework.tf32 else contextlib.nullcontext()
    with framework.scope(weights.format), allowed:
        yield constraint


def builder(loaded: Loaded, request: Apply) -> Build:
    """What builds the constraint; raises Unsupported for a mode, an access or a format that is not there."""
    stack, framework, access = loaded.stack, loaded.framework, request.access
    if request.mode not in stack.mode_names:
        raise Unsupported(f"{stack.name} has no mode {request.mode}, only {', '.join(stack.mode_names)}")
    built_in = access in BUILT_IN or access in framework.guises
    build = framework.build if built_in else framework.accesses.get(access)
    if build is None:
        known = *BUILT_IN, *framework.guises, *framework.accesses
        raise Unsupported(f"{stack.name} has no way {access}, only {', '.join(known)}")
    if access == "gradient" and framework.gradient is None:
        raise Unsupported(f"{framework.backend} has no automatic differentiation")
    if access == "tf32" and framework.tf32 is None:
        raise Unsupported(f"{framework.backend} has no switch for TF32")
    try:
        arrays.storage(request.weights.format)
    except TypeError as error:
        raise Unsupported(f"NumPy has no format named {request.weights.format}") from error
    return build


def _made_once(made: dict[str, Constraint], build: functools.partial[Constraint]) -> Constraint:
    key = repr(build.args)
    if key not in made:
        made[key] = build()
    return made[key]


def _put_around(around: Callable[[Constraint, Any], Any], build: Callable[[], Constraint]) -> Constraint:
    return functools.partial(around, build())


def compiles_now(loaded: Loaded, request: Apply) -> bool:
    """Whether this call will compile; from now on it has been made."""
    if not loaded.stack.mode(request.mode).compiles:
        return False
    constants = sorted(request.parameters.items()) if loaded.framework.constants else ()
    call = request.contract, encode_axis(request.axis), constants, request.access
    key = repr((request.mode, *call, request.weights.format, request.weights.shape))
    first = key not in loaded.called
    loaded.called.add(key)
    return first


def convert(framework: Framework, array: Array, format: str) -> tuple[Any, bytes]:
    try:
        tensor = framework.to_tensor(array, format)
        stored, kept = framework.to_array(tensor)
    except Unsupported:
        raise
    except Exception as error:
        raise Unsupported(f"{framework.backend} makes no {format} tensor: {one_line(error)}") from error
    if kept != format:
        raise Unsupported(f"{framework.backend} stores {format} as {kept}")
    bits = arrays.encode(stored, format).bits
    if bits != arrays.encode(array, format).bits:
        raise Unsupported(f"{framework.backend} changes {format} values on conversion")
    return tensor, bits


def called(framework: Framework, constraint: Constraint, value: Any) -> Any:
    result = constraint(value)
    if not isinstance(result, framework.array_types):
        raise Malformed(f"returned {type_name(type(result))}, not an array")
    return framework.synchronise(result)


def result_of(framework: Framework, value: Any) -> Weights:
    array, format = framework.to_array(value)
    if array.dtype.kind not in "biufc":
        raise Malformed(f"returned an array of {format}, not of numbers")
    if not arrays.is_compared(array.dtype):
        raise Malformed(f"returned an array of {format}, a format that is not compared")
    if array.nbytes > MOST_RESULT:
        raise MemoryError(f"a result of {array.nbytes:,} bytes; {MOST_RESULT:,} are looked at")
    return arrays.encode(array, format)


def raised(error: BaseException, call: int = 0, file: str = "") -> Raised:
    where = line_reached(error, file) if file else ""
    return Raised(type_name(type(error)) or "(no name)", plain(error), call, where)
