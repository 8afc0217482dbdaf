"""Chapter 12, sweeps: spaces of groups that are small enough to be asked whole."""

from __future__ import annotations

from conformance.cases.case import Case
from conformance.judging.values import judge_value
from conformance.judging.verdict import MUST, Verdict
from conformance.rules.define import sweeping
from conformance.stacks.target import Trace
from reference.registry import EVERY

WHOLE = "the rules on values, for every group there is instead of some"


@sweeping(MUST, WHOLE, EVERY)
def test_every_group_of_a_space_is_accepted(target: Trace, case: Case) -> Verdict:
    """Every number of float16 and of bfloat16, as a group of one weight, becomes what the contract states; at thorough
    depth every float32 number does, and every float16 number in groups of equal weights.
    """
    return judge_value(case, target.call(case))
