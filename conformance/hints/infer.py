"""Hints: what a subject does instead of what it promises, where one variant of the contract explains all it gave."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from math import prod
from random import Random

import numpy as np

from adapters.core.axes import encode_axis
from adapters.core.stack import Stack
from conformance.cases.case import Axis, Case, Weights, weights_of
from conformance.cases.packing import EVERYDAY, pack
from conformance.cases.parameters import drawn_parameters
from conformance.cases.shapes import axis_forms, group_shapes_of
from conformance.hints.formulas import Formula, formulas
from conformance.hints.nearness import gate_it_as, nearness
from conformance.hints.sequences import TIMES, of_turns
from conformance.hints.variants import UNCHANGED, Variant, variants
from conformance.stacks.outcome import Returned, Unsupported
from conformance.stacks.target import Target
from reference.contracts import GAIN_CONTRACTS
from reference.evaluators import evaluator
from reference.formats import FORMATS, round_to
from reference.groups import AxisError, from_rows, to_rows
from reference.registry import bounds

# for each way to take the norm, of which there are at most eight
CASES = 8
# few shapes, because some frameworks compile for each
MAX_SHAPES = 8
# a variant that was hardly tried explains nothing
LEAST_GROUPS = 16

Observed = tuple[Case, Weights]


@dataclass(frozen=True)
class Over:
    """Which dimensions the norm is taken over instead; None where a case has no such dimensions."""

    words: str
    dimensions: Callable[[Case], tuple[int, ...] | None]


@dataclass(frozen=True)
class Hint:
    """A sentence that says what a subject behaves as, and how many groups of how many cases bear it out."""

    sentence: str
    cases: int
    groups: int


def hint(target: Target, seed: int) -> Hint | None:
    """The plainest variant under which nothing that a subject gave diverges; None where its own contract does, or none.

    The subject is asked anew, about small everyday cases: groups that leave the range of their format say nothing.
    """
    stack = target.stack
    if stack.contracts[0] not in GAIN_CONTRACTS:
        return None
    if turns := of_turns(target, _outside(target, seed)):
        return Hint(turns, 1, TIMES)
    observed = _observed(target, seed)
    promised, *others = variants(GAIN_CONTRACTS[stack.contracts[0]])
    # with as many roundings as any of them: what explains the values by roundings alone is no other contract
    most = max(variant.contract.roundings for variant in others)
    blurred = replace(promised, of_zeros=False, contract=replace(promised.contract, roundings=most))
    if not observed or _groups_borne_out(blurred, _as_asked(), observed) is not None:
        return None
    elsewhere = [] if stack.one_group_per_call else _overs(stack)
    for variant, over in _candidates(promised, others, elsewhere):
        groups = _groups_borne_out(variant, over, observed)
        if groups is not None and groups >= LEAST_GROUPS:
            return Hint(_sentence(stack, promised, variant, over), len(observed), groups)
    for over, formula in product([_as_asked(), *elsewhere], formulas(promised.contract)):
        groups = _groups_of(formula, over, observed)
        if groups is not None and groups >= LEAST_GROUPS:
            words = formula.words.format(contract=promised.contract.name)
            return Hint(f"It behaves as {words}{over.words}.", len(observed), groups)
    return None


def _outside(target: Target, seed: int) -> Case:
    """A small everyday case whose groups lie outside the bounds, so that something is due."""
    case = _drawn(Random(f"{seed} turns"), target.stack, _as_asked())
    fmt = FORMATS["float32"]
    top = bounds(GAIN_CONTRACTS[case.contract], case.parameters)[1]
    return replace(case, weights=weights_of(np.full(case.weights.shape, 3.0 * top), fmt))


def _sentence(stack: Stack, promised: Variant, variant: Variant, over: Over) -> str:
    name = variant.contract.name
    if variant.words == UNCHANGED and stack.declaration is not None and stack.declaration.base:  # a layer
        return "Weights put into it are used as they are: if it bounds any, then when it is built or first called."
    if over.words or variant.words:
        head = f"It behaves as {name}{over.words}"
        return f"{head}{', ' if over.words else ' '}{variant.words}." if variant.words else f"{head}."
    near = nearness(promised, variant, stack.limits.fixed)
    return f"It keeps another contract, {name}: {gate_it_as(stack, promised.contract, variant)}.{near}"


def _observed(target: Target, seed: int) -> list[Observed]:
    """Small everyday cases, and what the subject made of them; empty where it made something of another shape.

    Each way to take the norm gets cases whose groups in that way lie around the bounds, for else none would be inside.
    """
    stack = target.stack
    ways = [_as_asked(), *([] if stack.one_group_per_call else _overs(stack))]
    found: list[Observed] = []
    for number in range(CASES * max(len(ways), 4)):
        random = Random(f"{seed} hint {number}")
        case = _drawn(random, stack, ways[number % len(ways)])
        outcome = target.call(case)
        if isinstance(outcome, Unsupported):
            continue
        if not isinstance(outcome, Returned) or outcome.first.shape != case.weights.shape:
            return []
        found.append((case, outcome.first))
    return found


def _drawn(random: Random, stack: Stack, over: Over) -> Case:
    contract, fmt = GAIN_CONTRACTS[stack.contracts[0]], FORMATS[random.choice(tuple(FORMATS))]
    groups = random.choice(group_shapes_of(stack)[:MAX_SHAPES])
    parameters = drawn_parameters(random, contract, stack, largest=fmt.largest)
    axis = random.choice(axis_forms(groups, stack))
    case = Case(contract.name, parameters, axis, weights_of(np.zeros(groups.shape), fmt))
    dimensions = over.dimensions(case) or groups.reduced
    length = prod(groups.shape[d] for d in dimensions)
    around = (*bounds(contract, parameters), parameters.get("epsilon", 1e-7))
    count, seed, regimes = prod(groups.shape) // length, random.getrandbits(32), (*EVERYDAY, "zero")
    rows = pack(fmt, count, length, around, seed, regimes, norm=contract.norm)
    return replace(case, weights=weights_of(from_rows(rows, groups.shape, dimensions), fmt))


def _as_asked() -> Over:
    return Over("", _reduced)


def _candidates(
    promised: Variant, others: Sequence[Variant], elsewhere: Sequence[Over]
) -> Iterator[tuple[Variant, Over]]:
    """One thing changed, then two: the plainest first."""
    yield from ((promised, over) for over in elsewhere)
    yield from ((variant, _as_asked()) for variant in others)
    yield from product(others, elsewhere)


def _overs(stack: Stack) -> list[Over]:
    """Other dimensions than those that were asked for."""
    fixed = len(stack.limits.axes) == 1
    always = stack.limits.axes[0] if fixed else None
    instead = f", not {_in_words(always)}" if fixed else ", whichever axis it is given"

    def at(axis: Axis) -> Over:
        return Over(f" over {_in_words(axis)}{instead}", lambda case: _reduced(replace(case, axis=axis)))

    def complement(case: Case) -> tuple[int, ...] | None:
        reduced = _reduced(case)
        return None if reduced is None else tuple(d for d in range(len(case.weights.shape)) if d not in reduced)

    def from_the_end(case: Case) -> tuple[int, ...] | None:
        reduced, last = _reduced(case), len(case.weights.shape) - 1
        return None if reduced is None else tuple(sorted(last - d for d in reduced))

    named = [at(axis) for axis in (0, 1, -1, None) if not (fixed and axis == always)]
    kept = f" over all dimensions but {_in_words(always)}" if fixed else " over the dimensions that axis does not name"
    rest = [Over(kept, complement), Over(" over axis counted from the last dimension", from_the_end)]
    return [*named, *rest] if fixed else [*rest, *named]


def _in_words(axis: Axis) -> str:
    return "the whole array" if axis is None else f"axis {encode_axis(axis)}"


def _reduced(case: Case) -> tuple[int, ...] | None:
    try:
        return case.reduced
    except AxisError:
        return None


def _groups_borne_out(variant: Variant, over: Over, observed: list[Observed]) -> int | None:
    """How many groups the variant explains, if it explains all that it can speak of; None if it does not."""

    def explained(case: Case, result: Weights) -> int | None:
        dimensions, parameters = over.dimensions(case), variant.parameters(case.parameters)
        if dimensions is None or variant.contract.outside_domain(parameters) is not None:
            return 0
        return _explained(variant, dimensions, parameters, case.weights, result)

    return _summed(explained, observed)


def _groups_of(formula: Formula, over: Over, observed: list[Observed]) -> int | None:
    """As `_groups_borne_out`, of a formula."""

    def explained(case: Case, result: Weights) -> int | None:
        dimensions, fmt = over.dimensions(case), case.weights.floating
        if dimensions is None or fmt is None or result.format != case.weights.format:
            return 0
        rows = to_rows(case.weights.values, dimensions)
        return formula.explains(rows, case.parameters, to_rows(result.values, dimensions), fmt)

    return _summed(explained, observed)


def _summed(explained: Callable[[Case, Weights], int | None], observed: list[Observed]) -> int | None:
    """What is explained of all cases together; None as soon as one is not, which is tried first from then on.

    A case that refutes one explanation refutes most of the others.
    """
    groups = 0
    for number, (case, result) in enumerate(observed):
        found = explained(case, result)
        if found is None:
            observed.insert(0, observed.pop(number))
            return None
        groups += found
    return groups


def _explained(
    variant: Variant, dimensions: tuple[int, ...], parameters: Mapping[str, float], given: Weights, result: Weights
) -> int | None:
    fmt = given.floating
    assert fmt is not None
    computed = variant.computed_in(fmt)
    with np.errstate(all="ignore"):
        rows = to_rows(round_to(given.values, computed), dimensions)
        reference = evaluator(variant.contract, parameters, rows, computed)
        # groups of zeros tell contracts apart that divide by nothing else than the norm
        relevant = (rows.any(axis=1) | variant.of_zeros) & ~reference.leaves_range()
        accepted = reference.accepts(to_rows(result.values, dimensions))
    return int(relevant.sum()) if bool(np.all(accepted | ~relevant)) else None
