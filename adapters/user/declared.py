"""The stack that a constraint is which somebody brings: what it can be asked, by what is declared of it."""

from __future__ import annotations

from typing import Any

from adapters import keras3, torch
from adapters.core.declaration import KEPT, Declaration
from adapters.core.framework import Unsupported
from adapters.core.stack import ALL_BUT_ONE, ANY, SINGLE_WEIGHTS, Grouping, Limits, Stack
from adapters.programs import calls
from adapters.user.bases import FRAMEWORKS
from adapters.user.keras_class import accesses_of, makes_constraints
from adapters.user.uses import uses_for


def stack_of(name: str, declaration: Declaration) -> Stack:
    """Return the stack that a subject is, by what is declared of it."""
    base, uses = FRAMEWORKS[declaration.framework], uses_for(declaration)
    asked = [mode for mode in uses if mode in (declaration.modes or uses)] or list(uses)
    return Stack(
        name=name,
        module=__package__,
        requires=base.requires,
        environment=base.environment,
        modes=tuple(uses[mode].mode(mode, is_first=not place) for place, mode in enumerate(asked)),
        sentence=f"{declaration.name} of {declaration.where}, for {declaration.framework}.",
        contracts=(declaration.contract,),
        grouping=_grouping(declaration),
        one_group_per_call=_takes_whole_arrays(declaration),
        in_place=declaration.in_place,
        # a function that hands its axis to NumPy's own takes no list
        axis_lists=declaration.framework not in ("numpy", "jax"),
        limits=_limits(declaration),
        on_gpu=torch.ON_GPU if "torch" in base.requires else (),
        declaration=declaration,
        accesses=tuple(accesses_of(declaration)),
        makes_constraints=makes_constraints(declaration),
        accesses_require=keras3.SAVING,
        # what is asked otherwise than by a call makes weights of its own
        guises=() if declaration.kind or _takes_whole_arrays(declaration) else tuple(base.dialect.guises),
        uses={name: use.sentence for name, use in uses.items()},
    )


def _takes_whole_arrays(declaration: Declaration) -> bool:
    without_axes = declaration.dimension is None and not declaration.single_weights
    return without_axes or declaration.axes == (None,)


def _limits(declaration: Declaration) -> Limits:
    return Limits(
        axes=() if _takes_whole_arrays(declaration) else declaration.axes or (),
        axes_by_rank=declaration.axes_by_rank or {},
        ranks=declaration.ranks or (),
        formats=declaration.formats or (),
        devices=declaration.devices or (),
        fixed=declaration.fixed,
        values={name: (low, high) for name, (low, high) in declaration.values.items()},
        tied=declaration.tied,
    )


def _grouping(declaration: Declaration) -> Grouping:
    """The groups that a subject can be asked to form."""
    ranks, keeps_one = declaration.ranks, declaration.dimension == KEPT
    axes_for = _limits(declaration).axes_for
    if _takes_whole_arrays(declaration):  # a group is an array of its own, of a rank that the subject takes
        return ANY if ranks is None else Grouping("", lambda rank, reduced: len(reduced) in ranks)
    if declaration.single_weights:
        return SINGLE_WEIGHTS
    if not declaration.axes and not declaration.axes_by_rank and ranks is None and not keeps_one:
        return ANY

    def covers(rank: int, reduced: tuple[int, ...]) -> bool:
        if (ranks is not None and rank not in ranks) or (keeps_one and not ALL_BUT_ONE.covers(rank, reduced)):
            return False
        axes = axes_for(rank)
        return axes is None or any(_same(axis, rank, reduced) for axis in axes)

    return Grouping("", covers)


def _same(axis: Any, rank: int, reduced: tuple[int, ...]) -> bool:
    try:
        return calls.reduced_dimensions(axis, rank) == reduced
    except Unsupported:
        return False
