"""The judge of promises about single weights: every weight is a group of its own."""

from __future__ import annotations

from collections import Counter

import numpy as np
from numpy.typing import NDArray

from conformance.cases.case import Case
from conformance.judging.describe import BECAME, OUT_OF_RANGE, OUTSIDE, show, signatures
from conformance.judging.verdict import MUST, RECORD, Verdict, Violation, errors_of
from reference import elementwise
from reference.elementwise import ELEMENTWISE_CONTRACTS
from reference.formats import FloatArray, Format, ulp
from reports.record.failure import Failure

Mask = NDArray[np.bool_]


def graded_each(case: Case, fmt: Format, weights: FloatArray, results: FloatArray) -> dict[str, Mask]:
    """For each grade the weights that have it."""
    promise, finite = ELEMENTWISE_CONTRACTS[case.contract], np.isfinite(weights)
    low, high = elementwise.accepted(promise, case.parameters, weights, fmt)
    exact = finite & (results == elementwise.exact(promise, case.parameters, weights, fmt))
    inside = finite & (low <= results) & (results <= high) & ~exact
    flushed = elementwise.flushed(promise, case.parameters, weights, fmt) & (results == 0.0)
    follows = elementwise.follows_formula(promise, case.parameters, weights, results, fmt)
    graded = {
        "EXACT": exact,
        "BOUNDED": inside | (follows & ~finite),
        "RANGE": (flushed & finite & ~exact & ~inside) | (~follows & ~finite),
    }
    return {**graded, "DIVERGENT": ~(graded["EXACT"] | graded["BOUNDED"] | graded["RANGE"])}


def judge_each(
    case: Case, fmt: Format, weights: FloatArray, results: FloatArray, numbers: NDArray[np.int64], call: int
) -> Verdict:
    """The verdict on weights that are each taken on their own: every one is a group."""
    verdict = Verdict(fmt.name, 1, weights.size)
    interval = elementwise.accepted(ELEMENTWISE_CONTRACTS[case.contract], case.parameters, weights, fmt)
    graded = graded_each(case, fmt, weights, results)
    verdict.grades = Counter({grade: int(mask.sum()) for grade, mask in graded.items() if mask.any()})
    inside = np.isfinite(weights) & (graded["EXACT"] | graded["BOUNDED"])
    distances = _distance(*interval, results, fmt)
    verdict.errors = errors_of(np.maximum(distances[np.isfinite(weights)], 0.5))
    verdict.worst_ulps = float(np.max(distances[inside], initial=0.0))
    words = signatures(weights[:, None], results[:, None])
    for grade in ("RANGE", "DIVERGENT"):
        for word in dict.fromkeys(words[graded[grade]].tolist()):
            mask = graded[grade] & (words == word)
            verdict.violations.append(_of_each(grade, word, mask, call, numbers, fmt, weights, results, interval))
    return verdict


def _distance(low: FloatArray, high: FloatArray, results: FloatArray, fmt: Format) -> FloatArray:
    """How far results lie outside their intervals, in ulps of the nearer end."""
    nearest = np.clip(results, low, high)
    return np.asarray(np.abs(results - nearest) / ulp(nearest, fmt))


def _of_each(
    grade: str,
    word: str,
    mask: Mask,
    call: int,
    numbers: NDArray[np.int64],
    fmt: Format,
    weights: FloatArray,
    results: FloatArray,
    interval: tuple[FloatArray, FloatArray],
) -> Violation:
    first = int(np.flatnonzero(mask)[0])
    low, high = (end[first : first + 1] for end in interval)
    said = f"the result is outside the accepted interval: it {BECAME[word]}"
    if grade == "RANGE":
        kept = "a subnormal number is flushed" if np.isfinite(weights[first]) else "IEEE arithmetic is not followed"
        said = f"{kept}, and the result {BECAME[word]}"
    return Violation(
        grade=grade,
        level=RECORD if grade == "RANGE" else MUST,
        failure=Failure((OUT_OF_RANGE if grade == "RANGE" else OUTSIDE)[word]),
        sentence=said + (f" at call {call + 1}" if call else ""),
        count=int(mask.sum()),
        group=int(numbers[first]),
        observed=lambda: show(results[first : first + 1], fmt),
        accepted=lambda: f"from {show(low, fmt)} to {show(high, fmt)}",
        ulps=float(_distance(low, high, results[first : first + 1], fmt)[0]),
    )
