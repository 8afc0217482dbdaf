"""What a stack is: one call that people use as a norm constraint, and what it is limited to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


def any_dimensions(rank: int, reduced: tuple[int, ...]) -> bool:
    """The norm may be taken over whichever dimensions."""
    return bool(reduced)


def all_dimensions(rank: int, reduced: tuple[int, ...]) -> bool:
    """The whole array is one group."""
    return len(reduced) == rank


def all_but_one_dimension(rank: int, reduced: tuple[int, ...]) -> bool:
    """One dimension is kept, of at least two."""
    return rank >= 2 and len(reduced) == rank - 1


def rows_of_a_matrix(rank: int, reduced: tuple[int, ...]) -> bool:
    """Each row of a matrix is a group."""
    return rank == 2 and reduced == (1,)


def no_dimension(rank: int, reduced: tuple[int, ...]) -> bool:
    """Each weight is taken on its own."""
    return not reduced


@dataclass(frozen=True)
class Stack:
    """One call that people use as a norm constraint: a framework, perhaps with a backend, and a function of it.

    `modes`: the plainest first; `compiled` are those that compile for each shape, `costly` those of
    them that take seconds for it. `contracts`: what it is held to.
    `groups` says over which dimensions (rank, reduced) the call itself can take norms. `looped`: the adapter makes
    one call per group, so that a function of a whole array can be asked about many groups in one request.
    `in_place`: it changes its input by design. `ways`: the keys of its Framework.ways. `process`: stacks with the same
    one share a worker; its own name if empty. What somebody else's call is limited to: the `axes` that it may be given
    (any if empty), `ranks`, `formats` and `devices` (all if empty), parameters that are `fixed`. `on_gpu`: the
    lines ahead of a program by which what it makes lies on a GPU, where its framework does not see to that. `declared`:
    what its author says of it, as plain data.
    """

    name: str
    module: str
    requires: tuple[str, ...]
    environment: Mapping[str, str]
    modes: tuple[str, ...]
    sentence: str
    contracts: tuple[str, ...] = ("max_norm", "min_max_norm", "unit_norm")
    compiled: tuple[str, ...] = ()
    costly: tuple[str, ...] = ()
    groups: Callable[[int, tuple[int, ...]], bool] = any_dimensions
    looped: bool = False
    in_place: bool = False
    ways: tuple[str, ...] = ()
    process: str = ""
    axes: tuple[Any, ...] = ()
    ranks: tuple[int, ...] = ()
    formats: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    fixed: Mapping[str, float] = field(default_factory=dict)
    on_gpu: tuple[str, ...] = ()
    declared: Mapping[str, Any] | None = None
