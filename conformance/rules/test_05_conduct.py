"""Chapter 5, conduct: what a function must not do to its input, to its format, or between its calls."""

from collections import Counter
from dataclasses import replace

import numpy as np

from conformance.cases.case import Case
from conformance.cases.generate import Recipe
from conformance.cases.shapes import SMALL
from conformance.judging.applicability import special_put_in
from conformance.judging.relations import incomparable, judge_alike, judge_same
from conformance.judging.values import judge_call
from conformance.judging.verdict import MUST, SHOULD, Problem, Verdict, without_value
from conformance.rules.define import rule
from conformance.stacks.outcome import Outcome
from conformance.stacks.target import Subject
from reference.registry import EVERY

FUNCTION = "https://keras.io/api/layers/constraints/ (a constraint maps a weight to a weight)"
BELIEF = "no document says so, but every user relies on it"


def _held(case: Case, outcome: Outcome, holds: bool, kind: str, sentence: str) -> Verdict:
    groups = len(case.rows(case.weights.values))
    verdict = Verdict(case.weights.format, elements=case.weights.size, grades=Counter({"EXACT": groups}))
    if not holds:
        verdict.grades = Counter({"DIVERGENT": groups})
        result = outcome.results[0]
        seen = f"{result.format} of shape {result.shape}"
        kept = f"{case.weights.format} of shape {case.weights.shape}, the input as it was"
        problem = Problem("DIVERGENT", MUST, kind, sentence, groups, observed=lambda: seen, accepted=lambda: kept)
        verdict.problems.append(problem)
    return verdict


@rule(MUST, FUNCTION, Recipe(contracts=EVERY, calls=(1,), pure=True))
def test_input_is_not_modified(subject: Subject, case: Case) -> Verdict:
    """The weights that were passed in have the same bits afterwards."""
    outcome = subject.ask(case)
    refused = without_value(case, [outcome])
    return refused or _held(case, outcome, not outcome.input_changed, "input changed", "the input was modified")


@rule(MUST, FUNCTION, Recipe(contracts=EVERY, calls=(1,)))
def test_shape_is_kept(subject: Subject, case: Case) -> Verdict:
    """The result has the shape of the weights."""
    outcome = subject.ask(case)
    refused = without_value(case, [outcome])
    return refused or _held(
        case, outcome, outcome.results[0].shape == case.weights.shape, "shape", "the result has another shape"
    )


@rule(SHOULD, BELIEF, Recipe(contracts=EVERY, calls=(1,)))
def test_format_is_kept(subject: Subject, case: Case) -> Verdict:
    """The result has the floating-point format of the weights."""
    outcome = subject.ask(case, even_unsupported=True)
    refused = without_value(case, [outcome])
    if refused:
        return refused
    became = outcome.results[0].format
    said = f"{case.weights.format} weights become {became}"
    return _held(case, outcome, became == case.weights.format, f"{case.weights.format} becomes {became}", said)


@rule(MUST, FUNCTION, Recipe(contracts=EVERY, calls=(1,)))
def test_same_input_gives_the_same_bits(subject: Subject, case: Case) -> Verdict:
    """A second call on the same weights gives the same bits as the first."""
    first, second = subject.ask(case), subject.ask(case)
    refused = incomparable(case, [first, second])
    if refused:
        return refused
    return judge_same(case, second, first.results[0].values, "the same call gives another result the second time")


LAID_OUT = Recipe(contracts=EVERY, places=SMALL, layouts=("F", "strided", "reversed", "broadcast"), calls=(1,))


@rule(MUST, FUNCTION, LAID_OUT)
def test_memory_layout_does_not_matter(subject: Subject, case: Case) -> Verdict:
    """Weights that are strided, reversed, broadcast or in Fortran order are treated like contiguous ones."""
    plain = replace(case, weights=replace(case.weights, layout="C"))
    first, second = subject.ask(plain), subject.ask(case)
    refused = incomparable(case, [first, second])
    return refused or judge_alike(case, second, first.results[0].values)


CLEAN = Recipe(contracts=EVERY, places=SMALL, layouts=("C",), calls=(1,), special=(None,))


@rule(MUST, FUNCTION, CLEAN)
def test_nan_and_inf_stay_in_their_group(subject: Subject, case: Case) -> Verdict:
    """A NaN or an infinity in one group changes no bit of any other group's result."""
    verdict = Verdict(case.weights.format)
    clean = subject.ask(case)
    for special in (float("nan"), float("inf")):
        dirty, others = special_put_in(case, special)
        outcome = subject.ask(dirty)
        refused = incomparable(case, [clean, outcome])
        if refused:
            return refused
        said = f"a weight that is {special} in one group changes another group"
        verdict.add(judge_same(dirty, outcome, clean.results[0].values, said, only=others))
    return verdict


REBUILT = {way: Recipe(contracts=EVERY, places=SMALL, calls=(1,), way=way) for way in ("from_config", "serialized")}
KERAS_CONFIG = "https://keras.io/api/layers/constraints/ (get_config, from_config, serialize, deserialize)"


@rule(MUST, KERAS_CONFIG, REBUILT["from_config"])
def test_config_round_trip_keeps_the_constraint(subject: Subject, case: Case) -> Verdict:
    """A constraint rebuilt by from_config from the JSON of its get_config gives the same bits."""
    return _rebuilt(subject, case, "from_config")


@rule(MUST, KERAS_CONFIG, REBUILT["serialized"])
def test_serialisation_keeps_the_constraint(subject: Subject, case: Case) -> Verdict:
    """A constraint rebuilt by deserialize from the JSON of its serialize gives the same bits."""
    return _rebuilt(subject, case, "serialized")


def _rebuilt(subject: Subject, case: Case, way: str) -> Verdict:
    first, second = subject.ask(case), subject.ask(replace(case, way=way))
    refused = incomparable(case, [first, second])
    said = "the rebuilt constraint gives another result"
    return refused or judge_same(case, second, first.results[0].values, said)


EMBEDDING = "https://docs.pytorch.org/docs/stable/generated/torch.nn.Embedding.html (max_norm: each looked-up vector)"


@rule(MUST, EMBEDDING, Recipe(contracts=("renorm",), calls=(1,), special=(None,), way="even rows"))
def test_rows_not_looked_up_keep_their_bits(subject: Subject, case: Case) -> Verdict:
    """A forward that looks up every second row changes those as renorm has it, and no bit of the others."""
    some = replace(case, way="even rows")
    outcome = subject.ask(some)
    refused = incomparable(some, [outcome])
    if refused:
        return refused
    even = np.arange(len(case.rows(case.weights.values))) % 2 == 0
    verdict = judge_call(some, some.weights, outcome.results[0], only=even)
    said = "a row that was not looked up is changed"
    return verdict.add(judge_same(some, outcome, some.weights.values, said, only=~even))
