"""Messages come back as they were sent, and what is no message is refused in one sentence that names what is wrong."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from adapters.core.arrays import Weights
from adapters.core.declaration import Declaration
from adapters.core.mark import Mark
from adapters.core.messages import (
    Answer,
    Apply,
    Copy,
    Describe,
    Description,
    Device,
    FindSubjects,
    Found,
    NotAnArray,
    NotSupported,
    Quit,
    Raised,
    Ran,
    Recipient,
    Refused,
    Request,
    Returned,
    RunProgram,
    Time,
    Timed,
    Unavailable,
    answer_to_wire,
    request_from_wire,
    request_to_wire,
)
from adapters.core.user_code import Parameter, SubjectDescription
from adapters.core.wire import MessageError, to_wire
from adapters.worker import serve
from tests.support.minimal_framework import request, weights

DECLARATION = Declaration(
    where="mine.py",
    name="bound",
    file="mine.py",
    line=3,
    contract="renorm",
    framework="numpy",
    names={"maxnorm": "most"},
    fixed={"epsilon": 1e-7},
    takes=("maxnorm",),
    factory=False,
    axes=(0, [0, 1], None),
    ranks=(1, 2),
    formats=None,
    devices=("cpu",),
    in_place=False,
    modes=None,
    no_grad=True,
    dimension="dim",
    single_weights=False,
)
REQUESTS: list[Request[Any]] = [
    Describe(),
    request(),
    *(request(axis=axis) for axis in (None, [0, 1], (0,), (), 1.5, True)),
    request(parameters={"max_value": None, "epsilon": "1"}, calls=3, access="tf32", keep_all=False),
    Time(request(), 3),
    Copy(weights(layout="F"), 2),
    RunProgram("print(1)"),
    FindSubjects("mine.py", ("bound",)),
    Quit(),
]
RETURNED = Returned((Weights("float32", (1,), b"1234"),), False, ("UserWarning: odd",), 0.5, True)
MARK = Mark(
    "max_norm",
    "numpy",
    {},
    {"epsilon": 0.5},
    (0, [0, 1], (1, 2)),
    None,
    ("float32",),
    None,
    False,
    ("jit",),
    True,
    "layer",
    "bounded",
    "not asked",
    {"bias": False},
    {"max_value": (0.5, 2.0)},
    {"min_value": "-max_value"},
    {2: (0, 1)},
)
SUBJECT = SubjectDescription("bound", MARK, False, "mine.py", 3, (Parameter("w", True),), False)
DESCRIBED = Description({"numpy": "2"}, "3.11", "numpy", Device("cpu", "x"), {"float16": None}, ("eager",), 7, 1e-7)
ANSWERS: list[tuple[Request[Any], Answer]] = [
    (Describe(), DESCRIBED),
    (Describe(), Unavailable("it is not installed")),
    (request(), RETURNED),
    (request(), Raised("ValueError", "no", call=2)),
    (request(), NotAnArray("returned None")),
    (request(), NotSupported("no such mode")),
    (request(), Refused("no such layout")),
    (Time(request(), 1), Timed(1.5)),
    (Copy(weights(), 1), Raised("MemoryError", "", call=0)),
    (RunProgram(""), Ran("1\n", Raised("ValueError", "no"))),
    (FindSubjects("mine.py", ()), Found((SUBJECT,))),
]


@pytest.mark.parametrize("sent", REQUESTS, ids=repr)
@pytest.mark.parametrize("recipient", [None, Recipient("a", "b"), Recipient("c", "d", DECLARATION)], ids=["", "a", "c"])
def test_a_request_arrives_as_it_was_sent(recipient: Recipient | None, sent: Request[Any]) -> None:
    """With the stack that is to answer it, if it names one."""
    assert request_from_wire(request_to_wire(sent, recipient)) == (sent, recipient)


def test_an_axis_of_numpy_arrives_as_one() -> None:
    """It is no int to a framework."""
    arrived, _ = request_from_wire(request_to_wire(request(axis=np.int64(1)), None))
    assert isinstance(arrived, Apply) and type(arrived.axis) is np.int64


@pytest.mark.parametrize(("asked", "answer"), ANSWERS, ids=lambda value: type(value).__name__)
def test_an_answer_arrives_as_it_was_sent(asked: Request[Any], answer: Answer) -> None:
    """Whichever of those that its request can have."""
    assert asked.read_answer(answer_to_wire(answer)) == answer


def wire(**changes: Any) -> dict[str, Any]:
    """A request to apply as plain data, but for some of its fields; those that are ... are left out."""
    content = {**to_wire(request()), **changes}
    return {"request": "Apply", "content": {key: value for key, value in content.items() if value is not ...}}


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (None, "the request is None, not one of Load, Describe, "),
        ({}, "the request is None, not one of "),
        ({"request": "Dance", "content": {}}, "the request is 'Dance', not one of "),
        ({"request": ["Apply"]}, "the request is ['Apply'], not one of "),
        ({"request": "RunProgram"}, "RunProgram is NoneType, not dict"),
        ({"request": "RunProgram", "content": {}}, "RunProgram has no source"),
        (wire(contract=...), "Apply has no contract"),
        (wire(way="call"), "Apply has an unknown field way"),
        (wire(calls=True), "Apply.calls is bool, not int"),
        (wire(axis={"set": [0]}), "Apply.axis is {'set': [0]}: KeyError: 'set'"),
        (wire(weights={}), "Apply.weights has no bits"),
        (wire(weights={**to_wire(weights()), "shape": [2.0]}), "Apply.weights.shape[0] is float, not int"),
        (wire(parameters={1: 2.0}), "a key of Apply.parameters is int, not str"),
        ({**wire(), "recipient": {"name": "torch"}}, "recipient has no module"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_request_that_is_none_is_refused(message: Any, reason: str) -> None:
    """The suite is told which field is wrong, in one line, and the worker goes on."""
    answer = serve.respond({}, message)
    assert isinstance(answer, Refused) and answer.reason.startswith(f"MessageError: {reason}")


def forged(answer: Answer = RETURNED, **changes: Any) -> dict[str, Any]:
    """An answer as plain data, but for some of its fields."""
    message = answer_to_wire(answer)
    return {**message, "content": {**message["content"], **changes}}


RESULT = to_wire(RETURNED.results[0])
FORGED: list[tuple[Any, str]] = [
    ("yes", "the answer is None, not one of Returned, Raised, NotAnArray, NotSupported, Unavailable, Refused"),
    (answer_to_wire(Timed(1.0)), "the answer is 'Timed', not one of Returned, "),
    (forged(seconds="1"), "Returned.seconds is str, not float"),
    (forged(results=None), "Returned.results is NoneType, not list"),
    (forged(results=[{**RESULT, "format": "float8"}]), "Returned: NumPy has no format named float8"),
    (forged(results=[{**RESULT, "shape": [2]}]), "Returned: 4 bytes are no float32 array of shape (2,)"),
    (forged(results=[{**RESULT, "shape": [-1, -1]}]), "Returned: 4 bytes are no float32 array of shape (-1, -1)"),
    (forged(Raised("ValueError", "no"), message=None), "Raised.message is NoneType, not str"),
]


@pytest.mark.parametrize(("message", "reason"), FORGED, ids=[reason for _, reason in FORGED])
def test_an_answer_that_is_none_is_an_error(message: Any, reason: str) -> None:
    """One exception names what is wrong with it, whatever that is."""
    with pytest.raises(MessageError) as caught:
        request().read_answer(message)
    assert str(caught.value).startswith(reason)
