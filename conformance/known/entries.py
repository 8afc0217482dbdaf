"""Known divergences: a commented TOML file of what is no news, each entry with a reason and its smallest case."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import product
from pathlib import Path
from typing import Any, TypeAlias

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from adapters.core.discovery import discover
from adapters.core.stack import Stack
from conformance.cases.case import Case
from conformance.cases.codec import from_json
from conformance.errors import CaseError, KnownError
from conformance.judging.verdict import RECORD
from conformance.rules.findings import Known
from conformance.rules.registry import catalog
from conformance.rules.rule import RuleDefinition
from conformance.stacks.target import Target
from reference.formats import FORMATS
from reports.record.failure import Failure, parse_failure
from reports.record.file import SCHEMA
from reports.text import cut, plain

FILE = Path(__file__).parents[1] / "known_divergences.toml"
# rule, stack, mode, device, contract, format, and the failure as it is written today
Key: TypeAlias = tuple[str, str, str, str, str, str, str]


@dataclass(frozen=True)
class Divergence:
    """One entry of the file: every rule, mode and device under which its case diverges in one way, and why."""

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

    @cached_property
    def keys(self) -> tuple[Key, ...]:
        """What the entry matches."""
        places = product(self.rules, self.modes, self.devices, self.formats, self.failures)
        return tuple((r, self.stack, m, d, self.contract, f, str(failure)) for r, m, d, f, failure in places)


def load(path: Path = FILE, stacks: Mapping[str, Stack] | None = None) -> tuple[Divergence, ...]:
    """The entries of the file, each of which can match something; raises KnownError.

    `stacks`: those of the run, where it knows others than the adapters'.
    """
    defined = {**discover(), **(stacks or {})}
    found: list[Divergence] = []
    numbers: dict[Key, int] = {}
    for number, entry in enumerate(_entries(path), 1):
        if isinstance(entry, dict) and not str(entry.get("reason", "")).strip():
            raise KnownError(f"{path}, entry {number} has no reason: a person must write one sentence why it is known")
        try:
            one = _divergence(entry, defined)
        except ValueError as error:
            raise KnownError(f"{path}, entry {number}: {cut(plain(str(error)), 400)}") from error
        for key in one.keys:
            if key in numbers:
                words = plain(" ".join(key))
                raise KnownError(f"{path}, entry {number}: rule, mode, device: entry {numbers[key]} has {words} too")
            numbers[key] = number
        found.append(one)
    return tuple(found)


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
    return next((one for one in divergences if key in one.keys), None)


def recognizer(divergences: Sequence[Divergence]) -> Known:
    """What findings ask of each failure: the entry under which it is known, or None."""

    def recognize(
        rule: RuleDefinition, target: Target, contract: str, format: str, failure: Failure
    ) -> Divergence | None:
        place = (rule.id, target.stack.name, target.mode, target.device)
        return matching(divergences, *place, contract, format, str(failure))

    return recognize


def _entries(path: Path) -> list[Any]:
    try:
        data = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise KnownError(f"{path} cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise KnownError(f"{path} is no TOML file: {cut(plain(str(error)), 400)}") from error
    entries = data.pop("divergence", [])
    if data or not isinstance(entries, list):
        what = next(iter(data), "divergence")
        raise KnownError(f"{path}: {plain(what)}: only [[divergence]] tables belong here")
    return entries


def _divergence(entry: Any, stacks: Mapping[str, Stack]) -> Divergence:
    """The entry, checked; raises ValueError with the field and what is wrong with it."""
    if error := best_match(_validator().iter_errors(entry)):
        where = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in error.absolute_path)
        raise ValueError(f"{where.lstrip('.')}: {error.message}" if where else error.message)
    rules, modes, devices = (_several(entry[name]) for name in ("rule", "mode", "device"))
    formats, failures = _several(entry["format"]), tuple(map(_failure, _several(entry["failure"])))
    stack = stacks.get(entry["stack"])
    if stack is None:
        raise ValueError(f"stack: no adapter defines {entry['stack']!r}, so the entry matches nothing")
    for mode in modes:
        if mode not in stack.modes:
            raise ValueError(f"mode: {stack.name} has no mode {mode!r}, so the entry matches nothing")
    if entry["contract"] not in stack.contracts:
        raise ValueError(f"contract: {stack.name} is held to {', '.join(stack.contracts)}, not {entry['contract']!r}")
    for rule in rules:
        _check_rule(rule, stack, modes, entry["contract"])
    for name in formats:
        if name not in FORMATS:
            raise ValueError(f"format: {name!r} is none of {', '.join(FORMATS)}")
    case = _case(entry["case"])
    for field, said in (("contract", case.contract), ("format", case.weights.format)):
        if said not in _several(entry[field]):
            raise ValueError(f"case: its {field} is {said!r}, that of the entry {entry[field]!r}")
    same = {name: entry[name] for name in ("stack", "contract", "reason", "versions")}
    return Divergence(
        rules=rules,
        modes=modes,
        devices=devices,
        formats=formats,
        failures=failures,
        links=tuple(entry["links"]),
        case=case,
        **same,
    )


def _failure(text: str) -> Failure:
    failure = parse_failure(text)
    if failure is None:
        raise ValueError(f"failure: {text!r} is no way in which a rule says that something failed")
    return failure


def _check_rule(name: str, stack: Stack, modes: Sequence[str], contract: str) -> None:
    rule = next((rule for rule in catalog() if rule.id == name), None)
    if rule is None:
        raise ValueError(f"rule: there is no rule {name!r}")
    if rule.level == RECORD:
        raise ValueError(f"rule: {name} only records what is done, so the entry matches nothing")
    if contract not in rule.contracts:
        raise ValueError(f"rule: {name} says nothing of {contract}, so the entry matches nothing")
    for mode in modes:
        if not any(rule.applies(stack, mode, device) for device in rule.devices):
            raise ValueError(f"rule: {name} is not put to {stack.name} {mode}, so the entry matches nothing")


def _case(text: str) -> Case:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"case: not JSON: {error}") from error
    validator = Draft202012Validator({"$ref": "#/$defs/case", "$defs": SCHEMA["$defs"]})
    if wrong := best_match(validator.iter_errors(data)):
        raise ValueError(f"case: {wrong.message}")
    try:
        return from_json(data)
    except (CaseError, OverflowError) as error:
        raise ValueError(f"case: {error}") from error


@cache
def _validator() -> Draft202012Validator:
    return Draft202012Validator(json.loads(Path(__file__).with_name("known.schema.json").read_text("utf-8")))


def _several(value: str | list[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)
