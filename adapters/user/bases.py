"""What each framework is for a constraint that somebody brings."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Mapping

from adapters import jax, keras1, keras3, tensorflow, torch
from adapters.core.framework import Framework
from adapters.core.stack import Stack
from adapters.programs.program import NUMPY, Dialect


@dataclasses.dataclass(frozen=True)
class Base:
    """What a framework is for a subject: what has to be importable, in which environment, and who makes its tensors."""

    requires: tuple[str, ...]
    load: Callable[[Stack], Framework]
    dialect: Dialect
    environment: Mapping[str, str] = dataclasses.field(default_factory=dict)


FRAMEWORKS: Mapping[str, Base] = {
    "torch": Base(("torch",), torch.load, torch.DIALECT),
    "jax": Base(("jax",), jax.load, jax.DIALECT),
    "tensorflow": Base(("tensorflow",), tensorflow.load, tensorflow.DIALECT, tensorflow.QUIET),
    "numpy": Base(("numpy",), keras1.load, NUMPY),
    **{
        stack.name: Base(
            stack.requires,
            keras3.BACKENDS[stack.environment["KERAS_BACKEND"]].load,
            keras3.BACKENDS[stack.environment["KERAS_BACKEND"]].dialect,
            stack.environment,
        )
        for stack in keras3.STACKS
    },
}


def framework_named(name: str) -> str:
    """The key of FRAMEWORKS; "keras" is Keras on the backend that KERAS_BACKEND names, or on TensorFlow."""
    return f"keras-{os.environ.get('KERAS_BACKEND') or 'tensorflow'}" if name == "keras" else name
