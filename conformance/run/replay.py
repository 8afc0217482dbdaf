"""Replaying: one recorded case, put to the same rule on the same stacks again."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from rich.console import Console
from rich.text import Text

from adapters.core.stack import Stack, discover
from conformance.cases.case import Case
from conformance.cases.codec import from_record
from conformance.errors import CaseError, UsageError
from conformance.judging.describe import show
from conformance.judging.verdict import MUST, Verdict
from conformance.rules.explore import evaluate
from conformance.rules.history import play_again
from conformance.rules.registry import by_id
from conformance.rules.rule import CaseRule, Characterization, RuleDefinition
from conformance.stacks.options import Options
from conformance.stacks.outcome import Call, Returned, describe
from conformance.stacks.recorded import is_subject
from conformance.stacks.session import Session
from conformance.stacks.target import Target, Trace
from reference.registry import CONTRACTS
from reports.record import case as model
from reports.record.file import Record
from reports.record.model import Finding, Observation
from reports.text import call, escape_control


def replay(
    record: Record, wanted: str, options: Options, console: Console, subjects: Mapping[str, Stack] | None = None
) -> int:
    """Ask the case of this id again; exit code 1 if a MUST rule is broken again, else 0.

    The record says what to ask, and never what to import: `subjects` are those that the user names, as declared there.
    """
    stacks = {**discover(), **(subjects or {})}
    places = _places(record, wanted, options.stacks, stacks, subjects or {})
    names = tuple(dict.fromkeys(place.stack for place in places))
    session = Session(replace(options, stacks=names), {name: stacks[name] for name in names})
    broken = False
    try:
        session.open()
        for place in places:
            rule, case = _rule(record, place.rule), _case(record, place.shown.case)
            asked = f"{call(place.shown.case)} on {case.weights.format}"
            _say(console, f"{place.rule} on {place.stack} {place.mode}: {asked}", "bold")
            _say(console, f"  weights   {show(case.weights.values, case.weights.floating)}")
            _say(console, f"  recorded  {place.shown.observed}")
            target = session.target(place.stack, place.mode)
            if isinstance(place.shown, Finding) and place.shown.before:
                history = [*(_case(record, one) for one in place.shown.before), case]
                broken |= _play_again(rule, target, history, console)
            else:
                broken |= _ask_again(rule, target, case, console)
    finally:
        session.close()
    return 1 if broken else 0


@dataclass(frozen=True)
class _Place:
    """Where a case was recorded, and what was shown there."""

    rule: str
    stack: str
    mode: str
    shown: Finding | Observation


def _places(
    record: Record, wanted: str, patterns: Sequence[str], stacks: Mapping[str, Stack], subjects: Mapping[str, Stack]
) -> list[_Place]:
    """Where the case is asked again: on the subjects that are named, and on the stacks; on all where nothing is."""
    found = list(_recorded(record, wanted))
    if not found:
        raise UsageError(f"{record.path} holds no case {wanted!r}")
    patterns = patterns or (() if subjects else ("*",))
    places: dict[tuple[str, str, str], _Place] = {}
    for place in found:
        name = next((name for name in subjects if is_subject(place.stack, name)), place.stack)
        if name in subjects or any(fnmatchcase(name, pattern) for pattern in patterns):
            places[place.rule, name, place.mode] = replace(place, stack=name)
    held = f"{record.path} holds case {wanted!r} for"
    if not places:
        raise UsageError(f"{held} {', '.join(sorted({place.stack for place in found}))} only")
    for place in places.values():
        if place.stack in stacks and place.mode not in stacks[place.stack].mode_names:
            raise UsageError(f"{held} {place.stack} in the mode {place.mode!r}, which it does not have")
        if place.stack not in stacks:
            command = f"replay {shlex.quote(str(record.path))} {shlex.quote(wanted)} {shlex.quote(place.stack)}"
            raise UsageError(
                f"{held} {place.stack}, which is no stack of ours, and what only a record names is not imported: "
                f"if you trust it, name it and give the options that gate was given, as in {command}"
            )
    return list(places.values())


def _rule(record: Record, rule: str) -> RuleDefinition:
    if rule not in by_id():
        raise UsageError(f"{record.path} holds the case for the rule {rule!r}, which this version does not have")
    return by_id()[rule]


def _ask_again(rule: RuleDefinition, target: Target, case: Case, console: Console) -> bool:
    """Say what the rule makes of the case now; whether it is a MUST rule that is broken."""
    match rule:
        case CaseRule():
            evaluation = evaluate(rule.check, target, case)
            _say_calls(console, case, evaluation.calls)
            return _say_verdict(console, rule, evaluation.verdict)
        case Characterization():
            trace = Trace(target)
            character = rule.classify(trace, case)
            _say_calls(console, case, trace.calls)
            _say(console, f"  in words  {character}")
            return False
    raise UsageError(f"{rule.id} judges no single cases")


def _play_again(rule: RuleDefinition, target: Target, history: Sequence[Case], console: Console) -> bool:
    """Say what comes of a case after others, and whether it is what comes of it alone."""
    calls, verdict = play_again(target, history)
    _say_calls(console, history[-1], calls)
    return _say_verdict(console, rule, verdict)


def _say_calls(console: Console, case: Case, calls: Sequence[Call]) -> None:
    for made in calls:
        outcome = made.outcome
        seen = describe(outcome)
        if isinstance(outcome, Returned):
            seen = show(outcome.last.values, outcome.last.floating)
        _say(console, f"  now       {seen}" + ("" if made.case == case else f" for {made.case.id}"))


def _say_verdict(console: Console, rule: RuleDefinition, verdict: Verdict) -> bool:
    for violation in verdict.violations:
        _say(console, f"  {violation.grade} ({rule.level_of(violation.level)}): {violation.sentence}")
        _say(console, f"  accepted  {violation.accepted()}")
    if not verdict.violations:
        seen = ", ".join(grade for grade, count in verdict.grades.items() if count)
        _say(console, f"  conforms  {seen}" if seen else f"  not judged: {verdict.unsupported or 'no group of it'}")
    return any(rule.level_of(violation.level) == MUST for violation in verdict.violations)


def _recorded(record: Record, wanted: str) -> Iterator[_Place]:
    for result in record.results:
        every: tuple[Finding | Observation, ...] = (*result.findings, *result.observations)
        for shown in every:
            if wanted == shown.case.id or (isinstance(shown, Finding) and wanted == shown.id):
                yield _Place(result.rule, result.stack, result.mode, shown)


def _case(record: Record, recorded: model.Case) -> Case:
    try:
        case = from_record(recorded)
    except CaseError as error:
        raise UsageError(f"{record.path}: {error}") from error
    if case.contract not in CONTRACTS:
        raise UsageError(f"{record.path} holds a case of {case.contract!r:.80}, a contract that this version lacks")
    return case


def _say(console: Console, text: str, style: str = "") -> None:
    console.print(Text(escape_control(text), style=style), soft_wrap=True)
