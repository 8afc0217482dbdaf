"""Answers to requests: what a stack is, what its constraints return, how long they take, what a program prints."""

from __future__ import annotations

import contextlib
import functools
import io
import os
import platform
import re
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any, Union

from adapters.core import arrays
from adapters.core.arrays import Weights
from adapters.core.axes import encode_axis
from adapters.core.framework import Array, Build, Constraint, Framework, Malformed, Unsupported
from adapters.core.messages import (
    MADE_ONCE,
    WHILE_CALLED,
    Answer,
    Apply,
    Copy,
    Describe,
    Description,
    Device,
    Load,
    NotAnArray,
    NotSupported,
    Prepared,
    Raised,
    Ran,
    Refused,
    Request,
    Returned,
    RunProgram,
    Time,
    Timed,
)
from adapters.core.stack import ANY, Stack
from adapters.worker import conduct
from adapters.worker.text import line_reached, one_line, plain, type_name

BUILT_IN = ("call", "gradient", "tf32", MADE_ONCE, *WHILE_CALLED)
# bytes of one result, which is none of the weights that were given where it is larger
MOST_RESULT = 32 * 1024 * 1024
MOST_WARNINGS = 20
# characters of what a program prints
MOST_PRINTED = 4 * 1024 * 1024


@dataclass(frozen=True)
class Loaded:
    """A stack that is ready, what its compiled modes have been called with, and what was MADE_ONCE."""

    stack: Stack
    framework: Framework
    called: set[str] = field(default_factory=set)
    made: dict[str, Constraint] = field(default_factory=dict)


class Noted(warnings.WarningMessage):
    """A warning as it is caught, without the name of its category, which a subject's own may refuse to say."""

    def __init__(self, message: Any, category: Any, *others: Any, **named: Any) -> None:
        self.message, self.category = message, category


def answer(loaded: Loaded, request: Request[Any]) -> Answer:
    """Answer one request; whatever is raised becomes an answer."""
    try:
        return HANDLERS[type(request)](loaded, request)
    except Unsupported as error:
        return NotSupported(plain(error))
    except Malformed as error:
        return NotAnArray(plain(error))
    except BaseException as error:  # noqa: BLE001 - no request may end the worker
        return Refused(one_line(error))


def describe(loaded: Loaded, request: Describe) -> Description:
    """Say what runs here, and which formats survive a round trip."""
    stack, framework = loaded.stack, loaded.framework
    names = (*stack.requires, "numpy")
    versions = {name: str(getattr(sys.modules[name], "__version__", "unknown")) for name in names}
    return Description(
        versions={**versions, **framework.versions},
        python=platform.python_version(),
        backend=framework.backend,
        device=_device(framework),
        formats={format: _why_not(stack, framework, format) for format in arrays.FORMATS},
        modes=stack.mode_names,
        pid=os.getpid(),
        epsilon_default=float(framework.epsilon),
    )


def _device(framework: Framework) -> Device:
    if not framework.accelerator:
        return Device("cpu", _cpu_name())
    details = dict(framework.accelerator_libraries)
    with contextlib.suppress(OSError), open("/proc/driver/nvidia/version", encoding="utf-8") as lines:
        if found := re.search(r"\b\d+\.\d+(\.\d+)?\b", lines.readline()):
            details["driver"] = found[0]
    return Device("gpu", framework.accelerator, details)


def _cpu_name() -> str:
    with contextlib.suppress(OSError), open("/proc/cpuinfo", encoding="utf-8") as lines:
        for line in lines:
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def _why_not(stack: Stack, framework: Framework, format: str) -> str | None:
    if stack.limits.formats and format not in stack.limits.formats:
        return f"{stack.name} is declared for {', '.join(stack.limits.formats)} only"
    try:
        with framework.scope(format):
            tensor, _ = _convert(framework, arrays.sample(format), format)
            if (
                stack.declaration is not None
            ):  # its author says which formats it takes; the rules see what becomes of them
                return None
            if "max_norm" not in stack.contracts or stack.grouping != ANY:
                return None
            constraint = framework.build(
                "max_norm", {"max_value": 2.0, "epsilon": framework.epsilon}, None, stack.plainest_mode
            )
            kept = framework.to_array(_called(framework, constraint, tensor))[1]
    except Unsupported as error:
        return str(error)
    except Exception:  # noqa: BLE001  # what the constraint itself does wrong is for the rules to find
        return None
    return None if kept == format else f"max_norm in {framework.backend} returns {kept} for {format} weights"


def apply(loaded: Loaded, request: Apply) -> Union[Returned, Raised]:
    """Call the constraint as often as asked, each time on the result before."""
    framework = loaded.framework
    results: list[Weights] = []
    call, changed, seconds = 0, False, 0.0
    with contextlib.ExitStack() as scopes:
        array, build = scopes.enter_context(_prepared(loaded, request))
        tensor, before = _convert(framework, array, request.weights.format)
        scopes.callback(setattr, warnings, "WarningMessage", warnings.WarningMessage)
        caught = scopes.enter_context(warnings.catch_warnings(record=True))
        setattr(warnings, "WarningMessage", Noted)  # noqa: B010 - mypy allows no assignment to a type
        warnings.simplefilter("always")
        first = _first(loaded, request)
        try:
            constraint = build()
            value = tensor
            if request.access in WHILE_CALLED:
                start = perf_counter()
                results += _while_called(framework, constraint, request, array, tensor)
                seconds = perf_counter() - start
                after = arrays.encode(*framework.to_array(tensor))
                changed = (after.bits, after.shape) != (before, request.weights.shape)
            for call in range(request.calls - len(results)):
                start = perf_counter()
                value = _called(framework, constraint, value)
                seconds += perf_counter() - start
                if request.keep_all or call == request.calls - 1:
                    results.append(_result(framework, value))
                if call == 0:
                    after = arrays.encode(*framework.to_array(tensor))
                    changed = (after.bits, after.shape) != (before, request.weights.shape)
        except (Unsupported, Malformed):
            raise
        except BaseException as error:  # noqa: BLE001 - a subject may raise anything
            return _raised(error, call, framework.file)
        warned = tuple(f"{type_name(each.category)}: {plain(each.message)}" for each in caught[:MOST_WARNINGS])
    return Returned(tuple(results), changed, warned, seconds, first)


def _while_called(
    framework: Framework, constraint: Constraint, request: Apply, array: Array, tensor: Any
) -> tuple[Weights, ...]:
    """What comes of a result while the constraint is called with other weights too, later or by another thread."""
    format = request.weights.format
    other, _ = _convert(framework, conduct.negated(array, format), format)

    def beside() -> None:
        with framework.scope(format):  # of this thread
            _called(framework, constraint, other)

    way = conduct.again if request.access == "again" else conduct.at_once
    return way(lambda: _called(framework, constraint, tensor), beside, functools.partial(_result, framework))


def clock(loaded: Loaded, request: Time) -> Union[Timed, Raised]:
    """Time bare calls of the constraint on one converted tensor."""
    framework = loaded.framework
    with _prepared(loaded, request.apply) as (array, build):
        tensor, _ = _convert(framework, array, request.apply.weights.format)
        _first(loaded, request.apply)
        try:
            constraint = build()
            _called(framework, constraint, tensor)
            return _timed(lambda: framework.synchronise(constraint(tensor)), request.repeats)
        except (Unsupported, Malformed):
            raise
        except BaseException as error:  # noqa: BLE001 - a subject may raise anything
            return _raised(error)


def clock_copy(loaded: Loaded, request: Copy) -> Timed:
    """Time copies of one converted tensor on its device."""
    framework, copy = loaded.framework, loaded.framework.copy
    if copy is None:
        raise Unsupported(f"no copy is written here for {framework.backend}")
    tensor, _ = _convert(framework, arrays.decode(request.weights), request.weights.format)
    framework.synchronise(copy(tensor))
    return _timed(lambda: framework.synchronise(copy(tensor)), request.repeats)


def _timed(call: Callable[[], object], repeats: int) -> Timed:
    start = perf_counter()
    for _ in range(repeats):
        call()
    return Timed(perf_counter() - start)


def run(loaded: Loaded, request: RunProgram) -> Ran:
    """Execute a program as __main__ and hand back what it printed."""
    loaded.framework.reset()
    with contextlib.redirect_stdout(io.StringIO()) as stdout:
        try:
            # dont_inherit: as it would run elsewhere, without this module's own __future__
            exec(compile(request.source, "<snippet>", "exec", dont_inherit=True), {"__name__": "__main__"})
        except BaseException as error:  # noqa: BLE001 - a program may raise anything
            return Ran(plain(stdout.getvalue(), MOST_PRINTED), _raised(error))
    return Ran(plain(stdout.getvalue(), MOST_PRINTED))


# a handler takes the type of request under which it stands
HANDLERS: Mapping[type, Callable[[Loaded, Any], Answer]] = {
    Load: lambda loaded, request: Prepared(),
    Describe: describe,
    Apply: apply,
    Time: clock,
    Copy: clock_copy,
    RunProgram: run,
}


@contextlib.contextmanager
def _prepared(loaded: Loaded, request: Apply) -> Iterator[tuple[Array, Callable[[], Constraint]]]:
    framework, access, weights = loaded.framework, request.access, request.weights
    build = _builder(loaded, request)
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
        yield arrays.decode(weights), constraint


def _builder(loaded: Loaded, request: Apply) -> Build:
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


def _first(loaded: Loaded, request: Apply) -> bool:
    """Whether this call will compile; from now on it has been made."""
    if not loaded.stack.mode(request.mode).compiles:
        return False
    constants = sorted(request.parameters.items()) if loaded.framework.constants else ()
    call = request.contract, encode_axis(request.axis), constants, request.access
    key = repr((request.mode, *call, request.weights.format, request.weights.shape))
    first = key not in loaded.called
    loaded.called.add(key)
    return first


def _convert(framework: Framework, array: Array, format: str) -> tuple[Any, bytes]:
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


def _called(framework: Framework, constraint: Constraint, value: Any) -> Any:
    result = constraint(value)
    if not isinstance(result, framework.array_types):
        raise Malformed(f"returned {type_name(type(result))}, not an array")
    return framework.synchronise(result)


def _result(framework: Framework, value: Any) -> Weights:
    array, format = framework.to_array(value)
    if array.dtype.kind not in "biufc":
        raise Malformed(f"returned an array of {format}, not of numbers")
    if not arrays.is_compared(array.dtype):
        raise Malformed(f"returned an array of {format}, a format that is not compared")
    if array.nbytes > MOST_RESULT:
        raise MemoryError(f"a result of {array.nbytes:,} bytes; {MOST_RESULT:,} are looked at")
    return arrays.encode(array, format)


def _raised(error: BaseException, call: int = 0, file: str = "") -> Raised:
    where = line_reached(error, file) if file else ""
    return Raised(type_name(type(error)) or "(no name)", plain(error), call, where)
