"""Sweeps of targets behind real workers: everything is asked, and one group that is wrong is found and shown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from adapters.core.spaces import EQUAL_WEIGHTS, NUMBERS, Space
from conformance.rules.execute import Effort, execute
from conformance.rules.registry import by_id
from conformance.stacks.options import Sweeps
from conformance.stacks.session import Session
from conformance.stacks.target import Target
from conformance.sweeps import asking
from conformance.sweeps.asking import NotSwept
from conformance.sweeps.job import Job, Place
from conformance.sweeps.sweep import Outcome, sweep
from reference.registry import CONTRACTS
from reports.record.grades import Grade
from tests.support.fakes import Mutants, Subjects

pytestmark = [pytest.mark.process, pytest.mark.slow]

RULE = "every_group_of_a_space_is_accepted"
PI_4, FLOAT16 = 0x3A48, Space(NUMBERS, "float16")


def swept(target: Target, space: Space = FLOAT16) -> Outcome:
    """A sweep at the defaults."""
    return sweep(target, Job("max_norm", CONTRACTS["max_norm"].defaults, space))


def test_every_number_is_asked_and_has_a_grade(correct: Target) -> None:
    """What overflows when it is squared becomes zero, from 256 on, and that is all that leaves the range above one."""
    found = swept(correct).sweep
    above_one = next(run for run in found.runs if run.grade == "RANGE" and run.first > 0x3C00)
    assert found.is_whole and set(found.grades) == {"BOUNDED", "RANGE"} and sum(found.grades.values()) == 65536
    assert (above_one.first, above_one.last, above_one.becomes) == (0x5C00, 0x7BFF, "zero")
    assert found.digest is not None and found.differing is None and found.worst is not None


def test_another_mode_is_compared_bit_by_bit(mutant: Mutants) -> None:
    """One number differs from the plainest mode, and it is named."""
    found = swept(mutant("one_number_is_doubled")).sweep
    assert found.differing is not None
    assert (found.differing.mode, found.differing.groups, found.differing.first) == ("correct", 1, PI_4)


def test_one_wrong_number_is_found_and_shown(mutant: Mutants) -> None:
    """By itself, with a program that reproduces it."""
    target = mutant("one_number_is_doubled", RULE)
    effort = Effort("quick", sweeps=Sweeps(True, ("max_norm",), {}, (FLOAT16,)))
    result = execute(by_id()[RULE], target, effort)
    (finding,) = result.findings
    assert finding.case.weights.bits == PI_4.to_bytes(2, "little") and finding.count == 1
    assert finding.program is not None and finding.program.reproduces and result.groups == 65536


def test_a_number_for_which_a_call_raises_is_found(mutant: Mutants) -> None:
    """All others are judged all the same."""
    found = swept(mutant("one_number_raises"))
    assert found.failed == (PI_4,) and found.sweep.is_whole
    assert found.sweep.grades[Grade.ERROR] == 1


def test_a_stack_that_always_raises_is_left_alone_soon(fault: Subjects, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a few groups it is said that nothing came."""
    monkeypatch.setattr(asking, "MOST_FAILURES", 2)
    with pytest.raises(NotSwept, match="calls fail for 2 groups and more"):
        list(_pieces(fault("raises")))


def _pieces(target: Target) -> Iterator[object]:
    job = Job("max_norm", CONTRACTS["max_norm"].defaults, FLOAT16)
    asked = asking.Asking(target, job, Place(2, (0,)), target.mode)
    yield from asked.pieces(asked.parts)


def test_groups_of_equal_weights_are_asked(correct: Target) -> None:
    """Each number three times."""
    found = swept(correct, space=Space(EQUAL_WEIGHTS, "float16", 3)).sweep
    assert found.is_whole and found.length == 3 and found.changed is None


def test_what_takes_one_group_at_a_time_is_not_swept(session: Session, correct: Target) -> None:
    """The reason is said."""
    target = Target(correct.worker, "correct")
    target.stack = replace(target.stack, one_group_per_call=True)
    with pytest.raises(NotSwept, match="no array of many such groups"):
        swept(target)
