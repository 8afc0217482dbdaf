"""Chapter 4, identities: contracts that are special cases of one another, and the meaning of rate."""

from dataclasses import replace

from conformance.cases.case import Case
from conformance.cases.generate import CaseSpec
from conformance.judging.applicability import leaves_no_range, safely_above_minimum
from conformance.judging.relations import expect_affine, expect_close, expect_equal
from conformance.judging.results import comparable
from conformance.judging.verdict import MUST, Verdict
from conformance.rules.define import rule
from conformance.stacks.target import Trace
from reference.contracts import MIN_MAX_NORM
from reports.record.failure import Failure, FailureCode

SOURCE = MIN_MAX_NORM.source


FROM_MAX = CaseSpec(contracts=("max_norm",), needs=("min_max_norm",), calls=(1,), special=(None,))
FROM_UNIT = CaseSpec(contracts=("unit_norm",), needs=("min_max_norm",), calls=(1,), special=(None,))
TO_MAX = CaseSpec(contracts=("min_max_norm",), needs=("max_norm",), calls=(1,), special=(None,))
MIXED = CaseSpec(contracts=("min_max_norm",), calls=(1,), special=(None,))


@rule(MUST, SOURCE, FROM_MAX)
def test_max_norm_is_min_max_norm_from_zero(target: Trace, case: Case) -> Verdict:
    """max_norm(m) is min_max_norm(0, m, rate=1), up to the roundings of both,
    where no intermediate leaves the format's range.
    """
    wider = replace(case, contract="min_max_norm", parameters={**case.parameters, "min_value": 0.0, "rate": 1.0})
    return expect_close(case, target.call(case), wider, target.call(wider))


@rule(MUST, SOURCE, FROM_UNIT)
def test_unit_norm_is_min_max_norm_of_one(target: Trace, case: Case) -> Verdict:
    """unit_norm is min_max_norm(1, 1, rate=1), up to the roundings of both,
    where no intermediate leaves the format's range.
    """
    ones = {"min_value": 1.0, "max_value": 1.0, "rate": 1.0}
    wider = replace(case, contract="min_max_norm", parameters={**case.parameters, **ones})
    return expect_close(case, target.call(case), wider, target.call(wider))


@rule(MUST, SOURCE, MIXED)
def test_rate_zero_ignores_the_bounds(target: Trace, case: Case) -> Verdict:
    """With rate 0 the bounds have no effect, other bounds give the same bits,
    where no intermediate leaves the format's range.
    """
    one = replace(case, parameters={**case.parameters, "rate": 0.0})
    other = replace(one, parameters={**one.parameters, "min_value": 0.25, "max_value": 0.5})
    first, second = comparable(one, target.call(one), target.call(other))
    inside = leaves_no_range(one) & leaves_no_range(other)
    failure = Failure(FailureCode.BOUNDS_MATTER_AT_RATE_ZERO)
    return expect_equal(other, second, first.first.values, failure, only=inside)


@rule(MUST, SOURCE, TO_MAX)
def test_rate_one_enforces_the_bounds(target: Trace, case: Case) -> Verdict:
    """With rate 1 a group above the minimum becomes what max_norm makes of it, up to the roundings of both,
    where no intermediate leaves the format's range.
    """
    strict = replace(case, parameters={**case.parameters, "rate": 1.0})
    kept = {name: strict.parameters[name] for name in ("max_value", "epsilon")}
    plain = replace(strict, contract="max_norm", parameters=kept)
    above = safely_above_minimum(strict)
    return expect_close(plain, target.call(plain), strict, target.call(strict), only=above)


@rule(MUST, SOURCE, MIXED)
def test_result_is_affine_in_rate(target: Trace, case: Case) -> Verdict:
    """The result for a rate is that mixture of the results for rates 1 and 0, up to the roundings of all three,
    where no intermediate leaves the format's range.
    """
    ends = [replace(case, parameters={**case.parameters, "rate": rate}) for rate in (0.0, 1.0)]
    return expect_affine(case, target.call(case), *(target.call(end) for end in ends))
