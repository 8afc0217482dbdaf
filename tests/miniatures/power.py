"""The power of the rules: the rule that finds each miniature, and the number of cases that it needs.

`python -m tests.miniatures.power` writes the table to reports/power.json.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

import numpy as np

from conformance.cases.case import Case
from conformance.judging.verdict import MUST, RECORD, Problem, Verdict
from conformance.rules import registry
from conformance.rules.define import DEPTHS
from conformance.rules.explore import explore
from conformance.stacks.options import Options
from conformance.stacks.session import Lab
from conformance.stacks.target import Subject
from reports.markdown.power import POWER
from tests.miniatures.adapter import KNOWN
from tests.miniatures.miniature import Miniature
from tests.miniatures.wrong import MINIATURES, correct

# rules on GPUs have planted ones for miniatures (tests/devices)
RULES: dict[str, Any] = {
    test.rule.id: test for test in registry.tests() if hasattr(test, "cases") and "cpu" in test.rule.devices
}


@lru_cache(maxsize=4)
def drawn(rule: str, subject: Subject, seed: int = 0) -> list[Case]:
    """The cases of a rule in a run with default depth."""
    cases: list[Case] = []
    test = RULES[rule]
    strategy = test.cases.of(subject.stack, subject.mode)
    examples = max(1, round(DEPTHS["default"] * test.share))
    explore(_nothing, subject, strategy, examples, f"{seed} {rule}", lambda case, _: cases.append(case))
    return cases


def _nothing(subject: Subject, case: Case) -> Verdict:
    return Verdict(case.weights.format)


def level_of(rule: str, problem: Problem) -> str:
    """The level at which a record shows a problem."""
    stated: str = RULES[rule].rule.level
    return problem.level if stated == MUST or problem.level == RECORD else stated


def due(rule: str, miniature: Miniature) -> str:
    """The level at which a rule must find a miniature."""
    stated: str = RULES[rule].rule.level
    return miniature.level or stated


def finds(rule: str, miniature: Miniature, verdict: Verdict) -> bool:
    """Whether a verdict shows a miniature at the level that is due; other bits than another mode's are no problem."""
    if verdict.difference is not None and verdict.difference.differ:
        return True
    return any(level_of(rule, problem) == due(rule, miniature) for problem in verdict.problems)


def verdicts(rule: str, subject: Subject, right: Subject, seed: int = 0) -> Iterator[tuple[Case, Verdict]]:
    """The cases that are drawn for the right implementation, each with the rule's verdict on another one."""
    for case in drawn(rule, right, seed):
        subject.begin()
        with np.errstate(all="ignore"):  # infinities and NaN are what is asked about
            yield case, RULES[rule].body(subject, case)


def cases_needed(rule: str, miniature: Miniature, subject: Subject, right: Subject) -> int | None:
    """The number of the first case that finds a miniature, from 1; None if no case does."""
    for number, (_, verdict) in enumerate(verdicts(rule, subject, right), 1):
        if finds(rule, miniature, verdict):
            return number
    return None


def table(subject: Callable[[str], Subject]) -> list[dict[str, Any]]:
    """The first of its rules that finds each wrong miniature, with its level and the cases it needs.

    Raises LookupError if none finds it.
    """
    right = subject(correct.name)
    wrong = [miniature for miniature in MINIATURES.values() if miniature is not correct]
    # by rule, so that its cases are drawn once
    rows = {m.name: _row(m, subject(m.name), right) for m in sorted(wrong, key=lambda m: m.rules[0])}
    return [rows[miniature.name] for miniature in wrong]


def _row(miniature: Miniature, subject: Subject, right: Subject) -> dict[str, Any]:
    for rule in miniature.rules:
        cases = cases_needed(rule, miniature, subject, right)
        if cases is not None:
            level = due(rule, miniature)
            named = {"miniature": miniature.name, "sentence": miniature.sentence}
            return {**named, "rule": rule, "level": level, "cases": cases}
    raise LookupError(f"none of {', '.join(miniature.rules)} finds {miniature.name}")


def main() -> None:
    """Ask all miniatures, and write the table."""
    lab = Lab(Options(stacks=("miniatures",)), known=KNOWN)
    try:
        lab.open()
        rows = table(lambda name: lab.subject("miniatures", name))
    finally:
        lab.close()
    POWER.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
