"""Subjects that a record names: as data, and never imported, for a record may come from anywhere."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from adapters import user
from adapters.core.declaration import Declaration
from adapters.core.stack import Stack
from adapters.core.wire import MessageError, from_wire
from conformance.errors import UsageError
from conformance.stacks.user_stacks import implied
from reference.registry import CONTRACTS
from reports.record.header import Header


def recorded_stacks(header: Header) -> dict[str, Stack]:
    """The stacks of a record that people brought, as data: what they were held to, and nothing that can be started.

    Raises UsageError for a declaration that is none.
    """
    found = ((stack.name, stack.declared) for stack in header.stacks)
    return {name: _recorded(name, declared) for name, declared in found if declared is not None}


def _recorded(name: str, declared: Mapping[str, Any]) -> Stack:
    """The stack of a declaration as a record has it, with what its contract implies, and without its module."""
    contract = declared.get("contract")
    if not isinstance(contract, str) or contract not in CONTRACTS:
        raise UsageError(f"the record declares {name!r} for the contract {contract!r:.80}, which this version lacks")
    try:
        declaration = from_wire(Declaration, {**declared, **implied(contract)}, "declared")
    except MessageError as error:
        raise UsageError(f"the record holds no declaration of {name!r}: {error}") from error
    if declaration.framework not in user.FRAMEWORKS:
        framework = repr(declaration.framework)
        raise UsageError(f"the record declares {name!r} for the framework {framework:.80}, which this version lacks")
    return replace(user.stack_of(name, declaration), module="", declaration=None)


def is_subject(recorded: str, given: str) -> bool:
    """Whether a subject is the one that a record names: by its text alone, for no path of a record is looked up.

    A file is the same where one of the paths is the end of the other, for a record may come from another folder.
    """
    one, name = _split(recorded)
    other, its = _split(given)
    if name != its or not (one.endswith(".py") and other.endswith(".py")):
        return recorded == given
    return any(_ends(a, b) for a, b in ((one, other), (other, one)))


def _split(subject: str) -> tuple[str, str]:
    where, _, name = subject.rpartition(":")
    return where, name


def _ends(path: str, end: str) -> bool:
    """Whether the path, from the current folder, ends with the other one, which may be short."""
    if os.path.abspath(path) == os.path.abspath(end):
        return True
    parts, last = Path(os.path.abspath(path)).parts, Path(os.path.normpath(end)).parts
    return not os.path.isabs(end) and parts[-len(last) :] == last
