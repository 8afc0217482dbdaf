"""What people do with JAX."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from normconf import subject


@subject("l2_ball", framework="jax")
def branch(w: Any, scale: float) -> Any:
    n = jnp.sqrt(jnp.sum(w * w))
    return w * (scale / n) if n > scale else w


@subject("l2_ball", framework="jax")
def of_a_dict(params: dict[str, Any], scale: float) -> dict[str, Any]:
    n = jnp.sqrt(sum(jnp.sum(each * each) for each in params.values()))
    return {name: jnp.where(n > scale, each * (scale / n), each) for name, each in params.items()}


@subject("l2_ball", framework="jax")
def each_of_a_dict(params: dict[str, Any], scale: float) -> dict[str, Any]:
    norms = {name: jnp.sqrt(jnp.sum(each * each)) for name, each in params.items()}
    return {name: jnp.where(norms[name] > scale, w * (scale / norms[name]), w) for name, w in params.items()}
