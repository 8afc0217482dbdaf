"""What is shown of a wrong implementation is small, and a program reproduces it."""

from __future__ import annotations

import pytest

from conformance.cases.codec import from_record
from conformance.judging.verdict import RECORD, Verdict
from conformance.rules.findings import Findings
from conformance.stacks.options import MAX_FINDINGS
from conformance.stacks.programs import NO_PROGRAM
from conformance.stacks.target import Target
from reports.markdown.power import read_power
from reports.record.model import Finding
from tests.mutants.mutant import Mutant
from tests.mutants.score import RULES, cases_needed, due, finds, level_of, verdicts
from tests.mutants.wrong import MUTANTS
from tests.support.fakes import Mutants

pytestmark = pytest.mark.slow


def first_finding(rule: str, each: Mutant, target: Target, correct: Target) -> Finding | None:
    """The first violation that a rule finds at the level that is due, reduced; None if it finds none."""
    found = Findings(RULES[rule], target, RULES[rule].check)
    for case, verdict in verdicts(rule, target, correct):
        verdict.violations = [v for v in verdict.violations if level_of(rule, v) == due(rule, each)][:1]
        if verdict.violations:
            found.add(case, verdict)
            (finding, *_), _ = found.reduced(MAX_FINDINGS)
            return finding
    return None


MOST_SHOWN = 131072
# what they keep from one case to the next decides what they give
REMEMBERS = (
    "norm_kept_by_shape",
    "bits_alternate",
    "lengths_are_those_before",
    "parameters_are_those_before",
    "precision_is_lost_for_good",
    "results_are_cached_by_parameters",
)


@pytest.mark.parametrize("each", MUTANTS.values(), ids=MUTANTS)
def test_a_finding_is_small(each: Mutant, mutant: Mutants) -> None:
    """The case that is shown has at most four groups of at most four weights, where the fault allows it."""
    rule = each.rules[0]
    target, correct = mutant(each.name, rule), mutant("correct", rule)
    if RULES[rule].level == RECORD:
        found = [verdict for _, verdict in verdicts(rule, target, correct) if finds(rule, each, verdict)]
        assert any(not v.violations if v.difference is not None else _only_recorded(rule, v) for v in found)
        return
    finding = first_finding(rule, each, target, correct)
    assert finding is not None and finding.program is not None
    assert "seen once" not in finding.sentence or each.name in REMEMBERS
    size = from_record(finding.case).weights.size
    assert size <= each.elements
    # so many numbers are more than a program may print
    excused = each.name in REMEMBERS or size > MOST_SHOWN or NO_PROGRAM in finding.program.source
    assert finding.program.reproduces or excused


def _only_recorded(rule: str, verdict: Verdict) -> bool:
    return all(level_of(rule, one) == RECORD for one in verdict.violations)


def test_the_published_table_is_that_of_these_rules() -> None:
    """Every wrong mutant stands in the report's appendix, with a rule that is to find it, and no other does."""
    published = {row.miniature: row for row in read_power()}
    wrong = {name: each for name, each in MUTANTS.items() if name != "correct"}
    assert set(published) == set(wrong)
    assert all(published[name].rule in each.rules for name, each in wrong.items())


@pytest.mark.parametrize("name", ["epsilon_is_missing", "axis_is_the_one_kept", "config_loses_the_rate"])
def test_the_published_numbers_are_measured(name: str, mutant: Mutants, correct: Target) -> None:
    """Asking again needs as many cases as the table says."""
    (row,) = (row for row in read_power() if row.miniature == name)
    assert cases_needed(row.rule, MUTANTS[name], mutant(name), correct) == row.cases
