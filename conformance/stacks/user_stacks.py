"""Subjects that people bring, as stacks: found in a worker of their own interpreter, and checked against a contract."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase as fnmatch
from pathlib import Path
from typing import Any

from adapters import user
from adapters.core.stack import Stack
from conformance.cases.parameters import with_fixed
from conformance.cases.shapes import group_shapes_of
from conformance.errors import StackUnavailable, UsageError, WorkerDied, WorkerHung
from conformance.stacks.workers import ROOT, Process
from reference.formats import FORMATS
from reference.registry import CONTRACTS
from reports.record.header import Header

DEVICES = ("cpu", "gpu")
# seconds that a file may take to be imported, its framework with it
PATIENCE = 120.0


@dataclass(frozen=True)
class SubjectOptions:
    """What the command line says of subjects; it goes before what their marks say."""

    framework: str | None = None
    contract: str | None = None
    names: Mapping[str, str] = field(default_factory=dict)
    fixed: Mapping[str, float] = field(default_factory=dict)
    in_place: bool = False


def declared_stacks(
    subjects: Sequence[str],
    given: SubjectOptions,
    pythons: Mapping[str, str] | None = None,
    device: str = "cpu",
    started: dict[str, Process] | None = None,
) -> dict[str, Stack]:
    """The stacks that subjects such as file.py, file.py:NAME or package.module:NAME are; raises UsageError.

    `pythons`: the interpreters of those that match a pattern; the running one for others. A process that has imported a
    file can be the first of its subjects: it is put into `started`, or ended.
    """
    stacks: dict[str, Stack] = {}
    for text in subjects:
        where, names = _parsed(text)
        process = Process(Path(where).stem, _environment(where, given), _python(text, pythons or {}), device)
        try:
            for found in _found(process, where, names):
                name = f"{where}:{found['name']}"
                stack = stacks[name] = user.stack_of(name, _declaration(name, where, found, given))
                if not group_shapes_of(stack) and stack.contracts[0] not in user.SINGLE:
                    raise UsageError(f"{name}: its axes and ranks leave nothing that it could be asked")
                if started is not None and process not in started.values() and process.suits(stack):
                    started[name] = process
        finally:
            if started is None or process not in started.values():
                process.stop()
    return stacks


def recorded_stacks(header: Header) -> dict[str, Stack]:
    """The stacks of a record that people brought, as they were declared then."""
    found = ((stack.name, stack.declared) for stack in header.stacks)
    return {name: user.stack_of(name, declared) for name, declared in found if declared is not None}


def _parsed(text: str) -> tuple[str, list[str]]:
    where, colon, name = text.rpartition(":")
    if not colon:
        where, name = text, ""
    if not name and not where.endswith(".py"):
        raise UsageError(f"{text!r} is neither FILE.py, FILE.py:NAME nor PACKAGE.MODULE:NAME")
    return where, [name] if name else []


def _python(text: str, pythons: Mapping[str, str]) -> str:
    """The interpreter of a subject; a pattern such as file.py:* is one for all subjects of the file."""
    found = (path for pattern, path in pythons.items() if fnmatch(text, pattern) or fnmatch(f"{text}:", pattern))
    return next(found, sys.executable)


def _found(process: Process, where: str, names: list[str]) -> list[dict[str, Any]]:
    try:
        process.start(ROOT)
        answer = process.request({"do": "find", "where": where, "names": names}, PATIENCE)
    except (StackUnavailable, WorkerDied, WorkerHung) as error:
        raise UsageError(f"{where} cannot be read: {error}") from error
    if "unavailable" in answer:
        raise UsageError(answer["unavailable"])
    found: list[dict[str, Any]] = answer["subjects"]
    return found


def _environment(where: str, given: SubjectOptions) -> Mapping[str, str]:
    """The environment that the first mark of a file asks for: Keras takes its backend from there, once."""
    marked = ""
    if where.endswith(".py") and Path(where).is_file():
        text = Path(where).read_text("utf-8", "replace")
        marked = next(iter(re.findall(r"framework\s*=\s*[\"']([\w-]+)[\"']", text)), "")
    base = user.FRAMEWORKS.get(user.framework_named(given.framework or marked))
    return base.environment if base else {}


def _declaration(name: str, where: str, found: Mapping[str, Any], given: SubjectOptions) -> dict[str, Any]:
    """What `adapters.user` needs to know, from the mark, the command line and the signature."""
    mark = found["declared"] or {}
    contract, framework = given.contract or mark.get("contract"), given.framework or mark.get("framework")
    if contract is None or framework is None:
        raise UsageError(f"{name} is not marked with normconf.subject, so it needs --framework and --contract")
    if contract not in CONTRACTS:
        raise UsageError(f"{name}: there is no contract {contract!r}; there are {', '.join(CONTRACTS)}")
    if user.framework_named(framework) not in user.FRAMEWORKS:
        known = ", ".join([*user.FRAMEWORKS, "keras"])
        raise UsageError(f"{name}: there is no framework {framework!r}; there are {known}")
    promise, dimension = CONTRACTS[contract], user.dimension_of(contract)
    has = [*(p.name for p in promise.parameters), *([dimension] if dimension else [])]
    names, fixed = {**mark.get("names", {}), **given.names}, {**mark.get("fixed", {}), **given.fixed}
    for one in (*names, *fixed):
        if one not in has or (one in fixed and one == dimension):
            raise UsageError(f"{name}: {contract} has no parameter {one!r}; it has {', '.join(has) or 'none'}")
    factory, takes = _signature(name, contract, has, names, found)
    fixed |= {p.name: p.default for p in promise.parameters if p.name not in takes and p.name not in fixed}
    fixed = {one: float(value) for one, value in fixed.items()}
    if outside := promise.outside_domain(with_fixed(promise, promise.defaults, fixed)):
        raise UsageError(f"{name}: {outside}")
    return {
        "where": where,
        "name": found["name"],
        "file": found["file"],
        "line": found["line"],
        "contract": contract,
        "framework": user.framework_named(framework),
        "names": names,
        "fixed": fixed,
        "takes": takes,
        "factory": factory,
        "axes": _axes(name, contract, mark.get("axes"), dimension in takes),
        "ranks": _among(name, "ranks", mark.get("ranks"), (1, 2, 3, 4, 5)),
        "formats": _among(name, "formats", mark.get("formats"), tuple(FORMATS)),
        "devices": _among(name, "devices", mark.get("devices"), DEVICES),
        "in_place": given.in_place or mark.get("in_place", False),
    }


def _signature(
    name: str, contract: str, has: Sequence[str], names: Mapping[str, str], found: Mapping[str, Any]
) -> tuple[bool, list[str]]:
    """Whether a subject is called for something that is called with w, and which of the contract's names it takes."""
    if found["parameters"] is None:
        raise UsageError(f"{name} does not say which parameters it takes; wrap it in a function that does")
    parameters: dict[str, bool] = dict(found["parameters"])
    called = {names.get(one, one): one for one in has}
    first = next(iter(parameters), None)
    factory = found["is_class"] or first is None or first in called
    for one, required in parameters.items():
        if required and one not in called and (factory or one != first):
            free = [h for h in has if names.get(h, h) not in parameters]
            hint = f"; if that is its {free[-1]}, say --map {free[-1]}={one}" if free else ""
            raise UsageError(f"{name} has to be given {one}, which {contract} does not have{hint}")
    for one, its in names.items():
        if its not in parameters and not found["any"]:
            raise UsageError(f"{name} takes no {its}, to which {one} is mapped; it takes {', '.join(parameters)}")
    return factory, [one for its, one in called.items() if its in parameters or found["any"]]


def _axes(name: str, contract: str, given: Sequence[Any] | None, taken: bool) -> list[Any] | None:
    """The axes that a subject may be given, as JSON has them; None for all."""
    if given is not None:
        axes = [list(axis) if isinstance(axis, list | tuple) else axis for axis in given]
        for axis in axes:
            inner = axis if isinstance(axis, list) else [axis]
            if axis is not None and not all(type(one) is int for one in inner):
                raise UsageError(f"{name}: axes holds {axis!r}; an axis is a number, several numbers, or None")
        if not axes:
            raise UsageError(f"{name}: axes is empty")
        return axes
    if taken or contract in (*user.WHOLE, *user.SINGLE):
        return None
    if contract == "renorm":
        raise UsageError(f"{name} takes no dim, so its mark has to say axes=..., the dimensions of its norms")
    return [None] if contract == "clip_by_norm" else [0]


def _among(name: str, what: str, given: Sequence[Any] | None, allowed: Sequence[Any]) -> list[Any] | None:
    if given is not None and (not given or not set(given) <= set(allowed)):
        raise UsageError(f"{name}: {what} are some of {', '.join(map(str, allowed))}, not {', '.join(map(str, given))}")
    return None if given is None else list(given)
