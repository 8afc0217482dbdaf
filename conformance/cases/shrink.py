"""Reducing: from a failing packed case to the smallest one that fails alike, with the implementation in the loop.

Sizes are powers of two and shapes are few, because a compiling framework pays for each new shape.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from conformance.cases.case import Case, format_of, weights_of
from conformance.cases.layouts import fits
from reference.formats import FloatArray, Format, round_to
from reference.registry import CONTRACTS

Fails = Callable[[Case], bool]

BUDGET = 250
# what is called so often costs as much as another candidate
CALLS_OF_ONE = 200


# what all weights of a case may be
PLAIN = (1.0, 2.0, 4.0)


def _any(case: Case) -> bool:
    return True


def reduce_case(
    case: Case, group: int | None, fails: Fails, budget: int = BUDGET, takes: Callable[[Case], bool] = _any
) -> Case:
    """The smallest case found, at most `budget` calls of `fails` away, for which `fails` still holds.

    A case of thousands of calls may take a second, and has fewer candidates.
    `group` is a hint: the number of the failing group in `case`. A case that is not reduced is returned as it is.
    What the implementation `takes` not, such as vectors where it wants matrices, is not tried and costs nothing. What
    did not fail once is not called again, though it counts: each step meets again what the steps before it have left.
    """
    left, holds = [budget], set[str]()

    def first(candidates: Iterator[Case]) -> Case | None:
        for candidate in filter(takes, candidates):
            if left[0] <= 0:
                return None
            left[0] -= 1 + candidate.calls // CALLS_OF_ONE
            if candidate.id in holds:
                continue
            if fails(candidate):
                return candidate
            holds.add(candidate.id)
        return None

    if (alone := first(_one_group(case, group))) is not None:
        case = alone
    before = None
    while case is not before:  # a simpler weight can make room for a simpler parameter, and the other way round
        before = case
        for step in (_plainer_call, _fewer_places, _simpler_parameters, _simpler_weights):
            while (simpler := first(step(case))) is not None:
                case = simpler
    return case


def with_ordinary_weights(case: Case) -> Case:
    """The case with weights a few times its bound, of both signs, wherever they are not zero; infinite ones where the
    bound is too large for the format.
    """
    bounds = CONTRACTS[case.contract].bounds
    scale = abs(float(case.parameters[bounds[-1]])) if bounds else 1.0
    values = case.weights.values
    # numbers of a cycle that divides few lengths, so that no two groups need be alike
    numbers = np.resize([1.0, -2.0, 3.0, -1.0, 2.0, 1.0, -3.0], values.shape)
    with np.errstate(over="ignore"):
        return _with_values(case, np.where(values == 0, values, numbers * scale))


def with_weights_times(case: Case, factor: float) -> Case:
    """The case with weights so many times as large, infinite where that leaves the format."""
    with np.errstate(over="ignore"):
        return _with_values(case, case.weights.values * factor)


def _with_values(case: Case, values: FloatArray) -> Case:
    fmt = format_of(case)
    layout = case.weights.layout
    return replace(case, weights=weights_of(values, fmt, layout if fits(layout, values) else "C"))


def _vector(case: Case, values: FloatArray) -> Case:
    """A vector that is one group, or each weight of which is one."""
    return replace(_with_values(case, values), axis=() if case.axis == () else 0)


def _plainer_call(case: Case) -> Iterator[Case]:
    """One call, contiguous weights, an axis that is a plain number."""
    if case.calls > 1:
        yield replace(case, calls=1)
    if case.weights.layout != "C":
        yield replace(case, weights=replace(case.weights, layout="C"))
    plain = case.reduced[0] if len(case.reduced) == 1 else list(case.reduced)
    if case.reduced and (type(case.axis) is not type(plain) or case.axis != plain):
        yield replace(case, axis=plain)


def _one_group(case: Case, group: int | None) -> Iterator[Case]:
    """The failing group alone: as a vector, or in an array of the same rank."""
    values = case.weights.values
    rank = values.ndim
    reduced, kept = case.reduced, [d for d in range(rank) if d not in case.reduced]
    if group is None or not kept:
        return
    position = np.unravel_index(group, [values.shape[d] for d in kept])
    index: list[slice] = [slice(None)] * rank
    for dimension, place in zip(kept, position, strict=True):
        index[dimension] = slice(int(place), int(place) + 1)
    alone = values[tuple(index)]
    yield from _largest_first(case, alone.ravel())
    if rank > 1:
        yield _vector(case, alone.ravel())
        column = alone.reshape([alone.shape[d] for d in reduced] + [1])
        several = tuple(range(len(reduced)))
        axis = 0 if len(reduced) == 1 else several if isinstance(case.axis, tuple) else list(several)
        if reduced:
            yield replace(_with_values(case, column), axis=axis)
    if values.size > alone.size:
        yield _with_values(case, alone)


def _fewer_places(case: Case) -> Iterator[Case]:
    """Fewer weights along some dimension: the largest ones alone first, then halves, then all but one."""
    values = case.weights.values
    if values.ndim == 1:
        yield from _largest_first(case, values)
    yield from _lower_rank(case)
    for dimension, size in enumerate(values.shape):
        if size > 1:
            others = tuple(other for other in range(values.ndim) if other != dimension)
            by_size = np.argsort(-np.abs(np.nan_to_num(values)).max(axis=others), kind="stable")
            for count in (count for count in (1, 2, 4) if count < size and values.ndim > 1):
                yield _with_values(case, np.take(values, np.sort(by_size[:count]), axis=dimension))
            half = 2 ** (math.ceil(math.log2(size)) - 1)
            yield _with_values(case, np.take(values, range(half), axis=dimension))
            yield _with_values(case, np.take(values, range(size - half, size), axis=dimension))
            for place in range(size) if size <= 8 else ():
                yield _with_values(case, np.delete(values, place, axis=dimension))


def _lower_rank(case: Case) -> Iterator[Case]:
    """The same without the dimensions along which there is one weight, but for one that is reduced."""
    shape, reduced = case.weights.shape, case.reduced
    long = [d for d, size in enumerate(shape) if size > 1]
    kept = long if not reduced or set(long) & set(reduced) else sorted([*long, reduced[0]])
    if len(kept) < len(shape):
        axis = [place for place, d in enumerate(kept) if d in reduced]
        plain = () if not reduced else axis[0] if len(axis) == 1 else axis
        values = case.weights.values.reshape([shape[d] for d in kept])
        yield replace(_with_values(replace(case, axis=plain), values), axis=plain)


def _largest_first(case: Case, row: FloatArray) -> Iterator[Case]:
    """Ever more of a group's weights as a vector: the largest ones, the first ones, or copies of the largest one."""
    by_size = np.argsort(-np.abs(np.nan_to_num(row)), kind="stable")
    count = 1
    while count < row.size:
        for chosen in (row[np.sort(by_size[:count])], row[:count], np.full(count, row[by_size[0]])):
            yield _vector(case, chosen)
        count *= 2


def _simpler_parameters(case: Case) -> Iterator[Case]:
    """Default, or round, parameters."""
    for p in CONTRACTS[case.contract].parameters:
        value = case.parameters[p.name]
        # 0.1: the plainest number that no binary format holds
        simple = [p.default, 1.0, 2.0, *([0.5, 0.0] if p.name == "rate" else []), 0.1, _rounded(value)]
        for candidate in simple:
            if candidate == value:
                break
            changed = {**case.parameters, p.name: candidate}
            if CONTRACTS[case.contract].outside_domain(changed) is None:
                yield replace(case, parameters=changed)


def _simpler_weights(case: Case) -> Iterator[Case]:
    """Weights that are all alike, positive, small integers, their norm alone, or have few digits."""
    fmt = format_of(case)
    values = case.weights.values
    flat = values.ravel()
    if values.ndim > 1 and case.reduced and (norms := _norms(case)) is not None:
        yield _with_values(case, norms)
    for plain in ([1.0], [3.0, 4.0], *([norm] for norm in _around_norm(flat, fmt) if values.ndim == 1)):
        if flat.size > len(plain):
            yield _vector(case, np.array(plain))
            if case.axis != () and values.ndim > 1:  # for calls that want a matrix
                yield replace(_with_values(case, np.array([plain])), axis=1)
    if 1 < flat.size <= 16 and not any(np.all(flat == plain) for plain in PLAIN):
        yield from (_with_values(case, np.full_like(values, plain)) for plain in PLAIN)
    if flat.size > 1 and not np.all(flat == flat[0]):
        yield _with_values(case, np.full_like(values, flat[np.argmax(np.abs(flat))]))
    if np.any(flat < 0):
        yield _with_values(case, np.abs(values))
    if flat.size > 16:
        return
    for place in range(flat.size):
        value = float(flat[place])
        simple = [1.0, 2.0, 3.0, float(round_to(np.asarray(_rounded(value)), fmt)), _power_of_two(value)]
        for candidate in [0.0, *simple] if flat.size > 1 else simple:
            if candidate == value:
                break
            changed = flat.copy()
            changed[place] = candidate
            yield _with_values(case, changed.reshape(values.shape))


def _norms(case: Case) -> FloatArray | None:
    """Each group as one weight of its norm; None where they are that already, or a norm is none of the format."""
    values, fmt = case.weights.values, format_of(case)
    if all(values.shape[d] == 1 for d in case.reduced):
        return None
    with np.errstate(all="ignore"):
        norms: FloatArray = round_to(np.sqrt(np.sum(values**2, axis=case.reduced, keepdims=True)), fmt)
    return norms if np.all(norms <= fmt.largest) else None


def _around_norm(row: FloatArray, fmt: Format) -> list[float]:
    """The norm of a group, and the numbers next to it."""
    with np.errstate(all="ignore"):
        norm = np.sqrt(np.sum(row**2))
        found = round_to(norm * (1.0 + np.array([0.0, -2.0, 2.0]) * fmt.unit_roundoff), fmt)
    return [float(norm) for norm in found if 0.0 < norm <= fmt.largest]


def _rounded(value: float) -> float:
    rounded = float(f"{value:.1g}")
    return rounded if math.isfinite(rounded) else value


def _power_of_two(value: float) -> float:
    # not by log2, which rounds: that of the largest number is 1024
    return math.copysign(math.ldexp(0.5, math.frexp(abs(value))[1]), value) if value and math.isfinite(value) else value
