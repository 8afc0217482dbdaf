"""Where a rule was broken is asked first in the next run in that folder, whatever lies there."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis.database import DirectoryBasedExampleDatabase

from conformance.cases.case import Case, weights_of
from conformance.cases.codec import to_json
from conformance.rules.execute import Effort, execute
from conformance.rules.registry import by_id
from conformance.run.examples import Examples
from conformance.stacks.outcome import Returned
from reference.formats import FORMATS
from reports.record.model import Result
from tests.support.builder import finding, result
from tests.support.fakes import Fake

ASKED = ("max_norm_value", "mine")
CASE = Case("max_norm", {"max_value": 2.0, "epsilon": 1e-7}, 0, weights_of([3.0, 0.0], FORMATS["float32"]))


def broken(case: Case = CASE, **changes: Any) -> Result:
    """A result in which the rule is broken in a case."""
    return result(*ASKED, findings=(replace(finding(**changes), case=case.recorded),))


def kept(folder: Path) -> tuple[Case, ...]:
    """What a run in a folder begins with."""
    return Examples(folder).first([ASKED]).get(ASKED, ())


def run(folder: Path, found: Result) -> None:
    """A run in a folder that has one result."""
    examples = Examples(folder)
    examples.first([ASKED])
    examples.take(found)
    examples.forget()


def test_what_is_broken_is_asked_first_in_the_next_run(tmp_path: Path) -> None:
    """It is the case itself."""
    run(tmp_path, broken())
    assert [case.id for case in kept(tmp_path)] == [CASE.id]


def test_it_is_kept_while_it_is_broken(tmp_path: Path) -> None:
    """What is broken in another case keeps it, what holds again forgets it."""
    run(tmp_path, broken())
    run(tmp_path, broken(replace(CASE, axis=None)))
    assert len(kept(tmp_path)) == 2
    run(tmp_path, result(*ASKED))
    assert kept(tmp_path) == ()


def test_a_run_that_does_not_ask_forgets_nothing(tmp_path: Path) -> None:
    """The rule may be asked again in the one after it."""
    run(tmp_path, broken())
    run(tmp_path, result("max_norm_value", "another"))
    assert len(kept(tmp_path)) == 1


def test_what_is_known_or_only_recorded_is_not_kept(tmp_path: Path) -> None:
    """The known divergences are asked again anyway."""
    run(tmp_path, broken(known="It always was."))
    run(tmp_path, broken(level="RECORD"))
    assert kept(tmp_path) == ()


@pytest.mark.parametrize("content", [b"", b"[" * 100_000, b"{}", b'"\xff"', json.dumps({"id": 1}).encode()])
def test_what_is_no_case_is_not_asked(content: bytes, tmp_path: Path) -> None:
    """Whoever can write into the folder can at most have a case asked."""
    DirectoryBasedExampleDatabase(tmp_path).save(json.dumps(ASKED).encode(), content)
    assert kept(tmp_path) == ()


def test_nothing_there_holds_a_run_up(tmp_path: Path) -> None:
    """A pipe, to which nobody writes, or a large file: then nothing is read or kept there."""
    run(tmp_path, broken())
    os.mkfifo(tmp_path / "pipe")
    assert kept(tmp_path) == ()
    run(tmp_path, broken())


def test_only_what_the_rule_would_ask_is_asked(tmp_path: Path) -> None:
    """Not another contract, parameters outside of the domain, a layout that is none, nor what has no weights."""
    others = [
        replace(CASE, contract="unit_norm", parameters={"epsilon": 1e-7}),
        replace(CASE, parameters={"max_value": -1.0, "epsilon": 1e-7}),
        replace(CASE, parameters={"max_value": "2", "epsilon": 1e-7}),
        replace(CASE, weights=replace(CASE.weights, layout="windows:7")),
        replace(CASE, weights=weights_of([], FORMATS["float32"])),
        replace(CASE, axis=3),
    ]
    target = Fake(lambda case: Returned((case.weights,)))
    execute(by_id()["shape_is_kept"], target, Effort("quick", first=(*others, CASE)))
    assert target.ever[0] is CASE and not [case for case in target.ever if case in others]


def test_what_is_kept_is_what_was_written(tmp_path: Path) -> None:
    """As a record has it, so that people can read it."""
    run(tmp_path, broken())
    (value,) = DirectoryBasedExampleDatabase(tmp_path).fetch(json.dumps(ASKED).encode())
    assert json.loads(value) == to_json(CASE)
