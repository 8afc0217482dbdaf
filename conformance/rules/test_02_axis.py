"""Chapter 2, axis: which weights form a group, however the axis is written."""

from dataclasses import replace

from conformance.cases.case import Case, format_of, weights_of
from conformance.cases.generate import Recipe
from conformance.cases.packing import EVERYDAY
from conformance.cases.shapes import SMALL, Place, same_axis
from conformance.judging.relations import incomparable, judge_alike
from conformance.judging.values import judge_value
from conformance.judging.verdict import MUST, Verdict
from conformance.rules.define import rule
from conformance.stacks.target import Subject
from reference.groups import from_rows, reduced_dimensions

KERAS_AXIS = "https://keras.io/api/layers/constraints/ (axis)"


@rule(MUST, KERAS_AXIS, Recipe(places=SMALL, plain_axis=True, calls=(1,), any_axis=True))
def test_axis_forms_agree(subject: Subject, case: Case) -> Verdict:
    """An axis means the same as an int, a tuple, a list, counted from the end, or None where it is every dimension."""
    verdict = Verdict(case.weights.format)
    first = subject.ask(case)
    for form in same_axis(case.axis, len(case.weights.shape)):
        verdict.add(judge_alike(replace(case, axis=form), subject.ask(replace(case, axis=form)), first))
    return verdict


TURNED = Recipe(places=SMALL[:2], layouts=("C",), calls=(1,), plain_axis=True, any_axis=True)


@rule(MUST, KERAS_AXIS, TURNED)
def test_transposed_weights_with_transposed_axis(subject: Subject, case: Case) -> Verdict:
    """Reversing the dimensions of the weights, and the axis with them, reverses those of the result."""
    fmt = format_of(case)
    rank = len(case.weights.shape)
    reduced = reduced_dimensions(case.axis, rank)  # type: ignore[arg-type]  # a drawn axis is valid
    axis = sorted(rank - 1 - d for d in reduced)
    turned = replace(case, weights=weights_of(case.weights.values.T, fmt), axis=axis[0] if len(axis) == 1 else axis)
    return judge_value(turned, subject.ask(turned))


@rule(MUST, KERAS_AXIS, Recipe(places=SMALL, layouts=("C",), calls=(1,)))
def test_groups_are_independent(subject: Subject, case: Case) -> Verdict:
    """What a group becomes does not depend on the other groups: reversing their order reverses the results."""
    fmt = format_of(case)
    shape = case.weights.shape
    rows = case.rows(case.weights.values)
    turned = replace(case, weights=weights_of(from_rows(rows[::-1], shape, case.axis), fmt))  # type: ignore[arg-type]  # valid
    first, second = subject.ask(case), subject.ask(turned)
    refused = incomparable(case, [first, second])
    if refused:
        return refused
    swapped = from_rows(case.rows(first.results[0].values)[::-1], shape, case.axis)  # type: ignore[arg-type]  # valid
    return judge_alike(turned, second, swapped)


WHOLE = tuple(Place(place.shape, tuple(range(len(place.shape)))) for place in SMALL)


ONE_GROUP = Recipe(places=WHOLE, layouts=("C",), regimes=EVERYDAY, calls=(1,), special=(None,), any_axis=True)


@rule(MUST, KERAS_AXIS, ONE_GROUP)
def test_axis_none_is_one_group(subject: Subject, case: Case) -> Verdict:
    """With axis None all weights form one group: each is multiplied by the same gain."""
    whole = replace(case, axis=None)
    return judge_value(whole, subject.ask(whole))
