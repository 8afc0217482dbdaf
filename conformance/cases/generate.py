"""Specifications of cases: a rule says which, Hypothesis draws the seed of what chooses, packing fills the arrays.

Shapes come from a bounded pool, because compilers work per shape; variety comes from packing. Nothing that a stack
answers feeds back into the drawing, so one seed gives the same cases on every stack that takes the same calls.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random

import numpy as np
from hypothesis import strategies as st

from adapters.core.stack import ANY, Stack
from conformance.cases.case import Case, weights_of
from conformance.cases.packing import REGIMES, pack
from conformance.cases.parameters import _EPSILONS, drawn_parameters
from conformance.cases.shapes import (
    COMPILED,
    LARGE,
    LOOPED,
    LOOPED_SLOW,
    MAX_COMPILED,
    MAX_COSTLY,
    POOL,
    GroupShape,
    _takes,
    axis_forms,
    group_shapes_of,
)
from reference.formats import FORMATS
from reference.groups import from_rows
from reference.registry import CONTRACTS, GAINS, bounds

# of somebody's own constraint, where each is compiled
FEW_FORMATS = ("float16", "float32")
LAYOUTS = ("C", "C", "C", "F", "strided", "reversed", "broadcast")

# Hypothesis sometimes draws a number that it finds in the source code of what happens to be imported; in this range
# there is none, so that a seed gives the same cases whatever that is
FAR = 3 << 200


@dataclass(frozen=True)
class CaseSpec:
    """What a rule's cases are made of.

    The rule is about calls that have `contracts`, one of them and all that it `needs`; that can take the norm over any
    dimensions (`any_axis`); that leave their input alone by design (`pure`); that have an `access`. `every_format`: it
    may hold in some formats and not in others, so that all are asked even where each costs seconds.
    """

    contracts: tuple[str, ...] = GAINS
    formats: Sequence[str] = tuple(FORMATS)
    shapes: Sequence[GroupShape] = POOL
    layouts: Sequence[str] = LAYOUTS
    regimes: tuple[str, ...] = tuple(REGIMES)
    epsilons: Sequence[float] = _EPSILONS
    calls: Sequence[int] = (1, 1, 1, 1, 1, 2, 3)
    special: Sequence[float | None] = (None, None, float("nan"), float("inf"), float("-inf"))
    plain_axis: bool = False
    needs: tuple[str, ...] = ()
    any_axis: bool = False
    pure: bool = False
    access: str | None = None
    every_format: bool = False

    def suits(self, stack: Stack) -> bool:
        """Whether the stack has what the rule is about, its contracts apart."""
        if self.access is not None and self.access not in stack.accesses:
            return False
        if not set(self.needs) <= set(stack.contracts):
            return False
        if self.pure and stack.in_place:
            return False
        return not self.any_axis or (stack.grouping == ANY and not stack.one_group_per_call)

    def admits(self, case: Case, drawn: Case) -> bool:
        """Whether a case that was reduced from a drawn one is still of this kind, so that the rule speaks about it.

        What a rule's own check cannot see is held here: that it calls as often as its statement says, with an epsilon
        that it chose, and weights that are not all zeros.
        """
        if case.contract not in self.contracts or case.weights.format not in (*self.formats, drawn.weights.format):
            return False
        if case.calls not in (*self.calls, drawn.calls):
            return False
        epsilon = case.parameters.get("epsilon")
        if self.epsilons is not _EPSILONS and epsilon not in (*self.epsilons, drawn.parameters.get("epsilon")):
            return False
        return "zero" in self.regimes or case.axis == () or _has_no_zero_group(case) or not _has_no_zero_group(drawn)

    def of(self, stack: Stack, mode: str, slow: bool = False) -> st.SearchStrategy[Case]:
        """The cases for a stack in a mode: its contracts only, and shapes whose groups it can form.

        `slow`: a call costs so much that each has to hold many weights.
        """
        contracts = tuple(name for name in self.contracts if name in stack.contracts)
        looped, large = (LOOPED_SLOW, LARGE) if slow else (LOOPED, POOL)
        pool: Sequence[GroupShape] = looped if stack.one_group_per_call else large
        wanted = pool if self.shapes is POOL else self.shapes
        calls = max(self.calls)
        allowed = [groups for groups in wanted if _takes(stack, groups, calls)]
        allowed = allowed or [groups for groups in pool if _takes(stack, groups, calls)] or group_shapes_of(stack)
        if stack.mode(mode).compiles:
            # the same ones for all rules, where they will do
            shared = [groups for groups in allowed if groups in COMPILED]
            allowed = (shared or allowed)[: MAX_COSTLY if stack.mode(mode).slow else MAX_COMPILED]
        # frameworks refuse to write into memory that several elements share
        layouts = [layout for layout in self.layouts if layout != "broadcast" or not stack.in_place]
        formats = [name for name in self.formats if not stack.limits.formats or name in stack.limits.formats]
        if stack.mode(mode).compiles and stack.declaration is not None and not self.every_format:
            # its author waits for the verdict
            formats = [name for name in formats if name in FEW_FORMATS] or formats[:1]
            allowed = allowed[:MAX_COSTLY]
        spec = replace(self, layouts=layouts, formats=formats or self.formats)
        return _packed(spec, contracts, tuple(allowed), self.plain_axis or stack.mode(mode).compiles, stack)


def _has_no_zero_group(case: Case) -> bool:
    return bool(case.rows(case.weights.values).any(axis=1).all())


@st.composite
def _packed(
    draw: st.DrawFn,
    spec: CaseSpec,
    contracts: tuple[str, ...],
    shapes: tuple[GroupShape, ...],
    plain_axis: bool,
    stack: Stack,
) -> Case:
    """A case whose array holds groups of many regimes; NaN or an infinity is in at most one of them.

    Hypothesis draws the seed of a generator, and that makes the choices: drawn one by one they come in clusters, made
    to be shrunk, and few cases have to cover every shape and format. Reducing is done in cases.shrink.
    """
    random = Random(draw(st.integers(FAR, FAR + 2**64 - 1)))
    contract, fmt = CONTRACTS[random.choice(contracts)], FORMATS[random.choice(spec.formats)]
    groups = random.choice(shapes)
    if contract.single_weights:
        groups = GroupShape(groups.shape, ())
    parameters = drawn_parameters(random, contract, stack, spec.epsilons)
    extra = random.choice(spec.special) if groups.count > 1 else None
    around = (*bounds(contract, parameters), parameters.get("epsilon", 1e-7))
    rows = pack(fmt, groups.count, groups.length, around, random.getrandbits(32), spec.regimes, extra, contract.norm)
    array = from_rows(rows, groups.shape, groups.reduced)
    layout = random.choice(spec.layouts)
    if layout == "broadcast":
        dimension = random.randrange(array.ndim)
        array = np.repeat(np.take(array, [0], axis=dimension), array.shape[dimension], axis=dimension)
        layout = f"broadcast:{dimension}"
    forms = axis_forms(groups, stack)
    # two forms only: compilers work per form too, and a rule on axis asks for all of them
    axis = forms[0] if plain_axis else random.choice(forms[:2])
    return Case(contract.name, parameters, axis, weights_of(array, fmt, layout), random.choice(spec.calls))
