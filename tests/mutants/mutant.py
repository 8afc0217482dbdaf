"""What a mutant is: a function, and the rules that must find it wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.mutants.arithmetic import CONTRACTS, ELEMENTWISE, KERAS, OTHER_NORMS, UPPER, Function


def values_of(*contracts: str) -> tuple[str, ...]:
    """The rules on the values of some contracts."""
    return tuple(f"{contract}_value" for contract in contracts)


VALUES = values_of(*CONTRACTS)
OF_NORMS = values_of(*(contract for contract in CONTRACTS if contract not in ELEMENTWISE))
OF_EPSILON = values_of(*KERAS, "renorm", "clip_grad_norm")
OF_BOUNDS = values_of(*UPPER)
OF_KERAS = values_of(*KERAS)
OF_OTHER_NORMS = values_of(*OTHER_NORMS)


@dataclass(frozen=True)
class Mutant:
    """A function and the rules that must find it wrong, each at `level` (its own where nothing is said).

    `elements` is the most that the reduced case of such a finding may hold.
    """

    function: Function
    rules: tuple[str, ...]
    level: str | None
    elements: int

    @property
    def name(self) -> str:
        """The function's name."""
        return self.function.__name__

    @property
    def sentence(self) -> str:
        """What is wrong with it."""
        return " ".join((self.function.__doc__ or "").split())


def killed_by(*rules: str, level: str | None = None, elements: int = 16) -> Callable[[Function], Mutant]:
    """Make a function a mutant that these rules must find wrong."""
    return lambda function: Mutant(function, rules, level, elements)
