"""Known divergences: a commented TOML file of what is no news, each entry with a reason and its smallest case."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from itertools import product
from pathlib import Path
from typing import TypeAlias

from adapters.core.stack import Stack, discover
from conformance.cases.case import Case
from conformance.cases.codec import from_json
from conformance.errors import CaseError
from conformance.judging.verdict import RECORD
from conformance.rules.registry import catalog
from conformance.toml_entries import Entry, load_entries
from reference.formats import FORMATS
from reports.record.failure import Failure, parse_failure
from reports.record.file import SCHEMA
from reports.schema import Schema

FILE = Path(__file__).parents[1] / "known_divergences.toml"
# rule, stack, mode, device, contract, format, and the failure as it is written today
Key: TypeAlias = tuple[str, str, str, str, str, str, str]


@dataclass(frozen=True)
class Divergence:
    """One entry of the file: every rule, mode and device under which its case diverges in one way, and why.

    `rounds`: parameters that are rounded to a format first, where that is the whole cause.
    """

    rules: tuple[str, ...]
    stack: str
    contract: str
    formats: tuple[str, ...]
    modes: tuple[str, ...]
    devices: tuple[str, ...]
    failures: tuple[Failure, ...]
    reason: str
    links: tuple[str, ...]
    versions: Mapping[str, str]
    case: Case
    rounds: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def keys(self) -> tuple[Key, ...]:
        """What the entry matches."""
        places = product(self.rules, self.modes, self.devices, self.formats, self.failures)
        return tuple((r, self.stack, m, d, self.contract, f, str(failure)) for r, m, d, f, failure in places)


def load(path: Path = FILE, stacks: Mapping[str, Stack] | None = None) -> tuple[Divergence, ...]:
    """The entries of the file, each of which can match something; raises EntryError.

    `stacks`: those of the run, where it knows others than the adapters'.
    """
    defined = {**discover(), **(stacks or {})}
    divergences: list[Divergence] = []
    numbers: dict[Key, int] = {}
    for entry in load_entries(path, "divergence"):
        divergence = _divergence(entry, defined)
        for key in divergence.keys:
            if key in numbers:
                raise entry.error(f"entry {numbers[key]} has {' '.join(key)} too", "rule, mode, device")
            numbers[key] = entry.number
        divergences.append(divergence)
    return tuple(divergences)


def matching(
    divergences: Sequence[Divergence],
    rule: str,
    stack: str,
    mode: str,
    device: str,
    contract: str,
    format: str,
    failure: str,
) -> Divergence | None:
    """The entry under which a failure is known; None if it is news."""
    key = (rule, stack, mode, device, contract, format, failure)
    return next((divergence for divergence in divergences if key in divergence.keys), None)


def _divergence(entry: Entry, stacks: Mapping[str, Stack]) -> Divergence:
    """The entry, which can match something; raises EntryError."""
    if isinstance(entry.fields, dict) and not str(entry.fields.get("reason", "")).strip():
        raise entry.error("it has no reason: a person must write one sentence why it is known")
    fields = entry.checked(_schema())
    divergence = Divergence(
        rules=_several(fields["rule"]),
        stack=fields["stack"],
        contract=fields["contract"],
        formats=_several(fields["format"]),
        modes=_several(fields["mode"]),
        devices=_several(fields["device"]),
        failures=tuple(_failure(entry, text) for text in _several(fields["failure"])),
        reason=fields["reason"],
        links=tuple(fields["links"]),
        versions=fields["versions"],
        case=_case(entry, fields["case"]),
        rounds=fields.get("rounds", {}),
    )
    _check_stack(entry, divergence, stacks)
    _check_case(entry, divergence)
    return divergence


def _check_stack(entry: Entry, divergence: Divergence, stacks: Mapping[str, Stack]) -> None:
    """Raise EntryError where no stack can be put to the rules in this way."""
    stack = stacks.get(divergence.stack)
    if stack is None:
        raise entry.error(f"no adapter defines {divergence.stack!r}, so the entry matches nothing", "stack")
    for mode in divergence.modes:
        if mode not in stack.mode_names:
            raise entry.error(f"{stack.name} has no mode {mode!r}, so the entry matches nothing", "mode")
    if divergence.contract not in stack.contracts:
        held = ", ".join(stack.contracts)
        raise entry.error(f"{stack.name} is held to {held}, not {divergence.contract!r}", "contract")
    for rule in divergence.rules:
        _check_rule(entry, rule, stack, divergence)


def _check_rule(entry: Entry, name: str, stack: Stack, divergence: Divergence) -> None:
    rule = next((rule for rule in catalog() if rule.id == name), None)
    if rule is None:
        raise entry.error(f"there is no rule {name!r}", "rule")
    if rule.level == RECORD:
        raise entry.error(f"{name} only records what is done, so the entry matches nothing", "rule")
    if divergence.contract not in rule.contracts:
        raise entry.error(f"{name} says nothing of {divergence.contract}, so the entry matches nothing", "rule")
    for mode in divergence.modes:
        if not any(rule.applies(stack, mode, device) for device in rule.devices):
            raise entry.error(f"{name} is not put to {stack.name} {mode}, so the entry matches nothing", "rule")


def _check_case(entry: Entry, divergence: Divergence) -> None:
    for name in divergence.formats:
        if name not in FORMATS:
            raise entry.error(f"{name!r} is none of {', '.join(FORMATS)}", "format")
    case = divergence.case
    if case.contract != divergence.contract:
        raise entry.error(f"its contract is {case.contract!r}, that of the entry {divergence.contract!r}", "case")
    if case.weights.format not in divergence.formats:
        formats = entry.fields["format"]
        raise entry.error(f"its format is {case.weights.format!r}, that of the entry {formats!r}", "case")


def _failure(entry: Entry, text: str) -> Failure:
    failure = parse_failure(text)
    if failure is None:
        raise entry.error(f"{text!r} is no way in which a rule says that something failed", "failure")
    return failure


def _case(entry: Entry, text: str) -> Case:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise entry.error(f"not JSON: {error}", "case") from error
    if wrong := Schema({"$ref": "#/$defs/case", "$defs": SCHEMA["$defs"]}).complaint(data):
        raise entry.error(wrong.message, "case")
    try:
        return from_json(data)
    except CaseError as error:
        raise entry.error(str(error), "case") from error


@cache
def _schema() -> Schema:
    return Schema(json.loads(Path(__file__).with_name("known.schema.json").read_text("utf-8")))


def _several(value: str | list[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)
