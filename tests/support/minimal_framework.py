"""A framework of a few lines, NumPy itself, whose constraints are what a test needs; and requests to ask it."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from adapters.core import arrays
from adapters.core.arrays import Weights
from adapters.core.framework import Array, Constraint, Framework, Unsupported
from adapters.core.messages import Answer, Apply, Request, Returned
from adapters.core.stack import Mode, Stack
from adapters.programs import formula
from adapters.worker import handlers
from adapters.worker.calling import Loaded

STACK = Stack("tiny", __name__, (), {}, (Mode("eager"), Mode("double", compiles=True)), "NumPy, for the tests.")


def norm(w: Array, axis: Any) -> Any:
    """The L2 norm of each group, kept as a dimension."""
    return np.sqrt(np.sum(np.square(w), axis=axis, keepdims=True))


def warn_and_return(w: Array) -> Array:
    """Warn, and return the weights."""
    warnings.warn("something is odd", stacklevel=1)
    return w


def write_to_input(w: Array) -> Array:
    """Double the weights in place."""
    w *= 2
    return w


def divide_by_zero(w: Array) -> Array:
    """Raise ZeroDivisionError."""
    raise ZeroDivisionError("no weights today")


def leave(w: Array) -> Array:
    """Raise what would end a process."""
    raise SystemExit(3)


class Mute(Exception):
    """An exception that cannot be shown."""

    def __str__(self) -> str:
        raise RuntimeError("no words")


def raise_mute(w: Array) -> Array:
    """Raise an exception that cannot be shown."""
    raise Mute


def raise_surrogate(w: Array) -> Array:
    """Raise an exception whose message is half a character."""
    raise ValueError("half \ud800")


BEHAVIOURS: Mapping[str, Callable[[Array], Any]] = {
    "same": lambda w: w,
    "half": lambda w: w / 2,
    "none": lambda w: None,
    "a list": lambda w: [1.0],
    "text": lambda w: np.array(["one"]),
    "objects": lambda w: np.array([None]),
    "complex": lambda w: w * 1j,
    "integers": lambda w: np.ones(2, np.int32),
    "shorter": lambda w: w[:1],
    "warns": warn_and_return,
    "writes": write_to_input,
    "raises": divide_by_zero,
    "leaves": leave,
    "mute": raise_mute,
    "surrogate": raise_surrogate,
}


def build(contract: str, parameters: Mapping[str, Any], axis: Any, mode: str) -> Constraint:
    """Build a behaviour by name, or else one of Keras' constraints in NumPy; "double" gives twice its result."""
    if contract in BEHAVIOURS:
        return BEHAVIOURS[contract]
    constrained = formula.constrain(contract, norm, np.clip, axis)
    factor = 2 if mode == "double" else 1
    return lambda w: constrained(w, {"epsilon": 1e-7, **parameters}) * factor


def by_name(contract: str, parameters: Mapping[str, Any], axis: Any, mode: str) -> Constraint:
    """Build max_norm with 1, whatever is asked."""
    return build("max_norm", {"max_value": 1.0}, axis, mode)


def slope(constraint: Constraint, w: Array) -> Any:
    """The slope of a constraint that scales weights."""
    return constraint(w) / w


def narrow_to_tensor(array: Array, format: str) -> Array:
    """Store float64 as float32, and refuse bfloat16."""
    if format == "bfloat16":
        raise TypeError("no such type")
    return array.astype(np.float32) if format == "float64" else array


def framework(**changes: Any) -> Framework:
    """NumPy as a framework; bfloat16 has no arithmetic here, so that its constraints raise."""
    parts: dict[str, Any] = {
        "backend": "numpy",
        "array_types": (np.ndarray, np.generic),
        "to_tensor": lambda array, format: array,
        "to_array": lambda tensor: (tensor, "bfloat16" if tensor.dtype == np.uint16 else tensor.dtype.name),
        "build": build,
    }
    return Framework(**(parts | changes))


def weights(values: Any = (3.0, 4.0), format: str = "float32", layout: str = "C") -> Weights:
    """An array in a layout."""
    array: Array = np.asarray(values, arrays.storage(format))
    return replace(arrays.encode(array, format), layout=layout)


def request(contract: str = "max_norm", /, **changes: Any) -> Apply:
    """A request to apply max_norm(2) to the vector [3, 4], unless something else is said."""
    parameters = {"max_value": 2.0} if contract == "max_norm" else {}
    return replace(Apply(contract, parameters, 0, weights(), "eager"), **changes)


class Counting:
    """Stores and counts arrays on their way out of the framework."""

    def __init__(self) -> None:
        self.counted = 0

    def to_array(self, tensor: Any) -> tuple[Array, str]:
        """Count it."""
        self.counted += 1
        return tensor, tensor.dtype.name


def ask(message: Request[Any], **changes: Any) -> Answer:
    """The worker's answer to a request, from the framework with these changes."""
    return handlers.answer(Loaded(STACK, framework(**changes)), message)


def returned(message: Apply, **changes: Any) -> Returned:
    """The same of one that is answered by a value."""
    answer = ask(message, **changes)
    assert isinstance(answer, Returned), answer
    return answer


def values_of(result: Weights) -> Array:
    """The array of a result of one call."""
    return arrays.decode(result)


@contextlib.contextmanager
def noting(seen: list[str], name: str) -> Iterator[None]:
    """Note when a scope begins and ends."""
    seen.append(f"{name} begins")
    try:
        yield
    finally:
        seen.append(f"{name} ends")


def spy(seen: list[Array]) -> Callable[..., Constraint]:
    """Build a constraint that notes what it is given and returns it."""

    def note(w: Array) -> Array:
        seen.append(w)
        return w

    return lambda *_: note


def refuse(contract: str, parameters: Mapping[str, Any], axis: Any, mode: str) -> Constraint:
    """Have no constraints."""
    raise Unsupported(f"tiny has no {contract}")
