"""No rule blames an implementation that keeps its contract in a way of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from conformance.stacks.options import Options
from conformance.stacks.session import Session
from tests.mutants.adapter import KNOWN
from tests.mutants.blame import PLACES, asked, blamed
from tests.mutants.lawful import LAWFUL
from tests.mutants.score import RULES, stack_of
from tests.support.fakes import Mutants

pytestmark = pytest.mark.slow
# `python -m tests.mutants.blame WEIGHTS` asks for more
CASES = 1


@pytest.fixture(scope="module")
def lawful(process: None) -> Iterator[Session]:
    """The lawful implementations, in a process of their own."""
    session = Session(Options(stacks=tuple(PLACES.values())), known=KNOWN)
    session.open()
    yield session
    session.close()


@pytest.mark.parametrize("name", LAWFUL)
def test_what_nothing_forbids_is_not_blamed(name: str, lawful: Session, mutant: Mutants) -> None:
    """Whatever is said of it is what epsilon and rounding do, or the order of a long sum in a narrow format."""
    said = {
        rule: asked(rule, lawful.target(PLACES[stack_of(rule)], name), mutant("correct", rule), most=CASES)
        for rule in RULES
    }
    assert sum(weights for weights, _ in said.values()) > 100_000
    assert not [(rule, fault) for rule, (_, found) in said.items() for fault in blamed(rule, found)]
