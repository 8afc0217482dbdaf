"""Chapter 1, values: what each contract returns, for every axis, shape, format, layout and number of calls."""

from dataclasses import replace

import numpy as np

from conformance.cases.case import Case, format_of, weights_of
from conformance.cases.generate import CaseSpec
from conformance.judging.applicability import leaves_no_range, safely_below_maximum
from conformance.judging.relations import expect_equal
from conformance.judging.results import comparable
from conformance.judging.values import judge_value
from conformance.judging.verdict import MUST, Verdict
from conformance.rules.define import rule
from conformance.rules.rule import EVERY_MODE
from conformance.stacks.target import Trace
from reference.contracts import (
    CLIP_BY_NORM,
    CLIP_GRAD_NORM,
    L2_BALL,
    MAX_NORM,
    MIN_MAX_NORM,
    RENORM,
    UNIT_NORM,
)
from reference.elementwise import CLIP_BY_VALUE, NON_NEG
from reference.formats import round_to
from reference.groups import from_rows
from reports.record.failure import Failure, FailureCode


@rule(MUST, MAX_NORM.source, CaseSpec(contracts=("max_norm",)), share=5, modes=EVERY_MODE)
def test_max_norm_value(target: Trace, case: Case) -> Verdict:
    """max_norm multiplies each group by min(N, max_value) / (epsilon + N), where N is its L2 norm."""
    return judge_value(case, target.call(case))


@rule(MUST, MIN_MAX_NORM.source, CaseSpec(contracts=("min_max_norm",)), share=5, modes=EVERY_MODE)
def test_min_max_norm_value(target: Trace, case: Case) -> Verdict:
    """min_max_norm multiplies each group by (rate * clip(N, min, max) + (1 - rate) * N) / (epsilon + N)."""
    return judge_value(case, target.call(case))


@rule(MUST, UNIT_NORM.source, CaseSpec(contracts=("unit_norm",)), share=4, modes=EVERY_MODE)
def test_unit_norm_value(target: Trace, case: Case) -> Verdict:
    """unit_norm divides each group by epsilon + N."""
    return judge_value(case, target.call(case))


@rule(MUST, CLIP_BY_NORM.source, CaseSpec(contracts=("clip_by_norm",)), share=4, modes=EVERY_MODE)
def test_clip_by_norm_value(target: Trace, case: Case) -> Verdict:
    """clip_by_norm multiplies each group by clip_norm / max(N, clip_norm)."""
    return judge_value(case, target.call(case))


@rule(MUST, RENORM.source, CaseSpec(contracts=("renorm",)), share=4, modes=EVERY_MODE)
def test_renorm_value(target: Trace, case: Case) -> Verdict:
    """renorm multiplies each group with N > maxnorm by maxnorm / (N + 1e-7), and the others by 1."""
    return judge_value(case, target.call(case))


@rule(MUST, L2_BALL.source, CaseSpec(contracts=("l2_ball",)), share=4, modes=EVERY_MODE)
def test_l2_ball_value(target: Trace, case: Case) -> Verdict:
    """l2_ball multiplies each group with N > scale by scale / N, and the others by 1."""
    return judge_value(case, target.call(case))


@rule(MUST, CLIP_GRAD_NORM.source, CaseSpec(contracts=("clip_grad_norm",)), share=4, modes=EVERY_MODE)
def test_clip_grad_norm_value(target: Trace, case: Case) -> Verdict:
    """clip_grad_norm multiplies each group by min(1, max_norm / (N + 1e-6))."""
    return judge_value(case, target.call(case))


@rule(MUST, CLIP_BY_VALUE.source, CaseSpec(contracts=("clip_by_value",)), share=4, modes=EVERY_MODE)
def test_clip_by_value_value(target: Trace, case: Case) -> Verdict:
    """clip_by_value moves each weight to the nearest number in [clip_value_min, clip_value_max]."""
    return judge_value(case, target.call(case))


@rule(MUST, NON_NEG.source, CaseSpec(contracts=("non_neg",)), share=4, modes=EVERY_MODE)
def test_non_neg_value(target: Trace, case: Case) -> Verdict:
    """non_neg makes each negative weight zero and leaves the others."""
    return judge_value(case, target.call(case))


RENORM_NOTE = "https://docs.pytorch.org/docs/stable/generated/torch.renorm.html (Note: a row below it is unchanged)"


@rule(MUST, RENORM_NOTE, CaseSpec(contracts=("renorm",), calls=(1,), special=(None,), layouts=("C",)), share=2)
def test_renorm_leaves_groups_inside_alone(target: Trace, case: Case) -> Verdict:
    """A group whose norm is at most maxnorm keeps its bits."""
    fmt = format_of(case)
    bound = float(round_to(np.asarray(case.parameters["maxnorm"]), fmt))
    rows = case.rows(case.weights.values).copy()
    # the norm of a single weight is exact: the root of a rounded square is the weight again
    rows[0] = 0.0
    rows[0, 0] = bound
    weights = weights_of(from_rows(rows, case.weights.shape, case.axis), fmt)  # type: ignore[arg-type]  # a valid axis
    asked = replace(case, weights=weights, parameters={**case.parameters, "maxnorm": bound})
    (outcome,) = comparable(asked, target.call(asked))
    inside = safely_below_maximum(asked)
    inside[0] = bool(leaves_no_range(asked)[0])
    return expect_equal(asked, outcome, weights.values, Failure(FailureCode.INSIDE_GROUP_CHANGED), only=inside)
