"""TensorFlow: the Keras formula in tf operations, eager, as a tf.function and compiled by XLA."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from adapters.core import arrays
from adapters.core.framework import NO_GRADIENT, Array, Constraint, Framework, Unsupported
from adapters.core.messages import Apply
from adapters.core.program import Program
from adapters.core.stack import Mode, Stack
from adapters.programs import formula
from adapters.programs.program import Dialect, formula_program

QUIET = {"TF_CPP_MIN_LOG_LEVEL": "3"}

COMPILED = (Mode("function", compiles=True), Mode("jit_compile", compiles=True))

STACKS = (
    Stack(
        name="tensorflow",
        module=__name__,
        requires=("tensorflow",),
        environment=QUIET,
        modes=(Mode("eager"), *COMPILED),
        sentence="The Keras formula written in TensorFlow operations.",
    ),
)

DIALECT = Dialect(
    imports=("tensorflow as tf",),
    tensor='tf.constant({values}, dtype="{format}")',
    show="{y}.numpy().tolist()",
    show_bfloat16="{y}.numpy().astype(float).tolist()",
    full='tf.constant({value}, "{format}", {shape})',
    norm="tf.sqrt(tf.reduce_sum(tf.square(w), axis={axis}, keepdims=True))",
    clip="tf.clip_by_value",
    compiled={"function": "tf.function({f})", "jit_compile": "tf.function({f}, jit_compile=True)"},
    traced=dict.fromkeys(("function", "jit_compile"), "*tf.constant([{values}], w.dtype)"),
    gradient=(
        "def gradient(call, w):",
        "    with tf.GradientTape() as tape:",
        "        tape.watch(w)",
        "        total = tf.reduce_sum(call(w))",
        "    return tape.gradient(total, w)",
        "gradient(lambda w: {call}, w)",
    ),
)


def load(stack: Stack) -> Framework:
    """Prepare TensorFlow; it places weights on the first visible GPU, or on the CPU."""
    import tensorflow as tf

    functions: dict[tuple[Any, ...], Callable[..., Any]] = {}
    gpus = tf.config.list_physical_devices("GPU")

    def to_tensor(array: Array, format: str) -> Any:
        return tf.convert_to_tensor(arrays.as_bfloat16(array, format))

    def synchronise(tensor: Any) -> Any:
        if gpus:
            tf.test.experimental.sync_devices()
        return tensor

    def norm(w: Any, axis: Any) -> Any:
        return tf.sqrt(tf.reduce_sum(tf.square(w), axis=axis, keepdims=True))

    def build(contract: str, parameters: Mapping[str, Any], axis: Any, mode: str) -> Constraint:
        constrained = formula.constrain(contract, norm, tf.clip_by_value, axis)
        values = {"epsilon": 1e-7, **parameters}
        if mode == "eager":
            return lambda w: constrained(w, values)
        # The parameters are tensors, so that TensorFlow traces once per shape and not once per value. Without
        # reduce_retracing, because what a case sees would then depend on the cases before it.
        traced = functions.setdefault((mode, contract, type(axis), repr(axis)), compiled(mode, constrained))

        @functools.cache
        def tensors(dtype: Any) -> dict[str, Any]:
            scalar = dtype if dtype.is_floating else tf.float32
            return {name: tf.constant(value, scalar) for name, value in values.items()}

        return lambda w: traced(w, tensors(w.dtype))

    def gradient(constraint: Constraint, w: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(w)
            total = tf.reduce_sum(constraint(w))
        gradient = tape.gradient(total, w)
        if gradient is None:
            raise Unsupported(NO_GRADIENT)
        return gradient

    @contextlib.contextmanager
    def tf32() -> Iterator[None]:
        before = tf.config.experimental.tensor_float_32_execution_enabled()
        tf.config.experimental.enable_tensor_float_32_execution(True)
        try:
            yield
        finally:
            tf.config.experimental.enable_tensor_float_32_execution(before)

    return Framework(
        backend="tensorflow",
        array_types=(tf.Tensor, tf.Variable),
        to_tensor=to_tensor,
        to_array=lambda tensor: arrays.named(tensor.numpy()),
        build=build,
        gradient=gradient,
        synchronise=synchronise,
        accelerator=str(tf.config.experimental.get_device_details(gpus[0])["device_name"]) if gpus else None,
        accelerator_libraries={
            library: str(version)
            for library, version in tf.sysconfig.get_build_info().items()
            if gpus and library in ("cuda_version", "cudnn_version")
        },
        tf32=tf32,
        copy=lambda tensor: tensor + tf.zeros([], tensor.dtype),  # tf.identity copies nothing
    )


def compiled(mode: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function as a tf.function, which XLA compiles in the mode jit_compile."""
    import tensorflow as tf

    # Nothing here has control flow for autograph to translate.
    traced: Callable[..., Any] = tf.function(function, autograph=False, jit_compile=mode == "jit_compile")
    return traced


def prelude(stack: Stack) -> tuple[str, ...]:
    """Return the lines ahead of any program on a stack."""
    return ("import tensorflow as tf",)


def snippet(stack: Stack, requests: Sequence[Apply]) -> Program:
    """Return a program in plain TensorFlow that repeats apply requests."""
    return formula_program(DIALECT, requests)
