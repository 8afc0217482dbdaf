"""Failures, numbers and results in words; a wording may change at any time, for nothing is known by it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from reference.formats import FloatArray, Format, round_to
from reports.record.failure import Failure, FailureCode

# what a failure is in words; {} is its detail
SENTENCES = {
    FailureCode.INSIDE_GROUP_CHANGED: "a group inside the bound is changed",
    FailureCode.SIGN_ASYMMETRIC: "negated weights do not give the negated result",
    FailureCode.SCALING_INEXACT: "scaling everything by 4 does not scale the result exactly",
    FailureCode.DIFFERENT_GAINS: "the weights of one group are multiplied by different gains",
    FailureCode.ZERO_WEIGHT_CHANGED: "a zero weight became nonzero",
    FailureCode.CONTRACTS_DIFFER: "{} by more than their roundings",
    FailureCode.BOUNDS_MATTER_AT_RATE_ZERO: "with rate 0 the result depends on the bounds",
    FailureCode.NOT_AFFINE_IN_RATE: "the result is not affine in rate",
    FailureCode.INPUT_CHANGED: "the input was modified",
    FailureCode.RESULT_CHANGED: "a later call changes a result that was returned before",
    FailureCode.LATER_CALL_DIFFERS: "a later call on the same weights gives another result",
    FailureCode.CALL_AT_ONCE_DIFFERS: "a call gives another result while another thread calls, too",
    FailureCode.EARLIER_CALL_MATTERS: "the same call gives another result after calls with other weights or parameters",
    FailureCode.NAN_HIDDEN: "a weight that was NaN is a number in the result",
    FailureCode.SHAPE: "the result has another shape",
    FailureCode.NOT_REPEATABLE: "the same call gives another result the second time",
    FailureCode.LEAKS_INTO_OTHER_GROUPS: "a weight that is {} in one group changes another group",
    FailureCode.REBUILT_DIFFERS: "the rebuilt constraint gives another result",
    FailureCode.UNTOUCHED_ROW_CHANGED: "a row that was not looked up is changed",
    FailureCode.INSIDE_CHANGED: "weights already inside the bound are changed",
    FailureCode.NORM_ABOVE_MAXIMUM: "the norm of the result is above the maximum",
    FailureCode.NORM_BELOW_MINIMUM: "the norm of the result is below the minimum",
    FailureCode.SECOND_CALL_CHANGES: "the second call changes the result of the first",
    FailureCode.EPSILON_ROUNDING: "a group inside the bound changes where epsilon is lost, or stays where it is not",
    FailureCode.DRIFT: "2,000 calls change weights inside the bound",
    FailureCode.ZERO_GROUP_CHANGED: "a group of zeros became something else",
    FailureCode.EXPANSIVE: "two groups are further apart after the call",
    FailureCode.NORM_NOT_ONE: "the norm of the result is not 1",
    FailureCode.NORM_REACHES_MAXIMUM: "the norm of the result reaches the maximum",
    FailureCode.GRADIENT_NOT_FINITE: "the gradient is not finite",
    FailureCode.GRADIENT_WRONG: "the gradient is not the derivative of the contract",
    FailureCode.NO_GRADIENT: "no gradient reaches the weights: the result is detached from them",
    FailureCode.TF32_MATTERS: "allowing TF32 changes the result",
}
# what a group became, in words: of a result outside its interval, and of one that only the format's range explains
BECAME = {
    "NaN": "is NaN",
    "infinite": "is infinite",
    "all zero": "is zero though the weights are not",
    "sign flipped": "has the opposite sign",
    "other values": "has other values than exact arithmetic gives",
}
OUTSIDE = {
    "NaN": FailureCode.NAN,
    "infinite": FailureCode.INFINITE,
    "all zero": FailureCode.ALL_ZERO,
    "sign flipped": FailureCode.SIGN_FLIPPED,
    "other values": FailureCode.WRONG_VALUES,
}
OUT_OF_RANGE = {
    "NaN": FailureCode.RANGE_NAN,
    "infinite": FailureCode.RANGE_INFINITE,
    "all zero": FailureCode.RANGE_ALL_ZERO,
    "sign flipped": FailureCode.RANGE_SIGN_FLIPPED,
    "other values": FailureCode.RANGE_WRONG_VALUES,
}


def sentence(failure: Failure) -> str:
    """A failure in words; raises KeyError for those whose words depend on more than the failure."""
    return SENTENCES[failure.code].format(failure.detail)


def signatures(rows: FloatArray, results: FloatArray) -> NDArray[np.str_]:
    """What each group became, in a word."""
    with np.errstate(all="ignore"):
        tests = {
            "NaN": np.isnan(results).any(axis=1),
            "infinite": np.isinf(results).any(axis=1),
            "all zero": ~results.any(axis=1) & rows.any(axis=1),
            "sign flipped": (np.sign(results) * np.sign(rows) < 0).any(axis=1),
        }
    return np.select(list(tests.values()), list(tests), "other values")


def show(values: FloatArray, fmt: Format | None = None, most: int = 8) -> str:
    """A few numbers as people write them: the shortest decimals that name them in their format."""
    flat = np.ravel(values)
    if flat.size > most and np.all(flat == flat[0]):
        return f"[{flat.size:,} times {_number(float(flat[0]), fmt)}]"
    text = ", ".join(_number(float(v), fmt) for v in flat[:most])
    return f"[{text}, ... {flat.size - most:,} more]" if flat.size > most else f"[{text}]"


def _number(value: float, fmt: Format | None) -> str:
    for digits in range(1, 17 if fmt is not None else 1):
        text = f"{value:.{digits}g}"
        if fmt is not None and round_to(np.asarray(float(text)), fmt) == value:
            return text
    return repr(value).removesuffix(".0")
