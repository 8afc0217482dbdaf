"""With which arguments a constraint that somebody brings is called."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from adapters.core.declaration import KEPT
from adapters.core.framework import Unsupported
from adapters.core.stack import ANY, Stack
from adapters.programs import calls


def arguments_of(stack: Stack, contract: str, parameters: Mapping[str, Any], axis: Any, rank: int) -> dict[str, Any]:
    """What the subject is called with; raises Unsupported for what it does not take."""
    declared = stack.declaration
    assert declared is not None
    if contract not in stack.contracts:
        raise Unsupported(f"{stack.name} has no {contract}, only {', '.join(stack.contracts)}")
    names, takes, dimension = declared.names, declared.takes, declared.dimension
    if refused := stack.limits.refusal(parameters):
        raise Unsupported(f"{stack.name} {refused}")
    found = {names.get(name, name): value for name, value in parameters.items() if name in takes}
    if dimension is None or stack.one_group_per_call:
        return found
    limited = stack.grouping != ANY
    if limited and not stack.grouping.covers(rank, calls.reduced_dimensions(axis, rank)):
        raise Unsupported(f"{stack.name} is declared to take other ranks and axes than {axis!r} of {rank} dimensions")
    if dimension not in takes:
        return found
    if dimension == KEPT:
        axis = calls.kept_dimensions(axis, rank)[0]
    return {**found, names.get(dimension, dimension): axis}
