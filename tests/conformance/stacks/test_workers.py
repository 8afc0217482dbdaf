"""Patterns name stacks, and stacks of one process share a worker, whose loss costs one case of one stack."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace

import pytest

from adapters.core.messages import Describe, RunProgram
from adapters.core.stack import Stack
from conformance.cases.case import Case, weights_of
from conformance.errors import UsageError
from conformance.stacks.options import Options
from conformance.stacks.outcome import Crashed, Outcome, Returned, TimedOut
from conformance.stacks.session import Session, select_stacks
from conformance.stacks.workers import Worker
from reference.formats import FLOAT32
from tests.mutants.adapter import KNOWN
from tests.support.fakes import stack_of

pytestmark = pytest.mark.process

CASE = Case("max_norm", {"max_value": 2.0, "epsilon": 1e-7}, 0, weights_of([1.0], FLOAT32))
SHARED: Mapping[str, Stack] = {name: replace(KNOWN[name], process="one") for name in ("mutants", "faults")}
NAMES = {name: stack_of(name=name) for name in ("torch.renorm", "torch.clip", "keras-torch", "optax.clip")}


@pytest.fixture(scope="module")
def shared() -> Iterator[Session]:
    """Two stacks in one process."""
    session = Session(Options(timeout=30.0), known=SHARED)
    session.open()
    yield session
    session.close()


def pid(session: Session, name: str) -> int:
    """The process in which a stack answers now."""
    return session.workers[name].request(Describe(), 30.0).pid


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (("torch.*",), ("torch.renorm", "torch.clip")),
        (("*torch*",), ("torch.renorm", "torch.clip", "keras-torch")),
        (("optax.clip",), ("optax.clip",)),
        (("optax.clip", "*.clip"), ("optax.clip", "torch.clip")),
        (("torch.[rx]*",), ("torch.renorm",)),
        ((), ()),
    ],
)
def test_a_pattern_names_stacks(wanted: tuple[str, ...], found: tuple[str, ...]) -> None:
    """Each once, in the order of what is wanted, and then of what is known."""
    assert select_stacks(NAMES, wanted) == found


MISSED = {
    ("torch",): " (did you mean 'torch.clip'?)",
    ("Torch.*",): " (did you mean 'torch.clip'?)",
    ("torch.*", "jax.*"): "",
    ("",): "",
}


@pytest.mark.parametrize(("wanted", "meant"), MISSED.items())
def test_a_pattern_that_matches_nothing_is_refused(wanted: tuple[str, ...], meant: str) -> None:
    """Even beside one that matches; the sentence names it, and what is nearest to it."""
    there = "there are keras-torch, optax.clip, torch.clip, torch.renorm"
    with pytest.raises(UsageError, match=f"^{re.escape(f'there is no stack named {wanted[-1]!r}{meant}; {there}')}$"):
        select_stacks(NAMES, wanted)


def test_a_run_is_made_of_what_matches() -> None:
    """Stacks that are not wanted get no worker."""
    session = Session(Options(stacks=("*nts",)), known=KNOWN)
    session.close()
    assert list(session.workers) == ["mutants"]


def test_stacks_of_one_process_share_it(shared: Session) -> None:
    """Each answers for itself, from the same place."""
    assert pid(shared, "mutants") == pid(shared, "faults")
    modes = {name: shared.workers[name].request(Describe(), 30.0).modes for name in SHARED}
    assert modes == {name: stack.mode_names for name, stack in SHARED.items()}


def test_programs_are_run_in_another_process(shared: Session) -> None:
    """It is shared as well, so that a snippet costs no import."""
    one, two = shared.target("mutants", "correct"), shared.target("faults", "correct")
    assert one.clean_worker.process is two.clean_worker.process is not one.worker.process
    program = RunProgram("import os; print(os.getpid())")
    first, second = (each.clean_worker.request(program, 30.0) for each in (one, two))
    assert first.printed == second.printed != f"{pid(shared, 'mutants')}\n"


@pytest.mark.parametrize(
    ("name", "kind"),
    [("exits", Crashed), ("segfaults", Crashed), pytest.param("loops", TimedOut, marks=pytest.mark.slow)],
)
def test_a_lost_process_costs_the_other_stack_nothing(name: str, kind: type[Outcome], shared: Session) -> None:
    """Both stacks answer the next case, from a process that they share again."""
    before = pid(shared, "mutants")
    lost, other = shared.target("faults", name), shared.target("mutants", "correct")
    lost.timeout = 1.0
    assert [type(lost.call(CASE)), type(other.call(CASE))] == [kind, Returned]
    assert isinstance(shared.target("faults", "correct").call(CASE), Returned)
    assert before != pid(shared, "mutants") == pid(shared, "faults")


def test_a_lost_process_is_loaded_again_by_whoever_asks(shared: Session) -> None:
    """The other stack is loaded only when it is asked."""
    process = shared.workers["faults"].process
    shared.target("faults", "exits").call(CASE)
    assert process.loaded == set()
    shared.target("mutants", "correct").call(CASE)
    assert process.loaded == {"mutants"}


def test_stacks_with_other_interpreters_do_not_share() -> None:
    """What a stack runs with is the user's choice."""
    session = Session(Options(pythons={"faults": f"{sys.executable}3"}), known=SHARED)
    session.close()
    assert session.workers["faults"].process is not session.workers["mutants"].process
    assert [worker.python for worker in session.workers.values()] == [sys.executable, f"{sys.executable}3"]


def test_stacks_that_say_nothing_do_not_share() -> None:
    """Each has a process of its own name."""
    session = Session(Options(stacks=("mutants", "faults")), known=KNOWN)
    session.close()
    assert [worker.process.name for worker in session.workers.values()] == ["mutants", "faults"]


def test_a_framework_that_is_missing_leaves_the_others_of_its_process() -> None:
    """The process runs on, and the reason is that of the one stack."""
    known = {name: replace(KNOWN[name], process="one") for name in ("absent", "mutants")}
    session = Session(Options(), known=known)
    session.open()
    outcome = session.target("mutants", "correct").call(CASE)
    session.close()
    assert list(session.reasons) == ["absent"] and isinstance(outcome, Returned)


def test_a_worker_alone_has_a_process_by_the_name_of_its_stack() -> None:
    """Or by that of the process that its stack would share."""
    alone = [Worker(stack) for stack in (KNOWN["faults"], SHARED["faults"])]
    assert [worker.process.name for worker in alone] == ["faults", "one"]
    for worker in alone:
        worker.close()
