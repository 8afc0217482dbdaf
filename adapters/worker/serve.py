"""The worker: stacks in a process of their own, answering the requests of adapters.core.messages one at a time."""

from __future__ import annotations

import contextlib
import faulthandler
import importlib
import os
from typing import Any, Union

from adapters import user
from adapters.core.channel import ChannelClosed
from adapters.core.framework import Framework, Unsupported
from adapters.core.messages import (
    Answer,
    FindSubjects,
    Found,
    Quit,
    Raised,
    Recipient,
    Refused,
    Unavailable,
    answer_to_wire,
    request_from_wire,
)
from adapters.core.stack import Stack
from adapters.core.user_code import find
from adapters.core.wire import MessageError
from adapters.worker import compiled
from adapters.worker.calling import Loaded
from adapters.worker.handlers import answer
from adapters.worker.text import one_line, plain

# bytes of what constraints print that are kept, in case that they are last words
MOST_OUTPUT = 50_000_000


Stacks = dict[tuple[str, str], Union[Loaded, str]]


def serve(channel: Any) -> None:
    """Say ready, and answer requests, each by the stack that it names, until told to quit or left alone."""
    faulthandler.enable(2)
    process = os.getpid()
    channel.send({"ready": process})
    stacks: Stacks = {}
    while True:
        try:
            message = channel.receive()
        except ChannelClosed:
            return
        response = respond(stacks, message)
        if response is None:
            return
        if os.getpid() != process:  # a constraint forked, and this is the child, whose answer nobody waits for
            os._exit(0)
        with contextlib.suppress(OSError):  # a constraint may have closed it
            if os.fstat(1).st_size > MOST_OUTPUT:
                os.ftruncate(1, 0)
        _send(channel, response)


def _send(channel: Any, response: Answer) -> None:
    try:
        channel.send(answer_to_wire(response))
    except MessageError as error:  # several results, each of which would do
        channel.send(answer_to_wire(Raised("MemoryError", one_line(error))))


def respond(stacks: Stacks, message: Any) -> Answer | None:
    """Answer a message by the stack that it names, or None to one that wants no answer.

    `stacks` keeps those that are loaded, or why one cannot be.
    """
    try:
        request, recipient = request_from_wire(message)
    except MessageError as error:
        return Refused(one_line(error))
    if isinstance(request, Quit):
        return None
    if isinstance(request, FindSubjects):
        return _found(request)
    if recipient is None:
        return Refused("the request names no stack")
    loaded = _loaded(stacks, recipient)
    return answer(loaded, request) if isinstance(loaded, Loaded) else Unavailable(loaded)


def _loaded(stacks: Stacks, recipient: Recipient) -> Loaded | str:
    key = recipient.module, recipient.name
    if key not in stacks:
        try:
            stacks[key] = Loaded(*load(recipient))
        except BaseException as error:  # noqa: BLE001 - a framework may fail to load in any way
            reason = plain(error) if isinstance(error, Unsupported) else one_line(error)
            stacks[key] = f"{recipient.name} cannot be loaded: {reason}"
    return stacks[key]


def _found(request: FindSubjects) -> Found | Unavailable:
    try:
        return Found(find(request.where, request.names))
    except Unsupported as error:
        return Unavailable(plain(error))


def load(recipient: Recipient) -> tuple[Stack, Framework]:
    """Import what a stack requires, and let its adapter prepare it."""
    declared = recipient.declaration
    adapter: Any = user if declared is not None else importlib.import_module(recipient.module)
    if declared is not None:
        stack = user.stack_of(recipient.name, declared)
    else:
        (stack,) = (candidate for candidate in adapter.STACKS if candidate.name == recipient.name)
    for required in stack.requires:
        try:
            importlib.import_module(required)
        except BaseException as error:
            raise Unsupported(f"import {required} raised {one_line(error)}") from error
    if recipient.compiled is not None:
        compiled.keep(recipient.compiled)
    framework: Framework = adapter.load(stack)
    return stack, framework
