"""A channel between the suite and a worker: messages through two pipes, each with a limit of size and of time.

A message is plain data that JSON holds, and bytes. It travels as the lengths of two parts, a JSON text, and all bytes
one after the other; in the text each of them stands as {BLOB: its length}.
"""

from __future__ import annotations

import json
import os
import select
import struct
import time
from collections.abc import Callable
from typing import Any, Optional

from adapters.core.wire import MessageError

# of one message: the largest results that are asked for are a tenth of it
MOST_BYTES = 64 * 1024 * 1024
BLOB = "\0bytes"
HEADER = struct.Struct(">QQ")
PIECE = 1 << 20
# seconds after which whoever waits looks whether the other side still runs: what it has started may hold the pipe
TICK = 0.1


class ChannelClosed(Exception):
    """The other side is gone."""


class DeadlinePassed(Exception):
    """The other side did not read, or not answer, in time."""


class Channel:
    """One side of two pipes; `alive` says whether the other side still runs."""

    def __init__(self, reading: int, writing: int, alive: Optional[Callable[[], bool]] = None) -> None:
        self._reading, self._writing, self._alive = reading, writing, alive

    def send(self, message: Any, seconds: Optional[float] = None) -> None:
        """Send a message; raises ChannelClosed, DeadlinePassed, or MessageError for one that is too large."""
        rest, deadline = memoryview(encode(message)), _deadline(seconds)
        while rest:
            self._await(self._writing, select.POLLOUT, deadline)
            try:
                rest = rest[os.write(self._writing, rest[:PIECE]) :]
            except BlockingIOError:  # what poll has seen free may be too little for a piece
                continue
            except OSError as error:
                raise ChannelClosed(str(error)) from error

    def receive(self, seconds: Optional[float] = None) -> Any:
        """Return the next message; raises ChannelClosed, DeadlinePassed, or MessageError for what is none."""
        deadline = _deadline(seconds)
        text, body = HEADER.unpack(self._read(HEADER.size, deadline))
        if text + body > MOST_BYTES:
            raise MessageError(f"a message of {text + body:,} bytes, of which {MOST_BYTES:,} are allowed")
        return decode(self._read(text, deadline), self._read(body, deadline))

    def close(self) -> None:
        """Close both pipes."""
        for descriptor in (self._reading, self._writing):
            os.close(descriptor)

    def _read(self, size: int, deadline: Optional[float]) -> bytes:
        data = bytearray()
        while len(data) < size:
            self._await(self._reading, select.POLLIN, deadline)
            try:
                piece = os.read(self._reading, min(size - len(data), PIECE))
            except BlockingIOError:
                continue
            except OSError as error:
                raise ChannelClosed(str(error)) from error
            if not piece:
                raise ChannelClosed("the pipe was closed")
            data += piece
        return bytes(data)

    def _await(self, descriptor: int, event: int, deadline: Optional[float]) -> None:
        poll = select.poll()
        poll.register(descriptor, event)
        while True:
            left = None if deadline is None else deadline - time.monotonic()
            if left is not None and left <= 0:
                raise DeadlinePassed
            tick = left if self._alive is None else TICK if left is None else min(left, TICK)
            if poll.poll(None if tick is None else 1000 * tick):
                return
            if self._alive is not None and not self._alive():
                if poll.poll(0):
                    return
                raise ChannelClosed("the process ended")


def _deadline(seconds: Optional[float]) -> Optional[float]:
    return None if seconds is None else time.monotonic() + seconds


def encode(message: Any) -> bytes:
    """Return a message as bytes; raises MessageError for one that is too large."""
    blobs: list[bytes] = []

    def blob(value: Any) -> dict[str, int]:
        if not isinstance(value, bytes):
            raise TypeError(f"a message holds no {type(value).__name__}")
        blobs.append(value)
        return {BLOB: len(value)}

    text = json.dumps(message, default=blob).encode("ascii")
    size = len(text) + sum(map(len, blobs))
    if size > MOST_BYTES:
        raise MessageError(f"a message of {size:,} bytes, of which {MOST_BYTES:,} are allowed")
    return b"".join([HEADER.pack(len(text), size - len(text)), text, *blobs])


def decode(text: bytes, body: bytes) -> Any:
    """Return the message that two parts hold; raises MessageError."""
    taken = 0

    def blob(data: dict[str, Any]) -> Any:
        nonlocal taken
        if data.keys() != {BLOB}:
            return data
        length = data[BLOB]
        if type(length) is not int or not 0 <= length <= len(body) - taken:
            raise MessageError(f"{length!r:.40} bytes are not there")
        taken += length
        return body[taken - length : taken]

    try:
        message = json.loads(text.decode("ascii"), object_hook=blob)
    except MessageError:
        raise
    except (ValueError, RecursionError) as error:
        raise MessageError(f"not JSON: {error!s:.80}") from error
    if taken != len(body):
        raise MessageError(f"{len(body) - taken:,} bytes belong to nothing")
    return message


def take_standard_pipes() -> Channel:
    """Return a worker's side, and leave it a standard input that is empty and a standard output that is its error."""
    reading, writing = os.dup(0), os.dup(1)
    for pipe in (reading, writing):  # what becomes another program does not answer any more, and has not ended
        os.set_inheritable(pipe, True)
    channel = Channel(reading, writing)
    empty = os.open(os.devnull, os.O_RDONLY)
    os.dup2(empty, 0)
    os.close(empty)
    os.dup2(2, 1)
    return channel
