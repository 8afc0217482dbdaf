"""The worker's answers, one by one: whatever a constraint does, what comes back is one of a few kinds of answer."""

from __future__ import annotations

import contextlib
import os
import platform
import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from adapters.core import arrays
from adapters.core.arrays import Weights
from adapters.core.framework import Array, Unsupported
from adapters.core.messages import (
    MADE_ONCE,
    Apply,
    Copy,
    Describe,
    Description,
    NotAnArray,
    NotSupported,
    Quit,
    Raised,
    Ran,
    Recipient,
    Refused,
    Returned,
    RunProgram,
    Time,
    Timed,
    Unavailable,
    answer_to_wire,
    request_from_wire,
    request_to_wire,
)
from adapters.core.messages import Request as Message
from adapters.core.stack import Mode, Stack
from adapters.worker import handlers, serve
from adapters.worker.calling import Loaded
from adapters.worker.text import plain, type_name
from tests.support.minimal_framework import (
    STACK,
    Counting,
    ask,
    by_name,
    framework,
    narrow_to_tensor,
    norm,
    noting,
    refuse,
    request,
    returned,
    slope,
    spy,
    values_of,
    weights,
)


@pytest.mark.parametrize(
    ("axis", "given", "expected"),
    [
        (0, [[3, 8], [4, 6]], [[1.5, 2], [2, 1.5]]),
        (-1, [[3, 4], [8, 6]], [[1.5, 2], [2, 1.5]]),
        ((0,), [[3, 8], [4, 6]], [[1.5, 2], [2, 1.5]]),
        ((0, 1), [[2, 2], [2, 2]], [[1.25, 1.25], [1.25, 1.25]]),
        (None, [[2, 2], [2, 2]], [[1.25, 1.25], [1.25, 1.25]]),
    ],
    ids=lambda value: "" if isinstance(value, list) else str(value),
)
def test_apply_gives_the_value(axis: Any, given: list[list[float]], expected: list[list[float]]) -> None:
    """The groups are those of the axis, and the epsilon is that of the request (here one that changes nothing)."""
    parameters = {"max_value": 2.5, "epsilon": 1e-30}
    answer = returned(request(parameters=parameters, axis=axis, weights=weights(given)))
    assert values_of(answer.results[0]).tolist() == expected


@pytest.mark.parametrize(("epsilon", "expected"), [(1.0, [1.0]), (5.0, [0.5])])
def test_the_epsilon_of_the_request_is_used(epsilon: float, expected: list[float]) -> None:
    """With the norm 3, max_norm(4/3) divides 4/3 by 3 plus epsilon."""
    parameters = {"max_value": 4 / 3, "epsilon": epsilon}
    (result,) = returned(request(parameters=parameters, weights=weights([3.0], "float64"))).results
    assert values_of(result).tolist() == expected


@pytest.mark.parametrize("calls", [1, 2, 5])
def test_each_call_gets_the_result_before(calls: int) -> None:
    """There is one result per call, each half of the one before."""
    answer = returned(request("half", calls=calls))
    assert [values_of(result)[0] for result in answer.results] == [3.0 / 2**n for n in range(1, calls + 1)]


def test_what_a_plain_request_means_may_be_left_out() -> None:
    """One call on contiguous weights, of which every result is kept, is what a plain request means."""
    full = request(calls=1, access="call", keep_all=True, weights=Weights("float32", (2,), weights().bits, "C"))
    message = request_to_wire(full, None)
    for name in ("calls", "access", "keep_all"):
        del message["content"][name]
    del message["content"]["weights"]["layout"]
    assert request_from_wire(message) == (full, None)


@pytest.mark.parametrize("calls", [1, 2, 1000])
def test_only_the_last_result_may_be_kept(calls: int) -> None:
    """It is that of all the calls, and there are no others."""
    (result,) = returned(request("half", calls=calls, keep_all=False, weights=weights([3.0], "float64"))).results
    assert values_of(result).tolist() == [3.0 / 2.0**calls]


def test_what_is_not_kept_is_not_converted() -> None:
    """However many calls there are, the input is converted twice and the result once."""
    counting = Counting()
    assert len(returned(request("half", calls=2000, keep_all=False), to_array=counting.to_array).results) == 1
    assert counting.counted == 3


def test_the_calls_are_timed() -> None:
    """The seconds are those of all calls, and conversions are no part of them."""

    def wait(w: Any) -> Any:
        time.sleep(0.01)
        return w

    def convert(tensor: Any) -> tuple[Array, str]:
        return wait(tensor), "float32"

    assert 0.03 <= returned(request(calls=3), build=lambda *_: wait, to_array=convert).seconds < 0.06


def firsts(loaded: Loaded, requests: Sequence[Apply]) -> list[bool]:
    """Of each call whether it is marked as the first."""
    answers = [handlers.answer(loaded, one) for one in requests]
    return [isinstance(answer, Returned) and answer.first for answer in answers]


def test_a_first_call_of_a_compiled_mode_is_marked() -> None:
    """Each mode, contract, axis, way, format and shape is compiled once, other values and layouts are not."""
    asked = request(mode="double")
    new = [asked, request("unit_norm", mode="double"), replace(asked, axis=-1), replace(asked, access="by_name")]
    new += [replace(asked, weights=weights([3.0, 4.0], "float64")), replace(asked, weights=weights([1.0]))]
    old = [request(), replace(asked, weights=weights([5.0, 6.0])), replace(asked, parameters={"max_value": 3.0}), *new]
    loaded = Loaded(STACK, framework(accesses={"by_name": by_name}))
    assert firsts(loaded, new) == [True] * len(new)
    assert firsts(loaded, old) == [False] * len(old)


def test_a_first_call_may_be_one_of_a_value() -> None:
    """Where parameters are compiled in, another value is compiled too."""
    asked = [request(mode="double", parameters={"max_value": value}) for value in (1.0, 2.0, 1.0)]
    assert firsts(Loaded(STACK, framework(constants=True)), asked) == [True, True, False]


def test_an_access_builds_the_constraint() -> None:
    """What a request says of it is what is built."""
    (result,) = returned(request(access="by_name"), accesses={"by_name": by_name}).results
    (expected,) = returned(request(parameters={"max_value": 1.0})).results
    assert result == expected


def test_a_constraint_is_made_once_until_something_else_is_asked() -> None:
    """One of other parameters has its own; a plain call forgets them, so that the next is made anew."""
    asked = request(parameters={"max_value": 2.0}, access=MADE_ONCE)
    other = replace(asked, parameters={"max_value": 7.0})
    built: list[float] = []

    def build(contract: str, parameters: Mapping[str, Any], *_: Any) -> Any:
        built.append(parameters["max_value"])
        return lambda w: w

    loaded = Loaded(STACK, framework(build=build))
    for each in (asked, other, asked, other, replace(asked, access="call"), asked):
        handlers.answer(loaded, each)
    assert built == [2.0, 7.0, 2.0, 2.0]


def test_a_guise_is_around_the_call() -> None:
    """The framework calls the constraint with the weights in it."""
    guises = {"negated": lambda call, w: call(-w)}
    (result,) = returned(request("half", access="negated"), guises=guises).results
    (usual,) = returned(request("half")).results
    assert (values_of(result) == -values_of(usual)).all()


def test_the_gradient_takes_the_place_of_the_result() -> None:
    """It is the framework's, of the constraint that is asked about."""
    (result,) = returned(request("half", access="gradient"), gradient=slope).results
    assert values_of(result).tolist() == [0.5, 0.5]


@pytest.mark.parametrize("value", [None, "2.0"])
def test_a_parameter_that_is_no_number_reaches_the_constraint(value: Any) -> None:
    """What an implementation makes of None or of text is its own affair."""
    seen: list[Any] = []
    asked = request(parameters={"max_value": value})

    def note(contract: str, parameters: Any, *_: Any) -> Any:
        seen.append(parameters)
        return lambda w: w

    ask(asked, build=note)
    assert seen == [{"max_value": value}]


def test_the_mode_reaches_the_constraint() -> None:
    """A mode of the stack is what the constraint is built for."""
    eager, double = (values_of(returned(request(mode=mode)).results[0]) for mode in STACK.mode_names)
    assert (2 * eager).tolist() == double.tolist()


@pytest.mark.parametrize("layout", ["C", "F", "strided", "reversed", "broadcast:0"])
def test_the_layout_reaches_the_constraint(layout: str) -> None:
    """The constraint is given the strides of the layout."""
    seen: list[Array] = []
    ones = weights(np.ones((3, 2)), layout=layout)
    ask(request(weights=ones), build=spy(seen))
    assert [w.strides for w in seen] == [arrays.decode(ones).strides]


@pytest.mark.parametrize("format", ["float16", "float32", "float64", "int32", "bool"])
def test_a_result_keeps_its_format(format: str) -> None:
    """What comes back has the format and the bits that the constraint returned."""
    sent = weights([1, 0], format)
    assert returned(request("same", weights=sent)).results == (sent,)


@pytest.mark.parametrize(
    ("contract", "format", "shape"),
    [("integers", "int32", (2,)), ("shorter", "float32", (1,)), ("complex", "complex64", (2,))],
)
def test_a_result_of_another_type_or_shape_is_a_value(contract: str, format: str, shape: tuple[int, ...]) -> None:
    """Whether a result is right is not for the worker to say."""
    (result,) = returned(request(contract)).results
    assert (result.format, result.shape) == (format, shape)


@pytest.mark.parametrize(("contract", "changed"), [("same", False), ("half", False), ("writes", True)])
def test_a_change_of_the_input_is_seen(contract: str, changed: bool) -> None:
    """The input's bits are compared after the first call."""
    assert returned(request(contract)).input_changed is changed


@pytest.mark.parametrize("layout", ["C", "F", "strided", "reversed", "broadcast:0"])
def test_a_change_of_the_input_is_seen_in_every_layout(layout: str) -> None:
    """No layout hides a write."""
    answer = returned(request("writes", weights=weights([[5.0], [5.0]], layout=layout)))
    assert answer.input_changed is True


def test_a_nan_does_not_count_as_a_change() -> None:
    """Bits are compared, so a NaN equals itself."""
    assert returned(request("same", weights=weights([np.nan, 1.0]))).input_changed is False


def test_warnings_are_part_of_the_answer() -> None:
    """A warning is reported with its category, every time, and does not reach the worker's own log."""
    for _ in range(2):
        assert returned(request("warns")).warnings == ("UserWarning: something is odd",)


def test_a_quiet_constraint_has_no_warnings() -> None:
    """What NumPy warns of by itself is reported, and nothing else is."""
    assert returned(request()).warnings == ()


@pytest.mark.parametrize(
    ("contract", "name", "message"),
    [
        ("raises", "ZeroDivisionError", "no weights today"),
        ("leaves", "SystemExit", "3"),
        ("mute", "Mute", "(its message cannot be shown)"),
        ("surrogate", "ValueError", "half \\ud800"),
    ],
)
def test_an_exception_is_an_error(contract: str, name: str, message: str) -> None:
    """Whatever the constraint raises comes back as type and message, and the worker goes on."""
    assert ask(request(contract)) == Raised(name, message, call=0)


def test_an_error_says_at_which_call_it_came() -> None:
    """Calls are counted from 0."""
    calls = iter([np.ones(1)])
    answer = ask(request(calls=3), build=lambda *_: lambda w: next(calls))
    assert isinstance(answer, Raised) and (answer.exception, answer.call) == ("StopIteration", 1)


def test_an_error_while_building_is_an_error() -> None:
    """A constraint may refuse its parameters before it is called."""
    answer = ask(request(parameters={"maximum": 2.0}))
    assert isinstance(answer, Raised) and (answer.exception, answer.call) == ("TypeError", 0)


@pytest.mark.parametrize(
    ("contract", "reason"),
    [
        ("none", "returned NoneType, not an array"),
        ("a list", "returned list, not an array"),
        ("text", "returned an array of str96, not of numbers"),
        ("objects", "returned an array of object, not of numbers"),
    ],
)
def test_what_is_no_array_of_numbers_is_malformed(contract: str, reason: str) -> None:
    """The reason says what came back instead."""
    assert ask(request(contract)) == NotAnArray(reason)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"mode": "jit"}, "tiny has no mode jit, only eager, double"),
        ({"contract": "max_pool"}, "no formula is written here for the contract max_pool"),
        ({"weights": Weights("float8", (1,), b"0")}, "NumPy has no format named float8"),
        ({"access": "by_name"}, "tiny has no way by_name, only call, gradient, tf32, made once, again, at once"),
        ({"access": "gradient"}, "numpy has no automatic differentiation"),
    ],
    ids=["mode", "contract", "format", "way", "gradient"],
)
def test_what_the_stack_does_not_have_is_unsupported(changes: dict[str, Any], reason: str) -> None:
    """An unknown mode, contract or format is answered in a sentence."""
    assert ask(request(**changes)) == NotSupported(reason)


@pytest.mark.parametrize(
    ("format", "reason"),
    [
        ("float64", "numpy stores float64 as float32"),
        ("bfloat16", "numpy makes no bfloat16 tensor: TypeError: no such type"),
    ],
)
def test_a_format_that_the_framework_cannot_hold_is_unsupported(format: str, reason: str) -> None:
    """Weights that would become something else are not sent."""
    answer = ask(request(weights=weights([1, 2], format)), to_tensor=narrow_to_tensor)
    assert answer == NotSupported(reason)


def test_values_that_change_on_conversion_are_unsupported() -> None:
    """A framework that flushes subnormals when it is given them never gets the blame of a constraint."""
    answer = ask(request(), to_tensor=lambda array, format: array * 2)
    assert answer == NotSupported("numpy changes float32 values on conversion")


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (request(weights=Weights("float32", (3,), weights().bits)), "ValueError: cannot reshape array"),
        (request(weights=Weights("float32", (2,), b"123")), "ValueError: buffer size must be a multiple"),
        (request(weights=weights(layout="sparse")), "ValueError: there is no layout named 'sparse'"),
        (request(weights=weights(layout="broadcast:0")), "ValueError: layout broadcast:0 needs weights that are"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_request_that_contradicts_itself_is_refused(message: Apply, reason: str) -> None:
    """The reason is one line, and the worker goes on."""
    answer = ask(message)
    assert isinstance(answer, Refused) and answer.reason.startswith(reason)
    assert "\n" not in answer.reason


@pytest.mark.parametrize("contract", ["max_norm", "raises", "none", "max_pool"])
def test_the_scope_of_a_format_surrounds_the_call(contract: str) -> None:
    """What a format needs is set for the call and undone after it, whatever the call does."""
    seen: list[str] = []
    ask(request(contract), scope=lambda format: noting(seen, format))
    assert seen == ["float32 begins", "float32 ends"]


@pytest.mark.parametrize("contract", ["same", "raises", "warns"])
def test_the_filters_of_warnings_are_left_as_they_were(contract: str) -> None:
    """Reporting warnings changes nothing for what comes after."""
    before = list(warnings.filters)
    ask(request(contract))
    assert list(warnings.filters) == before


def test_time_calls_once_more_than_asked() -> None:
    """There is a call to warm up, and each result is awaited."""
    called, awaited = list[Array](), list[Array]()
    answer = ask(Time(request(), 7), build=spy(called), synchronise=spy(awaited)())
    assert isinstance(answer, Timed) and answer.seconds >= 0
    assert len(called) == len(awaited) == 8


def test_a_copy_is_timed_like_a_call() -> None:
    """Once to warm up, and each is awaited."""
    copied, awaited = list[Array](), list[Array]()
    answer = ask(Copy(weights(), 5), copy=spy(copied)(), synchronise=spy(awaited)())
    assert isinstance(answer, Timed) and len(copied) == len(awaited) == 6


def test_a_framework_without_a_copy_says_so() -> None:
    """In one sentence."""
    said = ask(Copy(weights(), 1))
    assert said == NotSupported("no copy is written here for numpy")


def test_tf32_is_allowed_for_one_request() -> None:
    """From before the constraint is built until its result is there."""
    seen: list[str] = []

    @contextlib.contextmanager
    def allowed() -> Iterator[None]:
        seen.append("allowed")
        yield
        seen.append("as before")

    assert returned(request(access="tf32"), tf32=allowed) and seen == ["allowed", "as before"]


def test_a_framework_without_tf32_says_so() -> None:
    """In one sentence."""
    assert ask(request(access="tf32")) == NotSupported("numpy has no switch for TF32")


@pytest.mark.parametrize(("contract", "kind"), [("raises", Raised), ("none", NotAnArray), ("max_pool", NotSupported)])
def test_what_gives_no_value_is_not_timed(contract: str, kind: type) -> None:
    """A constraint that fails is answered like in an apply request."""
    assert isinstance(ask(Time(request(contract), 1)), kind)


@pytest.mark.parametrize(
    ("source", "answer"),
    [
        ("print(1 + 1)", Ran("2\n")),
        ("", Ran("")),
        ("print(__name__)", Ran("__main__\n")),
        ("print('a')\n1 / 0", Ran("a\n", Raised("ZeroDivisionError", "division by zero"))),
        ("raise SystemExit(2)", Ran("", Raised("SystemExit", "2"))),
        ("print('\\ud800')", Ran("\\ud800\n")),
        ("1 +", Ran("", Raised("SyntaxError", "invalid syntax (<snippet>, line 1)"))),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_run_hands_back_what_was_printed(source: str, answer: Ran) -> None:
    """A program runs as __main__; what it prints and what it raises come back."""
    assert ask(RunProgram(source)) == answer


def test_programs_do_not_share_their_names() -> None:
    """Each program begins with nothing defined."""
    ask(RunProgram("left_over = 1"))
    again = ask(RunProgram("print(left_over)"))
    assert isinstance(again, Ran) and again.raised and again.raised.exception == "NameError"


def test_the_framework_is_reset_before_a_program() -> None:
    """What earlier requests configured does not reach a program that is meant to stand alone."""
    seen: list[str] = []
    ask(RunProgram("print('x')"), reset=lambda: seen.append("reset"))
    assert seen == ["reset"]


def described(stack: Stack = STACK, **changes: Any) -> Description:
    """What a stack says of itself."""
    answer = handlers.answer(Loaded(stack, framework(**changes)), Describe())
    assert isinstance(answer, Description), answer
    return answer


def test_describe_says_what_runs_here() -> None:
    """Versions, interpreter, device, modes and epsilon are those of this process."""
    said = described(epsilon=0.5)
    assert said.versions == {"numpy": np.__version__}
    assert (said.python, said.pid) == (platform.python_version(), os.getpid())
    assert (said.backend, said.modes, said.epsilon_default) == ("numpy", ("eager", "double"), 0.5)


@pytest.mark.parametrize(("accelerator", "kind"), [(None, "cpu"), ("Abacus 3000", "gpu")])
def test_describe_names_the_device(accelerator: str | None, kind: str) -> None:
    """Without an accelerator it is the processor, which has a name too."""
    device = described(accelerator=accelerator).device
    assert device.kind == kind and device.name
    assert accelerator is None or device.name == accelerator


@pytest.mark.parametrize(
    ("changes", "formats"),
    [
        ({}, {}),
        ({"to_tensor": narrow_to_tensor}, {"bfloat16": "makes no", "float64": "stores float64 as float32"}),
        ({"build": lambda *_: lambda w: w.astype("f4")}, dict.fromkeys(("float16", "float64", "bfloat16"), "returns")),
        ({"build": lambda *_: lambda w: 1 // 0}, {}),
        ({"build": refuse}, dict.fromkeys(arrays.FORMATS, "tiny has no max_norm")),
    ],
    ids=["all", "no bfloat16, narrow float64", "results in float32", "a constraint that raises", "no constraints"],
)
def test_describe_says_which_formats_survive(changes: dict[str, Any], formats: dict[str, str]) -> None:
    """A format has no reason, or the reason why weights of it do not come back in it; a plain error is none."""
    changes = {"build": lambda *_: lambda w: w} | changes
    said = {format: reason for format, reason in described(**changes).formats.items() if reason}
    assert said.keys() == formats.keys()
    assert all(formats[format] in reason for format, reason in said.items())


def test_every_answer_can_be_sent() -> None:
    """Answers are made of what a channel can carry, and hold no NumPy numbers."""
    plain = (dict, list, str, bytes, int, float, bool, type(None))

    def check(data: Any) -> None:
        assert type(data) in plain
        for part in [*data, *data.values()] if isinstance(data, dict) else data if isinstance(data, list) else []:
            check(part)

    for contract in ("max_norm", "raises", "none", "max_pool", "warns"):
        check(answer_to_wire(ask(request(contract))))
    for message in (Describe(), Quit()):
        check(answer_to_wire(ask(message)))


@pytest.mark.parametrize(("name", "said"), [("numpy", None), ("normconf_is_not_installed", "ModuleNotFoundError")])
def test_load_imports_what_the_stack_requires(name: str, said: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A framework that is not there is named with the exception that its import raised."""
    module = __import__("tests.support.minimal_framework", fromlist=["tiny"])
    stack = Stack("tiny", module.__name__, (name,), {}, (Mode("eager"),), "Tiny.")
    monkeypatch.setattr(module, "STACKS", (stack,), raising=False)
    monkeypatch.setattr(module, "load", lambda stack: framework(), raising=False)
    if said is None:
        assert serve.load(Recipient("tiny", module.__name__))[0] is stack
    else:
        with pytest.raises(Unsupported, match=f"import {name} raised {said}"):
            serve.load(Recipient("tiny", module.__name__))


class Script:
    """A channel that says what it was given and keeps what it is told."""

    def __init__(self, *said: Any) -> None:
        self.said, self.told = list(said), list[Any]()
        self.receive, self.send = lambda: self.said.pop(0), self.told.append


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> Recipient:
    """What names the tiny stack in a request; it can be loaded once."""
    module = __import__("tests.support.minimal_framework", fromlist=["tiny"])
    frameworks = [framework()]
    monkeypatch.setattr(module, "STACKS", (STACK,), raising=False)
    monkeypatch.setattr(module, "load", lambda stack: frameworks.pop(), raising=False)
    return Recipient("tiny", module.__name__)


def test_a_worker_says_ready_before_it_loads_anything() -> None:
    """The first word needs no framework, and quit has no answer."""
    channel = Script(request_to_wire(Quit(), None))
    serve.serve(channel)
    assert channel.told == [{"ready": os.getpid()}]


def test_a_stack_is_loaded_once(tiny: Recipient) -> None:
    """Each request is answered by the stack that it names, and what was compiled stays known."""
    asked = request(mode="double")
    messages: list[Message[Any]] = [Describe(), asked, asked, RunProgram("1"), Quit()]
    channel = Script(*(request_to_wire(message, tiny) for message in messages))
    serve.serve(channel)
    assert [told.get("answer") for told in channel.told[1:]] == ["Description", "Returned", "Returned", "Ran"]
    assert [told["content"]["first"] for told in channel.told[2:4]] == [True, False]


@pytest.mark.parametrize("message", [Describe(), request()], ids=["describe", "apply"])
def test_a_stack_that_cannot_be_loaded_says_why(message: Message[Any]) -> None:
    """Other stacks of the process go on, and the reason is kept."""
    stacks: serve.Stacks = {}
    for _ in range(2):
        answer = serve.respond(stacks, request_to_wire(message, Recipient("none", "adapters.none")))
        assert isinstance(answer, Unavailable)
        assert answer.reason.startswith("none cannot be loaded: ModuleNotFoundError:")


def test_a_request_that_names_no_stack_is_refused() -> None:
    """The suite is told that it is its own fault."""
    assert serve.respond({}, request_to_wire(request(), None)) == Refused("the request names no stack")


def test_formats_are_described_without_a_contract_that_the_stack_lacks() -> None:
    """A stack of one other contract holds what its framework holds."""
    other = replace(STACK, contracts=("renorm",))
    assert not any(described(other, build=refuse).formats.values())


def test_the_norm_of_these_tests_is_the_norm() -> None:
    """The tiny framework computes what NumPy's own norm computes."""
    w = np.array([[3.0, 1.0], [4.0, 2.0]])
    assert norm(w, 0).tolist() == np.linalg.norm(w, axis=0, keepdims=True).tolist()


def test_a_message_names_no_folder_of_this_machine() -> None:
    """Where modules lie is another place on every machine."""
    said = (
        f'File "{os.path.dirname(np.__path__[0])}/keras/src/constraints.py", line 3; {os.path.abspath(os.sep)}elsewhere'
    )
    assert plain(said) == f'File "keras/src/constraints.py", line 3; {os.path.abspath(os.sep)}elsewhere'


class Nameless(type):
    """A metaclass whose classes refuse to say their names."""

    @property
    def __name__(cls) -> str:  # type: ignore[override]
        raise ValueError("no name")


def test_a_type_that_refuses_its_name_has_one() -> None:
    """The name with which it was made."""
    assert type_name(Nameless("Odd", (), {})) == "Odd"
