"""What came back from a call: results, an exception, or one of the ways to give neither."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

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
        case Raised(exception, message):
            return f"{exception}: {message}".strip(": ")
        case _:
            return outcome.reason


def to_outcome(answer: Mapping[str, Any]) -> Outcome:
    """A worker's answer (adapters.core.messages) as an outcome; raises RuntimeError where the suite is at fault."""
    kind = answer["outcome"]
    if kind == "value":
        results = tuple(Weights(r["format"], tuple(r["shape"]), r["bits"]) for r in answer["results"])
        seconds = answer["seconds"]
        return Returned(results, answer["input_changed"], seconds, seconds if answer["first"] else 0.0)
    if kind == "error":
        return Raised(answer["type"], answer["message"])
    if kind == "malformed":
        return NotAnArray(answer["reason"])
    if kind == "unsupported":
        return Unsupported(answer["reason"])
    raise RuntimeError(f"the worker refused the request: {answer.get('reason', kind)}")
