"""Recognizing what is known: a stack's own divergence, and under somebody's constraint that of its framework."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

from adapters.core.messages import IN_PLAIN_OPERATIONS
from conformance.cases.case import Case
from conformance.judging.results import NoResult
from conformance.judging.values import judge_value
from conformance.known.entries import Divergence, load, matching
from conformance.rules.explore import evaluate
from conformance.rules.findings import Known, Recognized
from conformance.rules.registry import check_of
from conformance.rules.rule import RuleDefinition
from conformance.stacks.outcome import Returned
from conformance.stacks.target import Target
from reference.formats import FORMATS, round_to
from reference.registry import CONTRACTS
from reports.record.failure import Failure, FailureCode
from reports.record.grades import BROKEN

SUMS_SO = "{} itself: the norm of such weights in its plain operations is as far off, by how its sum adds up"


@dataclass(frozen=True)
class OfTheFramework:
    """A divergence of the framework on which somebody's constraint is built, and no fault of theirs."""

    reason: str
    case: Case | None = None


def recognizer(divergences: Sequence[Divergence]) -> Known:
    """What findings ask of each failure: why it is known, or None."""

    def recognize(rule: RuleDefinition, target: Target, case: Case, failure: Failure) -> Recognized | None:
        key = (rule.id, target.stack.name, target.mode, target.device)
        own = matching(divergences, *key, case.contract, case.weights.format, str(failure))
        return own or of_the_framework(rule, target, case, failure)

    return recognize


def of_the_framework(rule: RuleDefinition, target: Target, case: Case, failure: Failure) -> OfTheFramework | None:
    """What of the framework's own is the whole cause of a subject's failure; None where nothing is.

    That it is the cause is tried. An entry of the framework's own stack says which parameters the framework rounds, and
    asked with those rounded before, the subject has to give the same bits and to keep the rule. A sum that loses much
    has to lose as much where the framework's plain operations take the norm of the same weights.
    """
    declared = target.stack.declaration
    if declared is None:
        return None
    if failure.code == FailureCode.WORSE_THAN_PAIRWISE:
        return OfTheFramework(SUMS_SO.format(declared.framework)) if _sums_so(target, case) else None
    for entry in _of_frameworks():
        alike = entry.contract == case.contract and case.weights.format in entry.formats and failure in entry.failures
        if entry.stack == declared.framework and alike and _explains(entry, rule, target, case):
            return OfTheFramework(f"{entry.stack} itself: {entry.reason}", entry.case)
    return None


def _sums_so(target: Target, case: Case) -> bool:
    """Whether the unit norm of the same weights in the framework's plain operations is as far off."""
    if CONTRACTS[case.contract].norm != "l2":
        return False
    plain = replace(case, contract="unit_norm", parameters={"epsilon": 1e-7}, access=IN_PLAIN_OPERATIONS, calls=1)
    try:
        found = judge_value(plain, target.call(plain))
    except NoResult:
        return False
    return any(violation.failure.code == FailureCode.WORSE_THAN_PAIRWISE for violation in found.violations)


@cache
def _of_frameworks() -> tuple[Divergence, ...]:
    return tuple(entry for entry in load() if entry.rounds)


def _explains(entry: Divergence, rule: RuleDefinition, target: Target, case: Case) -> bool:
    rounded = {name: float(round_to(case.parameters[name], FORMATS[fmt])) for name, fmt in entry.rounds.items()}
    if all(case.parameters[name] == value for name, value in rounded.items()):
        return False
    same = replace(case, parameters={**case.parameters, **rounded})
    given, again = target.call(case), target.call(same)
    if not (isinstance(given, Returned) and isinstance(again, Returned) and given.results == again.results):
        return False
    grades = evaluate(check_of(rule.id), target, same).verdict.grades
    return grades.total() > 0 and not any(grades[grade] for grade in BROKEN)
