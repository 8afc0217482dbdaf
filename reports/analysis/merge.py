"""Several records become one report, or the first contradiction between two of them is an error."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Literal, TypeAlias, TypeVar

from reports.record.file import Record, RecordError
from reports.record.model import Claim, Known, Result, Rule, Stack, Statement

Key: TypeAlias = tuple[str, str, str, str]  # rule, stack, mode, device
Place: TypeAlias = tuple[str, str, str]  # claim, stack, device
# How long it took is no statement about the stack.
TIMES = ("seconds", "calls")
Stated = TypeVar("Stated", Rule, Statement)
KNOWN_BY: tuple[Literal["rule", "stack", "mode", "device", "contract", "format", "failure"], ...] = (
    "rule", "stack", "mode", "device", "contract", "format", "failure",
)  # fmt: skip


@dataclass(frozen=True)
class Report:
    """What all records say together; every result is there once, with the file it came from."""

    records: tuple[Record, ...]
    stacks: tuple[Stack, ...]
    rules: tuple[Rule, ...]
    results: Mapping[Key, Result]
    origins: Mapping[Key, Path]
    known: tuple[Known, ...]
    statements: tuple[Statement, ...] = ()
    claims: Mapping[Place, Claim] = field(default_factory=dict)

    @property
    def complete(self) -> bool:
        """True only where every record is complete."""
        return all(record.complete for record in self.records)

    @cached_property
    def available(self) -> Mapping[tuple[str, str], Stack]:
        """The stacks that ran, by name and kind of device."""
        return {
            (stack["name"], stack["device"]["kind"]): stack
            for stack in self.stacks
            if stack["available"] and stack["device"]
        }


def merge(records: Sequence[Record]) -> Report:
    """The report of all records, rules and stacks in the order in which the headers first name them."""
    if not records:
        raise RecordError("There is no record to report on.")
    results: dict[Key, Result] = {}
    origins: dict[Key, Path] = {}
    for record in records:
        for result in record.results:
            key = (result["rule"], result["stack"], result["mode"], result["device"])
            if key in results and (differs := _difference(results[key], result)):
                raise RecordError(
                    f"{origins[key]} and {record.path} contradict each other in {differs!r} "
                    f"of rule {key[0]!r} on {' '.join(key[1:])!r}."
                )
            results.setdefault(key, result)
            origins.setdefault(key, record.path)
    rules = _same(records, "rule", lambda record: record.header["rules"])
    statements = _same(records, "claim", lambda record: record.header.get("claims", ()))
    known = _known(records)
    return Report(tuple(records), _stacks(records), rules, results, origins, known, statements, _claims(records))


def with_absent(report: Report, known: Mapping[str, str]) -> Report:
    """The report, with every known stack (name to sentence) that no record speaks of named as unavailable."""
    named = {stack["name"] for stack in report.stacks}
    absent: list[Stack] = [
        {
            "name": name,
            "available": False,
            "reason": f"no record of {name} was given",
            "sentence": sentence,
            "versions": {},
            "python": None,
            "backend": None,
            "device": None,
            "formats": {},
            "modes": [],
            "contracts": [],
            "compiled": [],
        }
        for name, sentence in known.items()
        if name not in named
    ]
    return replace(report, stacks=(*report.stacks, *absent))


def _difference(one: Result, other: Result) -> str | None:
    return next((name for name in one if name not in TIMES and one.get(name) != other.get(name)), None)


def _known(records: Sequence[Record]) -> tuple[Known, ...]:
    """Every known divergence once; what one run saw of it outweighs that another did not try it."""
    found: dict[tuple[str, ...], tuple[Known, Path]] = {}
    for record in records:
        for one in record.known:
            key = (*(one[name] for name in KNOWN_BY), one["case"]["id"])
            first, path = found.setdefault(key, (one, record.path))
            untried = "not run" in (first["state"], one["state"])
            states = ("state", "said") if untried else ()
            if differs := next((name for name in one if name not in states and first.get(name) != one.get(name)), None):
                raise RecordError(
                    f"{path} and {record.path} contradict each other in {differs!r} of the known divergence from "
                    f"rule {one['rule']!r} on {' '.join((one['stack'], one['mode'], one['device']))!r}."
                )
            if first["state"] == "not run":
                found[key] = (one, record.path)
    return tuple(one for one, _ in found.values())


def _same(records: Sequence[Record], what: str, of: Callable[[Record], Sequence[Stated]]) -> tuple[Stated, ...]:
    """What the headers state, each once; RecordError where two state it differently."""
    found: dict[str, tuple[Stated, Path]] = {}
    for record in records:
        for one in of(record):
            first, path = found.setdefault(one["id"], (one, record.path))
            if first != one:
                raise RecordError(f"{path} and {record.path} state {what} {one['id']!r} differently.")
    return tuple(one for one, _ in found.values())


def _claims(records: Sequence[Record]) -> dict[Place, Claim]:
    found: dict[Place, tuple[Claim, Path]] = {}
    for record in records:
        for claim in record.claims:
            key = (claim["claim"], claim["stack"], claim["device"])
            first, path = found.setdefault(key, (claim, record.path))
            if first["verdict"] != claim["verdict"]:
                raise RecordError(
                    f"{path} and {record.path} contradict each other in 'verdict' of claim {key[0]!r} on {key[1]!r}."
                )
    return {key: claim for key, (claim, _) in found.items()}


def _stacks(records: Sequence[Record]) -> tuple[Stack, ...]:
    """One entry for each stack and device; available somewhere outweighs missing elsewhere."""
    found: dict[tuple[str, str | None], tuple[Stack, Path]] = {}
    for record in records:
        for stack in record.header["stacks"]:
            key = (stack["name"], stack["device"]["kind"] if stack["device"] else None)
            first, path = found.setdefault(key, (stack, record.path))
            found[key] = (_both(first, path, stack, record.path), path)
    available = [stack for stack, _ in found.values() if stack["available"]]
    names = {stack["name"] for stack in available}
    order = list(dict.fromkeys(name for name, _ in found))
    kept = [
        # An unavailable stack with a device of its own (no GPU here) stays beside the one that ran elsewhere.
        stack
        for (name, device), (stack, _) in found.items()
        if stack["available"] or name not in names or device is not None
    ]
    return tuple(sorted(kept, key=lambda stack: order.index(stack["name"])))


def _both(first: Stack, path: Path, second: Stack, other: Path) -> Stack:
    if not (first["available"] and second["available"]):
        return second if second["available"] else first
    if first["versions"] != second["versions"]:
        raise RecordError(f"{path} and {other} ran stack {first['name']!r} in different versions.")
    if sorted(first["contracts"]) != sorted(second["contracts"]):
        raise RecordError(f"{path} and {other} held stack {first['name']!r} to different contracts.")
    modes = list(dict.fromkeys([*first["modes"], *second["modes"]]))
    compiled = list(dict.fromkeys([*first["compiled"], *second["compiled"]]))
    formats = {**second["formats"], **first["formats"]}
    merged: Stack = {**first, "modes": modes, "compiled": compiled, "formats": formats}
    if unsuited := list(dict.fromkeys([*first.get("unsuited", ()), *second.get("unsuited", ())])):
        merged["unsuited"] = unsuited
    return merged
