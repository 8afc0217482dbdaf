"""Chapter 1, values: what each contract returns, for every axis, shape, format, layout and number of calls."""

from conformance.cases import Case
from conformance.judge import judge_value
from conformance.rules import rule
from conformance.strategies import packed_cases
from conformance.subjects import Subject
from conformance.verdicts import MUST, Verdict
from reference.contracts import MAX_NORM, MIN_MAX_NORM, UNIT_NORM


@rule(MUST, MAX_NORM.source, packed_cases(contracts=["max_norm"]), share=5)
def test_max_norm_value(subject: Subject, case: Case) -> Verdict:
    """max_norm multiplies each group by min(N, max_value) / (epsilon + N), where N is its L2 norm."""
    return judge_value(case, subject.ask(case))


@rule(MUST, MIN_MAX_NORM.source, packed_cases(contracts=["min_max_norm"]), share=5)
def test_min_max_norm_value(subject: Subject, case: Case) -> Verdict:
    """min_max_norm multiplies each group by (rate * clip(N, min, max) + (1 - rate) * N) / (epsilon + N)."""
    return judge_value(case, subject.ask(case))


@rule(MUST, UNIT_NORM.source, packed_cases(contracts=["unit_norm"]), share=4)
def test_unit_norm_value(subject: Subject, case: Case) -> Verdict:
    """unit_norm divides each group by epsilon + N."""
    return judge_value(case, subject.ask(case))
