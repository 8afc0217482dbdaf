"""What a sweep has found, as a case that can be asked again."""

from __future__ import annotations

from dataclasses import replace

from conformance.cases.case import Case
from conformance.judging.verdict import Verdict
from conformance.rules.explore import evaluate
from conformance.rules.rule import SweepRule
from conformance.stacks.target import Target
from conformance.sweeps.grading import Broken
from conformance.sweeps.sweep import Outcome


def shown_again(rule: SweepRule, target: Target, swept: Outcome, broken: Broken) -> tuple[Case, Verdict]:
    """A case that shows what a sweep has found, and the verdict on it: of the group alone, or else among others."""
    failures = {violation.failure for violation in broken.verdict.violations}
    for shown in (swept.alone, swept.among_others):
        verdict = evaluate(rule.check, target, case := shown(broken.group)).verdict
        if failures & {violation.failure for violation in verdict.violations}:
            break
    else:
        case, verdict = swept.alone(broken.group), broken.verdict
    violations = [replace(violation, count=broken.count) for violation in verdict.violations]
    return case, replace(verdict, violations=violations)
