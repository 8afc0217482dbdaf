"""Evidence: what was found when one property was tried on one stack."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Counterexample:
    """A call, what was observed, and the program that shows it, with what that printed in a clean process."""

    call: str
    observed: str
    source: str
    printed: str
    reproduces: bool


@dataclass(frozen=True)
class Series:
    """Lines over the number of steps, by name."""

    title: str
    x: str
    lines: Mapping[str, Sequence[float]]


@dataclass(frozen=True)
class Evidence:
    """How many groups a property was tried on, how many broke it, and the smallest that did.

    Where none did, `example` is a trial in which it held.
    """

    name: str
    sentence: str
    tried: int = 0
    broken: int = 0
    counterexample: Counterexample | None = None
    example: Counterexample | None = None
    series: Series | None = None

    @property
    def holds(self) -> bool:
        """Whether nothing broke the property."""
        return self.broken == 0

    def stated(self) -> dict[str, Any]:
        """As the record has it."""
        stated = asdict(self)
        return {"property": stated.pop("name"), **stated}
