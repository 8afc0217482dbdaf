"""Hints: each fault is named, and what conforms or does many things wrong gets none."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from conformance.hints.infer import hint
from conformance.stacks.options import Options
from conformance.stacks.session import Lab
from conformance.stacks.target import Target
from conformance.stacks.user_stacks import Given, declared_stacks
from tests.support import SUBJECTS
from tests.support.subjects.faulty import HINTS

FAULTY = str(SUBJECTS / "faulty.py")
PLAIN = str(SUBJECTS / "plain.py")


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    """The subjects of both files, in a process each."""
    stacks = declared_stacks([FAULTY, PLAIN], Given())
    lab = Lab(Options(stacks=tuple(stacks)), stacks)
    lab.open()
    yield lab
    lab.close()


def subject(lab: Lab, name: str) -> Target:
    """The subject whose function has this name."""
    (stack,) = (stack for stack in lab.known if stack.endswith(f":{name}"))
    return lab.target(stack, "eager")


@pytest.mark.parametrize(("name", "said"), HINTS.items(), ids=HINTS)
def test_a_fault_is_named(name: str, said: str, lab: Lab) -> None:
    """The plainest variant that explains everything is the fault."""
    found = hint(subject(lab, name), 0)
    assert found is not None and found.sentence == f"It behaves as {said}."
    assert found.groups >= 16


@pytest.mark.parametrize("name", ["max_norm", "MaxNorm", "in_place_", "projection", "of_rows", "random", "shrinks"])
def test_there_is_no_hint_where_none_explains_everything(name: str, lab: Lab) -> None:
    """What conforms needs none, and no variant of a norm constraint returns noise or another shape."""
    assert hint(subject(lab, name), 0) is None
