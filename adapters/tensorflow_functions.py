"""TensorFlow's own functions that bound norms and values, eager, traced and compiled by XLA."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from adapters import tensorflow
from adapters.core.framework import Constraint, Framework
from adapters.core.messages import Apply
from adapters.core.program import Program
from adapters.core.stack import ROWS, SINGLE_WEIGHTS, Mode, Stack
from adapters.programs import calls
from adapters.programs.calls import Call

_CLIP_BY_NORM = Stack(
    name="tf.clip_by_norm",
    module=__name__,
    requires=("tensorflow",),
    environment=tensorflow.QUIET,
    modes=(Mode("eager"), *tensorflow.COMPILED),
    sentence="tf.clip_by_norm over the given axes.",
    contracts=("clip_by_norm",),
    process="tensorflow",
)

STACKS = (
    _CLIP_BY_NORM,
    dataclasses.replace(
        _CLIP_BY_NORM,
        name="tf.clip_by_value",
        sentence="tf.clip_by_value, weight by weight.",
        contracts=("clip_by_value",),
        grouping=SINGLE_WEIGHTS,
    ),
    dataclasses.replace(
        _CLIP_BY_NORM,
        name="tf.nn.embedding_lookup",
        modes=(Mode("eager"), tensorflow.COMPILED[0]),
        sentence="tf.nn.embedding_lookup(max_norm=...) of all rows in order: clipped copies, the table stays.",
        grouping=ROWS,
    ),
)

CALLS = {
    "tf.clip_by_norm": Call("tf.clip_by_norm(w, clip_norm={clip_norm}, axes={axis})"),
    "tf.clip_by_value": Call("tf.clip_by_value(w, {clip_value_min}, {clip_value_max})"),
    "tf.nn.embedding_lookup": Call("tf.nn.embedding_lookup(w, tf.range(w.shape[0]), max_norm={clip_norm})"),
}
# The gradient of a look-up is sparse.
*_definitions, _gradient = tensorflow.DIALECT.gradient
DIALECT = dataclasses.replace(tensorflow.DIALECT, gradient=(*_definitions, f"tf.convert_to_tensor({_gradient})"))


def load(stack: Stack) -> Framework:
    """Prepare TensorFlow and one of its calls."""
    import tensorflow as tf

    def finish(mode: str, function: Callable[..., Any]) -> Any:
        return function if mode == "eager" else tensorflow.compiled(mode, function)

    function_of = calls.definer(stack, {"tf": tf}, finish)

    def build(contract: str, parameters: Mapping[str, Any], axis: Any, mode: str) -> Constraint:
        call = CALLS[stack.name]
        values = calls.arguments(stack, contract, call, parameters).values()

        def constrained(w: Any) -> Any:
            function = function_of(call, axis, len(w.shape), mode)
            # Tensors for parameters, so that TensorFlow traces once per shape and not once per value.
            return function(w, *(values if mode == "eager" else (tf.constant(value, w.dtype) for value in values)))

        return constrained

    loaded = tensorflow.load(stack)
    differentiated = loaded.gradient
    assert differentiated is not None

    def gradient(constraint: Constraint, w: Any) -> Any:
        return tf.convert_to_tensor(differentiated(constraint, w))

    return dataclasses.replace(loaded, build=build, gradient=gradient, accesses={})


prelude = tensorflow.prelude


def snippet(stack: Stack, requests: Sequence[Apply]) -> Program:
    """Return a program in plain TensorFlow that repeats apply requests."""
    return calls.call_program(DIALECT, stack, requests, lambda mode, access: CALLS[stack.name])
