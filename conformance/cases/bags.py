"""Choices in rounds: in each round every option once, in an order drawn for it, so that few cases meet all kinds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import Any, TypeVar

T = TypeVar("T")


class Bags:
    """What is left of the current round of each choice; a seed says in which order."""

    def __init__(self, seed: str) -> None:
        self.seed = seed
        self._random = Random(seed)
        self._left: dict[tuple[str, int], list[int]] = {}

    def choice(self, name: str, options: Sequence[T], suits: Callable[[T], bool] = lambda _: True) -> T:
        """One of the options; choices of one name and as many options belong together.

        What does not suit waits for a later choice. Where nothing suits it may be any.
        """
        left = self._left.setdefault((name, len(options)), [])
        if not any(suits(options[number]) for number in left):
            left[:0] = self._random.sample(range(len(options)), len(options))
        last = len(left) - 1
        place = next((place for place in range(last, -1, -1) if suits(options[left[place]])), last)
        return options[left.pop(place)]

    def chance(self, name: str, out_of: int, share: float) -> bool:
        """Whether something happens that does so in a share of each round of so many."""
        options: list[Any] = [number < round(share * out_of) for number in range(out_of)]
        return bool(self.choice(name, options))
