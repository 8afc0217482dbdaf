"""The worker: stacks in a process of their own, answering the requests of adapters.core.stack one at a time."""

from __future__ import annotations

import contextlib
import faulthandler
import importlib
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from adapters import user
from adapters.core.framework import Framework, Unsupported
from adapters.core.stack import Stack
from adapters.core.user_code import find
from adapters.worker.handlers import answer, plain, said

# bytes of what constraints print that are kept, in case that they are last words
MOST_OUTPUT = 50_000_000


@dataclass(frozen=True)
class Loaded:
    """A stack that is ready, and what its compiled modes have been called with."""

    stack: Stack
    framework: Framework
    called: set[Any] = field(default_factory=set)


def serve(channel: Any, log: str) -> None:
    """Say ready, and answer requests, each by the stack that it names, until told to quit."""
    _redirect_output(log)
    with contextlib.suppress(OSError, AttributeError):
        os.setsid()  # so that what a constraint starts ends with this process
    process = os.getpid()
    channel.send({"ready": process})
    stacks: dict[tuple[str, str], Loaded | str] = {}
    while True:
        request = channel.receive()
        if request.get("do") == "quit":
            return
        response = respond(stacks, request)
        if os.getpid() != process:  # a constraint forked, and this is the child, whose answer nobody waits for
            os._exit(0)
        with contextlib.suppress(OSError):  # a constraint may have closed it
            if os.fstat(1).st_size > MOST_OUTPUT:
                os.ftruncate(1, 0)
        channel.send(response)


def respond(stacks: dict[tuple[str, str], Loaded | str], request: Mapping[str, Any]) -> dict[str, Any]:
    """Answer a request by the stack that it names; `stacks` keeps those loaded, or why one cannot be."""
    if request.get("do") == "find":
        return _found(request["where"], request["names"])
    if not {"module", "stack"} <= set(request):
        return {"outcome": "refused", "reason": "the request names no stack"}
    key = request["module"], request["stack"]
    if key not in stacks:
        try:
            stacks[key] = Loaded(*load(*key, request.get("declared")))
        except BaseException as error:  # noqa: BLE001 - a framework may fail to load in any way
            reason = plain(error) if isinstance(error, Unsupported) else said(error)
            stacks[key] = f"{request['stack']} cannot be loaded: {reason}"
    loaded = stacks[key]
    if isinstance(loaded, Loaded):
        return answer(loaded.stack, loaded.framework, request, loaded.called)
    if request.get("do") == "describe":
        return {"unavailable": loaded}
    return {"outcome": "unsupported", "reason": loaded}


def _redirect_output(log: str) -> None:
    # By file descriptor, because frameworks write from C++; execnet has moved its own pipe away before this.
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    faulthandler.enable(descriptor)


def _found(where: str, names: list[str]) -> dict[str, Any]:
    try:
        return {"subjects": find(where, names)}
    except Unsupported as error:
        return {"unavailable": plain(error)}


def load(module: str, name: str, declared: Mapping[str, Any] | None = None) -> tuple[Stack, Framework]:
    """Import what a stack requires, and let its adapter prepare it."""
    adapter: Any = user if declared is not None else importlib.import_module(module)
    if declared is not None:
        stack = user.stack_of(name, declared)
    else:
        (stack,) = (candidate for candidate in adapter.STACKS if candidate.name == name)
    for required in stack.requires:
        try:
            importlib.import_module(required)
        except BaseException as error:
            raise Unsupported(f"import {required} raised {said(error)}") from error
    framework: Framework = adapter.load(stack)
    return stack, framework
