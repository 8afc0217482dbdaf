"""The mutants behind real workers, two processes for all tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from conformance.stacks.options import Options
from conformance.stacks.session import Session
from conformance.stacks.target import Target
from conformance.stacks.workers import Worker
from tests.mutants.adapter import KNOWN, OTHERS
from tests.mutants.score import stack_of
from tests.support.fakes import Mutants, Subjects


@pytest.fixture(scope="session")
def session(process: None) -> Iterator[Session]:
    """The stacks of the mutants, and that of the faults."""
    session = Session(Options(stacks=("mutants", OTHERS, "faults")), known=KNOWN)
    session.open()
    yield session
    session.close()


@pytest.fixture(scope="session")
def mutant(session: Session) -> Iterator[Mutants]:
    """A mutant by its name, held to the contracts of a rule; all of them run their programs in one process."""
    clean = Worker(KNOWN["mutants"])

    def of_name(name: str, rule: str = "") -> Target:
        target = session.target(stack_of(rule) if rule else "mutants", name)
        target.clean_worker.close()
        target.clean_worker = clean
        return target

    yield of_name
    clean.close()


@pytest.fixture(scope="session")
def correct(mutant: Mutants) -> Target:
    """The correct implementation."""
    return mutant("correct")


@pytest.fixture(scope="session")
def fault(session: Session) -> Iterator[Subjects]:
    """A fault by its name; a call that has not come back after a second is lost."""
    made: list[Target] = []

    def of_name(name: str) -> Target:
        made.append(session.target("faults", name))
        made[-1].timeout = 1.0 if name == "loops" else 30.0
        return made[-1]

    yield of_name
    for target in made:
        target.clean_worker.close()


@pytest.fixture
def only_mutants(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command line knows the mutants and no other stack."""
    for module in ("stacks.session", "cli.stacks", "run.replay"):
        monkeypatch.setattr(f"conformance.{module}.discover", lambda: dict(KNOWN))
