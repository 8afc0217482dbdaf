"""Specifications of cases: a rule says which, Hypothesis draws the seed of what chooses, packing fills the arrays.

Where a compiler pays for each shape they come from a bounded pool, and variety comes from packing; elsewhere they are
drawn freely, too. Nothing that a stack answers feeds back into the drawing, so one seed gives the same cases on every
stack that takes the same calls.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random

from hypothesis import strategies as st

from adapters.core.stack import ANY, Stack
from conformance.cases.bags import Bags
from conformance.cases.case import Case, weights_of
from conformance.cases.free_shapes import Drawer, FreeShapes
from conformance.cases.layouts import LAYOUTS, differs, layouts_for, made_for
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
# the share of free shapes among all, the others being large; of single numbers where each weight is taken alone; and of
# axes that are written in one of the two usual forms
FREE, SCALAR, USUAL = 0.5, 0.1, 0.6

# Hypothesis sometimes draws a number that it finds in the source code of what happens to be imported; in this range
# there is none, so that a seed gives the same cases whatever that is
FAR = 3 << 200


@dataclass(frozen=True)
class CaseSpec:
    """What a rule's cases are made of.

    The rule is about calls that have `contracts`, one of them and all that it `needs`; that can take the norm over any
    dimensions (`any_axis`); that leave their input alone by design (`pure`); that are functions, and no layers or
    models (`plain`); that have an `access`. `every_format`: it may hold in some formats and not in others, so that all
    are asked even where each costs seconds; `lacking`: also those that the stack says it lacks. `shapes`: a pool, and
    `free`: what is drawn beside it where nothing compiles; where neither is said, whatever there is.
    """

    contracts: tuple[str, ...] = GAINS
    formats: Sequence[str] = tuple(FORMATS)
    shapes: Sequence[GroupShape] = POOL
    free: FreeShapes | None = None
    layouts: Sequence[str] = LAYOUTS
    regimes: tuple[str, ...] = tuple(REGIMES)
    epsilons: Sequence[float] = _EPSILONS
    calls: Sequence[int] = (1, 1, 1, 1, 1, 2, 3)
    special: Sequence[float | None] = (None, None, float("nan"), float("inf"), float("-inf"))
    plain_axis: bool = False
    needs: tuple[str, ...] = ()
    any_axis: bool = False
    pure: bool = False
    plain: bool = False
    access: str | None = None
    every_format: bool = False
    lacking: bool = False

    def suits(self, stack: Stack) -> bool:
        """Whether the stack has what the rule is about, its contracts apart."""
        if self.access is not None and self.access not in (*stack.accesses, *stack.guises):
            return False
        if not set(self.needs) <= set(stack.contracts):
            return False
        if self.pure and stack.in_place:
            return False
        if self.plain and stack.declaration is not None and stack.declaration.kind:
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

    def of(
        self, stack: Stack, mode: str, slow: bool = False, seed: str = "", lacks: Container[str] = ()
    ) -> st.SearchStrategy[Case]:
        """The cases for a stack in a mode: its contracts only, and shapes whose groups it can form.

        `slow`: a call costs so much that each has to hold many weights. `seed`: what makes them others; what Hypothesis
        draws first is always the same. `lacks`: the formats that it does not have here.
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
        free = self.free or (FreeShapes() if self.shapes is POOL else None)
        drawer = None if free is None or slow or stack.mode(mode).pays_for_shapes else free.of(stack, calls)
        formats = [name for name in self.formats if not stack.limits.formats or name in stack.limits.formats]
        formats = [name for name in formats if self.lacking or name not in lacks] or formats
        if stack.mode(mode).compiles and stack.declaration is not None and not self.every_format:
            # its author waits for the verdict
            formats = [name for name in formats if name in FEW_FORMATS] or formats[:1]
            allowed = allowed[:MAX_COSTLY]
        spec = replace(
            self,
            layouts=layouts_for(stack, self.layouts),
            formats=formats or self.formats,
            plain_axis=self.plain_axis or stack.mode(mode).compiles,
        )
        pairs = _pairs(allowed, spec.formats) if stack.mode(mode).pays_for_shapes else {}
        return _packed(spec, contracts, tuple(allowed), drawer, pairs, stack, Bags(seed))


def _has_no_zero_group(case: Case) -> bool:
    return bool(case.rows(case.weights.values).any(axis=1).all())


def _pairs(shapes: Sequence[GroupShape], formats: Sequence[str]) -> Mapping[GroupShape, Sequence[str]]:
    """Of each shape two formats, the same for all rules, so that most of what they ask is compiled already.

    All formats where these shapes would not have each of them.
    """
    order = [*COMPILED, *(groups for groups in POOL if groups not in COMPILED)]
    order += [groups for groups in shapes if groups not in order]
    pairs = {groups: [formats[(order.index(groups) + half) % len(formats)] for half in (0, 2)] for groups in shapes}
    covered = {name for pair in pairs.values() for name in pair}
    return pairs if covered == set(formats) else dict.fromkeys(shapes, formats)


@st.composite
def _packed(
    draw: st.DrawFn,
    spec: CaseSpec,
    contracts: tuple[str, ...],
    shapes: tuple[GroupShape, ...],
    drawer: Drawer | None,
    pairs: Mapping[GroupShape, Sequence[str]],
    stack: Stack,
    bags: Bags,
) -> Case:
    """A case whose array holds groups of many regimes; NaN or an infinity is in at most one of them.

    Hypothesis draws the seed of a generator, and that makes the choices, in rounds: drawn one by one they come in
    clusters, made to be shrunk, and few cases have to cover every shape and format. Reducing is done in cases.shrink.
    `pairs`: the formats in which a shape comes, in each with an axis that is written in one way.
    """
    random = Random(f"{bags.seed} {draw(st.integers(FAR, FAR + 2**64 - 1))}")
    contract = CONTRACTS[bags.choice("contract", contracts)]
    free = drawer is not None and bags.chance("free", 2, FREE)
    groups = drawer.draw(random, bags) if drawer is not None and free else bags.choice("shape", shapes)
    formats = pairs.get(groups, spec.formats)
    fmt = FORMATS[bags.choice(f"format {groups if pairs else ''}", formats)]
    if contract.single_weights:
        scalar = drawer is not None and not stack.limits.ranks and bags.chance("scalar", 10, SCALAR)
        groups = GroupShape(() if scalar else groups.shape, ())
    parameters = drawn_parameters(random, contract, stack, spec.epsilons, fmt.largest, bags)
    extra = bags.choice("special", spec.special) if groups.count > 1 else None
    around = (*bounds(contract, parameters), parameters.get("epsilon", 1e-7))
    rows = pack(fmt, groups.count, groups.length, around, random.getrandbits(32), spec.regimes, extra, contract.norm)
    array = from_rows(rows, groups.shape, groups.reduced)
    layout = bags.choice(f"layout {contract.single_weights}", spec.layouts, lambda name: differs(name, array.shape))
    array, layout = made_for(layout, array, random)
    forms = axis_forms(groups, stack)
    # compilers work per form too, and a rule on axis asks for all of them
    usual = drawer is None or bags.chance("usual axis", 5, USUAL)
    if spec.plain_axis or pairs:
        axis = forms[0 if spec.plain_axis else formats.index(fmt.name) % min(2, len(forms))]
    else:
        axis = bags.choice("axis", forms[:2] if usual else forms)
    calls = bags.choice("calls", spec.calls)
    return Case(contract.name, parameters, axis, weights_of(array, fmt, layout), calls)
