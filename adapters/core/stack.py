"""What a stack is: one call that people use as a norm constraint, and what it is limited to; and which there are."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from adapters.core.declaration import Declaration


@dataclass(frozen=True)
class Mode:
    """A way to run a stack's call: whether it `compiles` for every new shape, and is `slow`: takes seconds for that.

    `by_operation`: each operation is compiled for every new shape when it is first run, as JAX does it outside of jit.
    `requires`: what it imports besides what the stack does, where that takes seconds too.
    """

    name: str
    compiles: bool = False
    slow: bool = False
    by_operation: bool = False
    requires: tuple[str, ...] = ()

    @property
    def pays_for_shapes(self) -> bool:
        """Whether a shape costs more the first time than later."""
        return self.compiles or self.by_operation


@dataclass(frozen=True)
class Grouping:
    """Over which dimensions a call can take norms: `covers` tells it from a rank and the reduced ones."""

    sentence: str
    covers: Callable[[int, tuple[int, ...]], bool]


ANY = Grouping("The norm may be taken over whichever dimensions.", lambda rank, reduced: bool(reduced))
WHOLE = Grouping("The whole array is one group.", lambda rank, reduced: len(reduced) == rank)
ALL_BUT_ONE = Grouping(
    "One dimension is kept, of at least two.", lambda rank, reduced: rank >= 2 and len(reduced) == rank - 1
)
ROWS = Grouping("Each row of a matrix is a group.", lambda rank, reduced: rank == 2 and reduced == (1,))
SINGLE_WEIGHTS = Grouping("Each weight is taken on its own.", lambda rank, reduced: not reduced)


def tied_value(other: str, parameters: Mapping[str, Any]) -> float:
    """The value of a parameter that is another one, or that less than zero where a minus stands before its name."""
    value: float = parameters[other.removeprefix("-")]
    return -value if other.startswith("-") else value


@dataclass(frozen=True)
class Limits:
    """What a call is limited to; what is empty is not limited, and parameters that are `fixed` have one value only.

    `axes_by_rank`: the one axis of each rank, where it depends on the rank; of ranks that are not there it has none.
    `values`: the least and the greatest that a parameter may be. `tied`: by the parameters that are another one its
    name, with a minus before it if they are that less than zero.
    """

    axes: tuple[Any, ...] = ()
    ranks: tuple[int, ...] = ()
    formats: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    fixed: Mapping[str, float] = field(default_factory=dict)
    axes_by_rank: Mapping[int, Any] = field(default_factory=dict)
    values: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    tied: Mapping[str, str] = field(default_factory=dict)

    def refusal(self, parameters: Mapping[str, Any]) -> str:
        """Why parameters are not taken, an empty text where they are."""
        for name, value in self.fixed.items():
            if parameters.get(name, value) != value:
                return f"is declared for {name} = {value:g} only"
        for name, (low, high) in self.values.items():
            if name in parameters and not low <= parameters[name] <= high:
                return f"is declared for {name} from {low:g} to {high:g}"
        for name, other in self.tied.items():
            if name in parameters and parameters[name] != tied_value(other, parameters):
                return f"is declared for {name} = {other}"
        return ""

    def axes_for(self, rank: int) -> tuple[Any, ...] | None:
        """The axes of an array of a rank, None where any will do."""
        if self.axes_by_rank:
            return (self.axes_by_rank[rank],) if rank in self.axes_by_rank else ()
        return self.axes or None


@dataclass(frozen=True)
class Stack:
    """One call that people use as a norm constraint: a framework, perhaps with a backend, and a function of it.

    `modes`: the plainest first. `contracts`: what it is held to. `one_group_per_call`: the adapter makes one call per
    group, so that a function of a whole array can be asked about many groups in one request. `in_place`: it changes
    its input by design. `accesses`: the keys of its Framework.accesses, and `accesses_require`: what it imports for
    them, if that is there, and where it takes seconds. `guises`: the keys of its Framework.guises.
    `makes_constraints`: what is called with weights is made first, and may keep something. `axis_lists`: it takes
    several dimensions as a list, and not as a tuple only. `process`: stacks with the same one share a worker; its own
    name if empty. `on_gpu`: the lines ahead of a program by which what it makes lies on a GPU, where its framework does
    not see to that. `declaration`: what the author of somebody's own call says of it, and `uses`: every mode that there
    is for it, asked or not, and what is done in it.
    """

    name: str
    module: str
    requires: tuple[str, ...]
    environment: Mapping[str, str]
    modes: tuple[Mode, ...]
    sentence: str
    contracts: tuple[str, ...] = ("max_norm", "min_max_norm", "unit_norm")
    grouping: Grouping = ANY
    one_group_per_call: bool = False
    in_place: bool = False
    accesses: tuple[str, ...] = ()
    accesses_require: tuple[str, ...] = ()
    guises: tuple[str, ...] = ()
    makes_constraints: bool = False
    axis_lists: bool = True
    process: str = ""
    limits: Limits = Limits()
    on_gpu: tuple[str, ...] = ()
    declaration: Declaration | None = None
    uses: Mapping[str, str] = field(default_factory=dict)

    @property
    def mode_names(self) -> tuple[str, ...]:
        """The names of its modes, the plainest first."""
        return tuple(mode.name for mode in self.modes)

    @property
    def plainest_mode(self) -> str:
        """The name of the mode that runs the call as it is written."""
        return self.modes[0].name

    def mode(self, name: str) -> Mode:
        """The mode of a name; raises StopIteration for one that the stack does not have."""
        return next(mode for mode in self.modes if mode.name == name)


def discover() -> dict[str, Stack]:
    """Find the stacks of every module of adapters/, by name."""
    package = importlib.import_module("adapters")
    stacks: dict[str, Stack] = {}
    for module in pkgutil.iter_modules(package.__path__, "adapters."):
        for stack in getattr(importlib.import_module(module.name), "STACKS", ()):
            if stack.name in stacks:
                raise ValueError(f"{stacks[stack.name].module} and {stack.module} both define {stack.name}")
            stacks[stack.name] = stack
    return stacks
