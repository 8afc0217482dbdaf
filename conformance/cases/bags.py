"""Choices in rounds: in each round every option once, in an order drawn for it, so that few cases meet all kinds."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any, TypeVar

T = TypeVar("T")


class Bags:
    """What is left of the current round of each choice; a seed says in which order."""

    def __init__(self, seed: str) -> None:
        self.seed = seed
        self._random = Random(seed)
        self._left: dict[tuple[str, int], list[int]] = {}

    def choice(self, name: str, options: Sequence[T]) -> T:
        """One of the options; choices of one name and as many options belong together."""
        left = self._left.setdefault((name, len(options)), [])
        if not left:
            left += self._random.sample(range(len(options)), len(options))
        return options[left.pop()]

    def chance(self, name: str, out_of: int, share: float) -> bool:
        """Whether something happens that does so in a share of each round of so many."""
        options: list[Any] = [number < round(share * out_of) for number in range(out_of)]
        return bool(self.choice(name, options))
