"""Equivalence: what comes of putting another call in the place of Keras's max_norm, measured, and in plain words."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from adapters.core.framework import Unsupported
from adapters.core.program import Program
from adapters.core.stack import SINGLE_WEIGHTS, Stack
from conformance.cases.case import Axis, Case, weights_of
from conformance.cases.codec import to_request
from conformance.cases.packing import pack
from conformance.cases.shapes import GroupShape
from conformance.judging.norm_bounds import computed
from conformance.stacks.outcome import Raised, Returned
from conformance.stacks.target import Trace
from reference.contracts import MAX_NORM
from reference.exact import exact_results
from reference.formats import FORMATS, FloatArray, Format
from reference.groups import from_rows, reduced_dimensions, to_rows
from reference.intervals import enclose
from reference.norms import norms_of
from reference.registry import CONTRACTS
from reports.record.measurements import Agreement, Equivalence, Relation

MAX_VALUE = 3.0
KERAS = {"max_value": MAX_VALUE, "epsilon": 1e-7}
# norms as trained weights have them: from three orders of magnitude below the bound to 64 times the bound
_AROUND = (MAX_VALUE / 8.0, MAX_VALUE, 1e-7)
_REGIMES = ("inside", "outside", "below the minimum")


@dataclass(frozen=True)
class KerasCall:
    """A call of Keras's max_norm that people want to replace; `arrays` of one shape are asked for."""

    name: str
    shape: tuple[int, ...]
    axis: Axis
    arrays: int = 1


ORIGINALS = (
    KerasCall("max_norm(3, axis=0) on a matrix (in, out)", (8, 256), 0),
    KerasCall("max_norm(3, axis=1) on a matrix (out, in)", (256, 8), 1),
    KerasCall("max_norm(3, axis=None) on a matrix", (8, 8), None, arrays=48),
    KerasCall("max_norm(3, axis=[0, 1, 2]) on a kernel (height, width, in, out)", (3, 3, 2, 256), [0, 1, 2]),
    KerasCall("max_norm(3, axis=[1, 2, 3]) on a kernel (out, in, height, width)", (256, 2, 3, 3), [1, 2, 3]),
    KerasCall("max_norm(3, axis=0) on a kernel (height, width, in, out)", (5, 3, 4, 20), 0),
)
FORMATS_COMPARED = ("float32", "float64")


@dataclass
class Side:
    """The groups on one side of the bound: how many, how many are as max_norm has them, and how far off others are."""

    groups: int = 0
    exact: int = 0
    within: int = 0
    unchanged: int = 0
    difference: float = 0.0

    def add(self, exact: FloatArray, accepted: NDArray[np.bool_], results: FloatArray, rows: FloatArray) -> None:
        """Count more groups."""
        self.groups += len(rows)
        self.exact += int(np.all(results == exact, axis=1).sum())
        self.within += int(np.all(accepted, axis=1).sum())
        self.unchanged += int(np.all(results == rows, axis=1).sum())
        if len(rows):
            apart = np.sqrt(np.sum((results - exact) ** 2, axis=1) / np.sum(exact**2, axis=1))
            self.difference = max(self.difference, float(np.max(np.nan_to_num(apart, nan=np.inf))))

    def agreement(self) -> Agreement:
        """As the record has it."""
        size = self.difference if np.isinf(self.difference) else float(f"{self.difference:.3g}")
        return Agreement(self.groups, self.exact, self.within, size)


def equivalences(target: Trace) -> Iterator[Equivalence]:
    """What the subject makes of every original in every format that it has, as the record has it."""
    formats = target.formats
    for original in ORIGINALS:
        for name in FORMATS_COMPARED:
            if formats.get(name) is None:
                yield _equivalence(target, original, FORMATS[name])


def _equivalence(target: Trace, original: KerasCall, fmt: Format) -> Equivalence:
    rank, grouping = len(original.shape), target.stack.grouping
    sides = {"inside": Side(), "outside": Side()}
    call: str | None = None
    relation: Relation = "no such groups"
    sentence = grouping.sentence
    if grouping == SINGLE_WEIGHTS or grouping.covers(rank, reduced_dimensions(original.axis, rank)):
        call, relation, sentence = _measured(target, original, fmt, sides)
    agreements = {name: side.agreement() for name, side in sides.items()}
    return Equivalence(original.name, rank, original.axis, fmt.name, call, relation, sentence, **agreements)


def _measured(
    target: Trace, original: KerasCall, fmt: Format, sides: dict[str, Side]
) -> tuple[str | None, Relation, str]:
    """The call, its relation to max_norm, and a sentence; `sides` is filled."""
    call = None
    for number in range(original.arrays):
        case, rows = _case(target.stack, original, fmt, number)
        call = call or _call(target, case)
        outcome = target.call(case)
        if not isinstance(outcome, Returned):
            reason = outcome.type if isinstance(outcome, Raised) else outcome.reason
            return call, "not at all", f"It gives no value: {reason}."
        if outcome.first.shape != case.weights.shape:
            return call, "not at all", "The result has another shape."
        results = to_rows(outcome.first.values, original.axis)
        norms = norms_of(rows, fmt)
        exact = exact_results(MAX_NORM, KERAS, norms).nearest()
        accepted = enclose(MAX_NORM, KERAS, norms, "any order").accepts(rows, results)
        # at the bound itself, the rounding of the computed norm decides on which side a group is
        low, high = computed(norms)
        for side, chosen in (("inside", high < MAX_VALUE), ("outside", low > MAX_VALUE)):
            sides[side].add(exact[chosen], accepted[chosen], results[chosen], rows[chosen])
    relation = _relation(sides["inside"], sides["outside"])
    return call, relation, _sentence(relation, sides["inside"], sides["outside"])


def _case(stack: Stack, original: KerasCall, fmt: Format, number: int) -> tuple[Case, FloatArray]:
    reduced = reduced_dimensions(original.axis, len(original.shape))
    groups = GroupShape(original.shape, reduced)
    rows = pack(fmt, groups.count, groups.length, _AROUND, number, _REGIMES)
    weights = weights_of(from_rows(rows, original.shape, original.axis), fmt)
    promise = CONTRACTS[stack.contracts[0]]
    parameters = promise.defaults
    if len(promise.bounds) == 2:
        parameters |= {promise.bounds[0]: -MAX_VALUE, promise.bounds[1]: MAX_VALUE}
    elif promise.bounds:
        parameters[promise.bounds[0]] = MAX_VALUE
    axis = () if stack.grouping == SINGLE_WEIGHTS else original.axis
    return Case(promise.name, parameters, axis, weights), rows


def _call(target: Trace, case: Case) -> str | None:
    """The framework's own call, as the adapter would print it."""
    adapter = importlib.import_module(target.stack.module)
    try:
        program: Program = adapter.snippet(target.stack, [to_request(case, target.mode)])
    except Unsupported:
        return None
    return program.steps[0].call if program.steps else None


def _relation(inside: Side, outside: Side) -> Relation:
    if inside.exact == inside.groups and outside.exact == outside.groups:
        return "exactly"
    same_inside, same_outside = inside.within == inside.groups, outside.within == outside.groups
    if same_inside and same_outside:
        return "within the interval"
    if same_outside:
        return "only where N > max_value"
    return "only where N <= max_value" if same_inside else "not at all"


def _sentence(relation: str, inside: Side, outside: Side) -> str:
    if relation == "exactly":
        return f"The same bits as correctly rounded max_norm in all {inside.groups + outside.groups:,} groups."
    if relation == "within the interval":
        return f"The same but for rounding in all {inside.groups + outside.groups:,} groups."
    return f"Above the bound, {_side(outside)}; inside, {_side(inside)}."


def _side(side: Side) -> str:
    if side.within == side.groups:
        return f"it gives the same but for rounding ({side.groups:,} groups)"
    others = f"{side.groups - side.within:,} of {side.groups:,} groups"
    off = f"{others} differ by more than rounding, by up to {side.difference:.2g} of their norm"
    if side.unchanged == side.groups:
        return f"it leaves the weights exactly as they are, where max_norm multiplies by N / (N + 1e-7): {off}"
    return off
