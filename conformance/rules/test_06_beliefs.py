"""Chapter 6, beliefs: what users take for granted, and what a formula with an epsilon or a rounding cannot give."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from conformance.cases.case import Case, format_of, weights_of
from conformance.cases.free_shapes import FreeShapes
from conformance.cases.generate import CaseSpec
from conformance.cases.packing import EVERYDAY
from conformance.cases.shapes import FEW, FEW_AND_COMPILED
from conformance.judging.applicability import leaves_no_range, safely_below_maximum, upper_bound
from conformance.judging.norm_bounds import above, below, norms
from conformance.judging.relations import expect_equal, judge_groups
from conformance.judging.results import comparable
from conformance.judging.verdict import SHOULD, Verdict
from conformance.rules.define import rule
from conformance.rules.rule import FIRST_ONLY
from conformance.stacks.target import Trace
from reference.contracts import GAIN_CONTRACTS
from reference.formats import FloatArray, Format
from reference.norms import gamma
from reference.registry import BALLS, BOUNDED, CONTRACTS, EVERY, GAINS
from reports.record.failure import Failure, FailureCode

PAPER = "Srivastava et al., Dropout, JMLR 15 (2014), section 5.1: w is projected when its norm exceeds c"
KERAS = "https://keras.io/api/layers/constraints/: the constraints are called projection functions"
PROJECTION = "a projection onto a convex set is idempotent and not expansive (Bauschke and Combettes, 2nd ed., ch. 4)"

USUAL = CaseSpec(contracts=BOUNDED, regimes=EVERYDAY, calls=(1,), special=(None,))


@rule(SHOULD, PAPER, USUAL, share=3)
def test_weights_inside_the_bound_are_unchanged(target: Trace, case: Case) -> Verdict:
    """A group whose norm is below the upper bound is left as it is, where no intermediate leaves the format's range."""
    (outcome,) = comparable(case, target.call(case))
    failure = Failure(FailureCode.INSIDE_CHANGED)
    return expect_equal(case, outcome, case.weights.values, failure, only=safely_below_maximum(case))


@rule(SHOULD, PAPER, USUAL)
def test_norm_is_at_most_the_maximum(target: Trace, case: Case) -> Verdict:
    """The exact norm of every group of the result is at most the upper bound,
    where no intermediate leaves the format's range.
    """
    (outcome,) = comparable(case, target.call(case))
    rows = case.rows(outcome.first.values)
    found, ulps = above(rows, upper_bound(case), format_of(case), CONTRACTS[case.contract].norm)
    wanted = case.rows(case.weights.values)
    failure = Failure(FailureCode.NORM_ABOVE_MAXIMUM)
    return judge_groups(case, ~found, failure, rows, wanted, leaves_no_range(case), sizes=ulps)


STRICT = CaseSpec(contracts=("min_max_norm",), regimes=EVERYDAY, calls=(1,), special=(None,))


@rule(SHOULD, KERAS, STRICT)
def test_norm_is_at_least_the_minimum(target: Trace, case: Case) -> Verdict:
    """With rate 1 the exact norm of every group of the result that is not zero is at least min_value,
    where no intermediate leaves the format's range.
    """
    strict = replace(case, parameters={**case.parameters, "rate": 1.0})
    (outcome,) = comparable(strict, target.call(strict))
    rows, given = strict.rows(outcome.first.values), strict.rows(case.weights.values)
    found, ulps = below(rows, strict.parameters["min_value"], format_of(case), CONTRACTS[case.contract].norm)
    relevant = leaves_no_range(strict) & given.any(axis=1)
    failure = Failure(FailureCode.NORM_BELOW_MINIMUM)
    return judge_groups(strict, ~found, failure, rows, given, relevant, sizes=ulps)


TWICE = CaseSpec(contracts=GAINS, regimes=EVERYDAY, calls=(2,), special=(None,))


@rule(SHOULD, PROJECTION, TWICE)
def test_second_call_changes_nothing(target: Trace, case: Case) -> Verdict:
    """A second call on the result of the first changes no bit of it,
    where no intermediate leaves the format's range.
    """
    (outcome,) = comparable(case, target.call(case))
    failure = Failure(FailureCode.SECOND_CALL_CHANGES)
    return expect_equal(case, outcome, outcome.first.values, failure, only=leaves_no_range(case))


DRIFT = CaseSpec(
    contracts=BOUNDED,
    regimes=("inside",),
    epsilons=(1e-7,),
    calls=(2000,),
    special=(None,),
    layouts=("C",),
    shapes=FEW,
)


@rule(SHOULD, PROJECTION, DRIFT, share=0.25)
def test_nothing_is_lost_in_2000_calls(target: Trace, case: Case) -> Verdict:
    """2,000 successive calls, one for each training step, leave a group inside the bound as it is,
    where no intermediate leaves the format's range.
    """
    (outcome,) = comparable(case, target.call(case))
    fmt, name = format_of(case), CONTRACTS[case.contract].norm
    given, rows = case.rows(case.weights.values), case.rows(outcome.last.values)
    with np.errstate(all="ignore"):
        lost = np.where(given.any(axis=1), 1.0 - norms(rows, fmt, name) / norms(given, fmt, name), 0.0)
    same = np.asarray(np.all(rows == given, axis=1))
    failure = Failure(FailureCode.DRIFT)
    verdict = judge_groups(case, same, failure, rows, given, safely_below_maximum(case), sizes=np.abs(lost))
    for number, violation in enumerate(verdict.violations):
        share = f"{violation.ulps:.3g}" if violation.ulps else "nothing"
        words = f"{violation.sentence}: {share} of the norm is lost"
        verdict.violations[number] = replace(violation, sentence=words, ulps=None)
    verdict.worst_ulps = None
    return verdict


THREADS = "https://docs.python.org/3/glossary.html#term-thread-safe (replicas of a model are constrained by threads)"
AT_ONCE = CaseSpec(
    contracts=EVERY,
    free=FreeShapes(2**10),
    shapes=FEW_AND_COMPILED,
    calls=(1,),
    special=(None,),
    pure=True,
    plain=True,
)


@rule(SHOULD, THREADS, AT_ONCE, share=0.5, modes=FIRST_ONLY)
def test_threads_do_not_disturb_each_other(target: Trace, case: Case) -> Verdict:
    """A call gives the same bits while another thread calls the same constraint with other weights."""
    asked = replace(case, access="at once", calls=2)
    (outcome,) = comparable(asked, target.call(asked))
    failure = Failure(FailureCode.CALL_AT_ONCE_DIFFERS)
    return expect_equal(asked, outcome, outcome.first.values, failure)


ZERO = CaseSpec(
    contracts=tuple(name for name in GAINS if GAIN_CONTRACTS[name].zero_is_specified),
    regimes=("zero", "inside"),
    calls=(1,),
    special=(None,),
)


@rule(SHOULD, KERAS, ZERO)
def test_zero_group_stays_zero(target: Trace, case: Case) -> Verdict:
    """A group of zeros stays a group of zeros."""
    (outcome,) = comparable(case, target.call(case))
    zero = np.asarray(~case.rows(case.weights.values).any(axis=1))
    return expect_equal(case, outcome, case.weights.values, Failure(FailureCode.ZERO_GROUP_CHANGED), only=zero)


# distances are those of the L2 norm
NEAR = CaseSpec(
    contracts=BALLS,
    regimes=EVERYDAY,
    calls=(1,),
    special=(None,),
    layouts=("C",),
)


@rule(SHOULD, PROJECTION, NEAR)
def test_constraint_is_not_expansive(target: Trace, case: Case) -> Verdict:
    """Two groups are no further apart after the call than before, but for the roundings of both results,
    where no intermediate leaves the format's range.

    A computed result differs from an exact one by theta_(n + k + 2) of itself at most: the norm's n + 2 and the
    contract's k roundings.
    """
    fmt = format_of(case)
    values = case.weights.values
    moved = replace(case, weights=weights_of(neighbours(values, fmt), fmt))
    first, second = comparable(case, target.call(case), target.call(moved))
    one, other = case.rows(values), case.rows(moved.weights.values)
    after_one, after_other = case.rows(first.first.values), case.rows(second.first.values)
    with np.errstate(all="ignore"):
        share = gamma(one.shape[1] + GAIN_CONTRACTS[case.contract].roundings + 2, fmt.unit_roundoff)
        slack = share * (_length(after_one) + _length(after_other))
        holds = np.asarray(_length(after_one - after_other) <= _length(one - other) * (1.0 + 2.0**-40) + slack)
    relevant = leaves_no_range(case) & leaves_no_range(moved) & np.isfinite(share)
    return judge_groups(case, holds, Failure(FailureCode.EXPANSIVE), after_one, after_other, relevant)


def neighbours(values: FloatArray, fmt: Format) -> FloatArray:
    """Weights up to half of each weight away, as its own bits decide alone: in a smaller case it moves as in the whole.

    The bits are mixed by the two multiplications of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014,
    doi:10.1145/2660193.2660195).
    """
    mixed = np.ascontiguousarray(values).view(np.uint64)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
    steps = (mixed >> np.uint64(48)) % np.uint64(17) - 8.0
    halvings = (mixed >> np.uint64(16)) % np.uint64(fmt.precision - 1) + 4.0
    return np.asarray(values * (1.0 + steps * 2.0**-halvings))


def _length(rows: np.ndarray) -> np.ndarray:
    return np.asarray(np.sqrt(np.einsum("ij,ij->i", rows, rows)))
