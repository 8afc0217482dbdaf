"""Programs that call constraints that somebody brings, as they are used."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Sequence
from typing import Any

from adapters.core.declaration import Declaration
from adapters.core.framework import Unsupported
from adapters.core.messages import MADE_ONCE, Apply
from adapters.core.place import Place, hides_others, place_of
from adapters.core.program import Program
from adapters.core.stack import Stack
from adapters.programs import calls
from adapters.programs.program import Names, number, program
from adapters.user.arguments import arguments_of
from adapters.user.bases import FRAMEWORKS
from adapters.user.keras_class import Rebuilt, accesses_of, makes_constraints
from adapters.user.use import Use
from adapters.user.uses import uses_for


def snippet(stack: Stack, requests: Sequence[Apply]) -> Program:
    """Return a program that imports the subject and repeats apply requests."""
    declared = stack.declaration
    assert declared is not None
    called, base, made_once = declared.name, FRAMEWORKS[declared.framework], Names()
    uses, accesses = uses_for(declared), accesses_of(declared)
    backend = base.environment.get("KERAS_BACKEND")
    dialect = dataclasses.replace(
        base.dialect,
        imports=_imports(declared, uses[requests[0].mode], any(one.access in accesses for one in requests)),
        before=(
            *(("import os", f'os.environ["KERAS_BACKEND"] = "{backend}"') if backend else ()),
            *_import(place_of(declared.where), called.partition(".")[0]),
        ),
    )

    def write(request: Apply) -> tuple[list[str], str]:
        axis, rank = request.axis, len(request.weights.shape)
        if stack.one_group_per_call and calls.kept_dimensions(axis, rank):
            raise Unsupported(f"{stack.name} takes one call per group")
        arguments = arguments_of(stack, request.contract, request.parameters, axis, rank)
        use = uses[request.mode]
        words = [f"{name}={_text(value)}" for name, value in {**arguments, **declared.layer}.items()]
        way = accesses.get(request.access, Rebuilt("{made}"))
        made: list[str] = []
        bound = _bound(declared, words, way.text)
        if request.access == MADE_ONCE:
            bound, made = made_once.of(bound)
        return [*way.definitions, *use.defined(declared), *made], _call(declared, use, bound, words)

    return program(dialect, requests, write)


def _bound(declared: Declaration, words: Sequence[str], access: str) -> str:
    """The expression of a constraint, come by in some way, that is called with the weights alone."""
    name = declared.name
    if makes_constraints(declared):
        return access.format(made=f"{name}({', '.join(words)})", cls=name)
    return f"functools.partial({', '.join([name, *words])})" if words else name


def _call(declared: Declaration, use: Use, bound: str, words: Sequence[str]) -> str:
    """The expression in w that calls a constraint as it is used."""
    name = declared.name
    if not use.is_plain:
        return f"{use.text(declared).format(f=bound)}(w)"
    call = f"{bound}(w)" if declared.factory else f"{name}({', '.join(['w', *words])})"
    return f"({call}, w)[1]" if declared.in_place else call


def _imports(declared: Declaration, use: Use, rebuilt: bool) -> tuple[str, ...]:
    """What a program imports that uses a constraint in some way."""
    keras = ("keras",) if rebuilt or "keras." in " ".join([use.text(declared), *use.defined(declared)]) else ()
    return (*FRAMEWORKS[declared.framework].dialect.imports, *keras)


def _import(place: Place, name: str) -> list[str]:
    """The lines by which a program gets a subject, from its file where its name cannot be imported."""
    folder = os.path.relpath(place.folder)
    # what has the name of a module that others need comes last, even if a file beside the program then does too
    found = f"sys.path.append({folder!r})" if hides_others(place.folder) else f"sys.path.insert(0, {folder!r})"
    if not place.by_path:
        return ["import sys", found, f"from {place.module} import {name}"]
    return [
        "import sys",
        "import importlib.util",
        found,
        f"spec = importlib.util.spec_from_file_location({place.module!r}, {os.path.relpath(place.file)!r})",
        "module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)",
        "spec.loader.exec_module(module)",
        f"{name} = module.{name}",
    ]


def _text(value: Any) -> str:
    return number(value) if isinstance(value, float) else repr(value)
