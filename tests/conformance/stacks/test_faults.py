"""A process that dies or hangs, and a result that is none, cost one case and nothing else."""

from __future__ import annotations

import subprocess
import sys

import pytest

from adapters.core.messages import Describe
from conformance.cases.case import Case, weights_of
from conformance.judging.values import judge_value
from conformance.judging.verdict import Verdict
from conformance.rules.explore import evaluate
from conformance.stacks.target import Target
from conformance.stacks.workers import ROOT
from reference.formats import FLOAT32
from reports.record.file import Record, read
from tests.mutants.faults import FAULTS
from tests.support.fakes import Subjects

pytestmark = pytest.mark.process

CASE = Case("max_norm", {"max_value": 2.0, "epsilon": 1e-7}, 0, weights_of([1.0], FLOAT32))
# one that hangs is waited for
NAMED = [pytest.param(name, marks=[pytest.mark.slow] if name == "loops" else []) for name in FAULTS]
LOST = [name for name in NAMED if FAULTS[str(name.values[0])].grade in ("CRASH", "TIMEOUT")]


def judged(target: Target) -> Verdict:
    """The verdict on the case."""
    return evaluate(lambda trace, case: judge_value(case, trace.call(case)), target, CASE).verdict


@pytest.mark.parametrize("name", NAMED)
def test_a_fault_gets_its_grade(name: str, fault: Subjects) -> None:
    """The case is graded as what happened, and the worker answers the next one."""
    assert judged(fault(name)).grades == {FAULTS[name].grade: 1}
    assert judged(fault("correct")).grades == {"EXACT": 1}


@pytest.mark.parametrize("name", LOST)
def test_a_lost_process_is_replaced(name: str, fault: Subjects) -> None:
    """The next request is answered by another process."""
    pids = []
    for mode in ("correct", name, "correct"):
        subject = fault(mode)
        subject.call(CASE)
        pids.append(subject.worker.request(Describe(), 30.0).pid)
    assert pids[0] != pids[2]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("segfaults", "Segmentation fault"),
        ("aborts", "Aborted"),
        pytest.param("loops", "no answer within 1 s", marks=pytest.mark.slow),
    ],
)
def test_a_lost_process_is_explained(name: str, said: str, fault: Subjects) -> None:
    """What was last heard of the process stands in the verdict."""
    (problem,) = judged(fault(name)).violations
    assert said in problem.sentence


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, slow: None) -> tuple[int, Record]:
    """A run over faults of every kind: its exit code and its record."""
    out = tmp_path_factory.mktemp("faults")
    modes = "correct or exits or segfaults or loops or floods or returns_nothing or raises_system_exit"
    command = [sys.executable, "-m", "tests.mutants", "run", "--stack", "faults", "--depth", "quick"]
    command += ["--timeout", "1", "--out", str(out), "-k", f"shape_is_kept and ({modes})"]
    code = subprocess.run(command, cwd=ROOT, capture_output=True, timeout=300, check=False).returncode
    return code, read(out / "run.jsonl")


def test_a_run_over_faults_is_complete(run: tuple[int, Record]) -> None:
    """It ends with a footer, and with exit code 1: a stack is at fault, not the suite."""
    code, record = run
    assert code == 1 and record.complete
    assert record.footer is not None and record.footer.exit == 1 and record.footer.results == 7


def test_a_run_over_faults_tells_them_apart(run: tuple[int, Record]) -> None:
    """Each mode's result is graded as what happened to it, case by case."""
    _, record = run
    graded = {result.mode: result.grades for result in record.results}
    assert graded.pop("correct").keys() == graded.pop("floods").keys() == {"EXACT"}
    # a quick run of a mode beyond the first is one case
    assert graded == {name: {FAULTS[name].grade: 1} for name in graded}


def test_a_lost_process_is_shown_with_a_snippet(run: tuple[int, Record]) -> None:
    """The program that repeats the call loses its process too, or raises the same."""
    _, record = run
    findings = [finding for result in record.results for finding in result.findings]
    assert {f.sentence.split(":")[0] for f in findings} >= {"the process died", "no answer within 1 s"}
    assert all(f.program and f.program.reproduces for f in findings if f.grade != "DIVERGENT")
