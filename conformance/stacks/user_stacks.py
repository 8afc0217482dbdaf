"""Subjects that people bring, as stacks: found in a worker of their own interpreter, and checked against a contract."""

from __future__ import annotations

import contextlib
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase as fnmatch
from pathlib import Path
from typing import Any, TypeVar

from adapters import user
from adapters.core.declaration import FROZEN, OTHERS, Declaration
from adapters.core.framework import Unsupported
from adapters.core.mark import RANKS
from adapters.core.messages import FindSubjects, Unavailable
from adapters.core.place import place_of
from adapters.core.stack import Stack
from adapters.core.user_code import SubjectDescription
from adapters.user.bases import Base
from conformance.cases.parameters import with_fixed
from conformance.cases.shapes import group_shapes_of
from conformance.errors import StackUnavailable, UsageError, WorkerDied, WorkerHung, instead
from conformance.processes.process import Process
from conformance.stacks.subject_kinds import kind_of, of_a_model, ranks_of, refuse_built
from conformance.stacks.subject_limits import SubjectLimits
from conformance.stacks.workers import ROOT
from reference.formats import FORMATS
from reference.registry import CONTRACTS

DEVICES = ("cpu", "gpu")
# seconds that a file may take to be imported, its framework with it
PATIENCE = 120.0
Value = TypeVar("Value")
# characters of a file in which its first mark is looked for before it is imported
LONGEST_LOOK = 1_000_000


@dataclass(frozen=True)
class SubjectOptions:
    """What the command line says of subjects; it goes before what their marks say."""

    framework: str | None = None
    contract: str | None = None
    names: Mapping[str, str] = field(default_factory=dict)
    fixed: Mapping[str, float] = field(default_factory=dict)
    in_place: bool = False
    no_grad: bool = False
    kind: str | None = None
    values: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    tied: Mapping[str, str] = field(default_factory=dict)
    limits: SubjectLimits = field(default_factory=SubjectLimits)


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
        base = _marked(where, given)
        environment, modules = (base.environment, base.requires) if base else ({}, ())
        process = Process("subject", environment, _python(text, pythons or {}), device, modules)
        try:
            for found in _found(process, where, names):
                name = f"{where}:{found.name}"
                declaration = declaration_of(name, where, found, given)
                stack = stacks[name] = user.stack_of(name, declaration)
                if not group_shapes_of(stack) and not declaration.single_weights:
                    raise UsageError(f"{name}: its axes and ranks leave nothing that it could be asked")
                if started is not None and process not in started.values() and process.suits(stack):
                    started[name] = process
        finally:
            if started is None or process not in started.values():
                process.stop()
    return stacks


def implied(contract: str) -> dict[str, Any]:
    """What a declaration has by its contract alone."""
    promised = CONTRACTS[contract]
    return {"dimension": promised.dimension, "single_weights": promised.single_weights}


def _parsed(text: str) -> tuple[str, list[str]]:
    """The file or module, and the name behind the last colon; a folder or a file may have colons in its name too."""
    if not text.isprintable():  # nor would it be the same file in a record, a page or a program
        raise UsageError(f"{text!r} holds characters that cannot be printed, or is not UTF-8; rename the file")
    where, colon, name = text.rpartition(":")
    if not colon or (text.endswith(".py") and ("/" in name or not where.endswith(".py"))):
        where, name = text, ""
    if not where or (not name and not where.endswith(".py")):
        raise UsageError(f"{text!r} is neither FILE.py, FILE.py:NAME nor PACKAGE.MODULE:NAME")
    return where, [name] if name else []


def _python(text: str, pythons: Mapping[str, str]) -> str:
    """The interpreter of a subject; a pattern such as file.py:* is one for all subjects of the file."""
    found = (path for pattern, path in pythons.items() if fnmatch(text, pattern) or fnmatch(f"{text}:", pattern))
    return next(found, sys.executable)


def _found(process: Process, where: str, names: Sequence[str]) -> tuple[SubjectDescription, ...]:
    try:
        place_of(where)  # no process need be started to see that there is no file
        process.start(ROOT)
        answer = process.request(FindSubjects(where, tuple(names)), None, PATIENCE)
    except Unsupported as error:
        raise UsageError(str(error)) from error
    except (StackUnavailable, WorkerDied, WorkerHung) as error:
        raise UsageError(f"{where} cannot be read: {error}") from error
    if isinstance(answer, Unavailable):
        raise UsageError(answer.reason)
    return answer.subjects


def _marked(where: str, given: SubjectOptions) -> Base | None:
    """What the framework of a file's first mark asks for: Keras takes its backend from the environment, once."""
    marked = ""
    with contextlib.suppress(OSError, ValueError):  # what is wrong with it is said when it is imported
        text = _beginning(where)
        marked = next(iter(re.findall(r"framework\s*=\s*[\"']([\w-]+)[\"']", text)), "")
    return user.FRAMEWORKS.get(user.framework_named(given.framework or marked))


def _beginning(where: str) -> str:
    """The first lines of a file of Python, nothing of anything else."""
    if not where.endswith(".py") or not Path(where).is_file():
        return ""
    with Path(where).open(encoding="utf-8", errors="replace") as file:
        return file.read(LONGEST_LOOK)


def _those(said: Mapping[str, Value], names: Sequence[str] | None) -> dict[str, Value]:
    """What is said of parameters of these names; all that is said where there are none."""
    return {name: value for name, value in said.items() if names is None or name in names}


def declaration_of(name: str, where: str, found: SubjectDescription, given: SubjectOptions) -> Declaration:
    """What `adapters.user` needs to know, from the mark, the command line and the signature."""
    mark = found.mark
    contract = given.contract or (mark.contract if mark else None)
    framework = given.framework or (mark.framework if mark else None)
    if contract is None or framework is None:
        raise UsageError(f"{name} is not marked with normconf.subject, so it needs --framework and --contract")
    if contract not in CONTRACTS:
        raise UsageError(f"{name}: there is no contract {contract!r}{instead(contract, CONTRACTS)}")
    if user.framework_named(framework) not in user.FRAMEWORKS:
        known = [*user.FRAMEWORKS, "keras"]
        raise UsageError(f"{name}: there is no framework {framework!r}{instead(framework, known)}")
    refuse_built(name, found, contract, user.framework_named(framework))
    promise = CONTRACTS[contract]
    dimension = promise.dimension
    has = [*(p.name for p in promise.parameters), *([dimension] if dimension else [])]
    # of another contract than its mark's, what the mark says of its own parameters is passed over
    marked = has if mark and contract != mark.contract else None
    names = {**_those(mark.names if mark else {}, marked), **given.names}
    fixed = {**_those(mark.fixed if mark else {}, marked), **given.fixed}
    if dimension in fixed:
        raise UsageError(f"{name}: {dimension} is not fixed as a parameter is: a mark limits it by axes=[...]")
    for one in (*names, *fixed):
        if one not in has:
            raise UsageError(f"{name}: {contract} has no parameter {one!r}{instead(one, has, 'it has')}")
    if twice := next((its for its in names.values() if list(names.values()).count(its) > 1), None):
        instead_of_it = "where one number serves two, one of them is tied to the other"
        raise UsageError(f"{name}: two parameters of {contract} are mapped to {twice}; {instead_of_it}")
    kind = kind_of(
        name, user.framework_named(framework), given.kind or (mark.kind if mark else None), found, names, has
    )
    factory, takes = _signature(name, contract, has, names, found, kind)
    limits = given.limits.over(mark).asked(name, dimension, dimension in takes)
    assumed = {p.name: p.default for p in promise.parameters if p.name not in takes and p.name not in fixed}
    values = {**_those(mark.values if mark else {}, marked), **given.values}
    tied = {**_those(mark.tied if mark else {}, marked), **given.tied}
    for one in (*values, *tied, *(other.removeprefix("-") for other in tied.values())):
        if one not in has or one == dimension:
            raise UsageError(f"{name}: {contract} has no parameter {one!r}{instead(one, has, 'it has')}")
    if both := next((one for one in tied if one in takes), None):
        raise UsageError(f"{name} takes {names.get(both, both)} itself, so it is tied to no other parameter")
    assumed = {one: value for one, value in assumed.items() if one not in tied}
    for p in promise.parameters:
        if p.name in assumed and p.name != "epsilon" and p.lowest < p.highest:
            said = f"neither its mark (fixed={{{p.name!r}: ...}}) nor --fix {p.name}=... says which value it has"
            raise UsageError(f"{name} takes no {names.get(p.name, p.name)}, and {said}")
    fixed |= assumed
    free = [p.name for p in promise.parameters if p.name in assumed and p.lowest < p.highest]
    unsaid = given.limits.over(mark)
    axis_assumed = dimension is not None and dimension not in takes and not unsaid.says_axes
    if outside := promise.outside_domain(with_fixed(promise, promise.defaults, fixed)):
        raise UsageError(f"{name}: {outside}")
    in_place = given.in_place or (mark is not None and mark.in_place)
    return Declaration(
        where=where,
        name=found.name,
        file=found.file,
        line=found.line,
        contract=contract,
        framework=user.framework_named(framework),
        names=names,
        fixed=fixed,
        takes=takes,
        factory=factory,
        axes=limits.axes,
        axes_by_rank=limits.axes_by_rank,
        ranks=_among(name, "ranks", limits.ranks or ranks_of(kind, found), RANKS),
        formats=_among(name, "formats", limits.formats, tuple(FORMATS)),
        devices=_among(name, "devices", mark.devices if mark else None, DEVICES),
        in_place=in_place,
        modes=_modes(name, user.uses_of(user.framework_named(framework), in_place, kind), limits.modes),
        no_grad=given.no_grad or (mark is not None and mark.no_grad),
        is_class=found.is_class,
        has_config=found.has_config,
        assumed=(*free, *(["axis"] if axis_assumed else [])),
        kind=kind,
        base=found.module if kind == user.LAYER else "",
        frozen=of_a_model(name, kind, "frozen", mark.frozen if mark else None, FROZEN, ""),
        others=of_a_model(name, kind, "others", mark.others if mark else None, OTHERS, OTHERS[0]),
        values=values,
        tied=tied,
        layer=mark.layer if mark and kind == user.LAYER else {},
        **implied(contract),
    )


def _modes(name: str, uses: Mapping[str, object], given: Sequence[str] | None) -> tuple[str, ...] | None:
    """The modes in which a subject is asked, of those that there are for it; None for all of them."""
    for one in given or ():
        if one not in uses:
            raise UsageError(f"{name}: there is no mode {one!r}{instead(one, uses, 'there are')}")
    return None if given is None else tuple(given)


def _signature(
    name: str,
    contract: str,
    has: Sequence[str],
    names: Mapping[str, str],
    found: SubjectDescription,
    kind: str,
) -> tuple[bool, tuple[str, ...]]:
    """Whether a subject is called for something that is called with w, and which of the contract's names it takes."""
    if found.parameters is None:
        raise UsageError(f"{name} does not say which parameters it takes; wrap it in a function that does")
    parameters: dict[str, bool] = {each.name: each.required for each in found.parameters}
    called = {names.get(one, one): one for one in has}
    first = next(iter(parameters), None)
    factory = found.is_class or first is None or first in called
    for one, required in parameters.items():
        given = kind == user.LAYER or (kind == user.MODEL and one in user.OPTIMIZER)
        given = given or (kind == user.HOOK and one in list(parameters)[:3])
        if required and one not in called and (factory or one != first) and not given:
            free = [h for h in has if names.get(h, h) not in parameters]
            hint = f"; if that is its {free[-1]}, say --map {free[-1]}={one}" if free else ""
            raise UsageError(f"{name} has to be given {one}, which {contract} does not have{hint}")
    for one, its in names.items():
        if its not in parameters and not found.takes_any:
            raise UsageError(f"{name} takes no {its}, to which {one} is mapped; it takes {', '.join(parameters)}")
    # keywords of any name are a layer's own
    any_name = found.takes_any and kind != user.LAYER
    return factory, tuple(one for its, one in called.items() if its in parameters or any_name)


def _among(name: str, what: str, given: Sequence[Any] | None, allowed: Sequence[Any]) -> tuple[Any, ...] | None:
    if given is not None and not set(given) <= set(allowed):
        raise UsageError(f"{name}: {what} are some of {', '.join(map(str, allowed))}, not {', '.join(map(str, given))}")
    return None if given is None else tuple(given)
