"""What a subject was asked: the call that was assumed, and what its axis means in the terms of a layer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reports.record.header import StackDescription

# the dimensions of a layer's weights as frameworks store them, by rank; of the others both conventions are in use
_KERAS = {2: ("in", "out"), 3: ("steps", "in", "out"), 4: ("rows", "columns", "in", "out")}
_TORCH = {2: ("out", "in"), 3: ("out", "in", "steps"), 4: ("out", "in", "rows", "columns")}
_LAYOUTS: Mapping[str, tuple[str, Mapping[int, tuple[str, ...]]]] = {
    "torch": ("PyTorch", _TORCH),
    "tensorflow": ("Keras", _KERAS),
    "keras": ("Keras", _KERAS),
    "jax": ("Flax", _KERAS),
}
_AXES = frozenset({"axis", "axes", "dim"})
ENTER, LEAVE = "the weights that enter each unit", "the weights that leave each input"
VECTOR = "the vector of each input"


@dataclass(frozen=True)
class _Layout:
    """The dimensions of a layer's weights, those that tell one unit from another, and what of a unit is meant."""

    names: tuple[str, ...]
    units: tuple[str, ...] = ("out",)
    whole: str = ENTER


# of layers that have another kind of unit, by the name of the layer
_OTHERS: Mapping[str, _Layout] = {
    "Embedding": _Layout(("in", "out"), ("in",), VECTOR),
    "DepthwiseConv1D": _Layout(("steps", "in", "multiplier"), ("in", "multiplier")),
    "DepthwiseConv2D": _Layout(("rows", "columns", "in", "multiplier"), ("in", "multiplier")),
}


def assumptions(stack: StackDescription) -> str:
    """One sentence: contract, parameters, axes, ranks, formats and modes, and which of them nobody said."""
    declared = stack.declared or {}
    assumed, fixed = declared.get("assumed") or (), declared.get("fixed") or {}
    values = [f"{name} = {value:g}{_assumed(name, assumed)}" for name, value in fixed.items()]
    values += [f"{name} = {other}" for name, other in (declared.get("tied") or {}).items()]
    ranges = {name: f"from {low:g} to {high:g}" for name, (low, high) in (declared.get("values") or {}).items()}
    free = [name for name in declared.get("takes") or () if name not in fixed]
    values += [
        f"{name} {ranges.get(name, 'of every kind')}" for name in free if name not in _AXES or not _axes(declared)
    ]
    axes = ", ".join(f"axis {_shown(axis)}" + (f" of rank {rank}" if rank else "") for rank, axis in _axes(declared))
    said = [*values, *([f"{axes}{_assumed('axis', assumed)}"] if axes else [])]
    ranks, formats = declared.get("ranks"), declared.get("formats")
    said.append(f"rank {' or '.join(map(str, ranks))}" if ranks else "every rank")
    lacking = [f"{name} ({reason})" for name, reason in stack.formats.items() if reason is not None]
    every = f"every format{' but ' if lacking else ''}{' and '.join(lacking)}"
    said.append(", ".join(formats) if formats else every)
    return f"Asked: {declared.get('contract')} with {'; '.join(said)}; in {', '.join(stack.modes)}."


def meanings(stack: StackDescription) -> Iterator[tuple[str, bool]]:
    """What an axis of the subject's own bounds in the terms of a layer, and whether that is what people expect.

    Of a subject that takes weights of every rank, what is meant for matrices is told.
    """
    declared = stack.declared or {}
    framework = str(declared.get("framework", "")).partition("-")[0]
    if framework not in _LAYOUTS or _takes_axis(declared):
        return
    whose, layouts = _LAYOUTS[framework]
    for only, axis in _axes(declared):
        for rank in (only,) if only else declared.get("ranks") or (2,):
            layout = _OTHERS.get(str(declared.get("base")), _Layout(layouts.get(rank, ())))
            reduced = _dimensions(axis, rank) if len(layout.names) == rank else None
            if reduced is not None and len(reduced) < rank:
                yield _meaning(whose, layout, axis, reduced)


def _meaning(whose: str, layout: _Layout, axis: Any, reduced: Sequence[int]) -> tuple[str, bool]:
    names, units, whole = layout.names, layout.units, layout.whole
    kept = [names[dimension] for dimension in range(len(names)) if dimension not in reduced]
    stored = f"Of weights as {whose} stores them, ({', '.join(names)}), axis {_shown(axis)} bounds the norm of"
    unit = tuple(dimension for dimension, name in enumerate(names) if name not in units)
    if tuple(kept) == units:
        return f"{stored} {whole}.", True
    places = " and ".join(name.removesuffix("s") for name in kept)
    what = LEAVE if kept == ["in"] and names in (_KERAS[2], _TORCH[2]) else f"the weights at each {places}"
    right = unit[0] if len(unit) == 1 else unit
    return f"{stored} {what}, and not that of {whole}, which is axis {_shown(right)}.", False


def _assumed(name: str, assumed: Sequence[str]) -> str:
    return " (nobody said so: it is assumed)" if name in assumed else ""


def _takes_axis(declared: Mapping[str, Any]) -> bool:
    return not _AXES.isdisjoint(declared.get("takes") or ())


def _axes(declared: Mapping[str, Any]) -> list[tuple[int | None, Any]]:
    """Each axis with the rank for which it is, None for whatever rank."""
    if by_rank := declared.get("axes_by_rank"):
        ranks = declared.get("ranks")
        return [(rank, _plain(axis)) for rank, axis in by_rank if not ranks or rank in ranks]
    return [(None, _plain(axis)) for axis in declared.get("axes") or ()]


def _plain(axis: Any) -> Any:
    """An axis as the record has it: a tuple is an object there."""
    return tuple(axis.get("tuple", ())) if isinstance(axis, Mapping) else axis


def _dimensions(axis: Any, rank: int) -> tuple[int, ...] | None:
    """The dimensions that an axis is of a rank; None where it is none."""
    if axis is None:
        return tuple(range(rank))
    named = axis if isinstance(axis, (list, tuple)) else [axis]
    inside = all(isinstance(one, int) and -rank <= one < rank for one in named)
    return tuple(sorted({one % rank for one in named})) if inside else None


def _shown(axis: Any) -> str:
    return "None" if axis is None else str(axis)
