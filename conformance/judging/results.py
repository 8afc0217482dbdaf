"""From outcomes to results that can be judged; where there are none, `NoResult` carries the verdict on that."""

from __future__ import annotations

from collections import Counter

from conformance.cases.case import Case, Weights
from conformance.errors import NormconfError
from conformance.judging.verdict import MUST, Verdict, Violation
from conformance.stacks.outcome import Crashed, NotAnArray, Outcome, Raised, Returned, TimedOut, Unsupported
from reports.record.failure import Failure, FailureCode

# characters of a reason that tell one failure from another
LONGEST = 60


class NoResult(NormconfError):
    """An outcome holds nothing that a rule could judge; `verdict` is what is said of the case instead."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(verdict.unsupported or verdict.violations[0].sentence)
        self.verdict = verdict


def returned(case: Case, *outcomes: Outcome) -> tuple[Returned, ...]:
    """The outcomes, all of them with results; raises NoResult with the verdict on the first that has none."""
    for outcome in outcomes:
        if not isinstance(outcome, Returned):
            raise NoResult(_without_result(case, outcome))
    return tuple(outcome for outcome in outcomes if isinstance(outcome, Returned))


def comparable(case: Case, *outcomes: Outcome) -> tuple[Returned, ...]:
    """The same, where each result has the weights' shape too, so that they can be compared group by group."""
    all_returned = returned(case, *outcomes)
    for result in (result for outcome in all_returned for result in outcome.results):
        if result.shape != case.weights.shape:
            raise NoResult(wrong_shape(case, case.weights, result))
    return all_returned


def not_judged(case: Case, error: Exception) -> Verdict:
    """The verdict on what made the judging fail: it came from a subject, and costs that subject alone."""
    return _without_result(case, Crashed(f"what it gave cannot be judged: {type(error).__name__}: {error}"))


def wrong_shape(case: Case, given: Weights, result: Weights) -> Verdict:
    """The verdict on a result of another shape or format than the weights that were given."""
    groups = case.rows(given.values)
    observed = f"returned a {result.format} array of shape {result.shape}"
    sentence = f"{observed} for a {given.format} array of shape {given.shape}"
    failure = Failure(FailureCode.SHAPE)
    violation = Violation("DIVERGENT", MUST, failure, sentence, len(groups), None, lambda: observed)
    grades = Counter(DIVERGENT=len(groups))
    return Verdict(given.format, groups.shape[1], given.size, grades, violations=[violation])


def _without_result(case: Case, outcome: Outcome) -> Verdict:
    if isinstance(outcome, Unsupported):
        return Verdict(case.weights.format, unsupported=outcome.reason)
    grade, failure, sentence, observed = _words(outcome)
    violation = Violation(grade, MUST, failure, sentence, 1, observed=lambda: observed)
    return Verdict(case.weights.format, elements=case.weights.size, grades=Counter({grade: 1}), violations=[violation])


def _essence(message: str) -> str:
    """The line of a message that says what is wrong: the first, or behind a traceback that is part of it the last."""
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    return lines[-1 if lines[0] == "in user code:" else 0] if lines else ""


def _words(outcome: Outcome) -> tuple[str, Failure, str, str]:
    """The grade, the failure, its sentence and what was observed."""
    match outcome:
        case Raised(exception, message, where):
            place = f", in {where}" if where else ""
            sentence = f"raised {exception} where a value is specified{place}: {_essence(message)}"
            return "ERROR", Failure(FailureCode.RAISED, exception[:LONGEST]), sentence, f"raised {exception}"
        case NotAnArray(reason):
            return "DIVERGENT", Failure(FailureCode.NOT_AN_ARRAY, reason[:LONGEST]), reason, reason
        case Crashed(reason):
            sentence = f"the process died: {reason}"
            return "CRASH", Failure(FailureCode.CRASHED, reason[:LONGEST]), sentence, sentence
        case TimedOut(reason):
            return "TIMEOUT", Failure(FailureCode.TIMED_OUT, reason[:LONGEST]), reason, reason
    raise TypeError(f"{outcome} has a result, or was not asked for")
