"""What came back from a call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from conformance.cases.case import Weights


@dataclass(frozen=True)
class Outcome:
    """What came back: kind is "value", "error", "malformed", "unsupported", "crash" or "timeout".

    `results` holds one array per call of a "value", or that of the last call; `said` is the exception's type, or the
    reason of anything else. `seconds` is the time of the calls, `compiling` the same for the first call of a function
    in a mode that compiles.
    """

    kind: str
    results: tuple[Weights, ...] = ()
    said: str = ""
    message: str = ""
    input_changed: bool = False
    seconds: float = field(default=0.0, compare=False)
    compiling: float = field(default=0.0, compare=False)


def to_outcome(answer: Mapping[str, Any]) -> Outcome:
    """A worker's answer (adapters.core.stack) as an outcome; raises RuntimeError where the suite is at fault."""
    kind = answer["outcome"]
    if kind == "value":
        results = tuple(Weights(r["format"], tuple(r["shape"]), r["bits"]) for r in answer["results"])
        seconds = answer["seconds"]
        compiling = seconds if answer["first"] else 0.0
        return Outcome("value", results, input_changed=answer["input_changed"], seconds=seconds, compiling=compiling)
    if kind == "error":
        return Outcome("error", said=answer["type"], message=answer["message"])
    if kind in ("unsupported", "malformed"):
        return Outcome(kind, said=answer["reason"])
    raise RuntimeError(f"the worker refused the request: {answer.get('reason', kind)}")
