"""Optax: its projections and the transformations that bound norms or values, eager, jitted and mapped."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Mapping, Sequence
from math import prod
from typing import Any

from adapters import jax
from adapters.core.framework import Constraint, Framework, Unsupported
from adapters.core.messages import Apply
from adapters.core.program import Program
from adapters.core.stack import SINGLE_WEIGHTS, WHOLE, Grouping, Stack
from adapters.programs import calls
from adapters.programs.calls import Call

# By rank, how many leading dimensions optax.unitwise_norm sums over; its documentation has 3 for rank 3.
_SUMMED = {0: 0, 1: 1, 2: 1, 3: 1, 4: 3, 5: 4}


UNITS = Grouping(
    "The dimensions are those that optax.unitwise_norm chooses.",
    lambda rank, reduced: rank in _SUMMED and reduced == tuple(range(_SUMMED[rank])),
)


_BALL = Stack(
    name="optax.projection_l2_ball",
    module=__name__,
    requires=("jax", "optax"),
    environment={},
    modes=(jax.EAGER, jax.JIT, jax.VMAP),
    sentence="optax.projections.projection_l2_ball on each group; with vmap, mapped over the groups.",
    contracts=("l2_ball",),
    grouping=WHOLE,
    one_group_per_call=True,
    process="optax",
)
_BOX = dataclasses.replace(
    _BALL,
    name="optax.projection_box",
    modes=(jax.EAGER, jax.JIT),
    sentence="optax.projections.projection_box, weight by weight.",
    contracts=("clip_by_value",),
    grouping=SINGLE_WEIGHTS,
    one_group_per_call=False,
)

STACKS = (
    _BALL,
    dataclasses.replace(
        _BALL,
        name="optax.clip_by_global_norm",
        sentence="optax.clip_by_global_norm with each group as all updates; with vmap, mapped over the groups.",
    ),
    dataclasses.replace(
        _BOX,
        name="optax.adaptive_grad_clip",
        sentence="optax.adaptive_grad_clip with the weights as updates of parameters whose units have norm 1.",
        contracts=("l2_ball",),
        grouping=UNITS,
    ),
    _BOX,
    dataclasses.replace(
        _BOX,
        name="optax.keep_params_nonnegative",
        sentence="optax.keep_params_nonnegative and optax.apply_updates, with updates of zero.",
        contracts=("non_neg",),
    ),
)

CALLS = {
    "optax.projection_l2_ball": Call("optax.projections.projection_l2_ball(w, scale={scale})"),
    "optax.clip_by_global_norm": Call("optax.clip_by_global_norm({scale}).update(w, optax.EmptyState())[0]"),
    "optax.adaptive_grad_clip": Call(
        "optax.adaptive_grad_clip({scale}).update(w, optax.EmptyState(), params)[0]",
        lines=("params = jnp.zeros_like(w).at[{first}].set(1)",),
    ),
    "optax.projection_box": Call("optax.projections.projection_box(w, {clip_value_min}, {clip_value_max})"),
    "optax.keep_params_nonnegative": Call(
        "optax.apply_updates(w, optax.keep_params_nonnegative().update(jnp.zeros_like(w), optax.EmptyState(), w)[0])"
    ),
}
DIALECT = dataclasses.replace(jax.DIALECT, imports=(*jax.DIALECT.imports, "optax"))


def load(stack: Stack) -> Framework:
    """Prepare JAX and one of the calls of Optax."""
    import jax as framework
    import jax.numpy as jnp
    import optax

    def mapped(function: Callable[..., Any]) -> Callable[..., Any]:
        return lambda groups, *values: framework.vmap(lambda w: function(w, *values))(groups)

    def looped(function: Callable[..., Any]) -> Callable[..., Any]:
        # A Python index would be compiled in, once for each group.
        take = functools.partial(framework.lax.dynamic_index_in_dim, axis=0, keepdims=False)
        return lambda groups, *values: jnp.stack(
            [function(take(groups, jnp.int32(number)), *values) for number in range(len(groups))]
        )

    def finish(mode: str, function: Callable[..., Any]) -> Any:
        function = function if mode == "eager" else jax.compiled("jit", function)
        if mode == "vmap":
            return mapped(function)
        return looped(function) if stack.one_group_per_call else function

    function_of = calls.definer(stack, {"jax": framework, "jnp": jnp, "optax": optax}, finish)

    def each_group(function: Callable[..., Any], w: Any, axis: Any) -> Callable[..., Any]:
        kept = calls.kept_dimensions(axis, w.ndim)
        if prod(w.shape[dimension] for dimension in kept) == 0:
            return lambda w, *values: w

        def each(w: Any, *values: Any) -> Any:
            front = range(len(kept))
            moved = jnp.moveaxis(w, kept, front)
            count = prod(w.shape[dimension] for dimension in kept)
            groups = function(moved.reshape(count, *moved.shape[len(kept) :]), *values)
            return jnp.moveaxis(groups.reshape(moved.shape), front, kept)

        return each

    def build(contract: str, parameters: Mapping[str, Any], axis: Any, mode: str) -> Constraint:
        call = CALLS[stack.name]
        values = calls.arguments(stack, contract, call, parameters).values()

        def constrained(w: Any) -> Any:
            _refuse_one_unit(stack, axis, w.shape)
            function = function_of(call, axis, w.ndim, mode)
            return (each_group(function, w, axis) if stack.one_group_per_call else function)(w, *values)

        return constrained

    return dataclasses.replace(jax.load(stack), build=build, accesses={})


def _refuse_one_unit(stack: Stack, axis: Any, shape: Sequence[int]) -> None:
    if stack.grouping != UNITS or sum(size != 1 for size in shape) > 1:
        return
    if prod(shape[dimension] for dimension in calls.kept_dimensions(axis, len(shape))) > 1:
        raise Unsupported(f"optax.unitwise_norm takes an array of shape {tuple(shape)} for one unit")


def prelude(stack: Stack) -> tuple[str, ...]:
    """Return the lines ahead of any program on a stack."""
    return ("import jax, jax.numpy as jnp, optax",)


def snippet(stack: Stack, requests: Sequence[Apply]) -> Program:
    """Return a program in plain Optax that repeats apply requests."""
    for request in requests:
        _refuse_one_unit(stack, request.axis, request.weights.shape)
    return calls.call_program(DIALECT, stack, requests, lambda mode, access: CALLS[stack.name])
