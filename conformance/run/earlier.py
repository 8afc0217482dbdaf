"""What a run before has found: what cannot have changed since is carried over, what failed there is asked again."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path

from conformance.errors import UsageError
from conformance.schedule.plan import Key
from reports.record.claims import ClaimResult
from reports.record.file import Record, read
from reports.record.header import Header
from reports.record.model import Result


def key_of(result: Result) -> Key:
    """What was asked."""
    return result.rule, result.stack, result.mode


def read_earlier(path: Path, part: Path, of_claims: bool = False) -> Record:
    """The record at `path`, or that in a part of a folder; raises UsageError where it is no record of such a run."""
    record = read(path / part / "run.jsonl" if path.is_dir() else path)
    if (record.header.claims is not None) != of_claims:
        kinds = ("rules", "claims") if of_claims else ("claims", "rules")
        raise UsageError("{} is a record of {}, from which a run of {} can carry nothing over".format(path, *kinds))
    return record


def interrupted(path: Path) -> Record | None:
    """The record of a run that did not come to its end, None where there is none; raises UsageError if it did."""
    if not path.exists():
        return None
    record = read(path)
    if record.complete:
        raise UsageError(f"{path} is complete, and there is nothing to go on with; without --resume it is asked anew")
    return record


@dataclass(frozen=True)
class Earlier:
    """A record of a run before, and whether of the rest only what failed there is asked again."""

    record: Record
    only_failed: bool = False

    def failed(self, levels: Collection[str]) -> frozenset[Key]:
        """What broke a rule of these levels anew, was not finished, or was planned and has no result."""
        results = self.record.results
        planned = {(rule, one.stack, one.mode) for one in self.record.header.plan or () for rule in one.rules}
        failed = {key_of(one) for one in results if diverged(one, levels) or ran_out_of_time(one, levels)}
        return frozenset(failed | (planned - set(map(key_of, results))))

    def carried(self, now: Header, levels: Collection[str]) -> tuple[Result, ...]:
        """The results that this run would find again, each with when it was found; with `only_failed` no failed ones.

        The same cases were asked and judged by the same code, and the stack says the same of itself. Of somebody's own
        subject nobody knows what it is made of, so it is always asked again.
        """
        same = _same_stacks(self.record.header, now)
        failed = self.failed(levels) if self.only_failed else frozenset()
        return tuple(
            replace(result, carried=result.carried or self.record.header.started)
            for result in self.record.results
            if result.stack in same and key_of(result) not in failed and not (result.unfinished or result.depth)
        )


def carried_claims(before: Record, now: Header) -> tuple[ClaimResult, ...]:
    """What became of claims that read the same, where this run would find it again, each with when it was found."""
    same, statements = _same_stacks(before.header, now), {*(now.claims or ())}
    known = {claim.id for claim in before.header.claims or () if claim in statements}
    return tuple(
        replace(result, carried=result.carried or before.header.started)
        for result in before.claims
        if result.stack in same and result.claim in known and result.verdict != "NOT TRIED"
    )


def diverged(result: Result, levels: Collection[str]) -> bool:
    """Whether something of these levels broke that is not known."""
    return any(finding.is_new and finding.level in levels for finding in result.findings)


def ran_out_of_time(result: Result, levels: Collection[str]) -> bool:
    """Whether time ran out before a rule of these levels could be judged."""
    return result.unfinished and result.level in levels


def _same_stacks(before: Header, now: Header) -> frozenset[str]:
    """The stacks that say the same of themselves as they did, where the same code asks; of subjects nobody knows."""
    if before.code is None or _run_of(before) != _run_of(now):
        return frozenset()
    return frozenset(stack.name for stack in now.stacks if stack.declared is None and stack in before.stacks)


def _run_of(header: Header) -> tuple[object, ...]:
    """What the results of a run depend on, whatever the stacks are."""
    options, host = header.options, header.host
    asked = header.suite, header.code, header.seed, header.depth, options.get("device"), options.get("timeout")
    return *asked, host.python, host.processor, host.numpy, host.hypothesis
