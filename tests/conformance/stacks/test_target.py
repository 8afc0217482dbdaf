"""Targets: what is lost too often is not asked any more."""

from __future__ import annotations

import time
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from adapters.core import messages
from adapters.core.messages import NotSupported
from adapters.core.stack import Mode
from conformance.cases.case import Case, weights_of
from conformance.cases.codec import to_request
from conformance.errors import WorkerDied, WorkerHung
from conformance.stacks.outcome import Crashed, Outcome, Raised, Returned, TimedOut, Unsupported
from conformance.stacks.target import MAX_LOST, Target, Trace
from reference.formats import FORMATS
from tests.support.fakes import Fake, stack_of

CASE = Case("max_norm", {"max_value": 2.0, "epsilon": 1e-7}, 0, weights_of(np.ones(2), FORMATS["float32"]))


@pytest.mark.parametrize(("kind", "error"), [(Crashed, WorkerDied("gone")), (TimedOut, WorkerHung("no answer"))])
def test_a_target_is_disabled_after_some_losses(
    kind: type[Outcome], error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each costs a new process or the whole time limit; what is asked then is unsupported, with the reason."""

    def lose(*_: object) -> dict[str, object]:
        raise error

    target = Fake(lambda case: Returned(()), stack_of())
    monkeypatch.setattr(target.worker, "request", lose, raising=False)
    outcomes = [type(Target.call(target, CASE)) for _ in range(MAX_LOST[kind] + 2)]
    assert outcomes == [kind] * MAX_LOST[kind] + [Unsupported] * 2
    assert f"{MAX_LOST[kind]} times" in target.disabled_reason


@pytest.mark.parametrize(("mode", "seconds"), [("plain", 60.0), ("compiled", 240.0)])
def test_a_compiler_has_four_times_as_long(mode: str, seconds: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a machine that does much else, it takes longer than any call that hangs is waited for."""
    given: list[float] = []

    def note(_: object, limit: float) -> NotSupported:
        given.append(limit)
        return NotSupported("no more")

    target = Fake(lambda case: Returned(()), stack_of(modes=(Mode("plain"), Mode("compiled", compiles=True))))
    monkeypatch.setattr(target.worker, "request", note, raising=False)
    Target.call(target, CASE, mode=mode)
    assert given == [seconds]


def test_a_start_is_no_slow_call(monkeypatch: pytest.MonkeyPatch) -> None:
    """It counts as the subject's time, and says nothing of how long its calls take."""
    target = Fake(lambda case: Returned(()), stack_of())
    now = iter([0.0, 7.0, 7.0, 7.25])
    given = to_request(CASE, target.mode).weights
    answer = messages.Returned((given,), input_changed=False, warnings=(), seconds=0.25, first=False)
    monkeypatch.setattr(time, "monotonic", lambda: next(now))
    monkeypatch.setattr(target.worker, "request", lambda *_: answer, raising=False)
    Target.call(target, CASE)
    assert (target.patience.spent, target.patience.seconds_per_call) == (7.25, 0.25)


@pytest.mark.parametrize(("access", "imported"), [("call", []), ("gradient", []), ("saved", [("a_large_module",)])])
def test_what_an_access_requires_is_imported_when_it_is_first_asked(
    access: str, imported: list[tuple[str, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once for all workers, and not by each; a stack that is called only does without."""
    prepared: list[tuple[str, ...]] = []
    target = Fake(lambda case: Returned(()), stack_of(accesses=("saved",), accesses_require=("a_large_module",)))
    monkeypatch.setattr(target.worker, "request", lambda *_: NotSupported("no more"), raising=False)
    monkeypatch.setattr(target.worker, "process", SimpleNamespace(prepare=prepared.append), raising=False)
    Target.call(target, replace(CASE, access=access))
    assert prepared == imported


def test_errors_are_no_losses() -> None:
    """A constraint may raise as often as it likes."""
    target = Fake(lambda case: Raised("ValueError"), stack_of())
    for _ in range(100):
        target.call(CASE)
    assert target.disabled_reason == ""


def test_a_trace_keeps_its_own_calls_only() -> None:
    """What was asked for another verdict is not part of this one."""
    target = Fake(lambda case: Raised("ValueError"), stack_of())
    first, second = Trace(target), Trace(target)
    first.call(CASE)
    assert (len(first.calls), len(second.calls)) == (1, 0)
