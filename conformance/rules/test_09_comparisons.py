"""Chapter 9, comparisons: the modes of one stack with each other, and every other call with Keras's max_norm."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.cases.case import Case
from conformance.cases.generate import CaseSpec
from conformance.judging.relations import compare_modes
from conformance.judging.results import comparable
from conformance.judging.verdict import RECORD, Verdict
from conformance.rules.define import measurement, no_port, rule
from conformance.rules.replacements import equivalences
from conformance.rules.rule import BEYOND_THE_FIRST
from conformance.stacks.target import Trace
from reference.contracts import MAX_NORM
from reference.registry import EVERY
from reports.record.measurements import Equivalence

NOWHERE = "no document promises the same bits"


@rule(RECORD, NOWHERE, CaseSpec(contracts=EVERY, calls=(1,), special=(None,)), share=4, modes=BEYOND_THE_FIRST)
def test_modes_give_the_same_bits(target: Trace, case: Case) -> Verdict:
    """A compiled or vectorised mode gives the bits of the stack's first mode, or the differences are recorded."""
    first, second = comparable(case, target.call(case, mode=target.stack.plainest_mode), target.call(case))
    return compare_modes(case, first, second)


@measurement(MAX_NORM.source, EVERY, suits=no_port)
def test_stands_in_for_max_norm(target: Trace) -> Iterator[Equivalence]:
    """What becomes of weights where the call stands in for Keras's max_norm is recorded, for each form of its axis."""
    return equivalences(target)
