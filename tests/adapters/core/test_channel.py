"""Messages through two pipes: what is no message, what is too large and what takes too long is named."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Iterator
from typing import Any

import pytest

from adapters.core import channel as module
from adapters.core.channel import BLOB, HEADER, Channel, ChannelClosed, DeadlinePassed, decode, encode
from adapters.core.messages import Apply, Describe, RunProgram, answer_to_wire
from adapters.core.messages import Returned as Answered
from adapters.core.wire import MessageError
from tests.support.minimal_framework import request, weights

Pipe = tuple[Channel, int]
MESSAGES: list[Any] = [None, 1.5, "\ud800\0", [b"", b"\0\xff" * 9], {"a": [b"x", {"b": b"yz"}], "c": float("inf")}]


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    """A channel that reads what is written to a pipe; its own words go nowhere that is read."""
    reading, to_it = os.pipe()
    from_it, writing = os.pipe()
    os.set_blocking(writing, False)
    yield Channel(reading, writing), to_it
    for descriptor in (reading, to_it, from_it, writing):
        os.close(descriptor)


@pytest.mark.parametrize("message", MESSAGES, ids=repr)
def test_a_message_arrives_as_it_was(message: Any, pipe: Pipe) -> None:
    """Bytes among plain data, and numbers and halves of characters that strict JSON lacks."""
    channel, other = pipe
    os.write(other, encode(message))
    assert channel.receive(1.0) == message


def test_what_is_too_large_is_neither_sent_nor_read(pipe: Pipe, monkeypatch: pytest.MonkeyPatch) -> None:
    """By its length, before a byte of it takes memory."""
    channel, other = pipe
    os.write(other, HEADER.pack(1 << 60, 0))
    with pytest.raises(MessageError, match="a message of 1,152,921,504,606,846,976 bytes"):
        channel.receive(1.0)
    monkeypatch.setattr(module, "MOST_BYTES", 100)
    with pytest.raises(MessageError, match="of which 100 are allowed"):
        channel.send(b"x" * 101)


def test_whoever_says_nothing_is_waited_for_so_long(pipe: Pipe) -> None:
    """Also in the midst of a message."""
    channel, other = pipe
    os.write(other, encode("whole")[:-1])
    start = time.monotonic()
    with pytest.raises(DeadlinePassed):
        channel.receive(0.2)
    assert 0.2 <= time.monotonic() - start < 5.0


def test_whoever_reads_nothing_is_waited_for_so_long(pipe: Pipe) -> None:
    """A message that is larger than the pipe does not block for ever."""
    with pytest.raises(DeadlinePassed):
        pipe[0].send(b"x" * 1_000_000, 0.2)


def test_a_process_that_ended_is_not_waited_for() -> None:
    """What it has started may hold its pipe."""
    reading, _ = os.pipe()
    with pytest.raises(ChannelClosed, match="the process ended"):
        Channel(reading, reading, alive=lambda: False).receive(60.0)


WRONG = {
    "no JSON": (b"{", b""),
    "no ASCII": (b"\xff", b""),
    "bytes that are not there": (b'{"\\u0000bytes": 3}', b"ab"),
    "bytes before the first": (b'{"\\u0000bytes": -1}', b""),
    "bytes of no number": (b'{"\\u0000bytes": "3"}', b"abc"),
    "bytes of nothing": (b"1", b"abc"),
    "too deep": (b"[" * 100_000, b""),
    "too long a number": (b"1" * 100_000, b""),
}


@pytest.mark.parametrize(("text", "body"), WRONG.values(), ids=WRONG)
def test_what_is_no_message_is_named(text: bytes, body: bytes) -> None:
    """In one line."""
    with pytest.raises(MessageError) as error:
        decode(text, body)
    assert len(str(error.value)) < 200 and "\n" not in str(error.value)


ODD: list[Any] = [None, True, -1, 0, 10**400, 1e308, float("nan"), float("inf"), "", "x", "\ud800", b"", b"\0" * 5]
ODD += [[], {}, [[]], {"": None}, {BLOB: 1}, [None] * 3, {"answer": "Returned"}]
GOOD = answer_to_wire(Answered((weights([1.0]),), False, ("UserWarning: w",), 0.5, False))


def spoiled(message: Any, chance: random.Random) -> Any:
    """The message with one thing in it replaced, dropped or added."""
    if isinstance(message, dict) and message and chance.random() < 0.8:
        key = chance.choice(sorted(message))
        kept = {name: value for name, value in message.items() if name != key}
        return kept if chance.random() < 0.2 else {**message, key: spoiled(message[key], chance)}
    if isinstance(message, list) and message and chance.random() < 0.8:
        place = chance.randrange(len(message))
        return [*message[:place], spoiled(message[place], chance), *message[place + 1 :]]
    return chance.choice(ODD)


@pytest.mark.parametrize("asked", [Describe(), request(), RunProgram("1")], ids=["describe", "apply", "run"])
def test_no_odd_answer_is_taken_for_another(asked: Apply | Describe | RunProgram) -> None:
    """Of 400 that are wrong somewhere each is refused, or is an answer of its type."""
    chance = random.Random(15)
    refused = 0
    for _ in range(400):
        try:
            answer = asked.read_answer(spoiled(GOOD, chance))
        except MessageError as error:
            refused += 1
            assert "\n" not in str(error)
        else:
            assert isinstance(answer, Answered) and 0.0 <= answer.seconds < 1e9 and len(answer.results) == 1
    assert refused > 300
