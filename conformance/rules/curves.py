"""Curves: the norm that comes out for each norm that goes in, for many calls, and for several rates; for pictures.

Every group is one weight, so that the norm is the weight's size and a sum cannot blur it; many groups lie side by
side, so that a norm over the wrong axis is the norm of them all.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from itertools import combinations
from typing import Literal, TypeAlias

import numpy as np

from adapters.core.stack import Stack
from conformance.cases.case import Case, weights_of
from conformance.cases.generate import FEW_FORMATS
from conformance.cases.parameters import with_fixed
from conformance.cases.shapes import GroupShape, axis_forms
from conformance.stacks.outcome import Returned
from conformance.stacks.target import Trace
from reference.contract import Contract
from reference.evaluators import evaluator
from reference.formats import FORMATS, FloatArray, Format, round_to, ulp
from reference.groups import from_rows
from reference.registry import BOUNDED, CONTRACTS
from reports.record.measurements import Curve

Shows: TypeAlias = Literal["norms", "drift", "rate"]
BOUNDS = (0.5, 2.0)
# beyond these no format that is narrower than float64 has anything left to lose
LEAST, MOST = 1e-24, 1e24
CALLS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000)
INSIDE = (1.0, 0.1, 0.001)
NONE = np.array([])
RATES, STARTS, STEPS = (1.0, 0.5, 0.1), (10.0, 0.05), 12


def norms_in(fmt: Format) -> FloatArray:
    """The norms that are asked for: 1 and 3 in every decade that the format has, and around both bounds."""
    decades = [mantissa * 10.0**decade for decade in range(-24, 24) for mantissa in (1.0, 3.0)]
    around = [bound * share for bound in BOUNDS for share in (0.7, 0.9, 0.99, 1.0, 1.01, 1.1, 1.4)]
    wanted = round_to(np.array([*decades, MOST, *around]), fmt)
    found: FloatArray = np.unique(wanted[(wanted > 0.0) & np.isfinite(wanted)])
    return found


def norm_curves(target: Trace) -> Iterator[Curve]:
    """The norm out for every norm in, in each contract and format of the target, with errors and accepted band."""
    for name in target.stack.contracts:
        for fmt in _formats(target):
            given = norms_in(fmt)
            case = _case(target, name, fmt, given)
            outcome = target.call(case)
            if isinstance(outcome, Returned) and outcome.first.shape == case.weights.shape:
                results = _rows(case, outcome)[:, 0]
                exact, errors, band = _measured(case, fmt, given, results)
                yield _curve("norms", case, given, np.abs(results), exact, errors, *band)


def drift_curves(target: Trace) -> Iterator[Curve]:
    """The norm after up to 2,000 calls, each on the result of the last, of groups that begin inside the bound."""
    # each group is a call of its own where a function takes one at a time
    marks = [mark for mark in CALLS if mark <= 200 or not target.stack.one_group_per_call]
    for name in target.stack.contracts:
        if name not in BOUNDED:
            continue
        for fmt in _formats(target):
            start = round_to(np.array(INSIDE), fmt)
            case = _case(target, name, fmt, start)
            found = _after(target, case, marks)
            if found is not None:
                yield from _each(case, "drift", start, marks, found)


def rate_curves(target: Trace) -> Iterator[Curve]:
    """The norm after each of 12 calls of min_max_norm for several rates, from below and above both bounds."""
    fmt = FORMATS["float32"]
    if "rate" in target.stack.limits.fixed or fmt not in _formats(target):
        return
    for rate in RATES:
        start = round_to(np.array(STARTS), fmt)
        case = _case(target, "min_max_norm", fmt, start)
        case = replace(case, parameters={**case.parameters, "rate": rate})
        found = _after(target, case, range(1, STEPS + 1))
        if found is not None:
            yield from _each(case, "rate", start, range(1, STEPS + 1), found)


def _formats(target: Trace) -> list[Format]:
    said, declared = target.formats, target.stack.limits.formats or FORMATS
    formats = [fmt for name, fmt in FORMATS.items() if said.get(name, "") is None and name in declared]
    if target.stack.mode(target.mode).compiles and target.stack.declaration is not None:  # its author waits
        return [fmt for fmt in formats if fmt.name in FEW_FORMATS] or formats[:1]
    return formats


def _case(target: Trace, name: str, fmt: Format, weights: FloatArray) -> Case:
    stack, contract = target.stack, CONTRACTS[name]
    parameters = with_fixed(contract, {**contract.defaults, **_bounds(contract)}, stack.limits.fixed)
    groups = _group_shape(stack, contract, len(weights))
    array = from_rows(weights[:, None], groups.shape, groups.reduced)
    return Case(name, parameters, axis_forms(groups, stack)[0], weights_of(array, fmt))


def _bounds(contract: Contract) -> dict[str, float]:
    """The bounds of the curves for the contract's own, the lower one on the other side of zero if it may lie there."""
    chosen = dict(zip(contract.bounds, BOUNDS[2 - len(contract.bounds) :], strict=True))
    negative = [p.name for p in contract.parameters if p.lowest < 0.0]
    return {**chosen, **dict.fromkeys(contract.bounds[:1], -BOUNDS[1])} if negative else chosen


def _group_shape(stack: Stack, contract: Contract, count: int) -> GroupShape:
    """A shape with that many groups of one weight, such as the stack can take."""
    if contract.single_weights:
        return GroupShape((count,), ())
    for rank in (2, 4, 3, 5):
        for reduced in (r for n in range(1, rank) for r in combinations(range(rank), n)):
            kept = next(d for d in range(rank) if d not in reduced)
            groups = GroupShape(tuple(count if d == kept else 1 for d in range(rank)), reduced)
            if stack.grouping.covers(rank, reduced) and axis_forms(groups, stack):
                return groups
    return GroupShape((count, 1), (1,))


def _rows(case: Case, outcome: Returned) -> FloatArray:
    return case.rows(outcome.last.values)


def _measured(
    case: Case, fmt: Format, given: FloatArray, results: FloatArray
) -> tuple[FloatArray, FloatArray, tuple[FloatArray, FloatArray]]:
    """Exact results, the errors of those observed and the accepted band, both in ulps of the exact results."""
    with np.errstate(all="ignore"):
        reference = evaluator(CONTRACTS[case.contract], case.parameters, given[:, None], fmt)
        exact = reference.exact()[:, 0]
        low, high = (end[:, 0] for end in reference.interval())
        errors = np.copysign(reference.distances(results[:, None])[:, 0], results - exact)
        spacing = ulp(exact, fmt)
        return exact, errors, ((low - exact) / spacing, (high - exact) / spacing)


def _after(target: Trace, case: Case, marks: Sequence[int]) -> FloatArray | None:
    """The norms after so many calls, in (marks, groups); None where some call gives no value."""
    found, done = [], 0
    for mark in marks:
        outcome = target.call(replace(case, calls=mark - done))
        if not isinstance(outcome, Returned) or outcome.last.shape != case.weights.shape:
            return None
        found.append(np.abs(_rows(case, outcome)[:, 0]))
        if not np.isfinite(found[-1]).all():
            return None
        fmt = FORMATS[case.weights.format]
        case, done = replace(case, weights=weights_of(outcome.last.values, fmt)), mark
    return np.array(found)


def _each(case: Case, shows: Shows, start: FloatArray, marks: Sequence[int], found: FloatArray) -> Iterator[Curve]:
    """A curve for each group: its norm after so many calls, and what exact arithmetic makes of it."""
    exact = _iterated(case.contract, tuple(case.parameters.items()), shows, max(marks))
    x = np.array([0, *marks])
    for group, first in enumerate(start.tolist()):
        y = np.array([first, *found[:, group]])
        yield _curve(shows, case, x, y, exact[x, _starts(shows).index(first)])


@cache
def _starts(shows: Shows) -> tuple[float, ...]:
    """The norms with which curves of a kind begin, in all formats."""
    first = np.array(INSIDE if shows == "drift" else STARTS)
    return tuple(np.unique([round_to(first, fmt) for fmt in FORMATS.values()]).tolist())


@cache
def _iterated(contract: str, parameters: tuple[tuple[str, float], ...], shows: Shows, calls: int) -> FloatArray:
    """The norms after 0, 1, 2, ... exact calls from each start, in (calls + 1, starts).

    Those of all formats are computed side by side; the roundings of float64 show in no picture.
    """
    found = [np.array(_starts(shows))]
    for _ in range(calls):
        last = evaluator(CONTRACTS[contract], dict(parameters), found[-1][:, None], FORMATS["float64"])
        found.append(last.rounded()[:, 0])
    return np.array(found)


def _curve(
    shows: Shows,
    case: Case,
    x: FloatArray,
    y: FloatArray,
    expected: FloatArray,
    errors: FloatArray = NONE,
    low: FloatArray = NONE,
    high: FloatArray = NONE,
) -> Curve:
    return Curve(
        shows=shows,
        contract=case.contract,
        format=case.weights.format,
        parameters=dict(sorted(case.parameters.items())),
        x=_short(x, 6),
        y=_short(y, 6),
        expected=_short(expected, 6),
        errors=_short(errors, 4),
        low=_short(low, 4),
        high=_short(high, 4),
    )


def _short(values: FloatArray, digits: int) -> tuple[float, ...]:
    """As many digits as a picture can show."""
    return tuple(float(f"{number:.{digits}g}") for number in values.tolist())
