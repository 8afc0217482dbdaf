"""Trying a property on cases: cases of the claim's contract and formats, reduced where they break it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from conformance.claims.catalog import Claim
from conformance.claims.evidence import Counterexample, Evidence
from conformance.errors import NotTried
from conformance.rules.explore import explore
from conformance.rules.findings import Tally
from conformance.stacks.target import Subject
from reports.record.model import BROKEN
from reports.text import call

# cases of a property: hundreds of groups each
CASES = 12
# one is shown: the first of those in the claim's first format, where there is one
MOST_KINDS = {"MUST": 2, "SHOULD": 2, "RECORD": 1}


def try_on_cases(test: Any, claim: Claim, subject: Subject, seed: int) -> Evidence:
    """What came of a property on cases for a stack; raises NotTried."""
    contracts = (claim.contract,) if claim.contract else test.cases.contracts
    cases = replace(test.cases, contracts=contracts, formats=claim.formats)
    about = test.rule
    if not cases.suits(subject.stack):
        raise NotTried(f"{about.id} asks for what {subject.stack.name} cannot be given")
    tally = Tally(about, subject, test.body)
    drawn = cases.of(subject.stack, subject.mode)
    explore(test.body, subject, drawn, CASES, f"{seed} {about.id}", tally.add)
    usual, subject.most_kinds = subject.most_kinds, MOST_KINDS
    try:
        event = tally.event(0.0)
    finally:
        subject.most_kinds = usual
    grades = event["grades"]
    tried = event["groups"]
    if not tried:
        reasons = [one["reason"] for one in event["unsupported"]]
        raise NotTried(reasons[0] if reasons else f"{about.id} says nothing of any case")
    broken = sum(grades.get(grade, 0) for grade in BROKEN)
    evidence = Evidence(about.id, about.sentence, tried, broken)
    if broken:
        shown = [finding for finding in event["findings"] if finding["grade"] in BROKEN]
        evidence.counterexample = _shown(min(shown, key=lambda finding: claim.formats.index(finding["format"])))
    return evidence


def _shown(finding: dict[str, Any]) -> Counterexample:
    case, snippet = finding["case"], finding["snippet"] or {"source": "", "printed": "", "reproduces": False}
    words = f"{call(case)} of {finding['weights']} ({finding['format']})"
    return Counterexample(words, finding["observed"], **snippet)
