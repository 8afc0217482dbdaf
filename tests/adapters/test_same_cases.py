"""The same seed gives the same cases, whatever a stack answers and whichever process draws."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any, cast

import numpy as np
import pytest

from conformance import catalogue
from conformance.cases import Case
from conformance.rules import explore
from conformance.subjects import Outcome, Subject
from conformance.verdicts import Verdict
from conformance.workers import ROOT

RULES = {test.rule.id: test for test in catalogue.tests() if hasattr(test, "cases")}
EXAMPLES = 4
each_rule = pytest.mark.parametrize("rule", RULES)


class Fake:
    """A subject without a process, which always answers in the same way."""

    def __init__(self, answer: str) -> None:
        self.answer, self.mode, self.asked = answer, "eager", list[tuple[Case, Outcome]]()

    def begin(self) -> None:
        """Forget the calls so far."""
        self.asked.clear()

    def ask(self, case: Case, even_unsupported: bool = False) -> Outcome:
        """The weights themselves for "echoes", or else an exception."""
        echo = Outcome("value", (case.weights,) * case.calls)
        outcome = echo if self.answer == "echoes" else Outcome("error", said="ValueError", message="no")
        self.asked.append((case, outcome))
        return outcome


def drawn(rule: str, answer: str | None, seed: int = 0) -> list[str]:
    """The ids of the cases of a rule; with no answer the rule is not asked for its verdict."""
    ids = []

    def body(subject: Subject, case: Case) -> Verdict:
        ids.append(case.id)
        return RULES[rule].body(subject, case) if answer else Verdict(case.weights.format)

    with np.errstate(all="ignore"):
        explore(body, cast(Subject, Fake(answer or "")), RULES[rule].cases, EXAMPLES, seed, lambda case, verdict: None)
    return ids


def drawn_without_asking(seed: int = 0) -> dict[str, list[str]]:
    """The ids of the cases of every rule."""
    return {rule: drawn(rule, None, seed) for rule in RULES}


@pytest.fixture(scope="module")
def here() -> dict[str, list[str]]:
    """The ids of the cases of every rule, drawn in this process."""
    return drawn_without_asking()


@pytest.fixture(scope="module")
def elsewhere() -> Any:
    """The same, drawn in a process that hashes strings differently."""
    program = (
        "import json; from tests.adapters.test_same_cases import drawn_without_asking as d; print(json.dumps(d()))"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "77"}
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


@each_rule
@pytest.mark.parametrize("answer", ["echoes", "raises"])
def test_what_a_stack_answers_changes_no_case(answer: str, rule: str, here: dict[str, list[str]]) -> None:
    """A stack that breaks every rule is asked the cases that any other is asked."""
    assert drawn(rule, answer) == here[rule]
    assert len(here[rule]) == EXAMPLES


@each_rule
def test_another_process_draws_the_same_cases(rule: str, here: dict[str, list[str]], elsewhere: Any) -> None:
    """Runs in several environments, merged into one report, asked the same."""
    assert elsewhere[rule] == here[rule]


def test_another_seed_draws_other_cases(here: dict[str, list[str]]) -> None:
    """The seed matters."""
    rule = next(iter(RULES))
    assert set(drawn(rule, None, seed=1)) - set(here[rule])
