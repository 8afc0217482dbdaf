"""What a stack makes of input that no contract specifies, in words that can be compared across stacks."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np

from adapters.core.stack import Stack
from conformance.cases.case import Axis, Case, Weights
from conformance.judging.describe import show
from conformance.stacks.outcome import Crashed, NotAnArray, Outcome, Raised, Returned, TimedOut, Unsupported
from reference.formats import FORMATS, FloatArray, Format
from reference.groups import AxisError

# what an outcome without a result is called in a record
KINDS = {NotAnArray: "malformed", Unsupported: "unsupported", Crashed: "crash", TimedOut: "timeout"}


def classify_outcome(case: Case, outcome: Outcome, *arguments: str) -> str:
    """The class of an outcome: an exception's type, or what became of the weights and of their format and shape.

    `arguments`: the names under which an exception's message may speak of what is wrong.
    """
    match outcome:
        case Returned():
            return _result_in_words(case, outcome.last)
        case Raised(exception, message, _):
            named = any(re.search(rf"\b{re.escape(name)}\b", message, re.IGNORECASE) for name in arguments)
            clause = f", {'' if named else 'not '}naming the argument" if arguments else ""
            return f"raises {exception}{clause}"
        case _:
            return f"{KINDS[type(outcome)]}: {outcome.reason}"


def classify_nan(case: Case, outcome: Outcome) -> str:
    """What became of the bits of the NaN with which the weights begin: there, and in the weights beside it."""
    fmt = case.weights.floating
    if fmt is None or not isinstance(outcome, Returned) or outcome.last.format != fmt.name:
        return classify_outcome(case, outcome)
    given, *_ = case.weights.raw.ravel().tolist()
    found = [_nan_in_words(given, bits, fmt) for bits in outcome.last.raw.ravel().tolist()]
    beside = ", ".join(dict.fromkeys(found[1:]))
    return found[0] if beside in ("", found[0]) else f"{found[0]}; beside it {beside}"


def _nan_in_words(given: int, bits: int, fmt: Format) -> str:
    quiet, sign = 1 << fmt.precision - 2, 1 << fmt.bits - 1
    infinity = sign - (quiet << 1)
    if bits & ~sign <= infinity:
        return "no NaN"
    payload = "kept" if (bits ^ given) & (quiet - 1) == 0 else "another" if bits & (quiet - 1) else "gone"
    turned = "turned" if (bits ^ given) & sign else "kept"
    return f"payload {payload}, sign {turned}, {'quiet' if bits & quiet else 'signalling'}"


def _result_in_words(case: Case, result: Weights) -> str:
    given = case.weights
    words = [_values_in_words(given, result)]
    if result.format != given.format:
        words.append(f"becomes {result.format}")
    if result.shape != given.shape:
        words.append(f"shape {given.shape} becomes {result.shape}")
    return ", ".join(words)


def fit_to_stack(case: Case, stack: Stack) -> Case:
    """The case, its only group put into an array whose groups the stack can form; as it is if it has no such group."""
    try:
        groups = len(case.rows(np.zeros(case.weights.shape)))
    except AxisError:
        return case
    n = case.weights.size
    if not n or groups > 1:
        return case
    places: list[tuple[tuple[int, ...], Axis]] = [((n,), 0), ((1, n), 1), ((n, 1), 0), ((1, n, 1, 1), [1, 2, 3])]
    others = (replace(case, weights=replace(case.weights, shape=shape), axis=axis) for shape, axis in places)
    for candidate in (case, *others):
        if not case.reduced or stack.grouping.covers(len(candidate.weights.shape), candidate.reduced):
            return candidate
    return case


def _values_in_words(given: Weights, result: Weights) -> str:
    if result.size == 0:
        return "empty array"
    before, after = given.values.ravel(), result.values.ravel()
    if np.isnan(after).any():
        return "NaN" if np.isnan(after).all() else "NaN in part"
    if np.isinf(after).any():
        return "infinite"
    if not after.any():
        return "zero"
    if before.size == after.size and np.array_equal(before, after) and result.format == given.format:
        return "unchanged"
    flipped = before.size == after.size and np.any(before * after < 0)
    return ("sign flipped, " if flipped else "") + f"norm {_norm(after, result)}"


def _norm(values: FloatArray, weights: Weights) -> str:
    """The norm to as many digits as the format holds less one, so that lawful roundings do not show."""
    fmt = FORMATS.get(weights.format)
    digits = {"float16": 2, "bfloat16": 2, "float32": 5, "float64": 10}[fmt.name] if fmt else 5
    norm = float(np.sqrt(np.sum(values**2)))
    return f"{norm:.{digits}g}" if np.isfinite(norm) else show(values)
