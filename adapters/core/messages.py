"""The messages between the suite and a worker: a request is answered by one answer, and each is a type.

The suite runs BOOTSTRAP in a fresh interpreter with the project's folder as its argument. The worker answers
{"ready": pid}, or {"unavailable": sentence} and ends; then each request gets one answer. Stacks of one `process` share
a worker, so a request names its stack, which is loaded at the first request that does.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, Optional, TypeVar, Union

from adapters.core import wire
from adapters.core.arrays import Weights
from adapters.core.axes import decode_axis, encode_axis
from adapters.core.declaration import Declaration
from adapters.core.spaces import Space
from adapters.core.user_code import SubjectDescription

# accesses by which a constraint is called many times more, later or by another thread
WHILE_CALLED = ("again", "at once")
# the access by which a constraint is made once, and called again where the same is asked, until there is a plain call
MADE_ONCE = "made once"
# the access by which somebody's own constraint is not asked, but the Keras formula in its framework's operations
IN_PLAIN_OPERATIONS = "in plain operations"
# A command leaves '' in front: a file torch.py in the user's folder would be taken for the framework.
BOOTSTRAP = """
import sys
root = sys.argv[1]
sys.path[:] = [root] + [path for path in sys.path if path not in ("", root)]
from adapters.core.channel import take_standard_pipes
channel = take_standard_pipes()
import signal
signal.signal(signal.SIGINT, signal.SIG_IGN)  # the suite's own, which ends its workers itself
try:
    from adapters.worker.serve import serve
except BaseException as error:  # no NumPy, or a Python too old for this project
    channel.send({"unavailable": "the worker cannot start: %s: %s" % (type(error).__name__, error)})
else:
    serve(channel)
"""
# The same for a process that hands out copies of itself: its arguments are the folder, a socket, and what it imports.
FORK_SERVER = """
import sys
root, descriptor, *modules = sys.argv[1:]
sys.path[:] = [root] + [path for path in sys.path if path not in ("", root)]
import signal
signal.signal(signal.SIGINT, signal.SIG_IGN)
from adapters.worker.fork_server import worker_channel
from adapters.worker.serve import serve
channel = worker_channel(int(descriptor), modules)
if channel is not None:
    serve(channel)
"""
# what it says once it has imported them, a number of a process and what that is answered by, and what it is asked: for
# a copy, by this and the names of what has to be imported besides; to serve another, too; and no more
READY, NUMBER, KNOWN = b"ready", struct.Struct(">q"), b"k"
FORK, SHARE, LEAVE, LONGEST_FORK = "fork", b"share", b"leave", 4096


def _check_seconds(seconds: float) -> None:
    # of a clock that a subject may have changed
    if not 0.0 <= seconds < 1e9:
        raise ValueError(f"{seconds!s:.20} seconds are no time that a call takes")


@dataclass(frozen=True)
class Device:
    """What a stack runs on: "cpu" or "gpu", its name, and of a GPU the versions of its driver and libraries."""

    kind: str
    name: str
    details: Optional[Mapping[str, str]] = None


@dataclass(frozen=True)
class Description:
    """What a stack is where it runs; of each format, None or why the stack cannot hold it."""

    versions: Mapping[str, str]
    python: str
    backend: str
    device: Device
    formats: Mapping[str, Optional[str]]
    modes: tuple[str, ...]
    pid: int
    epsilon_default: float


@dataclass(frozen=True)
class Returned:
    """The constraint returned arrays: that of each call, or that of the last one.

    `input_changed`: the bits of the input, as the framework sees them, differ after the first call. `seconds` is the
    time of all calls, conversions left out. `first`: the mode compiles, and had not been called with this stack,
    contract, axis, access, format and shape before (nor parameters, where they are Framework.constants), so most of
    the time is that of compiling.
    """

    results: tuple[Weights, ...]
    input_changed: bool
    warnings: tuple[str, ...]
    seconds: float
    first: bool

    def __post_init__(self) -> None:
        _check_seconds(self.seconds)
        if not self.results:
            raise ValueError("it has no result")
        for result in self.results:
            result.check()


@dataclass(frozen=True)
class Raised:
    """The constraint, or a program, raised an exception of this type; `call` counts the calls before.

    `where`: the last line of the subject's own file that was reached, and its number.
    """

    exception: str
    message: str
    call: int = 0
    where: str = ""


@dataclass(frozen=True)
class NotAnArray:
    """The constraint returned something else than an array of numbers; the reason says what."""

    reason: str


@dataclass(frozen=True)
class NotSupported:
    """The stack has no such contract, format, mode, access or copy."""

    reason: str


@dataclass(frozen=True)
class Timed:
    """The wall time of all repeats."""

    seconds: float

    def __post_init__(self) -> None:
        _check_seconds(self.seconds)


@dataclass(frozen=True)
class Swept:
    """The results are in the file; the wall time of the call, conversions left out, and whether it compiled."""

    seconds: float
    first: bool

    def __post_init__(self) -> None:
        _check_seconds(self.seconds)


@dataclass(frozen=True)
class Ran:
    """What a program printed, and what it raised, if anything."""

    printed: str
    raised: Optional[Raised] = None


@dataclass(frozen=True)
class Prepared:
    """The stack is loaded."""


@dataclass(frozen=True)
class Found:
    """The subjects of a file or module."""

    subjects: tuple[SubjectDescription, ...]


@dataclass(frozen=True)
class Unavailable:
    """The stack cannot be loaded, or the file not be read; any request may be answered so."""

    reason: str


@dataclass(frozen=True)
class Refused:
    """The request contradicts itself, which is the suite's fault; any request may be answered so."""

    reason: str


ApplyAnswer = Union[Returned, Raised, NotAnArray, NotSupported]
TimeAnswer = Union[Timed, Raised, NotAnArray, NotSupported]
SweepAnswer = Union[Swept, Raised, NotAnArray, NotSupported]
Answer = Union[Description, Prepared, ApplyAnswer, Timed, Swept, Ran, Found, Unavailable, Refused]

A = TypeVar("A", covariant=True)


class Request(Generic[A]):
    """A request that is answered by an A, by Unavailable or by Refused."""

    answers: ClassVar[tuple[type[Any], ...]] = ()

    def read_answer(self, message: Any) -> Union[A, Unavailable, Refused]:
        """Return the answer that came; raises MessageError for one that this request does not have."""
        answer: Union[A, Unavailable, Refused] = _tagged(message, "answer", (*self.answers, Unavailable, Refused))
        return answer


@dataclass(frozen=True)
class Load(Request[Prepared]):
    """Load the stack, and call nothing."""

    answers = (Prepared,)


@dataclass(frozen=True)
class Describe(Request[Description]):
    """Say what the stack is here, which takes a call in each format."""

    answers = (Description,)


@dataclass(frozen=True)
class Apply(Request[ApplyAnswer]):
    """Build the constraint of a contract, and call it `calls` times, each time on the result before.

    `axis`: the dimensions over which the norm is taken, in the Keras sense, whatever the call itself wants to be given:
    the adapter of torch.renorm passes the dimension that is left. A parameter is a float, or None or a string where a
    rule asks what an implementation makes of those; an epsilon that is not given is the stack's own default. `access`:
    "call", "gradient" (of the sum of the result, with respect to the weights, in place of the result), "tf32" (a call
    while TensorFloat-32 is allowed), "again" and "at once" (adapters.worker.conduct says which results come back),
    MADE_ONCE, or a key of Framework.accesses or of Framework.guises. `keep_all`: every result comes back, not only the
    last.
    """

    contract: str
    parameters: Mapping[str, Any]
    axis: Any = field(metadata={"encode": encode_axis, "decode": decode_axis})
    weights: Weights
    mode: str
    calls: int = 1
    access: str = "call"
    keep_all: bool = True

    answers = (Returned, Raised, NotAnArray, NotSupported)

    def read_answer(self, message: Any) -> Union[ApplyAnswer, Unavailable, Refused]:
        """Return the answer that came; raises MessageError for one of another number of calls, too."""
        answer = super().read_answer(message)
        due = self.calls if self.keep_all else 1
        if isinstance(answer, Returned) and len(answer.results) != due:
            raise wire.MessageError(f"it has {len(answer.results)} results, where {due} are due")
        return answer


@dataclass(frozen=True)
class Time(Request[TimeAnswer]):
    """Time `repeats` calls on the same converted tensor, each result awaited, after one call to warm up."""

    apply: Apply
    repeats: int

    answers = (Timed, Raised, NotAnArray, NotSupported)


@dataclass(frozen=True)
class Copy(Request[TimeAnswer]):
    """Time `repeats` copies of a tensor on its device, after one to warm up."""

    weights: Weights
    repeats: int

    answers = (Timed, Raised, NotAnArray, NotSupported)


@dataclass(frozen=True)
class Sweep(Request[SweepAnswer]):
    """Call the constraint once on groups of a space, and leave the bits of the results in a file, group by group.

    The groups are so many of `space` from the `first` on, arranged in an array of `rank` over the `reduced` dimensions
    as adapters.core.spaces says, and `axis` is theirs. Only those of finite weights are asked about, or, where `finite`
    is not so, only the others; the rest become zeros. The results are written at the beginning of `file`, which is
    there and large enough, in columns: (length, count).
    """

    contract: str
    parameters: Mapping[str, float]
    axis: Any = field(metadata={"encode": encode_axis, "decode": decode_axis})
    mode: str
    space: Space
    first: int
    count: int
    rank: int
    reduced: tuple[int, ...]
    file: str
    finite: bool

    answers = (Swept, Raised, NotAnArray, NotSupported)


@dataclass(frozen=True)
class RunProgram(Request[Ran]):
    """Run a program as __main__."""

    source: str

    answers = (Ran,)


@dataclass(frozen=True)
class FindSubjects(Request[Found]):
    """Describe the named subjects of a file or module, or those that are marked; this request names no stack."""

    where: str
    names: tuple[str, ...]

    answers = (Found,)


@dataclass(frozen=True)
class Quit(Request[None]):
    """End without an answer."""


@dataclass(frozen=True)
class Recipient:
    """The stack that is to answer: what its adapter calls it, or what is declared of it.

    `compiled`: the folder in which it is kept what a compiler makes of it.
    """

    name: str
    module: str
    declaration: Optional[Declaration] = None
    compiled: Optional[str] = None


REQUESTS = (Load, Describe, Apply, Time, Copy, Sweep, RunProgram, FindSubjects, Quit)


def request_to_wire(request: Request[Any], recipient: Optional[Recipient]) -> dict[str, Any]:
    """Return a request and the stack that is to answer it as plain data."""
    return {
        "request": type(request).__name__,
        "content": wire.to_wire(request),
        "recipient": None if recipient is None else wire.to_wire(recipient),
    }


def request_from_wire(message: Any) -> tuple[Request[Any], Optional[Recipient]]:
    """Return a request and the stack that is to answer it; raises MessageError."""
    request = _tagged(message, "request", REQUESTS)
    recipient = message.get("recipient")
    return request, None if recipient is None else wire.from_wire(Recipient, recipient, "recipient")


def answer_to_wire(answer: Answer) -> dict[str, Any]:
    """Return an answer as plain data."""
    return {"answer": type(answer).__name__, "content": wire.to_wire(answer)}


def _tagged(message: Any, what: str, kinds: tuple[type[Any], ...]) -> Any:
    """The message whose type one of its fields names."""
    name = message.get(what) if isinstance(message, dict) else None
    named = {kind.__name__: kind for kind in kinds}
    if not isinstance(name, str) or name not in named:
        raise wire.MessageError(f"the {what} is {name!r}, not one of {', '.join(named)}")
    return wire.from_wire(named[name], message.get("content"), name)
