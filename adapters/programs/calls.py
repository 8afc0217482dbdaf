"""A framework's own calls, each written once as text: the worker runs what a snippet shows."""

from __future__ import annotations

import operator
import string
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

from adapters.core.framework import Unsupported
from adapters.core.messages import Apply
from adapters.core.program import Program
from adapters.core.stack import ANY, Stack
from adapters.programs.program import Dialect, axis_text, number, program


@dataclass(frozen=True)
class Call:
    """An expression in w and the lines ahead of it; names in braces are parameters of the contract, or DIMENSIONS.

    `definitions` come ahead of everything, once, and name no parameters.
    """

    expression: str
    lines: tuple[str, ...] = ()
    definitions: tuple[str, ...] = ()

    @property
    def parameters(self) -> list[str]:
        """The parameters that it takes, in the order of their appearance."""
        parsed = string.Formatter().parse("\n".join([*self.lines, self.expression]))
        return [name for name in dict.fromkeys(field for _, field, _, _ in parsed if field) if name not in DIMENSIONS]

    def function(self, arguments: Sequence[str], words: Mapping[str, str]) -> list[str]:
        """The lines that define it as f(w, arguments), its names in braces replaced by words."""
        body = [line.format(**words) for line in (*self.lines, f"return {self.expression}")]
        return [f"def f({', '.join(['w', *arguments])}):", *("    " + line for line in body)]


# axis: as it was asked; kept: the dimension that is left; first: the index of the first weight of each group.
DIMENSIONS = ("axis", "kept", "first")
# What a contract fixes may be left out of a request.
FIXED = {"epsilon": 1e-7}


def reduced_dimensions(axis: Any, rank: int) -> tuple[int, ...]:
    """The dimensions that an axis names, in order; raises Unsupported where it names none of this rank."""
    if axis is None:
        return tuple(range(rank))
    try:
        named = [operator.index(one) for one in (axis if isinstance(axis, (list, tuple)) else [axis])]
    except TypeError as error:
        raise Unsupported(f"axis {axis!r} names no dimensions") from error
    found = sorted({one % rank for one in named if -rank <= one < rank})
    if len(found) != len(named):
        raise Unsupported(f"axis {axis!r} does not name dimensions of {rank}, each once")
    return tuple(found)


def kept_dimensions(axis: Any, rank: int) -> list[int]:
    """The dimensions that an axis leaves."""
    reduced = reduced_dimensions(axis, rank)
    return [dimension for dimension in range(rank) if dimension not in reduced]


def dimensions(stack: Stack, axis: Any, rank: int) -> dict[str, Any]:
    """What the DIMENSIONS are; raises Unsupported where the stack cannot take its norms over this axis."""
    if stack.grouping == ANY or stack.one_group_per_call:
        return {**dict.fromkeys(DIMENSIONS), "axis": axis}
    reduced, kept = reduced_dimensions(axis, rank), kept_dimensions(axis, rank)
    if not stack.grouping.covers(rank, reduced):
        raise Unsupported(f"{stack.name} does not take norms over the dimensions {reduced} of {rank}")
    return {"axis": axis, "kept": kept[0] if len(kept) == 1 else None, "first": (0,) * len(reduced)}


def arguments(stack: Stack, contract: str, call: Call, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters that a call takes; raises Unsupported for a contract that the stack is not held to."""
    if contract not in stack.contracts:
        raise Unsupported(f"{stack.name} has no {contract}, only {', '.join(stack.contracts)}")
    given = {**FIXED, **parameters}
    return {name: given[name] for name in call.parameters}


def definer(
    stack: Stack, namespace: Mapping[str, Any], finish: Callable[[str, Callable[..., Any]], Any] = lambda mode, f: f
) -> Callable[[Call, Any, int, str], Callable[..., Any]]:
    """Return what defines a call for (call, axis, rank, mode) as a function of w and its parameters.

    Each is defined once, and ``finish(mode, function)``, which may compile it, is called once.
    """
    functions: dict[tuple[Call, str, str], Callable[..., Any]] = {}

    def function(call: Call, axis: Any, rank: int, mode: str) -> Callable[..., Any]:
        known = dimensions(stack, axis, rank)
        key = (call, mode, repr(known))
        if key not in functions:
            names = call.parameters
            same = {name: name for name in (*names, *DIMENSIONS)}
            home = {**namespace, **known}
            exec("\n".join([*call.definitions, *call.function(names, same)]), home)
            functions[key] = finish(mode, home["f"])
        return functions[key]

    return function


def call_program(
    dialect: Dialect, stack: Stack, requests: Sequence[Apply], call_of: Callable[[str, str], Call]
) -> Program:
    """Return the program of requests, of which ``call_of(mode, access)`` is the call."""
    defined: set[Call] = set()

    def write(request: Apply) -> tuple[list[str], str]:
        mode, access = request.mode, request.access
        _refuse(stack, request, mode in dialect.mapped)
        call, axis = call_of(mode, access), axis_text(request.axis)
        values = arguments(stack, request.contract, call, request.parameters)
        known = dimensions(stack, request.axis, len(request.weights.shape))
        words = {**{name: repr(value) for name, value in known.items()}, "axis": axis}
        texts = {name: number(value) for name, value in values.items()}
        lines = [] if call in defined else list(call.definitions)
        defined.add(call)
        if mode in dialect.mapped or mode in dialect.compiled:
            *mapping, function = (line.format(axis=axis) for line in dialect.mapped.get(mode, ("f",)))
            lines += [*call.function(list(values), {**{name: name for name in values}, **words}), *mapping]
            lines += [f"f = {dialect.compiled[mode].format(f='f')}"] if mode in dialect.compiled else []
            passed = dialect.traced.get(mode, "{values}").format(values=", ".join(texts.values()))
            return lines, f"{function}(w, {passed})" if texts else f"{function}(w)"
        words.update(texts)
        if call.lines and (dialect.is_around(access) or request.calls > 1):
            return [*lines, *call.function([], words)], "f(w)"
        return [*lines, *(line.format(**words) for line in call.lines)], call.expression.format(**words)

    return program(dialect, requests, write)


def _refuse(stack: Stack, request: Apply, mapped: bool) -> None:
    """Raise Unsupported for what a plain call cannot show."""
    if request.access not in ("call", *stack.accesses, *stack.guises, *(() if stack.in_place else ("gradient",))):
        raise Unsupported(f"no program is written here for the way {request.access} of {stack.name}")
    shape = request.weights.shape
    kept = kept_dimensions(request.axis, len(shape)) if stack.one_group_per_call and not mapped else []
    if prod(shape[dimension] for dimension in kept) != 1:
        raise Unsupported(f"{stack.name} takes one call per group")
