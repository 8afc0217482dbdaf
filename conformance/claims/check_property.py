"""Checking a property on cases: cases of the claim's contract and formats, reduced where they break it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from conformance.claims.catalog import Claim
from conformance.claims.evidence import Evidence
from conformance.errors import NotTried
from conformance.rules.execute import Effort, try_cases, unsupported
from conformance.rules.rule import CaseRule
from conformance.stacks.target import Target
from reports.record.claims import Trial
from reports.record.grades import BROKEN
from reports.record.model import Finding, Program
from reports.text import call

# cases of a property: hundreds of groups each
CASES = 12
# one is shown: the first of those in the claim's first format, where there is one
MAX_FINDINGS = {"MUST": 2, "SHOULD": 2, "RECORD": 1}


def check_property(rule: CaseRule, claim: Claim, target: Target, seed: int, formats: Sequence[str] = ()) -> Evidence:
    """What was found of a property on cases for a stack, in the claim's formats or in others; raises NotTried."""
    formats = formats or claim.formats
    contracts = (claim.contract,) if claim.contract else rule.cases.contracts
    cases = replace(rule.cases, contracts=contracts, formats=formats)
    if not cases.suits(target.stack):
        raise NotTried(f"{rule.id} asks for what {target.stack.name} cannot be given")
    effort = Effort(seed=seed, max_findings=MAX_FINDINGS)
    outcomes = try_cases(replace(rule, cases=cases), target, CASES, effort)
    grades = outcomes.counts.grades
    if not grades.total():
        reasons = [entry.reason for entry in unsupported(outcomes)]
        raise NotTried(reasons[0] if reasons else f"{rule.id} says nothing of any case")
    evidence = Evidence(rule.id, rule.statement, grades.total(), sum(grades[grade] for grade in BROKEN), unit="group")
    if evidence.holds:
        return evidence
    broken = [finding for finding in outcomes.findings if finding.is_broken]
    first = min(broken, key=lambda finding: formats.index(finding.format))
    return replace(evidence, counterexample=_counterexample(first))


def _counterexample(finding: Finding) -> Trial:
    program = finding.program or Program("", "", False)
    words = f"{call(finding.case)} of {finding.weights} ({finding.format})"
    return Trial(words, finding.observed, program.source, program.printed, program.reproduces)
