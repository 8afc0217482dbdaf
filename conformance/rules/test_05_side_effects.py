"""Chapter 5, side effects: what a function must not do to its input, to its format, or between its calls."""

from collections import Counter
from dataclasses import replace

import numpy as np

from adapters.core.messages import MADE_ONCE
from conformance.cases.alike import others_than
from conformance.cases.case import Case
from conformance.cases.free_shapes import MODEST, FreeShapes
from conformance.cases.generate import CaseSpec
from conformance.cases.layouts import OTHERS
from conformance.cases.shapes import FEW_AND_COMPILED, POOL, SMALL
from conformance.judging.applicability import special_put_in
from conformance.judging.describe import sentence
from conformance.judging.relations import expect_equal, expect_equivalent
from conformance.judging.results import NoResult, comparable, returned
from conformance.judging.values import judge_call, judge_value
from conformance.judging.verdict import MUST, SHOULD, Verdict, Violation
from conformance.rules.define import rule
from conformance.rules.rule import FIRST_ONLY
from conformance.stacks.outcome import Outcome, Raised, Returned, Unsupported
from conformance.stacks.target import Trace
from reference.registry import EVERY
from reports.record.failure import Failure, FailureCode

FUNCTION = "https://keras.io/api/layers/constraints/ (a constraint maps a weight to a weight)"


def _held(case: Case, outcome: Returned, holds: bool, failure: Failure, words: str = "", level: str = MUST) -> Verdict:
    """The verdict where a property holds of the whole result or not at all."""
    groups = len(case.rows(case.weights.values))
    verdict = Verdict(case.weights.format, elements=case.weights.size, grades=Counter({"EXACT": groups}))
    if not holds:
        verdict.grades = Counter({"DIVERGENT": groups})
        result = outcome.first
        seen = f"{result.format} of shape {result.shape}"
        kept = f"{case.weights.format} of shape {case.weights.shape}, the input as it was"
        said = words or sentence(failure)
        verdict.violations.append(
            Violation("DIVERGENT", level, failure, said, groups, observed=lambda: seen, accepted=lambda: kept)
        )
    return verdict


@rule(MUST, FUNCTION, CaseSpec(contracts=EVERY, calls=(1,), pure=True))
def test_input_is_not_modified(target: Trace, case: Case) -> Verdict:
    """The weights that were passed in have the same bits afterwards."""
    (outcome,) = returned(case, target.call(case))
    return _held(case, outcome, not outcome.input_changed, Failure(FailureCode.INPUT_CHANGED))


@rule(MUST, FUNCTION, CaseSpec(contracts=EVERY, calls=(1,)))
def test_shape_is_kept(target: Trace, case: Case) -> Verdict:
    """The result has the shape of the weights."""
    (outcome,) = returned(case, target.call(case))
    return _held(case, outcome, outcome.first.shape == case.weights.shape, Failure(FailureCode.SHAPE))


@rule(MUST, FUNCTION, CaseSpec(contracts=EVERY, calls=(1,), every_format=True, lacking=True))
def test_format_is_kept(target: Trace, case: Case) -> Verdict:
    """The result has the floating-point format of the weights.

    A variable has one format, and what the contract makes of its weights is judged in it: a result of another format is
    no result for that variable, and breaks the rules on values too. Where a stack says that it lacks a format, nothing
    is promised, and what it returns all the same is what users may expect.
    """
    asked = target.call(case)
    level = SHOULD if isinstance(asked, Unsupported) else MUST
    if level == SHOULD and isinstance(tried := target.call(case, even_unsupported=True), Returned):
        asked = tried
    (outcome,) = returned(case, asked)
    became = outcome.first.format
    failure = Failure(FailureCode.FORMAT, f"{case.weights.format} becomes {became}")
    words = f"{case.weights.format} weights become {became}"
    return _held(case, outcome, became == case.weights.format, failure, words, level)


@rule(MUST, FUNCTION, CaseSpec(contracts=EVERY, calls=(1,)))
def test_same_input_gives_the_same_bits(target: Trace, case: Case) -> Verdict:
    """A second call on the same weights gives the same bits as the first."""
    first, second = comparable(case, target.call(case), target.call(case))
    return expect_equal(case, second, first.first.values, Failure(FailureCode.NOT_REPEATABLE))


CONDUCT = CaseSpec(contracts=EVERY, free=FreeShapes(2**10), shapes=FEW_AND_COMPILED, calls=(1,), pure=True, plain=True)


@rule(MUST, FUNCTION, CONDUCT, share=0.5, modes=FIRST_ONLY)
def test_later_calls_change_nothing(target: Trace, case: Case) -> Verdict:
    """While the same constraint is called up to 200 times more, with these weights and with others in turn, its result
    and its weights keep their bits, and each call on the same weights gives the same bits.
    """
    asked = replace(case, access="again", calls=3)
    (outcome,) = comparable(asked, target.call(asked))
    first, kept, later = (replace(outcome, results=(result,)) for result in outcome.results)
    verdict = expect_equal(asked, kept, first.first.values, Failure(FailureCode.RESULT_CHANGED))
    return verdict.add(expect_equal(asked, later, first.first.values, Failure(FailureCode.LATER_CALL_DIFFERS)))


@rule(MUST, FUNCTION, CONDUCT, modes=FIRST_ONLY, over_time=True)
def test_earlier_calls_do_not_matter(target: Trace, case: Case) -> Verdict:
    """After calls with other parameters, weights, shapes and formats, each of which gives what the contract states, the
    same call gives the same bits as before, and so does a constraint that was made before those of the other calls.
    """
    asked = [case]
    if target.stack.makes_constraints:  # then by one that was made before the others, too
        asked.insert(0, replace(case, access=MADE_ONCE))
    first = target.call(asked[0])
    wrong = _valued(case, first).breaks_must
    verdict = Verdict(case.weights.format) if wrong else _after_others(target, asked[0])
    before, *later = comparable(case, first, *map(target.call, asked))
    for after in later:
        verdict.add(expect_equal(case, after, before.first.values, Failure(FailureCode.EARLIER_CALL_MATTERS)))
    return verdict


def _after_others(target: Trace, case: Case) -> Verdict:
    """The verdict on the values of calls that follow a right one; what is as wrong by itself is no matter of order."""
    verdict = Verdict(case.weights.format)
    for other in others_than(case, target.stack, target.mode, target.formats):
        outcome = target.call(other)
        valued = _valued(other, outcome)
        if valued.breaks_must and target.call_afresh(other) == outcome:
            break
        # a group of another case is none of this one's
        valued.violations = [replace(violation, group=None) for violation in valued.violations]
        verdict.add(valued)
    return verdict


def _valued(case: Case, outcome: Outcome) -> Verdict:
    """The verdict on the values of a case, where there are none too."""
    try:
        return judge_value(case, outcome)
    except NoResult as none:
        return none.verdict


# of few dimensions and of many
PLACED = tuple(groups for groups in POOL if groups.shape in ((300, 64), (4096, 3, 4), (2, 2, 2, 2, 8192)))
LAID_OUT = CaseSpec(contracts=EVERY, shapes=PLACED, free=MODEST, layouts=OTHERS, calls=(1,))


@rule(MUST, FUNCTION, LAID_OUT, share=4)
def test_memory_layout_does_not_matter(target: Trace, case: Case) -> Verdict:
    """Weights are treated alike wherever they lie in memory: strided, reversed, in Fortran order, with channels last,
    an element or a byte behind the start of a buffer, read-only, broadcast, or in overlapping windows.
    """
    plain = replace(case, weights=replace(case.weights, layout="C"))
    first, second = comparable(case, target.call(plain), target.call(case))
    return expect_equivalent(case, second, first.first.values)


DISGUISED = CaseSpec(contracts=EVERY, shapes=SMALL, free=MODEST, layouts=("C",), calls=(1,), access="subclass")
TENSORS = (
    "https://docs.pytorch.org/docs/stable/notes/extending.html#subclassing-torch-tensor, "
    "https://docs.pytorch.org/docs/stable/generated/torch.autograd.grad_mode.inference_mode.html, "
    "https://numpy.org/doc/stable/user/basics.subclassing.html"
)


@rule(MUST, TENSORS, DISGUISED, modes=FIRST_ONLY)
def test_kind_of_tensor_does_not_matter(target: Trace, case: Case) -> Verdict:
    """Weights of a subclass of the framework's tensor, or in PyTorch's inference mode, become what others do,
    where they are taken at all.
    """
    usual = target.call(case)
    verdict = Verdict(case.weights.format)
    for guise in target.stack.guises:
        outcome = target.call(replace(case, access=guise))
        if isinstance(outcome, Raised):  # nobody promises to take them, and what is compiled often does not
            verdict.unsupported = f"weights in the guise {guise} are refused: {outcome.type}: {outcome.message[:100]}"
            continue
        plain, disguised = comparable(case, usual, outcome)
        verdict.add(expect_equivalent(case, disguised, plain.first.values))
    return verdict


CLEAN = CaseSpec(contracts=EVERY, shapes=SMALL, free=MODEST, layouts=("C",), calls=(1,), special=(None,))


@rule(MUST, FUNCTION, CLEAN)
def test_nan_and_inf_stay_in_their_group(target: Trace, case: Case) -> Verdict:
    """A NaN or an infinity in one group changes no bit of any other group's result."""
    verdict = Verdict(case.weights.format)
    clean = target.call(case)
    for special in (float("nan"), float("inf")):
        dirty, others = special_put_in(case, special)
        before, after = comparable(case, clean, target.call(dirty))
        failure = Failure(FailureCode.LEAKS_INTO_OTHER_GROUPS, str(special))
        verdict.add(expect_equal(dirty, after, before.first.values, failure, only=others))
    return verdict


REBUILT = {
    access: CaseSpec(contracts=EVERY, shapes=SMALL, calls=(1,), access=access)
    for access in ("from_config", "serialized", "got", "cloned", "saved")
}
KERAS_CONFIG = "https://keras.io/api/layers/constraints/ (get_config, from_config, serialize, deserialize)"


@rule(MUST, KERAS_CONFIG, REBUILT["from_config"])
def test_config_round_trip_keeps_the_constraint(target: Trace, case: Case) -> Verdict:
    """A constraint rebuilt by from_config from the JSON of its get_config gives the same bits."""
    return _rebuilt(target, case, "from_config")


@rule(MUST, KERAS_CONFIG, REBUILT["serialized"])
def test_serialisation_keeps_the_constraint(target: Trace, case: Case) -> Verdict:
    """A constraint rebuilt by deserialize from the JSON of its serialize gives the same bits."""
    return _rebuilt(target, case, "serialized")


KERAS_MODELS = "https://keras.io/guides/serialization_and_saving/ (custom objects: get_config, from_config)"


@rule(MUST, KERAS_MODELS, REBUILT["cloned"], share=0.5)
def test_a_cloned_model_keeps_the_constraint(target: Trace, case: Case) -> Verdict:
    """The constraint of a layer whose model was copied by clone_model gives the same bits."""
    return _rebuilt(target, case, "cloned")


@rule(MUST, KERAS_MODELS, REBUILT["saved"], share=0.5)
def test_a_saved_model_keeps_the_constraint(target: Trace, case: Case) -> Verdict:
    """The constraint of a layer whose model was saved and loaded gives the same bits."""
    return _rebuilt(target, case, "saved")


@rule(MUST, KERAS_CONFIG, REBUILT["got"], share=0.5)
def test_an_identifier_gives_the_constraint(target: Trace, case: Case) -> Verdict:
    """A constraint that constraints.get makes of its serialized form gives the same bits."""
    return _rebuilt(target, case, "got")


def _rebuilt(target: Trace, case: Case, access: str) -> Verdict:
    first, second = comparable(case, target.call(case), target.call(replace(case, access=access)))
    failure = Failure(FailureCode.REBUILT_DIFFERS)
    return expect_equal(case, second, first.first.values, failure)


EMBEDDING = "https://docs.pytorch.org/docs/stable/generated/torch.nn.Embedding.html (max_norm: each looked-up vector)"


@rule(MUST, EMBEDDING, CaseSpec(contracts=("renorm",), calls=(1,), special=(None,), access="even rows"))
def test_rows_not_looked_up_keep_their_bits(target: Trace, case: Case) -> Verdict:
    """A forward that looks up every second row changes those as renorm has it, and no bit of the others."""
    some = replace(case, access="even rows")
    (outcome,) = comparable(some, target.call(some))
    even = np.arange(len(case.rows(case.weights.values))) % 2 == 0
    verdict = judge_call(some, some.weights, outcome.first, only=even)
    failure = Failure(FailureCode.UNTOUCHED_ROW_CHANGED)
    return verdict.add(expect_equal(some, outcome, some.weights.values, failure, only=~even))
