"""Hints: each fault is named, and what conforms or does many things wrong gets none."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from conformance.hints.infer import hint
from conformance.stacks.options import Options
from conformance.stacks.session import Session
from conformance.stacks.target import Target
from conformance.stacks.user_stacks import SubjectOptions, declared_stacks
from tests.support import SUBJECTS
from tests.support.subjects.faulty import HINTS

pytestmark = [pytest.mark.process, pytest.mark.slow]

FAULTY = str(SUBJECTS / "faulty.py")
PLAIN = str(SUBJECTS / "plain.py")


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    """The subjects of both files, in a process each."""
    stacks = declared_stacks([FAULTY, PLAIN], SubjectOptions())
    session = Session(Options(stacks=tuple(stacks)), stacks)
    session.open()
    yield session
    session.close()


def subject(session: Session, name: str) -> Target:
    """The subject whose function has this name."""
    (stack,) = (stack for stack in session.known if stack.endswith(f":{name}"))
    return session.target(stack, "eager")


@pytest.mark.parametrize(("name", "said"), HINTS.items(), ids=HINTS)
def test_a_fault_is_named(name: str, said: str, session: Session) -> None:
    """The plainest variant that explains everything is the fault."""
    found = hint(subject(session, name), 0)
    assert found is not None
    if ": gate it " in said:  # another contract: how near it is comes after
        assert found.sentence.startswith(f"It keeps another contract, {said}")
    else:
        assert found.sentence == f"It behaves as {said}."
    assert found.groups >= 16


@pytest.mark.parametrize("name", ["max_norm", "MaxNorm", "in_place_", "projection", "of_rows", "random", "shrinks"])
def test_there_is_no_hint_where_none_explains_everything(name: str, session: Session) -> None:
    """What conforms needs none, and no variant of a norm constraint returns noise or another shape."""
    assert hint(subject(session, name), 0) is None
