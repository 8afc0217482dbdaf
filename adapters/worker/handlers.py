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
from collections.abc import Callable, Mapping
from time import perf_counter
from typing import Any, Union

from adapters.core import arrays
from adapters.core.arrays import Weights
from adapters.core.framework import Array, Constraint, Framework, Malformed, Unsupported
from adapters.core.messages import (
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
    Sweep,
    Time,
    Timed,
)
from adapters.core.stack import ANY, Stack
from adapters.worker import conduct
from adapters.worker.calling import Loaded, called, compiles_now, convert, prepared, raised, result_of
from adapters.worker.sweeping import sweep
from adapters.worker.text import one_line, plain, type_name

MOST_WARNINGS = 20
# characters of what a program prints
MOST_PRINTED = 4 * 1024 * 1024


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
            tensor, _ = convert(framework, arrays.sample(format), format)
            if (
                stack.declaration is not None
            ):  # its author says which formats it takes; the rules see what becomes of them
                return None
            if "max_norm" not in stack.contracts or stack.grouping != ANY:
                return None
            constraint = framework.build(
                "max_norm", {"max_value": 2.0, "epsilon": framework.epsilon}, None, stack.plainest_mode
            )
            kept = framework.to_array(called(framework, constraint, tensor))[1]
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
        build = scopes.enter_context(prepared(loaded, request))
        array = arrays.decode(request.weights)
        tensor, before = convert(framework, array, request.weights.format)
        scopes.callback(setattr, warnings, "WarningMessage", warnings.WarningMessage)
        caught = scopes.enter_context(warnings.catch_warnings(record=True))
        setattr(warnings, "WarningMessage", Noted)  # noqa: B010 - mypy allows no assignment to a type
        warnings.simplefilter("always")
        first = compiles_now(loaded, request)
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
                value = called(framework, constraint, value)
                seconds += perf_counter() - start
                if request.keep_all or call == request.calls - 1:
                    results.append(result_of(framework, value))
                if call == 0:
                    after = arrays.encode(*framework.to_array(tensor))
                    changed = (after.bits, after.shape) != (before, request.weights.shape)
        except (Unsupported, Malformed):
            raise
        except BaseException as error:  # noqa: BLE001 - a subject may raise anything
            return raised(error, call, framework.file)
        warned = tuple(f"{type_name(each.category)}: {plain(each.message)}" for each in caught[:MOST_WARNINGS])
    return Returned(tuple(results), changed, warned, seconds, first)


def _while_called(
    framework: Framework, constraint: Constraint, request: Apply, array: Array, tensor: Any
) -> tuple[Weights, ...]:
    """What comes of a result while the constraint is called with other weights too, later or by another thread."""
    format = request.weights.format
    other, _ = convert(framework, conduct.negated(array, format), format)

    def beside() -> None:
        with framework.scope(format):  # of this thread
            called(framework, constraint, other)

    way = conduct.again if request.access == "again" else conduct.at_once
    return way(lambda: called(framework, constraint, tensor), beside, functools.partial(result_of, framework))


def clock(loaded: Loaded, request: Time) -> Union[Timed, Raised]:
    """Time bare calls of the constraint on one converted tensor."""
    framework = loaded.framework
    with prepared(loaded, request.apply) as build:
        tensor, _ = convert(framework, arrays.decode(request.apply.weights), request.apply.weights.format)
        compiles_now(loaded, request.apply)
        try:
            constraint = build()
            called(framework, constraint, tensor)
            return _timed(lambda: framework.synchronise(constraint(tensor)), request.repeats)
        except (Unsupported, Malformed):
            raise
        except BaseException as error:  # noqa: BLE001 - a subject may raise anything
            return raised(error)


def clock_copy(loaded: Loaded, request: Copy) -> Timed:
    """Time copies of one converted tensor on its device."""
    framework, copy = loaded.framework, loaded.framework.copy
    if copy is None:
        raise Unsupported(f"no copy is written here for {framework.backend}")
    tensor, _ = convert(framework, arrays.decode(request.weights), request.weights.format)
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
            return Ran(plain(stdout.getvalue(), MOST_PRINTED), raised(error))
    return Ran(plain(stdout.getvalue(), MOST_PRINTED))


# a handler takes the type of request under which it stands
HANDLERS: Mapping[type, Callable[[Loaded, Any], Answer]] = {
    Load: lambda loaded, request: Prepared(),
    Describe: describe,
    Apply: apply,
    Time: clock,
    Copy: clock_copy,
    Sweep: sweep,
    RunProgram: run,
}
