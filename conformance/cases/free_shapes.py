"""Shapes that are drawn freely, where no compiler pays for each: every rank, whatever dimensions, all kinds of sizes.

Implementations go wrong at sizes: kernels work in blocks, indices have a width, a loop has a remainder. So sizes lie
around those of blocks, around powers of two and beyond 2^16, and are prime, one, or whatever.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from random import Random
from typing import TypeAlias

from adapters.core.mark import RANKS
from adapters.core.stack import SINGLE_WEIGHTS, Stack
from conformance.cases.bags import Bags
from conformance.cases.shapes import GroupShape, _takes, axis_forms, most_groups

# of real kernels: vectors, warps, threads of a block, and what a pairwise sum or a cache takes at once
BLOCKS = (8, 16, 32, 64, 128, 256, 1024, 4096)
PRIMES = (2, 3, 5, 7, 11, 13, 31, 61, 127, 251, 509, 1021, 2039, 4093)
# how many groups, and how many weights in each
Sizes: TypeAlias = tuple[int, int]
Reduced: TypeAlias = tuple[int, ...]
PLACES = tuple(
    (rank, reduced) for rank in RANKS for n in range(1, rank + 1) for reduced in combinations(range(rank), n)
)


def _block(random: Random, most: int) -> int:
    return random.choice([size for size in BLOCKS if size < most] or [1]) + random.choice((-1, 0, 1))


def _small(random: Random, bags: Bags, most: int) -> Sizes:
    return random.randint(1, 24), random.randint(1, 40)


def _blocks(random: Random, bags: Bags, most: int) -> Sizes:
    length = _block(random, most)
    return random.randint(1, max(1, min(300, most // length))), length


def _blocks_of_groups(random: Random, bags: Bags, most: int) -> Sizes:
    count = _block(random, most)
    return count, random.randint(1, max(1, min(40, most // count)))


def _primes(random: Random, bags: Bags, most: int) -> Sizes:
    length = random.choice([prime for prime in PRIMES if prime < most])
    return random.choice([prime for prime in PRIMES if prime * length <= 2 * most] or [1]), length


def _power(random: Random, bags: Bags, least: int, most: int) -> int:
    """A number around a power of two from `least` on, or anywhere up to the next one; of each power as many."""
    low, high = least.bit_length() - 1, most.bit_length() - 1
    power = bags.choice("power of two", range(low, high + 1))
    near = 2**power + random.choice((-1, 0, 1))
    return min(most, random.choice((near, int(2.0 ** random.uniform(power, power + 1)))))


def _long(random: Random, bags: Bags, most: int) -> Sizes:
    return 1, _power(random, bags, max(1, most // 8), most)


def _many(random: Random, bags: Bags, most: int) -> Sizes:
    return _power(random, bags, max(1, most // 4), max(1, most // 2)), random.randint(1, 2)


KINDS: Mapping[str, Callable[[Random, Bags, int], Sizes]] = {
    "few small groups": _small,
    "groups around the size of a block": _blocks,
    "as many groups as a block has": _blocks_of_groups,
    "sizes that are prime": _primes,
    "one long group": _long,
    "very many short groups": _many,
}
# those that are about the groups, so that some dimension is kept
OF_GROUPS = ("as many groups as a block has", "very many short groups")


@dataclass(frozen=True)
class FreeShapes:
    """What is drawn freely: arrays of about `most` weights at most, of some `kinds`; `whole`: each is one group."""

    most: int = 2**18
    whole: bool = False
    kinds: tuple[str, ...] = tuple(KINDS)

    def of(self, stack: Stack, calls: int) -> Drawer | None:
        """What draws shapes that a stack takes in as many calls, None where it takes none of a free one."""
        places: dict[int, list[Reduced]] = {}
        for rank, reduced in PLACES:
            if (not self.whole or len(reduced) == rank) and _covers(stack, rank, reduced):
                places.setdefault(rank, []).append(reduced)
        groups = most_groups(calls) if stack.one_group_per_call else self.most
        return Drawer(places, self.kinds, self.most, groups) if places else None


@dataclass(frozen=True)
class Drawer:
    """Draws shapes: by rank the dimensions over which a norm may be taken, and how many weights and groups at most."""

    places: Mapping[int, Sequence[Reduced]]
    kinds: Sequence[str]
    weights: int
    groups: int

    def draw(self, random: Random, bags: Bags) -> GroupShape:
        """A shape; each rank as often as another, though there are more ways to reduce a higher one."""
        rank = bags.choice("rank", list(self.places))
        keeping = [reduced for reduced in self.places[rank] if len(reduced) < rank]
        kind = bags.choice("kind", self.kinds, lambda name: bool(keeping) or name not in OF_GROUPS)
        reduced = random.choice(keeping if kind in OF_GROUPS and keeping else self.places[rank])
        count, length = KINDS[kind](random, bags, self.weights)
        sizes = [1] * rank
        kept = [dimension for dimension in range(rank) if dimension not in reduced]
        for number, dimensions in ((min(count, self.groups), kept), (length, reduced)):
            for factor in _factors(number) if dimensions else ():
                sizes[random.choice(dimensions)] *= factor
        return GroupShape(tuple(sizes), reduced)


# for rules that make several calls of each case
MODEST = FreeShapes(2**15)


def _covers(stack: Stack, rank: int, reduced: Reduced) -> bool:
    groups = GroupShape((1,) * rank, reduced)
    if stack.one_group_per_call:
        return _takes(stack, groups, 1)
    if stack.grouping == SINGLE_WEIGHTS:
        return not stack.limits.ranks or rank in stack.limits.ranks
    return _takes(stack, groups, 1) and bool(axis_forms(groups, stack))


def _factors(number: int) -> list[int]:
    """Its prime factors, each as often as it divides it."""
    found, factor = [], 2
    while factor * factor <= number:
        while number % factor == 0:
            found.append(factor)
            number //= factor
        factor += 1
    return [*found, number] if number > 1 else found
