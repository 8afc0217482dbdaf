"""What a subject takes: axes, ranks, formats and modes, as the command line says, or else its mark."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from adapters.core.declaration import KEPT
from adapters.core.mark import RANKS, Mark
from conformance.cases.shapes import dimensions_of
from conformance.errors import UsageError

# the axis of a call that takes no parameter of this name: as that of the framework, which has it as its default
UNASKED: Mapping[str, int | None] = {"axis": 0, "axes": None}


@dataclass(frozen=True)
class SubjectLimits:
    """Axes of whatever rank, or the axis of each; ranks, formats and modes; None where nothing is said."""

    axes: tuple[Any, ...] | None = None
    axes_by_rank: Mapping[int, Any] | None = None
    ranks: tuple[int, ...] | None = None
    formats: tuple[str, ...] | None = None
    modes: tuple[str, ...] | None = None

    @property
    def says_axes(self) -> bool:
        """Whether axes are said in one of the two ways."""
        return self.axes is not None or self.axes_by_rank is not None

    def over(self, mark: Mark | None) -> SubjectLimits:
        """What a mark says where these say nothing; axes are said in one of the two ways."""
        if mark is None:
            return self
        here = self.says_axes
        return SubjectLimits(
            axes=self.axes if here else mark.axes,
            axes_by_rank=self.axes_by_rank if here else mark.axes_by_rank,
            ranks=self.ranks or mark.ranks,
            formats=self.formats or mark.formats,
            modes=self.modes or mark.modes,
        )

    def asked(self, name: str, dimension: str | None, taken: bool) -> SubjectLimits:
        """With the axes that a subject is asked for, which may follow from what it takes; raises UsageError."""
        if self.axes_by_rank is not None or (self.axes is not None and taken):
            return self
        if self.axes is not None:
            return self._one_for_each_rank(name)
        if taken or dimension is None:
            return self
        if dimension == KEPT:
            raise UsageError(
                f"{name} takes no {dimension}, so its mark has to say axes=..., the dimensions of its norms"
            )
        return replace(self, axes=(UNASKED[dimension],))

    def _one_for_each_rank(self, name: str) -> SubjectLimits:
        """What takes no axis has one for each rank: the only one there is, or one by one where ranks are as many."""
        assert self.axes is not None
        ranks = self.ranks or RANKS
        of_rank = {rank: {dimensions_of(axis, rank): axis for axis in self.axes} for rank in ranks}
        for found in of_rank.values():
            found.pop(None, None)
        rank = next((rank for rank, found in of_rank.items() if len(found) > 1), None)
        if rank is None:
            return self
        paired = dict(zip(ranks, self.axes, strict=False))
        if len(ranks) == len(self.axes) and all(dimensions_of(axis, rank) is not None for rank, axis in paired.items()):
            return replace(self, axes=None, axes_by_rank=paired)
        said = " and ".join(map(repr, of_rank[rank].values()))
        raise UsageError(
            f"{name} takes no axis, and its mark leaves {said} for rank {rank}; say axes={{rank: axis, ...}}"
        )
