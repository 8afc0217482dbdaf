"""What an adapter gives the worker once its framework is imported."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy.typing as npt

Array = npt.NDArray[Any]


Constraint = Callable[[Any], Any]


Build = Callable[[str, Mapping[str, Any], Any, str], Constraint]


NO_GRADIENT = "no gradient flows back to the weights: the result is detached from them"


class Unsupported(Exception):
    """The stack cannot do what is asked; the message is the reason in one sentence."""


class Malformed(Exception):
    """The constraint returned something that is not an array of its framework; the message says what."""


@dataclass(frozen=True)
class Framework:
    """What an adapter gives the worker once its framework is imported."""

    backend: str
    array_types: tuple[type, ...]
    # bfloat16 travels as an array of uint16 beside the format's name: NumPy has no bfloat16 of its own.
    to_tensor: Callable[[Array, str], Any]
    to_array: Callable[[Any], tuple[Array, str]]
    # contract, parameters, axis, mode; raises Unsupported for a contract that the stack does not have
    build: Build
    # other ways to get a constraint: "from_config" (rebuilt from its JSON), "identifier" (by name), ...
    accesses: Mapping[str, Build] = field(default_factory=dict)
    # by guise: calls a constraint with the weights in it, as a subclass of tensor or whatever else is taken for one
    guises: Mapping[str, Callable[[Constraint, Any], Any]] = field(default_factory=dict)
    # the gradient of the sum of a constraint's result at a tensor
    gradient: Callable[[Constraint, Any], Any] | None = None
    synchronise: Callable[[Any], Any] = lambda tensor: tensor
    scope: Callable[[str], contextlib.AbstractContextManager[Any]] = contextlib.nullcontext
    reset: Callable[[], None] = lambda: None
    # of distributions that are loaded in part, and so are no module with a __version__
    versions: Mapping[str, str] = field(default_factory=dict)
    accelerator: str | None = None
    # versions of the libraries by which the accelerator is used
    accelerator_libraries: Mapping[str, str] = field(default_factory=dict)
    # a scope in which TensorFloat-32 is allowed
    tf32: Callable[[], contextlib.AbstractContextManager[Any]] | None = None
    # a copy of a tensor on its device, to measure how fast memory is
    copy: Callable[[Any], Any] | None = None
    # parameters are constants of what is compiled, which is compiled anew for each of their values
    constants: bool = False
    # that of somebody's own constraint, in which a line is looked for where it raises
    file: str = ""
    epsilon: float = 1e-7
