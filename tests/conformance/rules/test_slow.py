"""A subject whose calls take long gets fewer and larger cases, and one whose time runs out is not judged to the end."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from conformance.cases.case import Case
from conformance.cases.shapes import POOL
from conformance.rules.execute import Effort, execute
from conformance.rules.registry import catalog
from conformance.stacks.outcome import Outcome, Unsupported
from conformance.stacks.patience import OF_A_RULE, OF_A_SUBJECT, Patience
from conformance.stacks.workers import ROOT
from tests.support.correct import correct
from tests.support.fakes import Fake

SUBJECT = """
import time
import numpy as np
from normconf import subject

@subject("max_norm", framework="numpy", axes=[0])
def slow(w, max_value, epsilon):
    time.sleep(0.3)
    norm = np.sqrt(np.sum(np.square(w), axis=0, keepdims=True))
    return w * (np.clip(norm, 0, max_value) / (epsilon + norm))
"""
RULE = next(rule for rule in catalog() if rule.id == "max_norm_value")
GATE = "import sys, conformance.stacks.target as t; t.OF_A_SUBJECT = 1.5; from normconf import main; sys.exit(main())"


def slow(seconds: float, spent: float = 0.0) -> Fake:
    """A right target that takes as long for each call."""
    target = correct("max_norm")
    target.patience = Patience(OF_A_SUBJECT, spent, seconds)
    answer = target.answer

    def take_time(case: Case) -> Outcome:
        target.patience.spent += seconds * case.calls
        return Unsupported("not finished") if target.patience.is_over else answer(case)

    target.answer = take_time
    return target


def test_a_slow_subject_gets_fewer_cases() -> None:
    """As many as fit into the time of a rule, and at least one; those that are left out are counted."""
    target = slow(1.0)
    result = execute(RULE, target, Effort())
    assert result.groups and target.patience.spent < OF_A_RULE + 3
    assert ["its calls are slow" in one.reason for one in result.unsupported].count(True)


@pytest.mark.slow
def test_its_cases_are_large() -> None:
    """A call that costs much shows much."""
    target = slow(0.2)
    execute(RULE, target, Effort())
    assert min(case.weights.size for case in target.ever) >= 8192
    assert min(groups.length * groups.count for groups in POOL) < 100


@pytest.mark.slow
def test_a_fast_subject_gets_all_its_cases() -> None:
    """Be they small or large."""
    target = slow(0.01)
    result = execute(RULE, target, Effort())
    assert result.cases == len(target.ever) and min(case.weights.size for case in target.ever) < 8192


@pytest.mark.parametrize(("spent", "unfinished"), [(0.0, False), (OF_A_SUBJECT, True)])
def test_a_rule_without_time_is_unfinished(spent: float, unfinished: bool) -> None:
    """Which the result says in a field of its own."""
    assert execute(RULE, slow(1.0, spent), Effort("quick")).unfinished is unfinished


def test_what_our_own_stacks_take_is_not_limited() -> None:
    """They are known, and none of them gets slower."""
    patience = Patience()
    patience.returned(1, 1e6)
    assert not patience.is_strained and not patience.is_over


@pytest.mark.process
@pytest.mark.slow
def test_what_ran_out_of_time_is_neither_passed_nor_failed(tmp_path: Path) -> None:
    """The verdict says so, and exit code 3."""
    (tmp_path / "slow.py").write_text(SUBJECT, "utf-8")
    command = [sys.executable, "-c", GATE, "gate", "slow.py", "--depth", "quick"]
    environment = {"PYTHONPATH": str(ROOT), "PATH": ""}
    ran = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert ran.returncode == 3, ran.stderr
    assert "slow.py:slow was not finished: whether it conforms to max_norm is not known" in ran.stdout.splitlines()[0]
