"""Loading a constraint that somebody brings: a function, class or factory in a file or module, called by name."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import importlib
import inspect
import json
import os
import sys
import tempfile
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from adapters.core.declaration import Declaration
from adapters.core.framework import Build, Constraint, Framework, Malformed, Unsupported
from adapters.core.layers import weights_of
from adapters.core.messages import IN_PLAIN_OPERATIONS
from adapters.core.stack import Stack
from adapters.core.user_code import imported, named
from adapters.programs import calls
from adapters.user.arguments import arguments_of
from adapters.user.bases import FRAMEWORKS
from adapters.user.keras_class import Rebuilt, accesses_of, makes_constraints
from adapters.user.use import Use
from adapters.user.uses import uses_for

# bytes; the largest cases take some megabytes
MOST_MEMORY = 4 << 30

Rebuilding = Callable[[Constraint], Constraint]


def load(stack: Stack) -> Framework:
    """Prepare the framework, and import the subject."""
    declared = stack.declaration
    assert declared is not None
    framework = FRAMEWORKS[declared.framework].load(stack)
    if "keras" in stack.requires:  # its numbers have the formats that its users find
        framework = dataclasses.replace(framework, scope=contextlib.nullcontext)
    value = named(imported(declared.where), declared.where, declared.name)
    uses, names = uses_for(declared), _names(declared)
    accesses = accesses_of(declared)
    if framework.accelerator:  # its driver takes what it needs at the first use, and that is not the subject's
        framework.synchronise(framework.to_tensor(np.zeros(1, np.float32), "float32"))
    _limit_memory()

    @functools.lru_cache(maxsize=None)
    def around_in(mode: str) -> Callable[[Constraint], Constraint]:
        return _around(uses[mode], declared, names)

    def build_with(access: str) -> Build:
        rebuilt = _rebuilding(accesses[access], names, value) if access else None

        def build(contract: str, parameters: Mapping[str, Any], axis: Any, mode: str) -> Constraint:
            around, made = around_in(mode), dict[int, Constraint]()

            def constrained(w: Any) -> Any:
                rank = len(w.shape)
                if rank not in made:
                    arguments = arguments_of(stack, contract, parameters, axis, rank)
                    made[rank] = around(_bound(declared, value, arguments, rebuilt))
                result = made[rank](w)
                if result is None:
                    said = "if it changes the weights in place, its mark has to say in_place=True"
                    raise Malformed(f"returned NoneType, not an array; {said}")
                return result

            return _each_group(stack, framework, constrained, axis) if stack.one_group_per_call else constrained

        return build

    def plainly(contract: str, parameters: Mapping[str, Any], axis: Any, mode: str) -> Constraint:
        compiles = mode in FRAMEWORKS[declared.framework].dialect.compiled
        return framework.build(contract, parameters, axis, mode if compiles else "eager")

    plain = not (stack.in_place or stack.one_group_per_call or declared.kind)
    return dataclasses.replace(
        framework,
        build=build_with(""),
        accesses={**{access: build_with(access) for access in accesses}, IN_PLAIN_OPERATIONS: plainly},
        gradient=framework.gradient if plain else None,
        constants=True,
        file=os.path.abspath(declared.file),
    )


def _bound(declared: Declaration, value: Any, arguments: Mapping[str, Any], rebuilt: Rebuilding | None) -> Constraint:
    """A constraint that is called with the weights alone."""
    if not makes_constraints(declared):  # a layer is built around the weights
        arguments = {**arguments, **declared.layer}
        return functools.partial(value, **arguments) if arguments else value
    made: Constraint = value(**arguments)
    if weights := weights_of(made):
        is_layer = f"{declared.name} makes a layer or model with weights of its own, {weights}, and no function of them"
        raise Unsupported(f"{is_layer}; docs/gating.md says how layers and models are gated")
    return rebuilt(made) if rebuilt else made


def _rebuilding(way: Rebuilt, names: dict[str, Any], cls: Any) -> Rebuilding:
    """What builds a constraint again, as Keras does."""
    exec("\n".join(way.definitions), names)

    def rebuild(made: Constraint) -> Constraint:
        again: Constraint = eval(way.text.format(made="made", cls="cls"), {**names, "made": made, "cls": cls})
        return again

    return rebuild


def _names(declared: Declaration) -> dict[str, Any]:
    """What the text of a use can name: the modules that programs import."""
    names: dict[str, Any] = {module.__name__: module for module in (inspect, json, os, sys, tempfile)}
    names["np"] = np
    base = FRAMEWORKS[declared.framework]
    for text in (*base.dialect.imports, *(("keras",) if "keras" in base.requires else ())):
        exec(f"import {text}", names)
    return names


def _around(use: Use, declared: Declaration, names: dict[str, Any]) -> Callable[[Constraint], Constraint]:
    """What makes of a constraint one that is used in this way; raises Unsupported where it cannot be done here."""
    if reason := use.why_not():
        raise Unsupported(reason)
    if use.definitions:
        exec("\n".join(use.defined(declared)), names)
    made: Callable[[Constraint], Constraint] = eval(f"lambda f: {use.text(declared).format(f='f')}", names)
    return made


def _limit_memory() -> None:
    """What the subject takes beyond what is there now is limited, so that the machine outlives it."""
    with contextlib.suppress(ImportError, OSError, ValueError):  # where there is no such limit
        resource = importlib.import_module("resource")
        with open("/proc/self/statm", encoding="ascii") as file:
            taken = int(file.read().split()[5]) * resource.getpagesize()
        hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
        resource.setrlimit(resource.RLIMIT_DATA, (taken + MOST_MEMORY, hard))


def _each_group(stack: Stack, framework: Framework, function: Constraint, axis: Any) -> Constraint:
    """Call a function of a whole array on each group, and put the results together."""

    def each(w: Any) -> Any:
        array, format = framework.to_array(w)
        if not stack.grouping.covers(array.ndim, calls.reduced_dimensions(axis, array.ndim)):
            raise Unsupported(f"{stack.name} is declared to take other ranks")
        kept = calls.kept_dimensions(axis, array.ndim)
        results = array.copy()
        for index in np.ndindex(*(array.shape[d] for d in kept)):
            group = tuple(index[kept.index(d)] if d in kept else slice(None) for d in range(array.ndim))
            part, becomes = framework.to_array(function(framework.to_tensor(np.array(array[group]), format)))
            if part.shape != array[group].shape or becomes != format:
                return framework.to_tensor(part, becomes)  # wrong, and reported as it is
            results[group] = part
        return framework.to_tensor(results, format)

    return each
