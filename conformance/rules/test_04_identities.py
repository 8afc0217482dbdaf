"""Chapter 4, identities: contracts that are special cases of one another, and the meaning of rate."""

from dataclasses import replace

from conformance.cases.case import Case
from conformance.cases.generate import Recipe
from conformance.judging.applicability import leaves_no_range, safely_above_minimum
from conformance.judging.relations import incomparable, judge_affine, judge_close, judge_same
from conformance.judging.verdict import MUST, Verdict
from conformance.rules.define import rule
from conformance.stacks.target import Subject
from reference.contracts import MIN_MAX_NORM

SOURCE = MIN_MAX_NORM.source


FROM_MAX = Recipe(contracts=("max_norm",), needs=("min_max_norm",), calls=(1,), special=(None,))
FROM_UNIT = Recipe(contracts=("unit_norm",), needs=("min_max_norm",), calls=(1,), special=(None,))
TO_MAX = Recipe(contracts=("min_max_norm",), needs=("max_norm",), calls=(1,), special=(None,))
MIXED = Recipe(contracts=("min_max_norm",), calls=(1,), special=(None,))


@rule(MUST, SOURCE, FROM_MAX)
def test_max_norm_is_min_max_norm_from_zero(subject: Subject, case: Case) -> Verdict:
    """max_norm(m) is min_max_norm(0, m, rate=1), up to the roundings of both."""
    wider = replace(case, contract="min_max_norm", parameters={**case.parameters, "min_value": 0.0, "rate": 1.0})
    return judge_close(case, subject.ask(case), wider, subject.ask(wider))


@rule(MUST, SOURCE, FROM_UNIT)
def test_unit_norm_is_min_max_norm_of_one(subject: Subject, case: Case) -> Verdict:
    """unit_norm is min_max_norm(1, 1, rate=1), up to the roundings of both."""
    ones = {"min_value": 1.0, "max_value": 1.0, "rate": 1.0}
    wider = replace(case, contract="min_max_norm", parameters={**case.parameters, **ones})
    return judge_close(case, subject.ask(case), wider, subject.ask(wider))


@rule(MUST, SOURCE, MIXED)
def test_rate_zero_ignores_the_bounds(subject: Subject, case: Case) -> Verdict:
    """With rate 0 the bounds have no effect: other bounds give the same bits."""
    one = replace(case, parameters={**case.parameters, "rate": 0.0})
    other = replace(one, parameters={**one.parameters, "min_value": 0.25, "max_value": 0.5})
    first, second = subject.ask(one), subject.ask(other)
    refused = incomparable(one, [first, second])
    if refused:
        return refused
    inside = leaves_no_range(one) & leaves_no_range(other)
    said = "with rate 0 the result depends on the bounds"
    return judge_same(other, second, first.results[0].values, said, only=inside)


@rule(MUST, SOURCE, TO_MAX)
def test_rate_one_enforces_the_bounds(subject: Subject, case: Case) -> Verdict:
    """With rate 1 a group above the minimum becomes what max_norm makes of it, up to the roundings of both."""
    strict = replace(case, parameters={**case.parameters, "rate": 1.0})
    kept = {name: strict.parameters[name] for name in ("max_value", "epsilon")}
    plain = replace(strict, contract="max_norm", parameters=kept)
    above = safely_above_minimum(strict)
    return judge_close(plain, subject.ask(plain), strict, subject.ask(strict), only=above)


@rule(MUST, SOURCE, MIXED)
def test_result_is_affine_in_rate(subject: Subject, case: Case) -> Verdict:
    """The result for a rate is that mixture of the results for rates 1 and 0, up to the roundings of all three."""
    ends = [replace(case, parameters={**case.parameters, "rate": rate}) for rate in (0.0, 1.0)]
    return judge_affine(case, subject.ask(case), *(subject.ask(end) for end in ends))
