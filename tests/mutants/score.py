"""The mutation score: the rule that finds each mutant, and the number of cases that it needs.

`python -m tests.mutants.score` writes the table to reports/power.json.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

from conformance.cases.case import Case
from conformance.judging.verdict import MUST, RECORD, Verdict, Violation
from conformance.rules.execute import DEPTHS
from conformance.rules.explore import evaluate, explore
from conformance.rules.registry import catalog
from conformance.rules.rule import CaseRule, SweepRule
from conformance.stacks.options import Options, Sweeps
from conformance.stacks.session import Session
from conformance.stacks.target import Target, Trace
from conformance.sweeps.asking import NotSwept
from conformance.sweeps.lists import jobs
from conformance.sweeps.sweep import sweep
from reports.markdown.power import POWER
from tests.mutants.adapter import KNOWN, OTHERS
from tests.mutants.arithmetic import CONTRACTS
from tests.mutants.mutant import Mutant
from tests.mutants.wrong import MUTANTS, correct

# rules on GPUs have planted ones for mutants (tests/conformance/run/test_devices.py)
RULES = {rule.id: rule for rule in catalog() if isinstance(rule, CaseRule) and "cpu" in rule.devices}


@lru_cache(maxsize=4)
def drawn(rule: str, target: Target, seed: int = 0) -> list[Case]:
    """The cases of a rule in a run with default depth."""
    cases: list[Case] = []
    definition = RULES[rule]
    strategy = definition.cases.of(target.stack, target.mode, seed=f"{seed} {rule}")
    examples = max(1, round(DEPTHS["default"] * definition.share))
    explore(_nothing, target, strategy, examples, f"{seed} {rule}", lambda case, _: cases.append(case))
    return cases


def _nothing(target: Trace, case: Case) -> Verdict:
    return Verdict(case.weights.format)


def level_of(rule: str, violation: Violation) -> str:
    """The level of a violation: none is graver than its rule, and what is only recorded stays so."""
    level = RULES[rule].level
    return violation.level if level == MUST or violation.level == RECORD else level


def due(rule: str, mutant: Mutant) -> str:
    """The level at which a rule must find a mutant."""
    return mutant.level or RULES[rule].level


def finds(rule: str, mutant: Mutant, verdict: Verdict) -> bool:
    """Whether a verdict shows a mutant at the level that is due; other bits than another mode's are no violation."""
    if verdict.difference is not None and verdict.difference.differ:
        return True
    return any(level_of(rule, violation) == due(rule, mutant) for violation in verdict.violations)


def verdicts(rule: str, target: Target, right: Target, seed: int = 0) -> Iterator[tuple[Case, Verdict]]:
    """The cases that are drawn for the right implementation, each with the rule's verdict on another one.

    Of a rule that sweeps, what each sweep has found first, or the verdict on its first group where it found nothing.
    """
    if isinstance(RULES[rule], SweepRule):
        yield from _of_sweeps(RULES[rule], target)
        return
    for case in drawn(rule, right, seed):
        yield case, evaluate(RULES[rule].check, target, case).verdict


def _of_sweeps(rule: CaseRule, target: Target) -> Iterator[tuple[Case, Verdict]]:
    for job in jobs(target.stack, target.mode, "default", Sweeps()):
        try:
            swept = sweep(target, job)
        except NotSwept:
            continue
        groups = [*(one.group for one in swept.broken), *swept.failed] or [0]
        case = swept.alone(groups[0])
        yield case, swept.broken[0].verdict if swept.broken else evaluate(rule.check, target, case).verdict


def cases_needed(rule: str, mutant: Mutant, target: Target, right: Target) -> int | None:
    """The number of the first case that finds a mutant, from 1; None if no case does."""
    for number, (_, verdict) in enumerate(verdicts(rule, target, right), 1):
        if finds(rule, mutant, verdict):
            return number
    return None


def stack_of(rule: str) -> str:
    """The stack of mutants that is held to a rule's contracts."""
    return "mutants" if set(RULES[rule].contracts) & set(CONTRACTS) else OTHERS


def table(target_of: Callable[[str, str], Target]) -> list[dict[str, Any]]:
    """The first of its rules that finds each wrong mutant, with its level and the cases it needs.

    `target_of` is given a mutant's name and a rule's. Raises LookupError if none finds it.
    """
    wrong = [mutant for mutant in MUTANTS.values() if mutant is not correct]
    # by rule, so that its cases are drawn once
    rows = {mutant.name: _row(mutant, target_of) for mutant in sorted(wrong, key=lambda mutant: mutant.rules[0])}
    return [rows[mutant.name] for mutant in wrong]


def _row(mutant: Mutant, target_of: Callable[[str, str], Target]) -> dict[str, Any]:
    for rule in mutant.rules:
        cases = cases_needed(rule, mutant, target_of(mutant.name, rule), target_of(correct.name, rule))
        if cases is not None:
            level = due(rule, mutant)
            named = {"miniature": mutant.name, "sentence": mutant.sentence}
            return {**named, "rule": rule, "level": level, "cases": cases}
    raise LookupError(f"none of {', '.join(mutant.rules)} finds {mutant.name}")


def main() -> None:
    """Ask all mutants, and write the table."""
    session = Session(Options(stacks=("mutants", OTHERS)), known=KNOWN)
    try:
        session.open()
        rows = table(lambda name, rule: session.target(stack_of(rule), name))
    finally:
        session.close()
    POWER.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
