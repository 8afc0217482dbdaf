"""The worker: one stack in its own process, answering the requests of adapters.protocol one at a time."""

from __future__ import annotations

import contextlib
import faulthandler
import importlib
import io
import os
import platform
import sys
import time
import warnings
from collections.abc import Iterator, Mapping
from typing import Any

from adapters import arrays
from adapters.protocol import Array, Constraint, Framework, Stack, Unsupported, decode_axis


class Refused(Exception):
    """The request contradicts itself or the protocol; the message is the reason in one sentence."""


class Malformed(Exception):
    """The constraint returned something that is not an array of its framework."""


def serve(channel: Any, module: str, name: str, log: str) -> None:
    """Load a stack, say hello, and answer requests until told to quit."""
    _redirect_output(log)
    try:
        stack, framework = load(module, name)
        hello = {"hello": describe(stack, framework)}
    except BaseException as error:  # noqa: BLE001 - a framework may fail to load in any way
        reason = _plain(error) if isinstance(error, Unsupported) else _said(error)
        channel.send({"unavailable": f"{name} cannot be loaded: {reason}"})
        return
    channel.send(hello)
    while True:
        request = channel.receive()
        if request.get("do") == "quit":
            return
        channel.send(answer(stack, framework, request))


def _redirect_output(log: str) -> None:
    # By file descriptor, because frameworks write from C++; execnet has moved its own pipe away before this.
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    faulthandler.enable(descriptor)


def load(module: str, name: str) -> tuple[Stack, Framework]:
    """Import what a stack requires, in its environment, and let its adapter prepare it."""
    adapter = importlib.import_module(module)
    (stack,) = (candidate for candidate in adapter.STACKS if candidate.name == name)
    os.environ.update(stack.environment)
    for required in stack.requires:
        try:
            importlib.import_module(required)
        except BaseException as error:
            raise Unsupported(f"import {required} raised {_said(error)}") from error
    return stack, adapter.load(stack)


def describe(stack: Stack, framework: Framework) -> dict[str, Any]:
    """Say what runs here, and which formats survive a round trip."""
    names = (*stack.requires, "numpy")
    return {
        "versions": {name: str(getattr(sys.modules[name], "__version__", "unknown")) for name in names},
        "python": platform.python_version(),
        "backend": framework.backend,
        "device": {"kind": "gpu", "name": framework.accelerator}
        if framework.accelerator
        else {"kind": "cpu", "name": _cpu_name()},
        "formats": {format: _why_not(stack, framework, format) for format in arrays.FORMATS},
        "modes": list(stack.modes),
        "pid": os.getpid(),
        "epsilon_default": float(framework.epsilon),
    }


def _cpu_name() -> str:
    with contextlib.suppress(OSError), open("/proc/cpuinfo", encoding="utf-8") as lines:
        for line in lines:
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def _why_not(stack: Stack, framework: Framework, format: str) -> str | None:
    try:
        with framework.scope(format):
            tensor, _ = _convert(framework, arrays.sample(format), format)
            constraint = framework.build(
                "max_norm", {"max_value": 2.0, "epsilon": framework.epsilon}, None, stack.modes[0]
            )
            kept = framework.to_array(_called(framework, constraint, tensor))[1]
    except Unsupported as error:
        return str(error)
    except Exception:  # noqa: BLE001  # what the constraint itself does wrong is for the rules to find
        return None
    return None if kept == format else f"max_norm in {framework.backend} returns {kept} for {format} weights"


def answer(stack: Stack, framework: Framework, request: Mapping[str, Any]) -> dict[str, Any]:
    """Answer one request; whatever is raised becomes part of the answer."""
    try:
        do = request.get("do")
        if do == "describe":
            return describe(stack, framework)
        if do == "apply":
            return apply(stack, framework, request)
        if do == "time":
            return clock(stack, framework, request["request"], request["repeats"])
        if do == "run":
            return run(framework, request["source"])
        raise Refused(f"there is no request named {do!r}")
    except Unsupported as error:
        return {"outcome": "unsupported", "reason": _plain(error)}
    except Malformed as error:
        return {"outcome": "malformed", "reason": _plain(error)}
    except BaseException as error:  # noqa: BLE001 - no request may end the worker
        return {"outcome": "refused", "reason": _said(error)}


def apply(stack: Stack, framework: Framework, request: Mapping[str, Any]) -> dict[str, Any]:
    """Call the constraint as often as asked, each time on the result before."""
    results: list[dict[str, Any]] = []
    changed = False
    with contextlib.ExitStack() as scopes:
        array, arguments = scopes.enter_context(_prepared(stack, framework, request))
        tensor, before = _convert(framework, array, request["weights"]["format"])
        caught = scopes.enter_context(warnings.catch_warnings(record=True))
        warnings.simplefilter("always")
        try:
            constraint = framework.build(*arguments)
            value = tensor
            for call in range(request.get("calls", 1)):
                value = _called(framework, constraint, value)
                results.append(_result(framework, value))
                if call == 0:
                    changed = arrays.encode(*framework.to_array(tensor))["bits"] != before
        except (Unsupported, Malformed):
            raise
        except BaseException as error:  # noqa: BLE001 - a subject may raise anything
            return {**_raised(error), "call": len(results)}
        said = [f"{warning.category.__name__}: {_plain(warning.message)}" for warning in caught]
    return {"outcome": "value", "results": results, "input_changed": changed, "warnings": said}


def clock(stack: Stack, framework: Framework, request: Mapping[str, Any], repeats: int) -> dict[str, Any]:
    """Time bare calls of the constraint on one converted tensor."""
    with _prepared(stack, framework, request) as (array, arguments):
        tensor, _ = _convert(framework, array, request["weights"]["format"])
        try:
            constraint = framework.build(*arguments)
            _called(framework, constraint, tensor)
            start = time.perf_counter()
            for _ in range(repeats):
                framework.synchronise(constraint(tensor))
            return {"seconds": time.perf_counter() - start}
        except (Unsupported, Malformed):
            raise
        except BaseException as error:  # noqa: BLE001 - a subject may raise anything
            return {**_raised(error), "call": 0}


def run(framework: Framework, source: str) -> dict[str, Any]:
    """Execute a program as __main__ and hand back what it printed."""
    framework.reset()
    with contextlib.redirect_stdout(io.StringIO()) as stdout:
        try:
            exec(compile(source, "<snippet>", "exec"), {"__name__": "__main__"})
        except BaseException as error:  # noqa: BLE001 - a program may raise anything
            return {**_raised(error), "stdout": _plain(stdout.getvalue())}
    return {"outcome": "ran", "stdout": _plain(stdout.getvalue())}


@contextlib.contextmanager
def _prepared(stack: Stack, framework: Framework, request: Mapping[str, Any]) -> Iterator[tuple[Array, Any]]:
    mode = request.get("mode", "eager")
    if mode not in stack.modes:
        raise Unsupported(f"{stack.name} has no mode {mode}, only {', '.join(stack.modes)}")
    weights = request["weights"]
    try:
        arrays.storage(weights["format"])
    except TypeError as error:
        raise Unsupported(f"NumPy has no format named {weights['format']}") from error
    arguments = (request["contract"], request["parameters"], decode_axis(request["axis"]), mode)
    with framework.scope(weights["format"]):
        yield arrays.decode(weights), arguments


def _convert(framework: Framework, array: Array, format: str) -> tuple[Any, bytes]:
    try:
        tensor = framework.to_tensor(array, format)
        stored, kept = framework.to_array(tensor)
    except Exception as error:
        raise Unsupported(f"{framework.backend} makes no {format} tensor: {_said(error)}") from error
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
    if array.dtype.kind not in "biuf":
        raise Malformed(f"returned an array of {format}, not of real numbers")
    return arrays.encode(array, format)


def _raised(error: BaseException) -> dict[str, Any]:
    return {"outcome": "error", "type": type(error).__name__, "message": _plain(error)}


def _said(error: BaseException) -> str:
    return f"{type(error).__name__}: {' '.join(_plain(error).split())}"


def _plain(message: object) -> str:
    # A subject's message may fail to print itself, or hold half a surrogate pair that cannot be sent.
    try:
        return str(message).encode("utf-8", "backslashreplace").decode()
    except BaseException:  # noqa: BLE001 - a subject's __str__ may raise anything
        return "(its message cannot be shown)"
