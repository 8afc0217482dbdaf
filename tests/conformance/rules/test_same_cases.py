"""The same seed gives the same cases, whatever a stack answers and whichever process draws."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any, cast

import pytest

from adapters.core.stack import Stack, discover
from conformance.cases.case import Case
from conformance.judging.verdict import Verdict
from conformance.rules import registry
from conformance.rules.explore import explore
from conformance.rules.rule import CaseRule
from conformance.stacks.outcome import Outcome, Raised, Returned
from conformance.stacks.target import Target, Trace
from conformance.stacks.workers import ROOT
from reference.formats import FORMATS

pytestmark = pytest.mark.slow

PLACES = [(stack, mode) for stack in discover().values() for mode in stack.mode_names]
# as they are put to stacks: those that some contract keeps, and that are not about constraints of somebody's own alone
RULES = {
    rule.id: rule.promised
    for rule in registry.catalog()
    if isinstance(rule, CaseRule)
    and rule.promised_by
    and any(rule.applies(*place, device) for place in PLACES for device in rule.devices)
}
EXAMPLES = 4
each_rule = pytest.mark.parametrize("rule", RULES)


class Fake:
    """A target without a process, which always answers in the same way."""

    def __init__(self, stack: Stack, mode: str, answer: str) -> None:
        self.stack, self.mode, self.answer = stack, mode, answer
        self.formats: dict[str, str | None] = dict.fromkeys(FORMATS)

    def call_on_cpu(self, case: Case) -> Outcome:
        """The same."""
        return self.call(case)

    def call_afresh(self, case: Case) -> Outcome:
        """The same."""
        return self.call(case)

    def call(self, case: Case, even_unsupported: bool = False, mode: str | None = None) -> Outcome:
        """The weights themselves for "echoes", or else an exception."""
        return Returned((case.weights,) * case.calls) if self.answer == "echoes" else Raised("ValueError", "no")


def asked_of(rule: str, wanted: Callable[[Stack, str], bool] = lambda stack, mode: True) -> list[tuple[Stack, str]]:
    """The stacks and modes to which a rule is put, on the first kind of device that it is about."""
    pairs = [place for place in PLACES if wanted(*place)]
    about = RULES[rule]
    return [pair for pair in pairs if about.applies(*pair, about.devices[0])]


def drawn(
    rule: str, answer: str | None, seed: int = 0, pair: tuple[Stack, str] | None = None, examples: int = EXAMPLES
) -> list[str]:
    """The ids of the cases of a rule; with no answer the rule is not asked for its verdict."""
    ids = []
    stack, mode = pair or asked_of(rule)[0]

    def check(trace: Trace, case: Case) -> Verdict:
        ids.append(case.id)
        return RULES[rule].check(trace, case) if answer else Verdict(case.weights.format)

    target, cases = cast(Target, Fake(stack, mode, answer or "")), RULES[rule].cases.of(stack, mode)
    explore(check, target, cases, examples, seed, lambda case, evaluation: None)
    return ids


def drawn_without_asking(seed: int = 0) -> dict[str, list[str]]:
    """The ids of the cases of every rule, for the first stack to which it is put."""
    return {rule: drawn(rule, None, seed) for rule in RULES}


@pytest.fixture(scope="module")
def here() -> dict[str, list[str]]:
    """The ids of the cases of every rule, drawn in this process."""
    return drawn_without_asking()


@pytest.fixture(scope="module")
def elsewhere(process: None) -> Any:
    """The same, drawn in a process that hashes strings differently."""
    program = f"from {__name__} import drawn_without_asking as drawn; import json; print(json.dumps(drawn()))"
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


@each_rule
def test_stacks_that_take_the_same_calls_are_asked_the_same(rule: str) -> None:
    """Where a rule finds the same contracts and groups, and no shape costs more, one seed gives the same cases."""
    found: dict[Any, set[tuple[str, ...]]] = {}
    for stack, mode in asked_of(rule, lambda stack, mode: not stack.mode(mode).pays_for_shapes):
        contracts = frozenset(stack.contracts) & set(RULES[rule].promised_by)
        # what writes to its input is not asked in layouts that share memory
        same = (contracts, stack.grouping, stack.one_group_per_call, stack.in_place)
        found.setdefault(same, set()).add(tuple(drawn(rule, None, pair=(stack, mode), examples=2)))
    assert all(len(cases) == 1 for cases in found.values())


def test_some_stacks_take_the_same_calls() -> None:
    """The ports of Keras's constraints do, and so do the modes of an embedding."""
    ports = [stack for stack, mode in asked_of("min_max_norm_value") if not stack.mode(mode).compiles]
    lookups = [mode for stack, mode in asked_of("renorm_value") if stack.name == "torch.nn.Embedding"]
    assert len(ports) > 1 and len({stack.grouping for stack in ports}) == 1 and len(lookups) > 1


def test_another_seed_draws_other_cases(here: dict[str, list[str]]) -> None:
    """The seed matters."""
    rule = next(iter(RULES))
    assert set(drawn(rule, None, seed=1)) - set(here[rule])
