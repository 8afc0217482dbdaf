"""What the contracts do not promise: `python -m tests.promises` writes conformance/rules/not_promised.json anew."""

from __future__ import annotations

import json
from collections.abc import Iterator

from conformance.cases.case import Case
from conformance.cases.shrink import reduce_case
from conformance.judging.describe import show
from conformance.judging.verdict import SHOULD
from conformance.rules.explore import Evaluation, evaluate, explore
from conformance.rules.promises import FILE
from conformance.rules.registry import catalog
from conformance.rules.rule import CaseRule
from conformance.stacks.outcome import Returned
from reports.record.codec import to_json
from reports.record.header import NotPromised
from tests.support.correct import correct

# cases that are tried of each rule and contract, but for those of thousands of calls
CASES, CASES_OF_MANY_CALLS, MANY = 60, 8, 100
RULES = tuple(rule for rule in catalog() if isinstance(rule, CaseRule) and rule.level == SHOULD)


def breaks(rule: CaseRule, case: Case) -> bool:
    """Whether the correctly rounded result of a case breaks a rule."""
    return bool(evaluate(rule.check, correct(case.contract), case).verdict.violations)


def broken_by(rule: CaseRule, contract: str, seed: int = 0) -> Case | None:
    """A case of a rule that the correctly rounded results of a contract break, of float32 where there is one."""
    found: dict[str, tuple[Case, int | None]] = {}

    def add(case: Case, evaluation: Evaluation) -> None:
        for violation in evaluation.verdict.violations[:1]:
            found.setdefault(case.weights.format, (case, violation.group))

    target = correct(contract)
    cases = rule.cases.of(target.stack, target.mode, seed=f"{seed} {rule.id}")
    examples = CASES_OF_MANY_CALLS if min(rule.cases.calls) > MANY else CASES
    explore(rule.check, target, cases, examples, f"{seed} {rule.id}", add)
    if not found:
        return None
    case, group = found.get("float32") or next(iter(found.values()))
    return reduce_case(
        case, group, lambda smaller: breaks(rule, smaller), takes=lambda smaller: rule.cases.admits(smaller, case)
    )


def tried() -> Iterator[NotPromised]:
    """Every rule and contract of which the reference breaks a case, with the smallest that was found."""
    for rule in RULES:
        for contract in rule.contracts:
            if (case := broken_by(rule, contract)) is not None:
                outcome = correct(contract).call(case)
                assert isinstance(outcome, Returned)
                fmt = case.weights.floating
                given, result = show(case.weights.values, fmt), show(outcome.last.values, fmt)
                yield NotPromised(contract, rule.id, rule.statement, case.recorded, given, result)


if __name__ == "__main__":
    FILE.write_text(json.dumps([to_json(entry) for entry in tried()], indent=1) + "\n")
