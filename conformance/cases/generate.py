"""Recipes for cases: a rule says which, Hypothesis draws the seed of what chooses, packing fills the arrays.

Shapes come from a bounded pool, because compilers work per shape; variety comes from packing. Nothing that a stack
answers feeds back into the drawing, so one seed gives the same cases on every stack that takes the same calls.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random

import numpy as np
from hypothesis import strategies as st

from adapters.core.stack import Stack, any_dimensions
from conformance.cases.case import Case, weights_of
from conformance.cases.packing import REGIMES, pack
from conformance.cases.parameters import _EPSILONS, drawn_parameters
from conformance.cases.shapes import (
    COMPILED,
    LOOPED,
    MOST_COMPILED,
    MOST_COSTLY,
    POOL,
    Place,
    _takes,
    axis_forms,
    places_of,
)
from reference.elementwise import ELEMENTWISE
from reference.formats import FORMATS
from reference.groups import from_rows
from reference.registry import GAINS, PROMISES, bounds

LAYOUTS = ("C", "C", "C", "F", "strided", "reversed", "broadcast")

# Hypothesis sometimes draws a number that it finds in the source code of what happens to be imported; in this range
# there is none, so that a seed gives the same cases whatever that is
FAR = 3 << 200


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
    to be shrunk, and few cases have to cover every shape and format. Reducing is done in cases.shrink.
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
