"""How something failed: one of a closed list of codes, which stays however the sentences beside it are worded.

A failure is written as its code, or as "code: detail". Records and known divergences from before there were codes hold
sentences in their place; `parse_failure` reads both.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum


class FailureCode(StrEnum):
    """Every way to fail, in the order of the chapters."""

    # values outside the accepted interval, by what they became
    WRONG_VALUES = "wrong_values"
    NAN = "nan"
    INFINITE = "infinite"
    ALL_ZERO = "all_zero"
    SIGN_FLIPPED = "sign_flipped"
    # the same where an intermediate left the format's range; the detail is the evaluation model that explains it
    RANGE_WRONG_VALUES = "range_wrong_values"
    RANGE_NAN = "range_nan"
    RANGE_INFINITE = "range_infinite"
    RANGE_ALL_ZERO = "range_all_zero"
    RANGE_SIGN_FLIPPED = "range_sign_flipped"
    # a group with a NaN or an infinity that does not follow the formula; the detail is what it became
    NAN_WEIGHT = "nan_weight"
    INFINITE_WEIGHT = "infinite_weight"
    ZERO_WEIGHTS = "zero_weights"
    NAN_HIDDEN = "nan_hidden"
    WORSE_THAN_PAIRWISE = "worse_than_pairwise"
    INSIDE_GROUP_CHANGED = "inside_group_changed"
    # symmetries
    SIGN_ASYMMETRIC = "sign_asymmetric"
    SCALING_INEXACT = "scaling_inexact"
    DIFFERENT_GAINS = "different_gains"
    ZERO_WEIGHT_CHANGED = "zero_weight_changed"
    # identities; the detail of the first names both contracts
    CONTRACTS_DIFFER = "contracts_differ"
    BOUNDS_MATTER_AT_RATE_ZERO = "bounds_matter_at_rate_zero"
    NOT_AFFINE_IN_RATE = "not_affine_in_rate"
    # side effects
    INPUT_CHANGED = "input_changed"
    RESULT_CHANGED = "result_changed"
    LATER_CALL_DIFFERS = "later_call_differs"
    CALL_AT_ONCE_DIFFERS = "call_at_once_differs"
    EARLIER_CALL_MATTERS = "earlier_call_matters"
    SHAPE = "shape"
    FORMAT = "format"
    NOT_REPEATABLE = "not_repeatable"
    LEAKS_INTO_OTHER_GROUPS = "leaks_into_other_groups"
    REBUILT_DIFFERS = "rebuilt_differs"
    UNTOUCHED_ROW_CHANGED = "untouched_row_changed"
    # expectations
    INSIDE_CHANGED = "inside_changed"
    NORM_ABOVE_MAXIMUM = "norm_above_maximum"
    NORM_BELOW_MINIMUM = "norm_below_minimum"
    SECOND_CALL_CHANGES = "second_call_changes"
    EPSILON_ROUNDING = "epsilon_rounding"
    DRIFT = "drift"
    ZERO_GROUP_CHANGED = "zero_group_changed"
    EXPANSIVE = "expansive"
    NORM_NOT_ONE = "norm_not_one"
    NORM_REACHES_MAXIMUM = "norm_reaches_maximum"
    # gradients
    GRADIENT_NOT_FINITE = "gradient_not_finite"
    GRADIENT_WRONG = "gradient_wrong"
    NO_GRADIENT = "no_gradient"
    # devices
    TF32_MATTERS = "tf32_matters"
    # no result; the detail is the exception's type, or the reason
    RAISED = "raised"
    NOT_AN_ARRAY = "not_an_array"
    CRASHED = "crashed"
    TIMED_OUT = "timed_out"


CODES = frozenset(code.value for code in FailureCode)


@dataclass(frozen=True)
class Failure:
    """One way to fail; `detail` tells apart what a code alone does not."""

    code: FailureCode
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.code}: {self.detail}" if self.detail else str(self.code)


_SENTENCES = {
    "other values": FailureCode.WRONG_VALUES,
    "NaN": FailureCode.NAN,
    "infinite": FailureCode.INFINITE,
    "all zero": FailureCode.ALL_ZERO,
    "sign flipped": FailureCode.SIGN_FLIPPED,
    "worse than pairwise any order": FailureCode.WORSE_THAN_PAIRWISE,
    "a group inside the bound is changed": FailureCode.INSIDE_GROUP_CHANGED,
    "negated weights do not give the negated result": FailureCode.SIGN_ASYMMETRIC,
    "scaling everything by 4 does not scale the result exactly": FailureCode.SCALING_INEXACT,
    "the weights of one group are multiplied by different gains": FailureCode.DIFFERENT_GAINS,
    "a zero weight became nonzero": FailureCode.ZERO_WEIGHT_CHANGED,
    "with rate 0 the result depends on the bounds": FailureCode.BOUNDS_MATTER_AT_RATE_ZERO,
    "the result is not affine in rate": FailureCode.NOT_AFFINE_IN_RATE,
    "the same call gives another result the second time": FailureCode.NOT_REPEATABLE,
    "the rebuilt constraint gives another result": FailureCode.REBUILT_DIFFERS,
    "a row that was not looked up is changed": FailureCode.UNTOUCHED_ROW_CHANGED,
    "weights already inside the bound are changed": FailureCode.INSIDE_CHANGED,
    "the norm of the result is above the maximum": FailureCode.NORM_ABOVE_MAXIMUM,
    "the norm of the result is below the minimum": FailureCode.NORM_BELOW_MINIMUM,
    "the second call changes the result of the first": FailureCode.SECOND_CALL_CHANGES,
    "2,000 calls change weights inside the bound": FailureCode.DRIFT,
    "a group of zeros became something else": FailureCode.ZERO_GROUP_CHANGED,
    "two groups are further apart after the call": FailureCode.EXPANSIVE,
    "the norm of the result is not 1": FailureCode.NORM_NOT_ONE,
    "the norm of the result reaches the maximum": FailureCode.NORM_REACHES_MAXIMUM,
    "the gradient is not finite": FailureCode.GRADIENT_NOT_FINITE,
    "the gradient is not the derivative of the contract": FailureCode.GRADIENT_WRONG,
    "allowing TF32 changes the result": FailureCode.TF32_MATTERS,
}
# what a detail was in a sentence stands in the pattern's group
_PATTERNS = (
    (r"shape", FailureCode.SHAPE),
    (r"input changed", FailureCode.INPUT_CHANGED),
    (r"(\w+ becomes \w+)", FailureCode.FORMAT),
    (r"DIVERGENT a weight that is (nan|inf) in one group changes another group", FailureCode.LEAKS_INTO_OTHER_GROUPS),
    (r"DIVERGENT (\w+ differs from \w+) by more than their roundings", FailureCode.CONTRACTS_DIFFER),
    (r"RANGE NaN weight (.+)", FailureCode.NAN_WEIGHT),
    (r"RANGE infinite weight (.+)", FailureCode.INFINITE_WEIGHT),
    (r"RANGE other values ?(.*)", FailureCode.RANGE_WRONG_VALUES),
    (r"RANGE NaN ?(.*)", FailureCode.RANGE_NAN),
    (r"RANGE infinite ?(.*)", FailureCode.RANGE_INFINITE),
    (r"RANGE all zero ?(.*)", FailureCode.RANGE_ALL_ZERO),
    (r"RANGE sign flipped ?(.*)", FailureCode.RANGE_SIGN_FLIPPED),
    (r"error (.*)", FailureCode.RAISED),
    (r"malformed (.*)", FailureCode.NOT_AN_ARRAY),
    (r"crash ?(.*)", FailureCode.CRASHED),
    (r"timeout ?(.*)", FailureCode.TIMED_OUT),
)


def parse_failure(text: str) -> Failure | None:
    """The failure that a record or a known divergence names, by code or by sentence; None for anything else."""
    code, _, detail = text.partition(": ")
    if code in CODES:
        return Failure(FailureCode(code), detail)
    return _from_sentence(text)


def _from_sentence(text: str) -> Failure | None:
    sentence = text.removeprefix("DIVERGENT ")
    if text.startswith("DIVERGENT ") and sentence in _SENTENCES:
        return Failure(_SENTENCES[sentence])
    for pattern, code in _PATTERNS:
        if found := re.fullmatch(pattern, text, re.DOTALL):
            return Failure(code, "".join(found.groups()))
    return None


def same_failure(text: str) -> str:
    """One text for each failure: today's, where it can be read, else the text as it is."""
    failure = parse_failure(text)
    return text if failure is None else str(failure)
