"""A program is shown with what it printed, and says truly whether that is what was observed."""

from __future__ import annotations

import numpy as np
import pytest

from adapters.core.framework import Unsupported
from adapters.core.program import Program
from conformance.cases.case import Case, weights_of
from conformance.stacks.outcome import Call
from conformance.stacks.outcome import Unsupported as NotAsked
from conformance.stacks.programs import program_for
from conformance.stacks.target import Target, Trace
from reference.formats import FORMATS
from reports.record import model
from tests.support.fakes import Subjects

CASE = Case("max_norm", {"max_value": 2.0, "epsilon": 1e-7}, 0, weights_of([3.0, 4.0, np.nan], FORMATS["float32"]))


def shown(subject: Target, monkeypatch: pytest.MonkeyPatch, source: str | None = None) -> model.Program:
    """The program of one call; `source` replaces the adapter's own program."""
    if source is not None:
        monkeypatch.setattr("tests.mutants.adapter.snippet", lambda stack, requests: Program(after=(source,)))
    trace = Trace(subject)
    trace.call(CASE)
    return program_for(subject, trace.calls)


def test_the_same_numbers_reproduce(correct: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    """NaN included."""
    program = shown(correct, monkeypatch)
    assert program.reproduces is True and program.printed == "[nan, nan, nan]"


def test_a_call_that_was_not_made_is_not_shown(correct: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    """As where a format was said to be unsupported, and was asked about all the same."""
    trace = Trace(correct)
    trace.call(CASE)
    refused = Call(CASE, NotAsked("it has no float32"))
    program = program_for(correct, [refused, *trace.calls])
    assert program.reproduces is True and program.source == program_for(correct, trace.calls).source


@pytest.mark.parametrize("source", ["print([1.0, nan, nan])", "print([float('nan')] * 2)", "print('nan')", "pass"])
def test_other_numbers_do_not(source: str, correct: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    """Other values, fewer, text, an exception, or nothing at all."""
    assert shown(correct, monkeypatch, source).reproduces is False


def test_an_exception_is_shown(correct: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its type and message stand in place of numbers."""
    program = shown(correct, monkeypatch, "raise KeyError('axis')")
    assert program.printed == "KeyError: 'axis'" and program.reproduces is False


@pytest.mark.slow
def test_the_same_exception_reproduces(fault: Subjects, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error that was observed is repeated by its type."""
    assert shown(fault("raises"), monkeypatch).reproduces is True
    assert shown(fault("raises"), monkeypatch, "raise KeyError").reproduces is False


def test_a_crash_reproduces_by_crashing(fault: Subjects, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process of the program is lost like that of the call."""
    program = shown(fault("exits"), monkeypatch)
    assert program.reproduces is True and "WorkerDied" in str(program.printed)


def test_a_stack_without_programs_says_why(correct: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    """The reason stands as a comment."""

    def refuse(stack: str, requests: object) -> str:
        raise Unsupported("nothing to show")

    monkeypatch.setattr("tests.mutants.adapter.snippet", refuse)
    assert shown(correct, monkeypatch) == model.Program("# nothing to show", "", reproduces=False)
