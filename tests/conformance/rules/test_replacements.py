"""What comes of putting another call in the place of max_norm is measured, and said in words that hold."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from adapters.core.framework import Unsupported
from adapters.core.messages import Apply
from adapters.core.program import Program, Step
from adapters.core.stack import ROWS, SINGLE_WEIGHTS, WHOLE, Stack
from conformance.cases.case import Case, weights_of
from conformance.rules.define import measurement
from conformance.rules.execute import Effort, execute
from conformance.rules.registry import by_id
from conformance.rules.replacements import KERAS, ORIGINALS, equivalences
from conformance.stacks.outcome import Outcome, Raised, Returned
from conformance.stacks.target import Trace
from reference.contracts import GAIN_CONTRACTS, MAX_NORM
from reference.exact import evaluate
from reference.formats import FORMATS, FloatArray, round_to
from reference.groups import from_rows
from reference.norms import norms_of
from reports.record.codec import to_json
from reports.record.file import complaint
from reports.record.measurements import Equivalence
from tests.support.fakes import Fake, stack_of

Call = Callable[[FloatArray, Case], FloatArray]
Mask = NDArray[np.bool_]
MATRIX = "max_norm(3, axis=0) on a matrix (in, out)"
RULE = by_id()["stands_in_for_max_norm"]


def snippet(stack: Stack, requests: Sequence[Apply]) -> Program:
    """This module is the adapter of the stacks below."""
    if stack.name == "silent":
        raise Unsupported("it has no words")
    return Program((Step(("w = 1",), f"thing.clip({requests[0].axis})", "{y}"),), ("thing",))


def norm(w: FloatArray, case: Case) -> FloatArray:
    """The norm of each group, in float64."""
    return np.asarray(np.sqrt(np.sum(w * w, axis=case.reduced, keepdims=True)))


def outside(w: FloatArray, case: Case) -> Mask:
    """The weights of groups whose exact norm is above the bound."""
    rows = case.rows(w)
    above = norms_of(rows, FORMATS[case.weights.format]).values > 3.0
    where = np.repeat(above[:, None], rows.shape[1], axis=1).astype(np.float64)
    return np.asarray(from_rows(where, w.shape, case.reduced) == 1.0)


def right(w: FloatArray, case: Case) -> FloatArray:
    """max_norm, rounded once."""
    return evaluate(MAX_NORM, case.parameters, w, case.reduced, FORMATS[case.weights.format])


def nearly(w: FloatArray, case: Case) -> FloatArray:
    """max_norm with a rounding or two."""
    n = norm(w, case)
    gain = round_to(np.minimum(n, 3.0) / (1e-7 + n), FORMATS[case.weights.format])
    return np.asarray(w * gain)


def threshold(w: FloatArray, case: Case) -> FloatArray:
    """The weights inside the bound stay as they are."""
    return np.where(outside(w, case), right(w, case), w)


def halves(w: FloatArray, case: Case) -> FloatArray:
    """Right inside the bound, and half of it outside."""
    return right(w, case) * np.where(outside(w, case), 0.5, 1.0)


def identity(w: FloatArray, case: Case) -> FloatArray:
    """Nothing is done."""
    return w


def every_other(w: FloatArray, case: Case) -> FloatArray:
    """Half of the groups of a matrix stay as they are, the others are doubled."""
    return w * (1.0 + np.arange(w.shape[-1]) % 2)


def other_axis(w: FloatArray, case: Case) -> FloatArray:
    """The norm is taken over the last dimension, whatever was asked for."""
    return right(w, replace(case, axis=-1))


def asked(call: Call, **changes: Any) -> Fake:
    """A target that makes this call on float32 and float64 weights."""

    def answer(case: Case) -> Outcome:
        with np.errstate(all="ignore"):
            result = call(case.weights.values, case)
        return Returned((weights_of(result, FORMATS[case.weights.format]),), seconds=0.5)

    return Fake(answer, stack_of(module=__name__, **changes))


@cache
def measured(call: Call, **changes: Any) -> list[Equivalence]:
    """What is recorded of every original and format."""
    with np.errstate(all="ignore"):
        return list(equivalences(Trace(asked(call, **changes))))


def on_a_matrix(call: Call, name: str = "float32", **changes: Any) -> Equivalence:
    """What is recorded of the first original."""
    with np.errstate(all="ignore"):
        every = equivalences(Trace(asked(call, **changes)))
        return next(e for e in every if (e.target, e.format) == (MATRIX, name))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("call", "relation"),
    [
        (right, "exactly"),
        (nearly, "within the interval"),
        (threshold, "only where N > max_value"),
        (halves, "only where N <= max_value"),
        (identity, "not at all"),
    ],
)
def test_the_relation_is_that_of_the_call(call: Call, relation: str) -> None:
    """For every form of the axis and both formats."""
    assert {each.relation for each in measured(call)} == {relation}


def test_a_wrong_axis_is_not_at_all() -> None:
    """But where the other dimensions mean the same groups, there is no difference."""
    assert on_a_matrix(other_axis).relation == "not at all"
    assert {e.relation for e in measured(other_axis) if e.axis == 1} == {"exactly"}


def test_every_original_is_measured_in_both_formats() -> None:
    """A format that the stack does not have is left out."""
    target = asked(right)
    assert [e.target for e in measured(right)] == [original.name for original in ORIGINALS for _ in range(2)]
    target.worker.formats = {**target.formats, "float64": "there is none"}  # type: ignore[misc]  # a fake's
    assert [e.format for e in equivalences(Trace(target))] == ["float32"] * len(ORIGINALS)


def test_groups_lie_on_both_sides_of_the_bound() -> None:
    """Many of them, or a relation would say little."""
    assert all(side.groups >= 10 for e in measured(right) for side in (e.inside, e.outside))


def test_figures_are_those_of_the_groups() -> None:
    """What is left alone inside the bound is off by N / (N + 1e-7), and exact outside."""
    found = on_a_matrix(threshold, "float64")
    assert found.outside == replace(found.outside, exact=found.outside.groups, difference=0.0)
    assert found.inside.exact == found.inside.within == 0
    assert found.inside.groups + found.outside.groups == 256


def test_a_difference_is_a_share_of_the_norm() -> None:
    """Half of every group is off by a half."""
    found = on_a_matrix(halves, "float64")
    assert found.outside.difference == 0.5 and found.inside.difference == 0.0


def test_a_result_that_is_no_number_is_infinitely_far() -> None:
    """And the record can hold it."""
    found = on_a_matrix(lambda w, case: w * np.nan)
    assert found.relation == "not at all" and found.inside.difference == np.inf


def test_agreement_is_said_with_the_number_of_groups() -> None:
    """The same bits, or the same but for rounding."""
    assert on_a_matrix(right).sentence == "The same bits as correctly rounded max_norm in all 256 groups."
    assert on_a_matrix(nearly).sentence == "The same but for rounding in all 256 groups."


def test_a_difference_is_said_with_its_figures() -> None:
    """How many groups differ, by how much at most, and that the weights stay as they are."""
    found = on_a_matrix(threshold)
    inside, outside = found.inside, found.outside
    assert f"it gives the same but for rounding ({outside.groups} groups)" in found.sentence
    assert "it leaves the weights exactly as they are" in found.sentence
    assert f"{inside.groups - inside.within} of {inside.groups} groups differ" in found.sentence
    assert f"by up to {inside.difference:.2g} of their norm" in found.sentence


def test_weights_that_are_changed_are_not_said_to_stay() -> None:
    """Only what was seen is said."""
    found, some = on_a_matrix(halves), on_a_matrix(every_other)
    assert "leaves the weights" not in found.sentence and "leaves the weights" not in some.sentence
    assert f"{found.outside.groups} of {found.outside.groups} groups differ" in found.sentence


def test_groups_that_cannot_be_formed_are_not_asked_for() -> None:
    """The reason is what the stack says of its groups."""
    target = asked(right, grouping=ROWS)
    found = list(equivalences(Trace(target)))
    others = [e for e in found if e.axis != 1]
    assert {(e.relation, e.sentence, e.call) for e in others} == {
        ("no such groups", "Each row of a matrix is a group.", None)
    }
    assert {case.axis for case in target.ever} == {1} and {e.inside.groups for e in others} == {0}


def test_a_call_on_whole_arrays_is_asked_for_many() -> None:
    """One group says little, so 48 arrays of it are asked for."""
    target = asked(right, grouping=WHOLE)
    found = [e for e in equivalences(Trace(target)) if e.relation != "no such groups"]
    assert {e.axis for e in found} == {None} and len(target.ever) == 2 * 48
    assert [e.inside.groups + e.outside.groups for e in found] == [48, 48]


def test_the_frameworks_own_call_is_shown() -> None:
    """The first line of the snippet that makes it; nothing where there is no snippet."""
    assert on_a_matrix(right).call == "thing.clip(0)"
    silent = Fake(asked(right).answer, stack_of(module=__name__, name="silent"))
    assert {e.call for e in equivalences(Trace(silent))} == {None}


@pytest.mark.parametrize(
    ("outcome", "said"),
    [
        (Raised("ValueError"), "It gives no value: ValueError."),
        (Returned((weights_of([1.0], FORMATS["float32"]),)), "The result has another shape."),
    ],
)
def test_a_call_without_a_result_is_not_at_all(outcome: Outcome, said: str) -> None:
    """What came instead is said, after one call."""
    target = Fake(lambda case: outcome, stack_of(module=__name__))
    assert {(e.relation, e.sentence) for e in equivalences(Trace(target))} == {("not at all", said)}
    assert len(target.ever) == 2 * len(ORIGINALS)


@pytest.mark.slow
@pytest.mark.parametrize("name", GAIN_CONTRACTS)
def test_a_contract_is_asked_with_the_bound_of_max_norm(name: str) -> None:
    """Whatever it calls its bound, and with its own constants."""
    target = asked(identity, contracts=(name, "non_neg"))
    list(equivalences(Trace(target)))
    expected = {p.name: p.default for p in GAIN_CONTRACTS[name].parameters}
    expected |= dict.fromkeys(GAIN_CONTRACTS[name].bounds[-1:], 3.0)
    if name == "min_max_norm":
        expected["min_value"] = -3.0
    assert {tuple(case.parameters.items()) for case in target.ever} == {tuple(expected.items())}
    assert KERAS == {"max_value": 3.0, "epsilon": 1e-7}


@pytest.mark.slow
def test_weights_are_clipped_between_both_signs_of_the_bound() -> None:
    """A call on single weights has no axis, and is compared in the groups of max_norm."""
    target = asked(lambda w, case: np.clip(w, -3.0, 3.0), contracts=("clip_by_value",), grouping=SINGLE_WEIGHTS)
    found = list(equivalences(Trace(target)))
    assert {case.axis for case in target.ever} == {()}
    assert target.ever[0].parameters == {"clip_value_min": -3.0, "clip_value_max": 3.0}
    assert {e.relation for e in found} == {"not at all"} and found[0].outside.exact == 0


@pytest.mark.parametrize("call", [right, threshold, identity, lambda w, case: w * np.nan])
@pytest.mark.parametrize("changes", [{}, {"grouping": ROWS}])
def test_the_event_is_one_of_a_record(call: Call, changes: dict[str, Any]) -> None:
    """With all equivalences, the number of calls and their time."""
    target = asked(call, **changes)

    def test_stands_in(target: Trace) -> Iterator[Equivalence]:
        """It is recorded."""
        return equivalences(target)

    event = to_json(execute(measurement("here", ("max_norm",))(test_stands_in), target, Effort()))
    assert complaint(event) is None and len(event["equivalences"]) == 2 * len(ORIGINALS)
    assert event["cases"] == len(target.ever) and event["calls"]["seconds"] == 0.5 * len(target.ever)


@pytest.mark.parametrize(
    ("stack", "applies"),
    [(stack_of(), True), (stack_of(contracts=("max_norm", "min_max_norm")), False), (stack_of(contracts=()), False)],
)
def test_ports_of_keras_are_not_compared(stack: Stack, applies: bool) -> None:
    """They are held to max_norm itself; others are asked in their first mode only."""
    assert RULE.applies(stack, "eager") is applies and not RULE.applies(stack, "graph")
