"""Shapes, and the dimensions over which the norm is taken: a bounded pool, because compilers work per shape."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from adapters.core.mark import RANKS
from adapters.core.stack import SINGLE_WEIGHTS, Stack
from conformance.cases.case import Axis, Case
from reference.groups import AxisError, reduced_dimensions


@dataclass(frozen=True)
class GroupShape:
    """A shape and the dimensions over which the norm is taken."""

    shape: tuple[int, ...]
    reduced: tuple[int, ...]

    @property
    def length(self) -> int:
        """The number of weights in a group."""
        return int(np.prod([self.shape[d] for d in self.reduced], dtype=np.int64))

    @property
    def count(self) -> int:
        """The number of groups."""
        return int(np.prod(self.shape, dtype=np.int64)) // self.length


# rank 1 to 5, one and many kept positions, 1 to 65,536 weights in a group
POOL = (
    GroupShape((65536,), (0,)),
    GroupShape((1, 65536), (0,)),
    GroupShape((3, 32768), (0,)),
    GroupShape((32768, 4), (1,)),
    GroupShape((17, 4096), (0,)),
    GroupShape((300, 64), (0,)),
    GroupShape((8, 4096), (1,)),
    GroupShape((40, 40), (0, 1)),
    GroupShape((4096, 3, 4), (1, 2)),
    GroupShape((7, 1100, 2), (1,)),
    GroupShape((3, 3, 2, 4096), (0, 1, 2)),
    GroupShape((2, 2, 2, 3, 2048), (0, 1, 2, 3)),
    GroupShape((2, 2, 2, 2, 8192), (1, 3)),
    # few groups; rows, and filters as PyTorch stores them
    GroupShape((6, 64), (0,)),
    GroupShape((64, 1), (1,)),
    GroupShape((64, 1024), (1,)),
    GroupShape((512, 3, 2, 5), (1, 2, 3)),
)


# where each group costs a call (of up to 100 calls one after the other), and where each shape costs a compilation
MAX_LOOPED = 16


MAX_COMPILED, MAX_COSTLY = 4, 2


def most_groups(calls: int) -> int:
    """How many groups a case may have where each costs so many calls."""
    return max(1, MAX_LOOPED // max(1, calls // 100))


LOOPED = (
    GroupShape((65536,), (0,)),
    GroupShape((8, 4096), (1,)),
    GroupShape((5, 16), (0,)),
    GroupShape((16, 3), (1,)),
    GroupShape((16, 1), (1,)),
    GroupShape((4, 3, 2, 5), (0, 1, 3)),
    GroupShape((64,), (0,)),
)


# where a call takes long: many weights, or few groups that cost one each
LARGE = tuple(groups for groups in POOL if groups.length * groups.count >= 8192)


LOOPED_SLOW = tuple(groups for groups in LOOPED if groups.count == 1)


COMPILED = tuple(
    groups for groups in POOL if groups.shape in ((17, 4096), (2, 2, 2, 2, 8192), (300, 64), (32768, 4), (512, 3, 2, 5))
)


# where one case is worth hundreds of calls
FEW = (
    GroupShape((24, 16), (0,)),
    GroupShape((16, 24), (1,)),
    GroupShape((4, 3, 2, 5), (1, 2, 3)),
    GroupShape((64,), (0,)),
)
# the same, and one that a compiler has met already
FEW_AND_COMPILED = (*FEW, GroupShape((300, 64), (0,)))


SMALL = tuple(groups for groups in POOL if groups.shape in ((3, 32768), (32768, 4), (4096, 3, 4), (2, 2, 2, 2, 8192)))


def same_axis(axis: Axis, rank: int) -> list[Axis]:
    """The ways to write a valid axis of an array of this rank, all of the same meaning, the plainest first."""
    reduced = reduced_dimensions(axis, rank)
    forms: list[Axis] = [list(reduced), tuple(reduced), [d - rank for d in reduced], tuple(reversed(reduced))]
    if len(reduced) == 1:
        forms = [reduced[0], reduced[0] - rank, *forms[:3]]
    else:  # some counted from the end and some not
        forms.append((reduced[-1] - rank, *reduced[:-1]))
    return [*forms, None] if len(reduced) == rank else forms


def axis_forms(groups: GroupShape, stack: Stack) -> list[Axis]:
    """The ways to write the axis of these groups that the stack may be given, the plainest first."""
    if not groups.reduced:
        return [()]
    if (axes := stack.limits.axes_for(len(groups.shape))) is not None:
        return [axis for axis in axes if _means(axis, groups)]
    forms = same_axis(list(groups.reduced), len(groups.shape))
    return forms if stack.axis_lists else list(dict.fromkeys(written_for(stack, axis) for axis in forms))


def written_for(stack: Stack, axis: Axis) -> Axis:
    """The axis, as a tuple where the stack takes no list."""
    return tuple(axis) if isinstance(axis, list) and not stack.axis_lists else axis


def _means(axis: Axis, groups: GroupShape) -> bool:
    return dimensions_of(axis, len(groups.shape)) == groups.reduced


def dimensions_of(axis: Axis, rank: int) -> tuple[int, ...] | None:
    """The dimensions that an axis is of an array of a rank, None where it is none."""
    try:
        return reduced_dimensions(axis, rank)
    except AxisError:
        return None


def group_shapes_of(stack: Stack) -> list[GroupShape]:
    """Groups in an array of every rank, for each set of dimensions over which the stack takes norms."""
    found = []
    for rank in RANKS:
        for reduced in (r for n in range(1, rank + 1) for r in combinations(range(rank), n)):
            if stack.grouping.covers(rank, reduced):
                kept = iter((4, 2, 2, 1, 1) if stack.one_group_per_call else (64, 16, 4, 2, 1))
                sizes = iter((12, 5, 3, 2, 2, 1))
                found.append(GroupShape(tuple(next(sizes if d in reduced else kept) for d in range(rank)), reduced))
    return found


def takes(stack: Stack, case: Case) -> bool:
    """Whether the stack can form the groups of a case, and be given its axis."""
    if stack.limits.refusal(case.parameters):
        return False
    if case.axis == ():  # each weight is taken on its own, wherever it is
        return True
    try:
        groups = GroupShape(case.weights.shape, case.reduced)
    except AxisError:
        return False
    axes = stack.limits.axes_for(len(groups.shape))
    if axes is not None and not any(_means(axis, groups) for axis in axes):
        return False
    if axes is None and isinstance(case.axis, list) and not stack.axis_lists:
        return False
    return stack.one_group_per_call or _forms(stack, groups)


def _forms(stack: Stack, groups: GroupShape) -> bool:
    return stack.grouping == SINGLE_WEIGHTS or stack.grouping.covers(len(groups.shape), groups.reduced)


def _takes(stack: Stack, groups: GroupShape, calls: int) -> bool:
    """Whether the stack can form the groups, in one call or in a moderate number, as often as it is to be called."""
    if stack.one_group_per_call:
        if stack.limits.ranks and len(groups.reduced) not in stack.limits.ranks:
            return False
        return groups.count <= most_groups(calls)
    return _forms(stack, groups)
