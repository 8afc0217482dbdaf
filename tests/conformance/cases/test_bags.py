"""Choices in rounds: each option once, in an order that the seed decides."""

from __future__ import annotations

import pytest

from conformance.cases.bags import Bags


def test_each_option_comes_once_in_a_round() -> None:
    """In an order of its own."""
    bags = Bags("seed")
    rounds = [[bags.choice("name", "abcde") for _ in range(5)] for _ in range(4)]
    assert all(sorted(each) == list("abcde") for each in rounds) and len({tuple(each) for each in rounds}) > 1


def test_choices_of_other_names_do_not_meet() -> None:
    """Each has its own rounds."""
    bags = Bags("seed")
    drawn = [(bags.choice("one", "ab"), bags.choice("other", "ab")) for _ in range(40)]
    assert len(set(drawn)) == 4


@pytest.mark.parametrize("seeds", [("1", "1"), ("1", "2")])
def test_the_seed_decides(seeds: tuple[str, str]) -> None:
    """The same one gives the same choices, another one others."""
    one, other = ([bags.choice("name", range(50)) for _ in range(50)] for bags in map(Bags, seeds))
    assert (one == other) is (seeds[0] == seeds[1])


def test_a_chance_has_its_share() -> None:
    """Of each round."""
    bags = Bags("seed")
    assert sum(bags.chance("name", 10, 0.3) for _ in range(50)) == 15
