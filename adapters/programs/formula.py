"""Keras' three constraints as a careful port writes them: w's own format, the framework's own operations.

Native adapters give the norm and the clip; the operators are the framework's by overloading.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from adapters.core.framework import Unsupported

Clip = Callable[[Any, Any, Any], Any]


def max_norm(clip: Clip, w: Any, n: Any, *, max_value: Any, epsilon: Any) -> Any:
    """w * (clip(n, 0, max_value) / (epsilon + n))."""
    return w * (clip(n, 0, max_value) / (epsilon + n))


def min_max_norm(clip: Clip, w: Any, n: Any, *, min_value: Any, max_value: Any, rate: Any, epsilon: Any) -> Any:
    """w * ((rate * clip(n, min_value, max_value) + (1 - rate) * n) / (epsilon + n))."""
    return w * ((rate * clip(n, min_value, max_value) + (1 - rate) * n) / (epsilon + n))


def unit_norm(clip: Clip, w: Any, n: Any, *, epsilon: Any) -> Any:
    """w / (epsilon + n)."""
    return w / (epsilon + n)


CONTRACTS: Mapping[str, Callable[..., Any]] = {f.__name__: f for f in (max_norm, min_max_norm, unit_norm)}


def constrain(contract: str, norm: Callable[[Any, Any], Any], clip: Clip, axis: Any) -> Callable[..., Any]:
    """Return the function (w, parameters) of a contract in one framework's operations."""
    if contract not in CONTRACTS:
        raise Unsupported(f"no formula is written here for the contract {contract}")
    formula = CONTRACTS[contract]
    return lambda w, parameters: formula(clip, w, norm(w, axis), **parameters)
