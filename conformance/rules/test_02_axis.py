"""Chapter 2, axis: which weights form a group, however the axis is written."""

from dataclasses import replace

from conformance.cases.case import Case, format_of, weights_of
from conformance.cases.free_shapes import MODEST, FreeShapes
from conformance.cases.generate import CaseSpec
from conformance.cases.packing import EVERYDAY
from conformance.cases.shapes import SMALL, GroupShape, axis_forms, written_for
from conformance.judging.relations import expect_equivalent
from conformance.judging.results import NoResult, comparable
from conformance.judging.values import judge_value
from conformance.judging.verdict import MUST, Verdict
from conformance.rules.define import rule
from conformance.stacks.target import Trace
from reference.groups import from_rows

KERAS_AXIS = "https://keras.io/api/layers/constraints/ (axis)"


@rule(MUST, KERAS_AXIS, CaseSpec(shapes=SMALL, free=MODEST, plain_axis=True, calls=(1,), any_axis=True))
def test_axis_forms_agree(target: Trace, case: Case) -> Verdict:
    """An axis means the same as an int, a tuple, a list, counted from the end, or None where it is every dimension."""
    verdict = Verdict(case.weights.format)
    first = target.call(case)
    for form in axis_forms(GroupShape(case.weights.shape, case.reduced), target.stack):
        written = replace(case, axis=form)
        try:
            found, expected = comparable(written, target.call(written), first)
            verdict.add(expect_equivalent(written, found, expected.last.values))
        except NoResult as none:  # the other forms are judged all the same
            verdict.add(none.verdict)
    return verdict


TURNED = CaseSpec(shapes=SMALL[:2], free=MODEST, layouts=("C",), calls=(1,), plain_axis=True, any_axis=True)


@rule(MUST, KERAS_AXIS, TURNED)
def test_transposed_weights_with_transposed_axis(target: Trace, case: Case) -> Verdict:
    """Reversing the dimensions of the weights, and the axis with them, reverses those of the result."""
    fmt = format_of(case)
    rank = len(case.weights.shape)
    axis = sorted(rank - 1 - d for d in case.reduced)
    form = axis[0] if len(axis) == 1 else written_for(target.stack, axis)
    turned = replace(case, weights=weights_of(case.weights.values.T, fmt), axis=form)
    return judge_value(turned, target.call(turned))


@rule(MUST, KERAS_AXIS, CaseSpec(shapes=SMALL, free=MODEST, layouts=("C",), calls=(1,)))
def test_groups_are_independent(target: Trace, case: Case) -> Verdict:
    """What a group becomes does not depend on the other groups: reversing their order reverses the results."""
    fmt = format_of(case)
    shape = case.weights.shape
    rows = case.rows(case.weights.values)
    turned = replace(case, weights=weights_of(from_rows(rows[::-1], shape, case.reduced), fmt))
    first, second = comparable(case, target.call(case), target.call(turned))
    swapped = from_rows(case.rows(first.first.values)[::-1], shape, case.reduced)
    return expect_equivalent(turned, second, swapped)


WHOLE = tuple(GroupShape(groups.shape, tuple(range(len(groups.shape)))) for groups in SMALL)


ONE_GROUP = CaseSpec(
    shapes=WHOLE,
    free=FreeShapes(whole=True),
    layouts=("C",),
    regimes=EVERYDAY,
    calls=(1,),
    special=(None,),
    any_axis=True,
)


@rule(MUST, KERAS_AXIS, ONE_GROUP)
def test_axis_none_is_one_group(target: Trace, case: Case) -> Verdict:
    """With axis None all weights form one group: each is multiplied by the same gain."""
    whole = replace(case, axis=None)
    return judge_value(whole, target.call(whole))
