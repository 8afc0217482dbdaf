"""Chapter 6, beliefs: what users take for granted and no formula with an epsilon can give exactly."""

from conformance.cases import Case
from conformance.comparisons import judge_same, safely_below_maximum
from conformance.packing import EVERYDAY
from conformance.rules import rule
from conformance.strategies import packed_cases
from conformance.subjects import Subject
from conformance.verdicts import SHOULD, Verdict, without_value

PAPER = "Srivastava et al., Dropout, JMLR 15 (2014), section 5.1: w is projected when its norm exceeds c"


@rule(SHOULD, PAPER, packed_cases(contracts=["max_norm"], regimes=EVERYDAY, calls=(1,), special=(None,)), share=2)
def test_weights_inside_the_bound_are_unchanged(subject: Subject, case: Case) -> Verdict:
    """max_norm leaves a group whose norm is below max_value as it is."""
    outcome = subject.ask(case)
    refused = without_value(case, [outcome])
    if refused:
        return refused
    said = "weights already inside the bound are changed"
    return judge_same(case, outcome, case.weights.values, said, only=safely_below_maximum(case))
