"""Keras 2, which lives on as tf_keras, through tf_keras.constraints."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from adapters import keras3, tensorflow
from adapters.core.framework import Framework
from adapters.core.messages import Apply
from adapters.core.program import Program
from adapters.core.stack import Mode, Stack

STACKS = (
    Stack(
        name="tf-keras",
        module=__name__,
        requires=("tensorflow", "tf_keras"),
        environment=tensorflow.QUIET,
        modes=(Mode("eager"), tensorflow.COMPILED[0]),
        contracts=keras3.CONTRACTS,
        accesses=tuple(keras3.ACCESSES),
        makes_constraints=True,
        sentence="tf_keras.constraints, the last of Keras 2, on TensorFlow.",
    ),
)

DIALECT = dataclasses.replace(tensorflow.DIALECT, imports=("tensorflow as tf", "tf_keras"))


def load(stack: Stack) -> Framework:
    """Prepare Keras 2 on TensorFlow tensors."""
    import tf_keras

    return keras3.with_constraints(tensorflow.load(stack), tf_keras, tf_keras.backend, tensorflow.compiled)


def prelude(stack: Stack) -> tuple[str, ...]:
    """Return the lines ahead of any program on a stack."""
    return ("import tf_keras as keras",)


def snippet(stack: Stack, requests: Sequence[Apply]) -> Program:
    """Return a program in plain Keras 2 that repeats apply requests."""
    return keras3.keras_program(DIALECT, requests, "tf_keras", "tf_keras.backend")
