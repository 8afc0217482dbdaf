"""Long groups of few weights: zeros add nothing to a norm, so such a group is judged as the few without the zeros.

The interval of a group allows for the roundings of as many additions as it has weights, in the worst order. For a long
group in a narrow format that is everything: in float16 the sum of 2,048 squares may be anything from nothing on. But
the sum of a zero and another number is that number, in whatever order, and however it is added up or scaled. So the
interval of the weights that are not zero holds for the whole group. They are equal, and so few that one of them that
is left out changes the norm by more than all roundings can: a block that is dropped shows, wherever it lies.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from conformance.cases.case import Case, format_of, weights_of
from conformance.judging.relations import expect_equal
from conformance.judging.values import judge_call
from conformance.judging.verdict import Verdict
from conformance.stacks.outcome import Returned
from reference.formats import Format, round_to
from reference.groups import from_rows
from reference.registry import CONTRACTS, bounds
from reports.record.failure import Failure, FailureCode

Places = NDArray[np.int64]


def few(length: int, fmt: Format) -> int:
    """How many equal weights of a group are not zero: each is 1 / 2k of the norm, and the roundings are k u at most."""
    return int(min(length, 2 ** ((fmt.precision - 2) // 2)))


def thinned(case: Case) -> tuple[Case, Places]:
    """The case with all weights zero but for the largest few of each group, which are equal, and their places.

    The norm is four times the upper bound, or as large as the format can square.
    """
    fmt, rows = format_of(case), case.rows(case.weights.values)
    count = few(rows.shape[1], fmt)
    places = np.sort(np.argsort(-np.abs(rows), axis=1, kind="stable")[:, :count], axis=1)
    norm = min(4.0 * bounds(CONTRACTS[case.contract], case.parameters)[1], 2.0 ** (fmt.emax / 2.0 - 2.0))
    weight = round_to(np.asarray(norm / np.sqrt(count)), fmt)
    signs = np.where(np.take_along_axis(rows, places, 1) < 0.0, -1.0, 1.0)
    sparse = np.zeros_like(rows)
    np.put_along_axis(sparse, places, signs * weight, axis=1)
    return replace(case, weights=weights_of(from_rows(sparse, case.weights.shape, case.reduced), fmt)), places


def judge_thinned(case: Case, places: Places, outcome: Returned) -> Verdict:
    """The verdict on a case that `thinned` made: weights are held to the interval of those alone, and zeros to zero."""
    fmt = format_of(case)
    given, result = case.rows(case.weights.values), case.rows(outcome.first.values)
    few_given, few_found = (weights_of(np.take_along_axis(rows, places, 1), fmt) for rows in (given, result))
    verdict = judge_call(replace(case, weights=few_given, axis=1), few_given, few_found)
    zero = np.where(given == 0.0, 0.0, result)
    expected = from_rows(zero, case.weights.shape, case.reduced)
    return verdict.add(expect_equal(case, outcome, expected, Failure(FailureCode.ZERO_WEIGHT_CHANGED)))
