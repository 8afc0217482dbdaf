"""What came back from a call: results, an exception, or one of the ways to give neither."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from adapters.core import messages
from conformance.cases.case import Case, Weights


@dataclass(frozen=True)
class Returned:
    """The constraint returned arrays.

    results: one of each successive call, or that of the last call only. input_changed: the bits of the weights that
    were passed in differ afterwards. seconds: wall time of the calls. compiling: the same for the first call of a
    function in a mode that compiles, else zero.
    """

    results: tuple[Weights, ...]
    input_changed: bool = False
    seconds: float = field(default=0.0, compare=False)
    compiling: float = field(default=0.0, compare=False)

    @property
    def first(self) -> Weights:
        """The result of the first call, or of the last where only that one came back."""
        return self.results[0]

    @property
    def last(self) -> Weights:
        """The result of the last call."""
        return self.results[-1]


@dataclass(frozen=True)
class Raised:
    """The constraint raised an exception of this type."""

    type: str
    message: str = ""
    where: str = ""


@dataclass(frozen=True)
class NotAnArray:
    """The constraint returned something else than an array of its framework."""

    reason: str


@dataclass(frozen=True)
class Unsupported:
    """The stack has no such format, mode or constraint, or is not asked any more."""

    reason: str


@dataclass(frozen=True)
class Crashed:
    """The process ended; the reason is what it last wrote."""

    reason: str


@dataclass(frozen=True)
class TimedOut:
    """Nothing came back in time, and the process was ended."""

    reason: str


Outcome: TypeAlias = Returned | Raised | NotAnArray | Unsupported | Crashed | TimedOut


@dataclass(frozen=True)
class Call:
    """A case that was put to a stack, and what came back."""

    case: Case
    outcome: Outcome


def describe(outcome: Outcome) -> str:
    """What an outcome without results says, on one line; empty where there are results."""
    match outcome:
        case Returned():
            return ""
        case Raised(exception, message, _):
            return f"{exception}: {message}".strip(": ")
        case _:
            return outcome.reason


def to_outcome(answer: messages.ApplyAnswer) -> Outcome:
    """A worker's answer as an outcome."""
    match answer:
        case messages.Returned():
            results = tuple(Weights(result.format, result.shape, result.bits) for result in answer.results)
            return Returned(results, answer.input_changed, answer.seconds, answer.seconds if answer.first else 0.0)
        case messages.Raised():
            return Raised(answer.exception, answer.message, answer.where)
        case messages.NotAnArray(reason):
            return NotAnArray(reason)
        case messages.NotSupported(reason):
            return Unsupported(reason)
