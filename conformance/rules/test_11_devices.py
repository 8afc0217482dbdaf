"""Chapter 11, devices: what a GPU makes of the cases that the CPU gets, and what its switches change."""

from __future__ import annotations

from dataclasses import replace

from conformance.cases.case import Case
from conformance.cases.generate import CaseSpec
from conformance.judging.relations import compare_modes, expect_equal
from conformance.judging.results import comparable
from conformance.judging.verdict import MUST, RECORD, Verdict
from conformance.rules.define import rule
from conformance.stacks.target import Trace
from reference.registry import EVERY
from reports.record.failure import Failure, FailureCode

NOWHERE = "no document promises the same bits"
TF32 = "https://docs.pytorch.org/docs/stable/notes/cuda.html (TF32 is for matrix products and convolutions)"
GPU = ("gpu",)


@rule(RECORD, NOWHERE, CaseSpec(contracts=EVERY, calls=(1,)), share=4, devices=GPU)
def test_devices_give_the_same_bits(target: Trace, case: Case) -> Verdict:
    """A GPU gives the bits that the CPU gives in the same mode, or the differences are recorded."""
    there, here = comparable(case, target.call_on_cpu(case), target.call(case))
    return compare_modes(case, there, here)


@rule(MUST, TF32, CaseSpec(contracts=EVERY, calls=(1,)), devices=GPU)
def test_tf32_changes_nothing(target: Trace, case: Case) -> Verdict:
    """Allowing TF32 changes no bit of a result, for nothing here is a matrix product or a convolution."""
    usual, allowed = comparable(case, target.call(case), target.call(replace(case, access="tf32")))
    return expect_equal(case, allowed, usual.first.values, Failure(FailureCode.TF32_MATTERS))
