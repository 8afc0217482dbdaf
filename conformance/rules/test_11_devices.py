"""Chapter 11, devices: what a GPU makes of the cases that the CPU gets, and what its switches change."""

from __future__ import annotations

from dataclasses import replace

from conformance.cases.case import Case
from conformance.cases.generate import Recipe
from conformance.judging.relations import incomparable, judge_modes, judge_same
from conformance.judging.verdict import MUST, RECORD, Verdict
from conformance.rules.define import rule
from conformance.stacks.target import Subject
from reference.registry import EVERY

NOWHERE = "no document promises the same bits"
TF32 = "https://docs.pytorch.org/docs/stable/notes/cuda.html (TF32 is for matrix products and convolutions)"
GPU = ("gpu",)


@rule(RECORD, NOWHERE, Recipe(contracts=EVERY, calls=(1,)), share=4, devices=GPU)
def test_devices_give_the_same_bits(subject: Subject, case: Case) -> Verdict:
    """A GPU gives the bits that the CPU gives in the same mode, or the differences are recorded."""
    there, here = subject.ask_on_cpu(case), subject.ask(case)
    refused = incomparable(case, [there, here])
    return refused or judge_modes(case, there, here)


@rule(MUST, TF32, Recipe(contracts=EVERY, calls=(1,)), devices=GPU)
def test_tf32_changes_nothing(subject: Subject, case: Case) -> Verdict:
    """Allowing TF32 changes no bit of a result, for nothing here is a matrix product or a convolution."""
    usual, allowed = subject.ask(case), subject.ask(replace(case, way="tf32"))
    refused = incomparable(case, [usual, allowed])
    return refused or judge_same(case, allowed, usual.results[0].values, "allowing TF32 changes the result")
