"""Claims, run: every claim on every stack that it speaks about, each written down as it comes."""

from __future__ import annotations

import sys
import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console
from rich.text import Text

from conformance.claims import docstrings
from conformance.claims.catalog import Claim, verdict
from conformance.claims.check_property import check_property
from conformance.claims.evidence import Evidence
from conformance.claims.experiment import find_experiment
from conformance.claims.properties import properties_on_cases
from conformance.claims.run_experiment import Programs, try_experiment
from conformance.errors import NotTried
from conformance.run.earlier import carried_claims
from conformance.run.header import footer, header
from conformance.schedule.costs import longest_first
from conformance.schedule.crew import MemberFailed
from conformance.schedule.opening import Asking, asking, crew_of, open_session
from conformance.schedule.tasks import Task
from conformance.stacks.session import Session
from conformance.stacks.target import Target
from reports.console.run import Progress
from reports.record.claims import ClaimResult
from reports.record.file import Record, Writer
from reports.record.header import Exit
from reports.write import make_folder

# parts into which the claims about a stack are divided
MOST_PARTS = 4


@dataclass(frozen=True)
class Trying:
    """A stack on which claims are tried, by their ids."""

    stack: str
    claims: frozenset[str]


def run_claims(
    session: Session,
    claims: Sequence[Claim],
    path: Path,
    console: Console,
    jobs: int = 1,
    before: Record | None = None,
) -> int:
    """Try the claims on the stacks of a session, record it at `path`; the exit code is 1 if something is new.

    `jobs`: how many processes try them, each with workers of its own. `before`: a run from which what cannot have
    changed is carried over.
    """
    make_folder(path.parent)
    start, done, news, complete = time.monotonic(), 0, False, False

    def ask(part: Trying) -> Iterator[ClaimResult]:
        return _events(session, part.stack, [claim for claim in claims if claim.id in part.claims])

    with crew_of(session, min(jobs, MOST_PARTS * len(session.workers)), ask) as crew:
        open_session(session, crew, console)
        with Writer(path) as writer:
            first = replace(header(session, []), claims=tuple(claim.stated() for claim in claims))
            writer.write(first)
            carried = carried_claims(before, first) if before else ()
            for one in carried:
                writer.write(one)
            done, news = len(carried), any(one.is_unexpected for one in carried)
            if before:
                Progress(console).carried(done, before.header.started, 0)
            try:
                known = {(one.claim, one.stack) for one in carried}
                for _, event in crew.do(_parts(session, claims, known)):
                    assert isinstance(event, ClaimResult)
                    writer.write(event)
                    done += 1
                    news |= event.is_unexpected
                    console.print(Text(_line(event)), soft_wrap=True)
                complete = True
            except MemberFailed as fault:
                print(fault, file=sys.stderr)
            finally:
                code: Exit = 3 if not complete else 1 if news else 0
                writer.write(replace(footer(0, code, time.monotonic() - start), claims=done))
    return code


def _parts(session: Session, claims: Sequence[Claim], known: Collection[tuple[str, str]]) -> list[Asking[Trying]]:
    """What can be tried side by side, the stacks first on which it takes longest; `known`: claims, of a stack each."""
    there = {name: worker.stack for name, worker in session.workers.items() if name not in session.reasons}
    ordered = longest_first([Task(name, stack.mode_names, ()) for name, stack in there.items()])
    return [
        asking(session, task.stack, Trying(task.stack, frozenset(claim.id for claim in part)))
        for task in ordered
        for part in apart([one for one in claims if task.stack in one.expected and (one.id, task.stack) not in known])
    ]


def apart(claims: Sequence[Claim], most: int = MOST_PARTS) -> list[list[Claim]]:
    """The claims in at most so many parts of about the same size; those that share a property stay together."""
    groups: list[tuple[set[str], list[Claim]]] = []
    for claim in claims:
        properties, members = {part.property for part in claim.parts}, [claim]
        for group in [group for group in groups if group[0] & properties]:
            groups.remove(group)
            properties, members = properties | group[0], [*group[1], *members]
        groups.append((properties, members))
    parts: list[list[Claim]] = [[] for _ in range(min(most, len(groups)))]
    for _, members in sorted(groups, key=lambda group: len(group[1]), reverse=True):
        min(parts, key=len).extend(members)
    return parts


def _line(event: ClaimResult) -> str:
    said = "".join(f", NEWS: {surprise}" for surprise in event.surprises)
    return f"{event.stack}: {event.claim}: {event.verdict}{said}"


def _events(session: Session, name: str, claims: Sequence[Claim]) -> Iterator[ClaimResult]:
    target = session.target(name, session.known[name].plainest_mode)
    programs = Programs(target.worker, target.clean_worker)
    tried: dict[tuple[object, ...], Evidence] = {}
    for claim in claims:
        if name in claim.expected:
            yield _event(session, target, claim, programs, tried)


def _event(
    session: Session, target: Target, claim: Claim, programs: Programs, tried: dict[tuple[object, ...], Evidence]
) -> ClaimResult:
    worker, name = target.worker, target.stack.name
    start = time.monotonic()
    parts, reason = [], None
    try:
        for part in claim.parts:
            rule = properties_on_cases().get(part.property)
            ours = part.role == "would be true"
            if ours and rule and not set(rule.contracts) & set(worker.stack.contracts):
                continue
            if not part.speaks_of(name):
                continue
            # what we say ourselves names its formats, and has to hold in all of them
            formats = tuple(rule.cases.formats) if ours and rule else claim.formats
            key = (part.property, claim.contract, formats)
            if key not in tried:
                if rule is None:
                    experiment = find_experiment(part.property)
                    assert experiment is not None  # the catalogue has looked
                    tried[key] = try_experiment(experiment, programs, session.options.seed)
                else:
                    tried[key] = check_property(rule, claim, target, session.options.seed, formats)
            parts.append((part, tried[key]))
    except NotTried as why:
        reason = str(why)
    return ClaimResult(
        claim=claim.id,
        stack=name,
        device=target.device,
        verdict=verdict([(part.role, evidence.holds) for part, evidence in parts]) if reason is None else "NOT TRIED",
        expected=claim.expected[name],
        document=docstrings.look_up(claim, worker),
        reason=reason,
        parts=tuple(evidence.result(part.role, part.words) for part, evidence in parts),
        seconds=round(time.monotonic() - start, 3),
    )
