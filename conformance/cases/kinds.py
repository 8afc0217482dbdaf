"""What was drawn: of which kinds a case is, so that it is counted what a run has met and what it has not."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator

import numpy as np

from conformance.cases.case import AnyAxis, Case, format_of
from conformance.cases.packing import norms_in_float64
from reference.groups import by_columns
from reference.registry import CONTRACTS, bounds

# the largest number of each kind of size, the last kind being beyond
SIZES = (0, 1, 7, 63, 1023, 16383, 65536)
BEYOND = f"more than {SIZES[-1]:,}"
ALONE, ONE, ADJACENT, APART, ALL = "each weight alone", "one", "adjacent ones", "ones apart", "all"
NAMES = ("rank", "reduced dimensions", "axis", "weights in a group", "groups", "layout", "calls")
GROUPS = "norms"
# the kinds of norms: each group is of the first that holds
NORMS = (
    "NaN or infinite",
    "zero",
    "beyond the format",
    "with squares beyond the format",
    "subnormal",
    "with squares below the format",
    "at a bound",
    "above the bounds",
    "below the bounds",
    "inside the bounds",
)


def kinds_of(case: Case) -> Iterator[tuple[str, str]]:
    """What each of `NAMES` is of a case."""
    reduced, rank = case.reduced, len(case.weights.shape)
    length = int(np.prod([case.weights.shape[d] for d in reduced], dtype=np.int64))
    values = (
        str(rank),
        _reduced(reduced, rank),
        _written(case.axis),
        size(length),
        size(case.weights.size // length if length else 0),
        case.weights.layout.partition(":")[0],
        size(case.calls),
    )
    return zip(NAMES, values, strict=True)


def size(number: int) -> str:
    """The kind of a size: from one number to another."""
    for low, high in zip((-1, *SIZES), SIZES, strict=False):
        if number <= high:
            return f"{high:,}" if low + 1 == high else f"{low + 1:,} to {high:,}"
    return BEYOND


def _reduced(reduced: tuple[int, ...], rank: int) -> str:
    if not reduced:
        return ALONE
    if len(reduced) == rank:
        return ALL
    if len(reduced) == 1:
        return ONE
    return ADJACENT if reduced[-1] - reduced[0] == len(reduced) - 1 else APART


def _written(axis: AnyAxis) -> str:
    """How an axis is written."""
    if axis is None or axis == ():
        return repr(axis)
    numbers = list(axis) if isinstance(axis, list | tuple) else [axis]
    signs = {number < 0 for number in numbers}
    sign = "mixed " if len(signs) == 2 else "negative " if True in signs else ""
    order = "unordered " if sign == "" and numbers != sorted(numbers) else ""
    return f"{sign}{order}{type(axis).__name__}"


def norms_of_groups(case: Case) -> Counter[str]:
    """How many groups have norms of which kind: where they lie to the bounds, and whether the format holds them."""
    fmt, contract = format_of(case), CONTRACTS[case.contract]
    rows = case.rows(case.weights.values)
    if not rows.size:
        return Counter()
    largest = np.asarray(np.max(by_columns(np.abs(rows)), axis=1))  # NaN where there is one
    bottom, top = bounds(contract, case.parameters)
    with np.errstate(all="ignore"):
        sizes = norms_in_float64(rows, contract.norm)
        # their squares leave float64
        some = np.flatnonzero(~((sizes > 1e-140) & (sizes < math.inf)) & (largest > 0.0) & (largest < math.inf))
        sizes[some] = norms_in_float64(rows[some] / largest[some, None], contract.norm) * largest[some]
        near = 8.0 * fmt.unit_roundoff
        at = [np.abs(sizes - bound) <= near * bound for bound in (bottom, top)]
        holds = (
            ~np.isfinite(largest),
            largest == 0.0,
            sizes > fmt.largest,
            sizes**2 > fmt.largest,
            largest < 2.0**fmt.emin,
            largest**2 < fmt.smallest_subnormal,
            at[0] | at[1],
            sizes > top,
            sizes < bottom,
        )
    first = np.full(len(rows), len(holds), dtype=np.int8)  # the first kind of which a group is, the last one if of none
    for place in reversed(range(len(holds))):
        first[holds[place]] = place
    return +Counter(dict(zip(NORMS, np.bincount(first, minlength=len(NORMS)).tolist(), strict=True)))
