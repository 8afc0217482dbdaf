"""Subjects that people bring: a function, class or factory of theirs, found in a file or module, called by name."""

from __future__ import annotations

import contextlib
import dataclasses
import importlib
import importlib.util
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from adapters import jax, keras1, keras3, tensorflow, torch
from adapters.core.declaration import KEPT, Declaration
from adapters.core.framework import Constraint, Framework, Malformed, Unsupported
from adapters.core.messages import Apply
from adapters.core.place import Place, hides_others, place_of
from adapters.core.program import Program
from adapters.core.stack import ALL_BUT_ONE, ANY, SINGLE_WEIGHTS, Grouping, Limits, Mode, Stack
from adapters.core.user_code import imported, named
from adapters.programs import calls
from adapters.programs.program import NUMPY, Dialect, number, program

# bytes; the largest cases take some megabytes
MOST_MEMORY = 4 << 30


@dataclasses.dataclass(frozen=True)
class Base:
    """What a framework is for a subject: what has to be importable, in which environment, and who makes its tensors."""

    requires: tuple[str, ...]
    load: Callable[[Stack], Framework]
    dialect: Dialect
    environment: Mapping[str, str] = dataclasses.field(default_factory=dict)


FRAMEWORKS: Mapping[str, Base] = {
    "torch": Base(("torch",), torch.load, torch.DIALECT),
    "jax": Base(("jax",), jax.load, jax.DIALECT),
    "tensorflow": Base(("tensorflow",), tensorflow.load, tensorflow.DIALECT, tensorflow.QUIET),
    "numpy": Base(("numpy",), keras1.load, NUMPY),
    **{
        stack.name: Base(
            stack.requires,
            keras3.BACKENDS[stack.environment["KERAS_BACKEND"]].load,
            keras3.BACKENDS[stack.environment["KERAS_BACKEND"]].dialect,
            stack.environment,
        )
        for stack in keras3.STACKS
    },
}


def framework_named(name: str) -> str:
    """The key of FRAMEWORKS; "keras" is Keras on the backend that KERAS_BACKEND names, or on TensorFlow."""
    return f"keras-{os.environ.get('KERAS_BACKEND') or 'tensorflow'}" if name == "keras" else name


def stack_of(name: str, declaration: Declaration) -> Stack:
    """Return the stack that a subject is, by what is declared of it."""
    base = FRAMEWORKS[declaration.framework]
    return Stack(
        name=name,
        module=__name__,
        requires=base.requires,
        environment=base.environment,
        modes=(Mode("eager"),),
        sentence=f"{declaration.name} of {declaration.where}, for {declaration.framework}.",
        contracts=(declaration.contract,),
        grouping=_grouping(declaration),
        one_group_per_call=_takes_whole_arrays(declaration),
        in_place=declaration.in_place,
        # a function that hands its axis to NumPy's own takes no list
        axis_lists=declaration.framework not in ("numpy", "jax"),
        limits=_limits(declaration),
        on_gpu=torch.ON_GPU if "torch" in base.requires else (),
        declaration=declaration,
    )


def _takes_whole_arrays(declaration: Declaration) -> bool:
    without_axes = declaration.dimension is None and not declaration.single_weights
    return without_axes or declaration.axes == (None,)


def _limits(declaration: Declaration) -> Limits:
    return Limits(
        axes=() if _takes_whole_arrays(declaration) else declaration.axes or (),
        axes_by_rank=declaration.axes_by_rank or {},
        ranks=declaration.ranks or (),
        formats=declaration.formats or (),
        devices=declaration.devices or (),
        fixed=declaration.fixed,
    )


def _grouping(declaration: Declaration) -> Grouping:
    """The groups that a subject can be asked to form."""
    ranks, keeps_one = declaration.ranks, declaration.dimension == KEPT
    axes_for = _limits(declaration).axes_for
    if _takes_whole_arrays(declaration):  # a group is an array of its own, of a rank that the subject takes
        return ANY if ranks is None else Grouping("", lambda rank, reduced: len(reduced) in ranks)
    if declaration.single_weights:
        return SINGLE_WEIGHTS
    if not declaration.axes and not declaration.axes_by_rank and ranks is None and not keeps_one:
        return ANY

    def covers(rank: int, reduced: tuple[int, ...]) -> bool:
        if (ranks is not None and rank not in ranks) or (keeps_one and not ALL_BUT_ONE.covers(rank, reduced)):
            return False
        axes = axes_for(rank)
        return axes is None or any(_same(axis, rank, reduced) for axis in axes)

    return Grouping("", covers)


def _same(axis: Any, rank: int, reduced: tuple[int, ...]) -> bool:
    try:
        return calls.reduced_dimensions(axis, rank) == reduced
    except Unsupported:
        return False


def load(stack: Stack) -> Framework:
    """Prepare the framework, and import the subject."""
    declared = stack.declaration
    assert declared is not None
    framework = FRAMEWORKS[declared.framework].load(stack)
    value = named(imported(declared.where), declared.where, declared.name)
    if framework.accelerator:  # its driver takes what it needs at the first use, and that is not the subject's
        framework.synchronise(framework.to_tensor(np.zeros(1, np.float32), "float32"))
    _limit_memory()

    def build(contract: str, parameters: Mapping[str, Any], axis: Any, mode: str) -> Constraint:
        made: list[Constraint] = []

        def constrained(w: Any) -> Any:
            arguments = _arguments(stack, contract, parameters, axis, len(w.shape))
            if not declared.factory:
                result = value(w, **arguments)
            else:
                made[:] = made or [value(**arguments)]
                result = made[0](w)
            if result is None and not stack.in_place:
                said = "if it changes the weights in place, its mark has to say in_place=True"
                raise Malformed(f"returned NoneType, not an array; {said}")
            return w if stack.in_place else result

        return _each_group(stack, framework, constrained, axis) if stack.one_group_per_call else constrained

    plain = not (stack.in_place or stack.one_group_per_call)
    return dataclasses.replace(framework, build=build, accesses={}, gradient=framework.gradient if plain else None)


def _limit_memory() -> None:
    """What the subject takes beyond what is there now is limited, so that the machine outlives it."""
    with contextlib.suppress(ImportError, OSError, ValueError):  # where there is no such limit
        resource = importlib.import_module("resource")
        with open("/proc/self/statm", encoding="ascii") as file:
            taken = int(file.read().split()[5]) * resource.getpagesize()
        hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
        resource.setrlimit(resource.RLIMIT_DATA, (taken + MOST_MEMORY, hard))


def _arguments(stack: Stack, contract: str, parameters: Mapping[str, Any], axis: Any, rank: int) -> dict[str, Any]:
    """What the subject is called with; raises Unsupported for what it does not take."""
    declared = stack.declaration
    assert declared is not None
    if contract not in stack.contracts:
        raise Unsupported(f"{stack.name} has no {contract}, only {', '.join(stack.contracts)}")
    names, takes, dimension = declared.names, declared.takes, declared.dimension
    for name, value in stack.limits.fixed.items():
        if parameters.get(name, value) != value:
            raise Unsupported(f"{stack.name} is declared for {name} = {value:g} only")
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


def snippet(stack: Stack, requests: Sequence[Apply]) -> Program:
    """Return a program that imports the subject and repeats apply requests."""
    declared = stack.declaration
    assert declared is not None
    called, base = declared.name, FRAMEWORKS[declared.framework]
    backend = base.environment.get("KERAS_BACKEND")
    dialect = dataclasses.replace(
        base.dialect,
        before=(
            *(("import os", f'os.environ["KERAS_BACKEND"] = "{backend}"') if backend else ()),
            *_import(place_of(declared.where), called.partition(".")[0]),
        ),
    )

    def write(request: Apply) -> tuple[list[str], str]:
        axis, rank = request.axis, len(request.weights.shape)
        if stack.one_group_per_call and len(calls.reduced_dimensions(axis, rank)) != rank:
            raise Unsupported(f"{stack.name} takes one call per group")
        arguments = _arguments(stack, request.contract, request.parameters, axis, rank)
        texts = [f"{name}={_text(value)}" for name, value in arguments.items()]
        call = f"{called}({', '.join(texts)})(w)" if declared.factory else f"{called}({', '.join(['w', *texts])})"
        return [], f"({call}, w)[1]" if stack.in_place else call

    return program(dialect, requests, write)


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
