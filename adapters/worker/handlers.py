"""Answers to requests: what a stack is, what its constraints return, how long they take, what a program prints."""

from __future__ import annotations

import contextlib
import functools
import io
import os
import platform
import re
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from adapters.core import arrays
from adapters.core.framework import Array, Constraint, Framework, Malformed, Unsupported
from adapters.core.messages import decode_axis
from adapters.core.stack import Stack, any_dimensions

BUILT_IN = ("call", "gradient", "tf32")


class Refused(Exception):
    """The request contradicts itself or core.messages; the message is the reason in one sentence."""


def describe(stack: Stack, framework: Framework) -> dict[str, Any]:
    """Say what runs here, and which formats survive a round trip."""
    names = (*stack.requires, "numpy")
    return {
        "versions": {
            **{name: str(getattr(sys.modules[name], "__version__", "unknown")) for name in names},
            **framework.versions,
        },
        "python": platform.python_version(),
        "backend": framework.backend,
        "device": _device(framework),
        "formats": {format: _why_not(stack, framework, format) for format in arrays.FORMATS},
        "modes": list(stack.modes),
        "pid": os.getpid(),
        "epsilon_default": float(framework.epsilon),
    }


def _device(framework: Framework) -> dict[str, Any]:
    if not framework.accelerator:
        return {"kind": "cpu", "name": _cpu_name()}
    details = dict(framework.accelerator_libraries)
    with contextlib.suppress(OSError), open("/proc/driver/nvidia/version", encoding="utf-8") as lines:
        if found := re.search(r"\b\d+\.\d+(\.\d+)?\b", lines.readline()):
            details["driver"] = found[0]
    return {"kind": "gpu", "name": framework.accelerator, "details": details}


def _cpu_name() -> str:
    with contextlib.suppress(OSError), open("/proc/cpuinfo", encoding="utf-8") as lines:
        for line in lines:
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def _why_not(stack: Stack, framework: Framework, format: str) -> str | None:
    if stack.formats and format not in stack.formats:
        return f"{stack.name} is declared for {', '.join(stack.formats)} only"
    try:
        with framework.scope(format):
            tensor, _ = _convert(framework, arrays.sample(format), format)
            if stack.declared is not None:  # its author says which formats it takes; the rules see what becomes of them
                return None
            if "max_norm" not in stack.contracts or stack.groups is not any_dimensions:
                return None
            constraint = framework.build(
                "max_norm", {"max_value": 2.0, "epsilon": framework.epsilon}, None, stack.modes[0]
            )
            kept = framework.to_array(_called(framework, constraint, tensor))[1]
    except Unsupported as error:
        return str(error)
    except Exception:  # noqa: BLE001  # what the constraint itself does wrong is for the rules to find
        return None
    return None if kept == format else f"max_norm in {framework.backend} returns {kept} for {format} weights"


def answer(
    stack: Stack, framework: Framework, request: Mapping[str, Any], called: set[Any] | None = None
) -> dict[str, Any]:
    """Answer one request; whatever is raised becomes part of the answer, and `called` is kept up to date."""
    called = set() if called is None else called
    try:
        do = request.get("do")
        if do == "describe":
            return describe(stack, framework)
        if do == "apply":
            return apply(stack, framework, request, called)
        if do == "time":
            return clock(stack, framework, request["request"], request["repeats"], called)
        if do == "copy":
            return clock_copy(framework, request["weights"], request["repeats"])
        if do == "run":
            return run(framework, request["source"])
        raise Refused(f"there is no request named {do!r}")
    except Unsupported as error:
        return {"outcome": "unsupported", "reason": plain(error)}
    except Malformed as error:
        return {"outcome": "malformed", "reason": plain(error)}
    except BaseException as error:  # noqa: BLE001 - no request may end the worker
        return {"outcome": "refused", "reason": said(error)}


def apply(stack: Stack, framework: Framework, request: Mapping[str, Any], called: set[Any]) -> dict[str, Any]:
    """Call the constraint as often as asked, each time on the result before."""
    results: list[dict[str, Any]] = []
    call, calls, every = 0, request.get("calls", 1), request.get("keep", "all") == "all"
    changed, seconds = False, 0.0
    with contextlib.ExitStack() as scopes:
        array, build = scopes.enter_context(_prepared(stack, framework, request))
        tensor, before = _convert(framework, array, request["weights"]["format"])
        caught = scopes.enter_context(warnings.catch_warnings(record=True))
        warnings.simplefilter("always")
        first = _first(stack, framework, request, called)
        try:
            constraint = build()
            value = tensor
            for call in range(calls):
                start = time.perf_counter()
                value = _called(framework, constraint, value)
                seconds += time.perf_counter() - start
                if every or call == calls - 1:
                    results.append(_result(framework, value))
                if call == 0:
                    changed = arrays.encode(*framework.to_array(tensor))["bits"] != before
        except (Unsupported, Malformed):
            raise
        except BaseException as error:  # noqa: BLE001 - a subject may raise anything
            return {**_raised(error), "call": call}
        warned = [f"{warning.category.__name__}: {plain(warning.message)}" for warning in caught]
    return {
        "outcome": "value",
        "results": results,
        "input_changed": changed,
        "warnings": warned,
        "seconds": seconds,
        "first": first,
    }


def clock(
    stack: Stack, framework: Framework, request: Mapping[str, Any], repeats: int, called: set[Any]
) -> dict[str, Any]:
    """Time bare calls of the constraint on one converted tensor."""
    with _prepared(stack, framework, request) as (array, build):
        tensor, _ = _convert(framework, array, request["weights"]["format"])
        _first(stack, framework, request, called)
        try:
            constraint = build()
            _called(framework, constraint, tensor)
            start = time.perf_counter()
            for _ in range(repeats):
                framework.synchronise(constraint(tensor))
            return {"seconds": time.perf_counter() - start}
        except (Unsupported, Malformed):
            raise
        except BaseException as error:  # noqa: BLE001 - a subject may raise anything
            return {**_raised(error), "call": 0}


def clock_copy(framework: Framework, weights: Mapping[str, Any], repeats: int) -> dict[str, Any]:
    """Time copies of one converted tensor on its device."""
    if framework.copy is None:
        raise Unsupported(f"no copy is written here for {framework.backend}")
    tensor, _ = _convert(framework, arrays.decode(weights), weights["format"])
    framework.synchronise(framework.copy(tensor))
    start = time.perf_counter()
    for _ in range(repeats):
        framework.synchronise(framework.copy(tensor))
    return {"seconds": time.perf_counter() - start}


def run(framework: Framework, source: str) -> dict[str, Any]:
    """Execute a program as __main__ and hand back what it printed."""
    framework.reset()
    with contextlib.redirect_stdout(io.StringIO()) as stdout:
        try:
            # dont_inherit: as it would run elsewhere, without this module's own __future__
            exec(compile(source, "<snippet>", "exec", dont_inherit=True), {"__name__": "__main__"})
        except BaseException as error:  # noqa: BLE001 - a program may raise anything
            return {**_raised(error), "stdout": plain(stdout.getvalue())}
    return {"outcome": "ran", "stdout": plain(stdout.getvalue())}


@contextlib.contextmanager
def _prepared(
    stack: Stack, framework: Framework, request: Mapping[str, Any]
) -> Iterator[tuple[Array, Callable[[], Constraint]]]:
    mode, way = request.get("mode", stack.modes[0]), request.get("way", "call")
    if mode not in stack.modes:
        raise Unsupported(f"{stack.name} has no mode {mode}, only {', '.join(stack.modes)}")
    build = framework.build if way in BUILT_IN else framework.ways.get(way)
    if build is None:
        raise Unsupported(f"{stack.name} has no way {way}, only {', '.join([*BUILT_IN, *framework.ways])}")
    if way == "tf32" and framework.tf32 is None:
        raise Unsupported(f"{framework.backend} has no switch for TF32")
    weights = request["weights"]
    try:
        arrays.storage(weights["format"])
    except TypeError as error:
        raise Unsupported(f"NumPy has no format named {weights['format']}") from error
    constraint = functools.partial(
        build, request["contract"], request["parameters"], decode_axis(request["axis"]), mode
    )
    if way == "gradient":
        if framework.gradient is None:
            raise Unsupported(f"{framework.backend} has no automatic differentiation")
        constraint = functools.partial(_differentiated, framework.gradient, constraint)
    allowed = framework.tf32() if way == "tf32" and framework.tf32 else contextlib.nullcontext()
    with framework.scope(weights["format"]), allowed:
        yield arrays.decode(weights), constraint


def _differentiated(gradient: Callable[[Constraint, Any], Any], build: Callable[[], Constraint]) -> Constraint:
    return functools.partial(gradient, build())


def _first(stack: Stack, framework: Framework, request: Mapping[str, Any], called: set[Any]) -> bool:
    """Whether this call will compile; from now on it has been made."""
    mode, weights = request.get("mode", stack.modes[0]), request["weights"]
    if mode not in stack.compiled:
        return False
    constants = sorted(request["parameters"].items()) if framework.constants else ()
    call = request["contract"], request["axis"], constants, request.get("way", "call")
    key = repr((mode, *call, weights["format"], list(weights["shape"])))
    first = key not in called
    called.add(key)
    return first


def _convert(framework: Framework, array: Array, format: str) -> tuple[Any, bytes]:
    try:
        tensor = framework.to_tensor(array, format)
        stored, kept = framework.to_array(tensor)
    except Exception as error:
        raise Unsupported(f"{framework.backend} makes no {format} tensor: {said(error)}") from error
    if kept != format:
        raise Unsupported(f"{framework.backend} stores {format} as {kept}")
    bits: bytes = arrays.encode(stored, format)["bits"]
    if bits != arrays.encode(array, format)["bits"]:
        raise Unsupported(f"{framework.backend} changes {format} values on conversion")
    return tensor, bits


def _called(framework: Framework, constraint: Constraint, value: Any) -> Any:
    result = constraint(value)
    if not isinstance(result, framework.array_types):
        raise Malformed(f"returned {type(result).__name__}, not an array")
    return framework.synchronise(result)


def _result(framework: Framework, value: Any) -> dict[str, Any]:
    array, format = framework.to_array(value)
    if array.dtype.kind not in "biufc":
        raise Malformed(f"returned an array of {format}, not of numbers")
    return arrays.encode(array, format)


def _raised(error: BaseException) -> dict[str, Any]:
    return {"outcome": "error", "type": type(error).__name__, "message": plain(error)}


def said(error: BaseException) -> str:
    """Return the exception's type and message on one line."""
    return f"{type(error).__name__}: {' '.join(plain(error).split())}"


def plain(message: object) -> str:
    """Return a message as text that can be sent, in which modules stand without the folders that they lie in here."""
    # A subject's message may fail to print itself, or hold half a surrogate pair that cannot be sent.
    try:
        text = str(message).encode("utf-8", "backslashreplace").decode()
    except BaseException:  # noqa: BLE001 - a subject's __str__ may raise anything
        return "(its message cannot be shown)"
    # a traceback is the same wherever it was made
    for folder in sorted({place for place in sys.path if isinstance(place, str)}, key=len, reverse=True):
        if len(folder) > 1:
            text = text.replace(os.path.join(folder, ""), "")
    return text
