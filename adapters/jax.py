"""JAX: the Keras formula in jax.numpy, eager, jitted, and jitted as a map over the groups."""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Callable, Mapping, Sequence
from math import prod
from typing import Any

import numpy as np

from adapters.core import arrays
from adapters.core.framework import Array, Constraint, Framework
from adapters.core.messages import Apply
from adapters.core.program import Program
from adapters.core.stack import Mode, Stack
from adapters.programs import formula
from adapters.programs.program import Dialect, formula_program

EAGER, JIT, VMAP = Mode("eager", by_operation=True), Mode("jit", compiles=True), Mode("vmap", compiles=True)

STACKS = (
    Stack(
        name="jax",
        module=__name__,
        requires=("jax",),
        environment={},
        modes=(EAGER, JIT, VMAP),
        sentence="The Keras formula written in jax.numpy; 64-bit formats run with x64 enabled.",
    ),
)

DIALECT = Dialect(
    imports=("jax", "jax.numpy as jnp"),
    tensor='jnp.array({values}, dtype="{format}")',
    show="{y}.tolist()",
    show_bfloat16="{y}.astype('float32').tolist()",
    full='jnp.full({shape}, {value}, "{format}")',
    norm="jnp.sqrt(jnp.sum(jnp.square(w), axis={axis}, keepdims=True))",
    clip="jnp.clip",
    compiled=dict.fromkeys(("jit", "vmap"), "jax.jit({f})"),
    mapped={
        "vmap": (
            "def over_groups(w, *parameters):",
            "    sizes = jnp.sum(w, axis={axis}, keepdims=True).shape",
            "    kept = [dim for dim, size in enumerate(sizes) if size != 1]",
            "    front = tuple(range(len(kept)))",
            "    w = jnp.moveaxis(w, kept, front)",
            "    groups = w.reshape(math.prod(w.shape[:len(kept)]), *w.shape[len(kept):])",
            "    y = jax.vmap(lambda group: f(group, *parameters))(groups)",
            "    return jnp.moveaxis(y.reshape(w.shape), front, kept)",
            "over_groups",
        )
    },
    gradient=("jax.jit(jax.grad(lambda w: jnp.sum({call})))(w)",),
    scopes=dict.fromkeys(("float64", "int64", "uint64", "complex128"), "with jax.enable_x64(True):"),
)


def load(stack: Stack) -> Framework:
    """Prepare JAX; the first default device holds the weights."""
    import jax
    import jax.numpy as jnp

    functions: dict[tuple[Any, ...], Callable[..., Any]] = {}
    device = jax.devices()[0]

    def to_tensor(array: Array, format: str) -> Any:
        return jnp.asarray(arrays.as_bfloat16(array, format))

    def norm(w: Any, axis: Any) -> Any:
        return jnp.sqrt(jnp.sum(jnp.square(w), axis=axis, keepdims=True))

    def build(contract: str, parameters: Mapping[str, Any], axis: Any, mode: str) -> Constraint:
        constrained = formula.constrain(contract, norm, jnp.clip, axis)
        values = {"epsilon": 1e-7, **parameters}
        if mode == "vmap":
            group = formula.constrain(contract, norm, jnp.clip, None)

            def constrained(w: Any, values: Any) -> Any:
                return over_groups(lambda v: group(v, values), w, axis)

        if mode != "eager":
            # The axis is closed over, not a static argument, so that a list reaches jnp.sum as it is. The
            # parameters are traced, so that XLA compiles once per shape and not once per value.
            constrained = functions.setdefault((mode, contract, type(axis), repr(axis)), compiled(mode, constrained))
        return lambda w: constrained(w, values)

    def over_groups(function: Callable[[Any], Any], w: Any, axis: Any) -> Any:
        # JAX itself says which dimensions an axis leaves; whether one of length 1 is left makes no difference.
        sizes = jax.eval_shape(lambda v: norm(v, axis), w).shape
        kept = [dimension for dimension, size in enumerate(sizes) if size != 1]
        front = tuple(range(len(kept)))
        moved = jnp.moveaxis(w, kept, front)
        groups = moved.reshape(prod(moved.shape[: len(kept)]), *moved.shape[len(kept) :])
        return jnp.moveaxis(jax.vmap(function)(groups).reshape(moved.shape), front, kept)

    def gradient(constraint: Constraint, w: Any) -> Any:
        differentiated = jax.grad(lambda v: jnp.sum(constraint(v)))
        try:  # as training does it; operation by operation XLA would compile dozens for each shape
            return jax.jit(differentiated)(w)
        except (jax.errors.JAXTypeError, jax.errors.JAXIndexError):  # of what cannot be traced
            return differentiated(w)

    def scope(format: str) -> contextlib.AbstractContextManager[Any]:
        if format not in DIALECT.scopes:
            return contextlib.nullcontext()
        # Older releases have it under jax.experimental only.
        home = jax if hasattr(jax, "enable_x64") else importlib.import_module("jax.experimental")
        manager: contextlib.AbstractContextManager[Any] = home.enable_x64(True)
        return manager

    return Framework(
        backend="jax",
        array_types=(jax.Array,),
        to_tensor=to_tensor,
        to_array=lambda tensor: arrays.named(np.asarray(tensor)),
        build=build,
        gradient=gradient,
        synchronise=jax.block_until_ready,
        scope=scope,
        accelerator=None if device.platform == "cpu" else str(device.device_kind),
        accelerator_libraries={} if device.platform == "cpu" else {"platform": str(device.client.platform_version)},
        tf32=lambda: jax.default_matmul_precision("tensorfloat32"),
        copy=lambda tensor: jnp.array(tensor, copy=True),
    )


def compiled(mode: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function under jax.jit."""
    import jax

    jitted: Callable[..., Any] = jax.jit(function)
    return jitted


def prelude(stack: Stack) -> tuple[str, ...]:
    """Return the lines ahead of any program on a stack."""
    return ("import jax, jax.numpy as jnp",)


def snippet(stack: Stack, requests: Sequence[Apply]) -> Program:
    """Return a program in plain JAX that repeats apply requests."""
    return formula_program(DIALECT, requests)
