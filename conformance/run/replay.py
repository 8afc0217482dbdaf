"""Replaying: one recorded case, put to the same rule on the same stacks again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase

from rich.console import Console
from rich.text import Text

from adapters.core.discovery import discover
from conformance.cases.case import Case
from conformance.cases.codec import from_record
from conformance.errors import CaseError, UsageError
from conformance.judging.describe import show
from conformance.judging.verdict import MUST, Verdict
from conformance.rules.explore import evaluate
from conformance.rules.registry import by_id
from conformance.rules.rule import CaseRule, Characterization, RuleDefinition
from conformance.stacks.options import Options
from conformance.stacks.outcome import Call, Returned, describe
from conformance.stacks.session import Session
from conformance.stacks.target import Target, Trace
from conformance.stacks.user_stacks import recorded_stacks
from reports.record.file import Record
from reports.record.model import Finding, Observation
from reports.text import call, escape_control


def replay(record: Record, wanted: str, options: Options, console: Console) -> int:
    """Ask the case of this id again; exit code 1 if a MUST rule is broken again, else 0."""
    places = _places(record, wanted, options.stacks or ("*",))
    names = tuple(dict.fromkeys(stack for _, stack, _ in places))
    session = Session(replace(options, stacks=names), {**discover(), **recorded_stacks(record.header)})
    broken = False
    try:
        session.open()
        for (rule, stack, mode), shown in places.items():
            case = _case(record, shown)
            _say(console, f"{rule} on {stack} {mode}: {call(shown.case)} on {case.weights.format}", "bold")
            _say(console, f"  weights   {show(case.weights.values, case.weights.floating)}")
            _say(console, f"  recorded  {shown.observed}")
            broken |= _ask_again(_rule(record, rule), session.target(stack, mode), case, console)
    finally:
        session.close()
    return 1 if broken else 0


def _places(record: Record, wanted: str, patterns: Sequence[str]) -> dict[tuple[str, str, str], Finding | Observation]:
    """Where the case was recorded (rule, stack, mode), with what was shown there."""
    found = list(_recorded(record, wanted))
    if not found:
        raise UsageError(f"{record.path} holds no case {wanted!r}")
    places = {
        (rule, stack, mode): shown
        for rule, stack, mode, shown in found
        if any(fnmatchcase(stack, pattern) for pattern in patterns)
    }
    if not places:
        stacks = ", ".join(sorted({stack for _, stack, _, _ in found}))
        raise UsageError(f"{record.path} holds case {wanted!r} for {stacks} only")
    return places


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


def _recorded(record: Record, wanted: str) -> Iterator[tuple[str, str, str, Finding | Observation]]:
    for result in record.results:
        every: tuple[Finding | Observation, ...] = (*result.findings, *result.observations)
        for shown in every:
            if wanted == shown.case.id or (isinstance(shown, Finding) and wanted == shown.id):
                yield result.rule, result.stack, result.mode, shown


def _case(record: Record, shown: Finding | Observation) -> Case:
    try:
        return from_record(shown.case)
    except CaseError as error:
        raise UsageError(f"{record.path}: {error}") from error


def _say(console: Console, text: str, style: str = "") -> None:
    console.print(Text(escape_control(text), style=style), soft_wrap=True)
