"""Recipes for cases: a rule says which, Hypothesis draws the seed of what chooses, packing fills the arrays.

Shapes come from a bounded pool, because compilers work per shape; variety comes from packing. Nothing that a stack
answers feeds back into the drawing, so one seed gives the same cases on every stack that takes the same calls.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from random import Random

import numpy as np
from hypothesis import strategies as st

from adapters.core.stack import Stack, any_dimensions, no_dimension
from conformance.cases import Axis, Case, weights_of
from conformance.packing import REGIMES, pack
from conformance.promises import GAINS, PROMISES, bounds
from reference.contracts import Promise
from reference.elementwise import ELEMENTWISE
from reference.formats import FORMATS
from reference.groups import AxisError, from_rows, reduced_dimensions


@dataclass(frozen=True)
class Place:
    """A shape and the dimensions over which the norm is taken."""

    shape: tuple[int, ...]
    reduced: tuple[int, ...]

    @property
    def length(self) -> int:
        """The number of weights in a group."""
        return int(np.prod([self.shape[d] for d in self.reduced], dtype=np.int64))

    @property
    def groups(self) -> int:
        """The number of groups."""
        return int(np.prod(self.shape, dtype=np.int64)) // self.length


# rank 1 to 5, one and many kept positions, 1 to 65,536 weights in a group
POOL = (
    Place((65536,), (0,)),
    Place((1, 65536), (0,)),
    Place((3, 32768), (0,)),
    Place((32768, 4), (1,)),
    Place((17, 4096), (0,)),
    Place((300, 64), (0,)),
    Place((8, 4096), (1,)),
    Place((40, 40), (0, 1)),
    Place((4096, 3, 4), (1, 2)),
    Place((7, 1100, 2), (1,)),
    Place((3, 3, 2, 4096), (0, 1, 2)),
    Place((2, 2, 2, 3, 2048), (0, 1, 2, 3)),
    Place((2, 2, 2, 2, 8192), (1, 3)),
    # few groups; rows, and filters as PyTorch stores them
    Place((6, 64), (0,)),
    Place((64, 1), (1,)),
    Place((64, 1024), (1,)),
    Place((512, 3, 2, 5), (1, 2, 3)),
)
# where each group costs a call (of up to 100 calls one after the other), and where each shape costs a compilation
MOST_LOOPED = 16
MOST_COMPILED, MOST_COSTLY = 4, 2
LOOPED = (
    Place((65536,), (0,)),
    Place((8, 4096), (1,)),
    Place((5, 16), (0,)),
    Place((16, 3), (1,)),
    Place((16, 1), (1,)),
    Place((4, 3, 2, 5), (0, 1, 3)),
    Place((64,), (0,)),
)
COMPILED = tuple(
    place for place in POOL if place.shape in ((17, 4096), (2, 2, 2, 2, 8192), (300, 64), (32768, 4), (512, 3, 2, 5))
)
SMALL = tuple(place for place in POOL if place.shape in ((3, 32768), (32768, 4), (4096, 3, 4), (2, 2, 2, 2, 8192)))
LAYOUTS = ("C", "C", "C", "F", "strided", "reversed", "broadcast")

# Hypothesis sometimes draws a number that it finds in the source code of what happens to be imported; in this range
# there is none, so that a seed gives the same cases whatever that is
FAR = 3 << 200

_BOUNDS = (1.0, 2.0, 3.0, 0.5, 4.0, 0.1, 0.7, 5.0, 1e-3, 12.5, 100.0, 0.03125, 0.9999999, 1.0000001, 7e-5, 900.0)
_EPSILONS = (1e-7, 1e-7, 1e-7, 1e-7, 1e-3, 1e-5, 1e-8, 1e-12, 0.25, 2.0**-10)
_RATES = (1.0, 1.0, 0.0, 0.5, 0.1, 0.3, 0.8, 0.9999, 1e-3)


def same_axis(axis: Axis, rank: int) -> list[Axis]:
    """The ways to write a valid axis of an array of this rank, all of the same meaning, the plainest first."""
    reduced = reduced_dimensions(axis, rank)  # type: ignore[arg-type]  # valid, so neither float nor bool
    forms: list[Axis] = [list(reduced), tuple(reduced), [d - rank for d in reduced], tuple(reversed(reduced))]
    if len(reduced) == 1:
        forms = [reduced[0], reduced[0] - rank, *forms[:3]]
    return [*forms, None] if len(reduced) == rank else forms


def parameter_set(random: Random, contract: Promise, epsilons: Sequence[float] = _EPSILONS) -> dict[str, float]:
    """Parameters inside the contract's domain: round numbers, and numbers that no narrow format holds."""
    values: dict[str, float] = {}
    for p in contract.parameters:
        if p.lowest == p.highest:
            values[p.name] = p.default
        elif p.name == "epsilon":
            values[p.name] = random.choice(epsilons)
        elif p.name == "rate":
            values[p.name] = random.choice((*_RATES, random.random(), random.random()))
        else:
            values[p.name] = random.choice((random.choice(_BOUNDS), 2.0 ** random.uniform(-12.0, 12.0)))
    lowest = {p.name: p.lowest for p in contract.parameters}
    if len(contract.knees) == 2:
        bottom, top = contract.knees
        low, high = sorted((values[bottom], values[top]))
        below = (-high, -low) if lowest[bottom] < 0.0 else (low, 0.0, high)
        values |= {bottom: random.choice((low, *below)), top: high}
    elif contract.knees and lowest[contract.knees[0]] == 0.0 and random.random() < 0.05:
        values[contract.knees[0]] = 0.0
    return values


def drawn_parameters(
    random: Random, contract: Promise, stack: Stack, epsilons: Sequence[float] = _EPSILONS
) -> dict[str, float]:
    """Parameters inside the contract's domain, those that the stack has fixed as they are there."""
    return with_fixed(contract, parameter_set(random, contract, epsilons), stack.fixed)


def with_fixed(contract: Promise, given: Mapping[str, float], fixed: Mapping[str, float]) -> dict[str, float]:
    """The given parameters but for those that are fixed; a bound that is not keeps out of the way of one that is."""
    values = {**given, **fixed}
    if len(contract.knees) == 2 and not set(contract.knees) <= set(fixed):
        low, high = contract.knees
        if values[low] > values[high]:
            values[high if low in fixed else low] = values[low if low in fixed else high]
    return values


def axis_forms(place: Place, stack: Stack) -> list[Axis]:
    """The ways to write the place's axis that the stack may be given, the plainest first."""
    if not place.reduced:
        return [()]
    forms = same_axis(list(place.reduced), len(place.shape))
    return [axis for axis in stack.axes if _means(axis, place)] if stack.axes else forms


def _means(axis: Axis, place: Place) -> bool:
    try:
        return reduced_dimensions(axis, len(place.shape)) == place.reduced  # type: ignore[arg-type]  # as declared
    except AxisError:
        return False


@dataclass(frozen=True)
class Recipe:
    """What a rule's cases are made of.

    The rule is about calls that have `contracts`, one of them and all that it `needs`; that can take the norm over any
    dimensions (`any_axis`); that leave their input alone by design (`pure`); that can be come by in a `way`.
    """

    contracts: tuple[str, ...] = GAINS
    formats: Sequence[str] = tuple(FORMATS)
    places: Sequence[Place] = POOL
    layouts: Sequence[str] = LAYOUTS
    regimes: tuple[str, ...] = tuple(REGIMES)
    epsilons: Sequence[float] = _EPSILONS
    calls: Sequence[int] = (1, 1, 1, 1, 1, 2, 3)
    special: Sequence[float | None] = (None, None, float("nan"), float("inf"), float("-inf"))
    plain_axis: bool = False
    needs: tuple[str, ...] = ()
    any_axis: bool = False
    pure: bool = False
    way: str | None = None

    def suits(self, stack: Stack) -> bool:
        """Whether the stack has what the rule is about, its contracts apart."""
        if (self.way is not None and self.way not in stack.ways) or not set(self.needs) <= set(stack.contracts):
            return False
        if self.pure and stack.in_place:
            return False
        return not self.any_axis or (stack.groups is any_dimensions and not stack.looped)

    def of(self, stack: Stack, mode: str) -> st.SearchStrategy[Case]:
        """The cases for a stack in a mode: its contracts only, and shapes whose groups it can form."""
        contracts = tuple(name for name in self.contracts if name in stack.contracts)
        pool = LOOPED if stack.looped else POOL
        wanted = pool if self.places is POOL else self.places
        calls = max(self.calls)
        allowed = [place for place in wanted if _takes(stack, place, calls)]
        allowed = allowed or [place for place in pool if _takes(stack, place, calls)] or places_of(stack)
        if mode in stack.compiled:
            # the same ones for all rules, where they will do
            shared = [place for place in allowed if place in COMPILED]
            allowed = (shared or allowed)[: MOST_COSTLY if mode in stack.costly else MOST_COMPILED]
        # frameworks refuse to write into memory that several elements share
        layouts = [layout for layout in self.layouts if layout != "broadcast" or not stack.in_place]
        formats = [name for name in self.formats if not stack.formats or name in stack.formats]
        recipe = replace(self, layouts=layouts, formats=formats or self.formats)
        return _packed(recipe, contracts, tuple(allowed), self.plain_axis or mode in stack.compiled, stack)


def places_of(stack: Stack) -> list[Place]:
    """A place of every rank up to 5, for each set of dimensions over which the stack takes norms."""
    found = []
    for rank in range(1, 6):
        for reduced in (r for n in range(1, rank + 1) for r in combinations(range(rank), n)):
            if stack.groups(rank, reduced):
                kept = iter((4, 2, 2, 1) if stack.looped else (64, 16, 4, 2))
                sizes = iter((12, 5, 3, 2, 2))
                found.append(Place(tuple(next(sizes if d in reduced else kept) for d in range(rank)), reduced))
    return found


def takes(stack: Stack, case: Case) -> bool:
    """Whether the stack can form the groups of a case, and be given its axis."""
    if case.axis == ():  # each weight is taken on its own, wherever it is
        return True
    shape = case.weights.shape
    try:
        reduced = reduced_dimensions(case.axis, len(shape))  # type: ignore[arg-type]  # as drawn
    except AxisError:
        return False
    place = Place(shape, reduced)
    if stack.axes and not any(_means(axis, place) for axis in stack.axes):
        return False
    return stack.looped or _forms(stack, place)


def _forms(stack: Stack, place: Place) -> bool:
    return stack.groups is no_dimension or stack.groups(len(place.shape), place.reduced)


def _takes(stack: Stack, place: Place, calls: int) -> bool:
    """Whether the stack can form the groups, in one call or in a moderate number, as often as it is to be called."""
    if stack.looped:
        if stack.ranks and len(place.reduced) not in stack.ranks:
            return False
        return place.groups <= max(1, MOST_LOOPED // max(1, calls // 100))
    return _forms(stack, place)


@st.composite
def _packed(
    draw: st.DrawFn,
    recipe: Recipe,
    contracts: tuple[str, ...],
    places: tuple[Place, ...],
    plain_axis: bool,
    stack: Stack,
) -> Case:
    """A case whose array holds groups of many regimes; NaN or an infinity is in at most one of them.

    Hypothesis draws the seed of a generator, and that makes the choices: drawn one by one they come in clusters, made
    to be shrunk, and few cases have to cover every shape and format. Reducing is done elsewhere (conformance.reduce).
    """
    random = Random(draw(st.integers(FAR, FAR + 2**64 - 1)))
    contract, fmt = PROMISES[random.choice(contracts)], FORMATS[random.choice(recipe.formats)]
    place = random.choice(places)
    if contract.name in ELEMENTWISE:
        place = Place(place.shape, ())
    parameters = drawn_parameters(random, contract, stack, recipe.epsilons)
    extra = random.choice(recipe.special) if place.groups > 1 else None
    around = (*bounds(contract, parameters), parameters.get("epsilon", 1e-7))
    rows = pack(fmt, place.groups, place.length, around, random.getrandbits(32), recipe.regimes, extra)
    array = from_rows(rows, place.shape, place.reduced)
    layout = random.choice(recipe.layouts)
    if layout == "broadcast":
        dimension = random.randrange(array.ndim)
        array = np.repeat(np.take(array, [0], axis=dimension), array.shape[dimension], axis=dimension)
        layout = f"broadcast:{dimension}"
    forms = axis_forms(place, stack)
    # two forms only: compilers work per form too, and a rule on axis asks for all of them
    axis = forms[0] if plain_axis else random.choice(forms[:2])
    return Case(contract.name, parameters, axis, weights_of(array, fmt, layout), random.choice(recipe.calls))
