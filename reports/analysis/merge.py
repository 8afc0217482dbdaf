"""Several records become one report, or the first contradiction between two of them is an error."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import TypeVar

from reports.analysis.report import ClaimKey, Key, Report
from reports.record.claims import ClaimResult, ClaimStatement
from reports.record.codec import key_of
from reports.record.file import Record, RecordError
from reports.record.header import RuleStatement, StackDescription
from reports.record.model import Recheck, Result

# How long it took, and in which run it was asked, is no statement about the stack.
CIRCUMSTANCES = ("seconds", "calls", "carried")
Stated = TypeVar("Stated", RuleStatement, ClaimStatement)
Compared = TypeVar("Compared", Result, Recheck)


def merge(records: Sequence[Record]) -> Report:
    """The report of all records, rules and stacks in the order in which the headers first name them."""
    if not records:
        raise RecordError("There is no record to report on.")
    _require_one_division(records)
    results: dict[Key, Result] = {}
    origins: dict[Key, Path] = {}
    for record in records:
        for result in record.results:
            key = (result.rule, result.stack, result.mode, result.device)
            if key in results and (differs := _difference(results[key], result, CIRCUMSTANCES)):
                raise RecordError(
                    f"{origins[key]} and {record.path} contradict each other in {differs!r} "
                    f"of rule {key[0]!r} on {' '.join(key[1:])!r}."
                )
            results.setdefault(key, result)
            origins.setdefault(key, record.path)
    rules = _same(records, "rule", lambda record: record.header.rules)
    statements = _same(records, "claim", lambda record: record.header.claims or ())
    rechecks = _rechecks(records)
    return Report(tuple(records), _stacks(records), rules, results, origins, rechecks, statements, _claims(records))


def _require_one_division(records: Sequence[Record]) -> None:
    """Shards are parts of one run of rules, or of claims: RecordError where two are not."""
    firsts: dict[bool, Record] = {}
    for record in (record for record in records if "shard" in record.header.options):
        first = firsts.setdefault(record.header.claims is None, record)
        for what, one, other in zip(DIVIDED, _divided(first), _divided(record), strict=True):
            if one != other:
                raise RecordError(
                    f"{first.path} and {record.path} are shards of different runs, with {what} {one} and {other}."
                )


DIVIDED = ("number of shards", "seed", "depth", "suite", "code")


def _divided(record: Record) -> tuple[object, ...]:
    header = record.header
    return header.options["shard"].rpartition(" ")[2], header.seed, header.depth, header.suite, header.code


def with_absent(report: Report, known: Mapping[str, str]) -> Report:
    """The report, with every known stack (name to sentence) that no record speaks of named as unavailable."""
    named = {stack.name for stack in report.stacks}
    absent = (_absent(name, sentence) for name, sentence in known.items() if name not in named)
    return replace(report, stacks=(*report.stacks, *absent))


def _absent(name: str, sentence: str) -> StackDescription:
    return StackDescription(
        name=name,
        available=False,
        reason=f"no record of {name} was given",
        sentence=sentence,
        versions={},
        python=None,
        backend=None,
        device=None,
        formats={},
        modes=(),
        contracts=(),
        compiled=(),
    )


def _difference(one: Compared, other: Compared, but: Sequence[str]) -> str | None:
    """The recorded name of the first field in which they differ, leaving out some."""
    compared = (field for field in fields(one) if field.name not in but)
    return next((key_of(field) for field in compared if getattr(one, field.name) != getattr(other, field.name)), None)


def _rechecks(records: Sequence[Record]) -> tuple[Recheck, ...]:
    """Every known divergence once; what one run saw of it outweighs that another did not try it."""
    found: dict[tuple[object, ...], tuple[Recheck, Path]] = {}
    for record in records:
        for recheck in record.rechecks:
            key = (recheck.rule, recheck.column, recheck.contract, recheck.format, recheck.failure, recheck.case.id)
            first, path = found.setdefault(key, (recheck, record.path))
            untried = "not run" in (first.state, recheck.state)
            if differs := _difference(first, recheck, ("state", "observed") if untried else ()):
                raise RecordError(
                    f"{path} and {record.path} contradict each other in {differs!r} of the known divergence from "
                    f"rule {recheck.rule!r} on {' '.join((recheck.stack, recheck.mode, recheck.device))!r}."
                )
            if first.state == "not run":
                found[key] = (recheck, record.path)
    return tuple(recheck for recheck, _ in found.values())


def _same(records: Sequence[Record], what: str, of: Callable[[Record], Sequence[Stated]]) -> tuple[Stated, ...]:
    """What the headers state, each once; RecordError where two state it differently."""
    found: dict[str, tuple[Stated, Path]] = {}
    for record in records:
        for one in of(record):
            first, path = found.setdefault(one.id, (one, record.path))
            if first != one:
                raise RecordError(f"{path} and {record.path} state {what} {one.id!r} differently.")
    return tuple(one for one, _ in found.values())


def _claims(records: Sequence[Record]) -> dict[ClaimKey, ClaimResult]:
    found: dict[ClaimKey, tuple[ClaimResult, Path]] = {}
    for record in records:
        for claim in record.claims:
            key = (claim.claim, claim.stack, claim.device)
            first, path = found.setdefault(key, (claim, record.path))
            if first.verdict != claim.verdict:
                raise RecordError(
                    f"{path} and {record.path} contradict each other in 'verdict' of claim {key[0]!r} on {key[1]!r}."
                )
    return {key: claim for key, (claim, _) in found.items()}


def _stacks(records: Sequence[Record]) -> tuple[StackDescription, ...]:
    """One entry for each stack and device; available somewhere outweighs missing elsewhere."""
    found: dict[tuple[str, str | None], tuple[StackDescription, Path]] = {}
    for record in records:
        for stack in record.header.stacks:
            key = (stack.name, stack.device.kind if stack.device else None)
            first, path = found.setdefault(key, (stack, record.path))
            found[key] = (_both(first, path, stack, record.path), path)
    available = [stack for stack, _ in found.values() if stack.available]
    names = {stack.name for stack in available}
    order = list(dict.fromkeys(name for name, _ in found))
    kept = [
        # An unavailable stack with a device of its own (no GPU here) stays beside the one that ran elsewhere.
        stack
        for (name, device), (stack, _) in found.items()
        if stack.available or name not in names or device is not None
    ]
    return tuple(sorted(kept, key=lambda stack: order.index(stack.name)))


def _both(first: StackDescription, path: Path, second: StackDescription, other: Path) -> StackDescription:
    if not (first.available and second.available):
        return second if second.available else first
    if first.versions != second.versions:
        raise RecordError(f"{path} and {other} ran stack {first.name!r} in different versions.")
    if sorted(first.contracts) != sorted(second.contracts):
        raise RecordError(f"{path} and {other} held stack {first.name!r} to different contracts.")
    return replace(
        first,
        modes=_union(first.modes, second.modes),
        compiled=_union(first.compiled, second.compiled),
        formats={**second.formats, **first.formats},
        # none at all is not written where no record has any
        unsuited=_union(first.unsuited or (), second.unsuited or ()) or first.unsuited,
    )


def _union(first: Sequence[str], second: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys([*first, *second]))
