"""The events of a record as they stand in run.jsonl, and whether they agree with its header.

`record.schema.json` says what each event is, and is enforced.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from reports.record.case import Case, id_of
from reports.record.claims import ClaimResult
from reports.record.header import Footer, Header
from reports.record.model import Hint, Recheck, Result

Event: TypeAlias = Header | Result | Recheck | Hint | ClaimResult | Footer
EVENTS: Mapping[str, type[Event]] = {kind.kind: kind for kind in (Header, Result, Recheck, Hint, ClaimResult, Footer)}


def contradictions(events: Iterable[tuple[str, Event]]) -> Iterator[tuple[str, str]]:
    """Where events, of which the header is the first, contradict it, themselves or one another, and how."""
    named = _Named(frozenset(), frozenset(), frozenset())
    seen: dict[Hashable, str] = {}
    for place, event in events:
        if isinstance(event, Header):
            named = _named(event)
            wrong = _twice(event)
        else:
            wrong = _unnamed(event, named) or _in_event(event)
        if wrong:
            yield place, wrong
        if (key := _key(event)) is not None and (first := seen.setdefault(key, place)) != place:
            yield place, f"it says anew what {first} says"


@dataclass(frozen=True)
class _Named:
    """What a header names."""

    rules: frozenset[str]
    stacks: frozenset[str]
    claims: frozenset[str]


def _named(header: Header) -> _Named:
    rules, stacks = (rule.id for rule in header.rules), (stack.name for stack in header.stacks)
    return _Named(frozenset(rules), frozenset(stacks), frozenset(claim.id for claim in header.claims or ()))


def _twice(header: Header) -> str | None:
    """What a header names more than once."""
    for what, names in (
        ("rule", Counter(rule.id for rule in header.rules)),
        ("stack", Counter(stack.name for stack in header.stacks)),
        ("claim", Counter(claim.id for claim in header.claims or ())),
    ):
        if twice := next((name for name, count in names.items() if count > 1), None):
            return f"the header names {what} {twice!r} more than once"
    return None


def _unnamed(event: Event, named: _Named) -> str | None:
    """What an event is of that the header does not name."""
    match event:
        # what a run knew of and did not try need not be in its header
        case Recheck(state="not run"):
            return None
        case Result() | Recheck() if event.rule not in named.rules or event.stack not in named.stacks:
            what = f"a {event.kind} event of rule {event.rule!r} on stack {event.stack!r}"
        case Hint() if event.stack not in named.stacks:
            what = f"a hint on {event.stack!r}"
        case ClaimResult() if event.stack not in named.stacks or event.claim not in named.claims:
            what = f"claim {event.claim!r} on stack {event.stack!r}"
        case _:
            return None
    return f"{what}, which the header does not name"


def _in_event(event: Event) -> str | None:
    """What an event says that cannot be."""
    if isinstance(event, Result) and sum(event.grades.values()) > event.groups:
        return f"of {event.groups} groups {sum(event.grades.values())} have a grade"
    for case in _cases(event):
        if case.id != (due := id_of(case)):
            return f"a case says that its id is {case.id}, but its content is that of {due}"
    return None


def _cases(event: Event) -> Iterator[Case]:
    match event:
        case Result():
            yield from (finding.case for finding in event.findings)
            yield from (observation.case for observation in event.observations)
        case Recheck():
            yield event.case


def _key(event: Event) -> Hashable | None:
    """What an event is about, where a record says it once."""
    match event:
        case Result():
            return event.rule, event.column, event.depth
        case ClaimResult():
            return event.claim, event.stack, event.device
    return None
