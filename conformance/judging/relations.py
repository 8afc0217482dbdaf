"""Comparing results with each other: judgements that need no reference value."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np

from conformance.cases.case import Case, format_of, weights_of
from conformance.judging.applicability import Mask, leaves_no_range
from conformance.judging.describe import sentence, show
from conformance.judging.results import comparable
from conformance.judging.values import judge_call, wrong_groups
from conformance.judging.verdict import MUST, Difference, Verdict, Violation
from conformance.stacks.outcome import Outcome, Returned
from reference.contracts import GAIN_CONTRACTS
from reference.formats import FloatArray, ulp
from reference.groups import by_columns, to_rows
from reference.norms import gamma
from reports.record.failure import Failure, FailureCode


def expect_equal(
    case: Case, outcome: Outcome, expected: FloatArray, failure: Failure, only: Mask | None = None
) -> Verdict:
    """The verdict where a result must equal `expected` number by number (any NaN equals any other), group by group."""
    (found,) = comparable(case, outcome)
    result = found.last.values
    same = _equal(case, result, expected)
    return judge_groups(case, same, failure, case.rows(result), case.rows(expected), only, "EXACT")


def expect_equivalent(case: Case, outcome: Outcome, expected: FloatArray) -> Verdict:
    """The verdict where another call should give the same: equal groups are exact, the others are judged by value.

    Where what they should equal is wrong by itself, this says nothing: the rules on values do.
    """
    (found,) = comparable(case, outcome)
    result = found.last
    same = _equal(case, result.values, expected)
    verdict = judge_call(case, case.weights, result, only=~same)
    if verdict.grades["DIVERGENT"] and result.shape == case.weights.shape:
        wrong = wrong_groups(case, case.weights, weights_of(expected, format_of(case)))
        verdict = judge_call(case, case.weights, result, only=~same & ~wrong)
    verdict.grades["EXACT"] += int(same.sum())
    return verdict


def expect_uniform_gain(case: Case, outcome: Outcome) -> Verdict:
    """The verdict where all weights of a group must have been multiplied by one gain.

    Each result is w g (1 + theta_2): at most a product and a quotient, or a product and a conversion, are rounded.
    theta_3 allows for the rounding of the ratio itself.
    """
    (found,) = comparable(case, outcome)
    fmt = format_of(case)
    rows, results = case.rows(case.weights.values), case.rows(found.first.values)
    k = gamma(3, fmt.unit_roundoff)
    with np.errstate(all="ignore"):
        usable = np.abs(results) >= fmt.smallest_normal
        ratios = results / rows
        least = np.min(by_columns(np.where(usable, ratios, np.inf)), axis=1, initial=np.inf)
        most = np.max(by_columns(np.where(usable, ratios, -np.inf)), axis=1, initial=-np.inf)
        holds = np.asarray((most * (1.0 - k) <= least * (1.0 + k)) | ~by_columns(usable).any(axis=1))
        mean = np.where(holds[:, None], results, rows * least[:, None])
    failure = Failure(FailureCode.DIFFERENT_GAINS)
    return judge_groups(case, holds, failure, results, mean, leaves_no_range(case))


def expect_close(case: Case, outcome: Outcome, other: Case, second: Outcome, only: Mask | None = None) -> Verdict:
    """The verdict where two contracts are the same function with j and k roundings: they differ by theta_(j + k)."""
    one, two = comparable(case, outcome, second)
    roundings = GAIN_CONTRACTS[case.contract].roundings + GAIN_CONTRACTS[other.contract].roundings
    first_rows, second_rows = case.rows(one.first.values), case.rows(two.first.values)
    fmt = format_of(case)
    with np.errstate(all="ignore"):
        bound = gamma(roundings, fmt.unit_roundoff) * np.abs(first_rows) + fmt.smallest_subnormal
        holds: Mask = np.all(np.abs(first_rows - second_rows) <= bound, axis=1)
    failure = Failure(FailureCode.CONTRACTS_DIFFER, f"{case.contract} differs from {other.contract}")
    inside = leaves_no_range(case) & leaves_no_range(other)
    return judge_groups(case, holds, failure, second_rows, first_rows, inside if only is None else inside & only)


def expect_affine(case: Case, outcome: Outcome, at_zero: Outcome, at_one: Outcome) -> Verdict:
    """The verdict where a result must be the mixture of those for rates 0 and 1.

    All three share the computed norm bit by bit, and each has at most 8 roundings: theta_9 on either side, the rate's
    own rounding included. Rounding the rate also moves 1 - rate by up to u, and the mixture is computed here in
    float64: together at most 6 u of the two ends.
    """
    fmt = format_of(case)
    u, rate = fmt.unit_roundoff, case.parameters["rate"]
    rows, zero, one = (case.rows(found.first.values) for found in comparable(case, outcome, at_zero, at_one))
    with np.errstate(all="ignore"):
        mixture = (1.0 - rate) * zero + rate * one
        ends = np.abs(zero) + np.abs(one)
        bound = 2.0 * gamma(9, u) * ((1.0 - rate) * np.abs(zero) + rate * np.abs(one)) / (1.0 - gamma(9, u))
        holds: Mask = np.all(np.abs(rows - mixture) <= bound + 6.0 * u * ends + 3.0 * fmt.smallest_subnormal, axis=1)
    inside = leaves_no_range(case)
    for end in (0.0, 1.0):
        inside &= leaves_no_range(replace(case, parameters={**case.parameters, "rate": end}))
    return judge_groups(case, holds, Failure(FailureCode.NOT_AFFINE_IN_RATE), rows, mixture, inside)


def compare_modes(case: Case, first: Returned, second: Returned) -> Verdict:
    """The verdict where two modes are compared bit by bit: what differs is counted, and breaks nothing."""
    fmt = format_of(case)
    one, other = case.rows(first.first.values), case.rows(second.first.values)
    with np.errstate(all="ignore"):
        same = (one == other) | (np.isnan(one) & np.isnan(other))
        distance = np.abs(one - other) / ulp(one, fmt)
        distance = np.where(same, 0.0, np.where(np.isfinite(distance), distance, np.inf))
    groups = np.all(by_columns(same), axis=1)
    verdict = Verdict(fmt.name, one.shape[1], one.size)
    verdict.grades += Counter(EXACT=int(groups.sum()), BOUNDED=int((~groups).sum()))
    verdict.difference = Difference(one.size, int((~same).sum()), float(np.max(distance, initial=0.0)))
    return verdict


def _equal(case: Case, result: FloatArray, expected: FloatArray) -> Mask:
    same = to_rows((result == expected) | (np.isnan(result) & np.isnan(expected)), case.reduced)
    return np.asarray(np.all(by_columns(same), axis=1))


def judge_groups(
    case: Case,
    holds: Mask,
    failure: Failure,
    results: FloatArray,
    wanted: FloatArray,
    only: Mask | None,
    grade: str = "BOUNDED",
    sizes: FloatArray | None = None,
) -> Verdict:
    """One grade per group to which the rule applies: `grade` where it holds, DIVERGENT where it does not.

    `sizes` says how far off each group is, in ulps; then the worst group is shown, else the first.
    """
    relevant = np.ones(len(holds), dtype=bool) if only is None else only
    verdict = Verdict(case.weights.format, results.shape[1], int(relevant.sum()) * results.shape[1])
    verdict.grades[grade] = int((holds & relevant).sum())
    differs = np.flatnonzero(~holds & relevant)
    if differs.size:
        verdict.grades["DIVERGENT"] = int(differs.size)
        first = int(differs[0] if sizes is None else differs[np.argmax(sizes[differs])])
        violation = Violation(
            "DIVERGENT",
            MUST,
            failure,
            sentence(failure),
            int(differs.size),
            first,
            lambda: show(results[first], format_of(case)),
            lambda: show(wanted[first], format_of(case)),
            None if sizes is None else float(sizes[first]),
        )
        verdict.violations.append(violation)
        if violation.ulps is not None:
            verdict.worst_ulps = violation.ulps
    return verdict
