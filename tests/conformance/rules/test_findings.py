"""A result adds up what a rule saw, shows each way to fail once, and says of known ones that they are known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis.strategies import SearchStrategy

from adapters.core.stack import Mode
from conformance.cases.case import Case, weights_of
from conformance.cases.codec import from_json
from conformance.cases.generate import CaseSpec
from conformance.cases.packing import EVERYDAY
from conformance.judging.verdict import MUST, RECORD, Difference, Verdict, Violation
from conformance.rules.execute import Effort, execute
from conformance.rules.explore import Check, Evaluation, evaluate
from conformance.rules.findings import Findings, Known, nothing_known
from conformance.rules.rule import (
    EVERY_DEVICE,
    USUAL_MODES,
    CaseRule,
    Characterization,
    RuleDefinition,
    UnspecifiedInput,
)
from conformance.stacks.options import MAX_FINDINGS
from conformance.stacks.outcome import Crashed, Outcome, Raised, Returned, Unsupported
from conformance.stacks.target import Target, Trace
from reference.formats import FORMATS
from reports.record.codec import to_json
from reports.record.failure import Failure, FailureCode
from reports.record.file import complaint
from tests.support.fakes import Fake, stack_of

F32 = FORMATS["float32"]
DEFAULTS = {"min_value": 0.5, "max_value": 2.7, "rate": 0.37, "epsilon": 1e-7}
LARGE = Case("min_max_norm", DEFAULTS, 0, weights_of(np.arange(32.0).reshape(8, 4), F32), access="gradient")
SMALL = Case("min_max_norm", {**DEFAULTS, "rate": 1.0}, 0, weights_of([5.0], F32), access="gradient")
CONTRACTS = ("max_norm", "min_max_norm")
STACK = stack_of(contracts=CONTRACTS)
NAN = Failure(FailureCode.NAN)


@dataclass(frozen=True)
class Reason:
    """Why a failure is no news, and its smallest case."""

    reason: str
    case: Case


OLD = Reason("It is old.", SMALL)


def violation(failure: Failure = NAN, grade: str = "DIVERGENT", level: str = MUST) -> Violation:
    """A violation of one group."""
    return Violation(grade, level, failure, f"it is {failure}", 1, 0)


def fails(trace: Trace, case: Case) -> Verdict:
    """Every case fails in one way."""
    trace.call(case)
    return Verdict("float32", 8, 32, Counter(DIVERGENT=1), violations=[violation()])


IDENTITY: dict[str, Any] = {
    "id": "is_calm",
    "chapter": "values",
    "statement": "It is calm.",
    "source": "here",
    "contracts": CONTRACTS,
    "modes": USUAL_MODES,
    "devices": EVERY_DEVICE,
    "suits": lambda stack: True,
}
RULE = CaseRule(**IDENTITY, level=MUST, cases=CaseSpec(contracts=CONTRACTS), share=1.0, check=fails)


def target() -> Fake:
    """A target that answers at once; each call took a quarter of a second, half of it for compiling."""
    result = weights_of([1.0], F32)
    return Fake(lambda case: Returned((result,), seconds=0.25, compiling=0.125), STACK)


def known(reason: Reason) -> Known:
    """Every failure is known for this reason."""
    return lambda rule, target, case, failure: reason


def executed(rule: CaseRule, asked: Target, cases: list[Case], known: Known = nothing_known) -> dict[str, Any]:
    """The event of a rule to which these cases are given, rather than drawn."""

    def explore(
        check: Check,
        target: Target,
        drawn: SearchStrategy[Case],
        examples: int,
        seed: str,
        add: Callable[[Case, Evaluation], None],
    ) -> None:
        for case in cases:
            add(case, evaluate(check, target, case))

    with patch("conformance.rules.execute.explore", explore):
        event: dict[str, Any] = to_json(execute(rule, asked, Effort(), known))
    assert complaint(event) is None
    return event


def of_verdicts(*verdicts: Verdict, rule: CaseRule = RULE, cases: list[Case] | None = None) -> dict[str, Any]:
    """The event of a rule that forms these verdicts on its cases, or on the large one again and again."""
    formed = iter(verdicts)
    told = replace(rule, check=lambda trace, case: next(formed))
    return executed(told, target(), cases or [LARGE] * len(verdicts))


def characterized(asked: Target, *names: str) -> dict[str, Any]:
    """The event of a rule that says of which kind the outcome on unspecified input is."""

    def classify(trace: Trace, case: Case) -> str:
        return type(trace.call(case)).__name__

    inputs = tuple(UnspecifiedInput(name, SMALL) for name in names)
    rule = Characterization(**IDENTITY, level=RECORD, inputs=inputs, classify=classify)
    event: dict[str, Any] = to_json(execute(rule, asked, Effort()))
    assert complaint(event) is None
    return event


def test_news_is_reduced() -> None:
    """To one weight, with the contract and the way of the case in which it was seen."""
    asked = target()
    (finding,) = executed(RULE, asked, [LARGE])["findings"]
    case = from_json(finding["case"])
    assert (case.contract, case.access, case.weights.size, finding["known"]) == ("min_max_norm", "gradient", 1, None)
    assert {(each.contract, each.access) for each in asked.ever} == {("min_max_norm", "gradient")}


def slow() -> Fake:
    """A target in a mode that takes seconds to compile each new shape, of a stack that has a plain one too."""
    modes = (Mode("eager"), Mode("compile", compiles=True, slow=True))
    asked = Fake(target().answer, replace(STACK, modes=modes))
    asked.mode = "compile"
    return asked


def test_what_a_plain_mode_shows_too_is_reduced_there() -> None:
    """Where each new shape takes seconds, only the smallest case is asked again."""
    seen: list[tuple[str, int]] = []

    def check(trace: Trace, case: Case) -> Verdict:
        seen.append((trace.mode, case.weights.size))
        return fails(trace, case)

    (finding,) = executed(replace(RULE, check=check), slow(), [LARGE])["findings"]
    assert [size for mode, size in seen if mode == "compile"] == [LARGE.weights.size, 1]
    assert from_json(finding["case"]).weights.size == 1 and len(seen) > 4


def test_what_only_a_compiled_mode_shows_is_reduced_there() -> None:
    """The plain one is asked once."""
    seen: list[str] = []

    def check(trace: Trace, case: Case) -> Verdict:
        seen.append(trace.mode)
        return fails(trace, case) if trace.mode == "compile" else Verdict("float32")

    (finding,) = executed(replace(RULE, check=check), slow(), [LARGE])["findings"]
    assert from_json(finding["case"]).weights.size == 1 and seen.count("eager") == 1


def test_a_known_failure_is_not_reduced() -> None:
    """Its smallest case is asked once more, and shown with the reason."""
    asked = target()
    (finding,) = executed(RULE, asked, [LARGE] * 3, known(OLD))["findings"]
    assert (finding["known"], finding["id"], finding["count"]) == ("It is old.", SMALL.id, 3)
    assert [case.id for case in asked.ever] == [LARGE.id] * 3 + [SMALL.id]


def test_a_known_failure_is_shown_in_its_own_format() -> None:
    """An entry may stand for several formats, and has its case in one of them."""
    half = replace(LARGE, weights=weights_of(LARGE.weights.values, FORMATS["float16"]))
    (finding,) = executed(RULE, target(), [half], known(OLD))["findings"]
    assert (finding["format"], finding["case"]["weights"]["format"], finding["known"]) == (
        "float16",
        "float16",
        "It is old.",
    )


def test_a_known_failure_that_its_case_does_not_show_is_reduced() -> None:
    """It is still known, and shown by a case that fails."""

    def only_plain(trace: Trace, case: Case) -> Verdict:
        return Verdict("float32") if case.parameters["rate"] == 1.0 else fails(trace, case)

    (finding,) = executed(replace(RULE, check=only_plain), target(), [LARGE], known(OLD))["findings"]
    assert finding["known"] == "It is old." and from_json(finding["case"]).parameters["rate"] != 1.0


def test_known_failures_take_no_room_from_news() -> None:
    """Of news a few kinds are shown; of what is known, all."""
    failures = [Failure(FailureCode.RAISED, f"{n}") for n in range(MAX_FINDINGS[MUST] + 3)]

    def all_at_once(trace: Trace, case: Case) -> Verdict:
        return Verdict("float32", grades=Counter(DIVERGENT=1), violations=[violation(each) for each in failures])

    rule = replace(RULE, check=all_at_once)
    old, news = (executed(rule, target(), [LARGE], told) for told in (known(OLD), nothing_known))
    assert (len(old["findings"]), len(news["findings"])) == (len(failures), MAX_FINDINGS[MUST])
    assert not old["unsupported"]
    assert news["unsupported"][0]["reason"] == "3 further kinds of MUST problem are counted only"


def test_what_is_known_is_asked_of_every_case() -> None:
    """Of the same failure one case may be known and another news, and they are counted apart."""

    def known(rule: RuleDefinition, target: Target, case: Case, failure: Failure) -> Reason | None:
        return OLD if case is SMALL else None

    findings = Findings(RULE, target(), fails, known)
    for case in (LARGE, SMALL, LARGE):
        findings.add(case, Verdict(case.weights.format, violations=[violation(Failure(FailureCode.NAN))]))
    assert [(group.known, group.count) for group in findings.groups.values()] == [(None, 2), (OLD, 1)]


def test_a_failure_that_comes_and_goes_is_shown_as_it_was_seen() -> None:
    """The case is not reduced, and the sentence says that it was seen once."""
    seen = iter([True])

    def once(trace: Trace, case: Case) -> Verdict:
        return fails(trace, case) if next(seen, False) else Verdict("float32")

    (finding,) = executed(replace(RULE, check=once), target(), [LARGE])["findings"]
    assert finding["id"] == LARGE.id and "(seen once; the same call again did not show it)" in finding["sentence"]


def test_calls_are_timed() -> None:
    """The time of the calls of every case is added up, that of the reduction is not."""
    assert executed(RULE, target(), [LARGE] * 3)["calls"] == {"seconds": 0.75, "compiling": 0.375}


def test_calls_on_unspecified_input_are_timed() -> None:
    """They count like any other."""
    event = characterized(target(), "one", "two")
    assert event["calls"] == {"seconds": 0.5, "compiling": 0.25} and event["cases"] == 2
    assert [(each["probe"], each["character"]) for each in event["observations"]] == [
        ("one", "Returned"),
        ("two", "Returned"),
    ]


def test_differences_are_added_up_by_format() -> None:
    """Elements and those that differ are counted, and the largest distance is kept, infinite or not."""
    event = of_verdicts(
        Verdict("float32", difference=Difference(6, 2, 3.0)),
        Verdict("float32", difference=Difference(4, 1, 1.5)),
        Verdict("float64", difference=Difference(5, 0, np.inf)),
    )
    assert event["differences"] == {
        "float32": {"elements": 10, "differ": 3, "ulps": 3.0},
        "float64": {"elements": 5, "differ": 0, "ulps": "inf"},
    }


def test_unspecified_input_that_is_unsupported_is_no_behaviour() -> None:
    """It is listed with its reason, and nothing is observed."""
    event = characterized(Fake(lambda case: Unsupported("no such format"), STACK), "integers")
    assert event["observations"] == [] and event["grade"] == "UNSUPPORTED"
    assert event["unsupported"] == [{"what": "integers", "reason": "no such format", "cases": 1}]


@pytest.mark.parametrize(
    ("outcome", "observed"),
    [
        (Returned((weights_of([0.5, 1.0], F32),)), "[0.5, 1]"),
        (Raised("ValueError", "no"), "ValueError: no"),
        (Crashed("Aborted"), "Aborted"),
    ],
)
def test_what_unspecified_input_gave_is_shown(outcome: Outcome, observed: str) -> None:
    """The numbers, or the exception, or the last words."""
    event = characterized(Fake(lambda case: outcome, STACK), "probe")
    assert event["observations"][0]["observed"] == observed


def test_nothing_compared_is_said() -> None:
    """A rule that met no group to which it applies has not been kept, and says so."""
    event = of_verdicts(Verdict("float32"))
    assert event["grade"] == "UNSUPPORTED" and event["unsupported"][0]["what"] == "every case"


@pytest.mark.parametrize(("chapter", "shown"), [("values", 1), ("conduct", 0)])
def test_what_range_does_is_shown_by_the_rules_on_values(chapter: str, shown: int) -> None:
    """Elsewhere it is counted only."""

    def leaves_the_range(trace: Trace, case: Case) -> Verdict:
        zero = violation(Failure(FailureCode.RANGE_ALL_ZERO), "RANGE", RECORD)
        return Verdict("float32", grades=Counter(RANGE=1), violations=[zero])

    event = executed(replace(RULE, chapter=chapter, check=leaves_the_range), target(), [LARGE])
    assert len(event["findings"]) == shown and event["grades"] == {"RANGE": 1}


def test_cells_keep_contracts_and_formats_apart() -> None:
    """Grades, the worst distance, and how many groups are off by how much; what was refused makes no cell."""

    def seen() -> Verdict:
        return Verdict("float32", 8, 32, Counter(EXACT=2), worst_ulps=1.5, errors=Counter({0.5: 1, 2.0: 1}))

    event = of_verdicts(
        seen(),
        seen(),
        Verdict("float32", grades=Counter(RANGE=1), errors=Counter({np.inf: 1})),
        Verdict("float16", unsupported="it has no such format"),
        cases=[LARGE, LARGE, replace(LARGE, contract="max_norm"), LARGE],
    )
    assert event["cells"] == [
        {
            "contract": "min_max_norm",
            "format": "float32",
            "grades": {"EXACT": 4},
            "worst_ulps": 1.5,
            "errors": [[0.5, 2], [2.0, 2]],
        },
        {
            "contract": "max_norm",
            "format": "float32",
            "grades": {"RANGE": 1},
            "worst_ulps": None,
            "errors": [["inf", 1]],
        },
    ]


TWICE = CaseSpec(contracts=CONTRACTS, calls=(2,), regimes=EVERYDAY, epsilons=(1e-3,))
DRAWN = replace(LARGE, calls=2, parameters={**DEFAULTS, "epsilon": 1e-3}, weights=weights_of([[3.0], [4.0]], F32))


@pytest.mark.parametrize(
    ("reduced", "kept"),
    [
        (replace(DRAWN, weights=weights_of([3.0], F32)), True),
        (replace(DRAWN, calls=1), False),
        (replace(DRAWN, parameters=DEFAULTS), False),
        (replace(DRAWN, weights=weights_of([0.0], F32)), False),
    ],
    ids=["fewer weights", "fewer calls", "another epsilon", "a group of zeros"],
)
def test_a_reduced_case_keeps_what_the_rule_is_about(reduced: Case, kept: bool) -> None:
    """Or it would show something else than the rule says."""
    assert TWICE.admits(reduced, DRAWN) == kept


def test_reducing_stops_where_the_rule_ends() -> None:
    """A rule about two calls is shown with two, though one fails alike."""
    rule = replace(RULE, cases=replace(RULE.cases, calls=(2,)))
    (found,) = executed(rule, target(), [replace(LARGE, calls=2)])["findings"]
    assert found["case"]["calls"] == 2


MANY = replace(RULE, cases=replace(RULE.cases, calls=(2000,)))


def test_what_many_calls_show_is_reduced_by_single_ones() -> None:
    """And shown with as many calls as its rule speaks of."""
    asked = target()
    (found,) = executed(MANY, asked, [replace(LARGE, calls=2000)])["findings"]
    assert (found["case"]["calls"], from_json(found["case"]).weights.size) == (2000, 1)
    assert Counter(case.calls for case in asked.ever)[2000] == 2


def test_what_only_many_calls_show_is_reduced_by_them() -> None:
    """Each candidate is called as often as the rule says."""
    late = replace(MANY, check=lambda trace, case: fails(trace, case) if case.calls > 1 else Verdict("float32"))
    asked = target()
    (found,) = executed(late, asked, [replace(LARGE, calls=2000)])["findings"]
    assert (found["case"]["calls"], from_json(found["case"]).weights.size) == (2000, 1)
    assert {case.calls for case in asked.ever} == {2000}


def is_ordinary(case: Case) -> bool:
    """Whether all weights are a few times the bound."""
    return bool(np.all(np.abs(case.weights.values) <= 4 * DEFAULTS["max_value"]))


def test_what_extreme_weights_turn_to_nan_is_shown_with_ordinary_ones_first() -> None:
    """Their numbers show the mistake; a NaN that a number far away causes shows little."""

    def check(trace: Trace, case: Case) -> Verdict:
        verdict = fails(trace, case)
        failure = Failure(FailureCode.WRONG_VALUES) if is_ordinary(case) else NAN
        return replace(verdict, violations=[violation(failure)])

    first, second = executed(replace(RULE, check=check), target(), [LARGE])["findings"]
    assert (first["failure"], second["failure"]) == ("wrong_values", "nan")
    assert is_ordinary(from_json(first["case"]))


def test_what_only_extreme_weights_show_is_shown_with_those() -> None:
    """What ordinary ones do not show is not said of them."""

    def check(trace: Trace, case: Case) -> Verdict:
        return Verdict("float32") if is_ordinary(case) else fails(trace, case)

    (finding,) = executed(replace(RULE, check=check), target(), [LARGE])["findings"]
    assert finding["failure"] == "nan" and not is_ordinary(from_json(finding["case"]))


@pytest.mark.parametrize(("outside", "shown"), [(1e9, 2.0), (2.0, 1.0)])
def test_a_larger_error_is_shown_where_larger_weights_make_one(outside: float, shown: float) -> None:
    """Of weights inside the bound only an epsilon tells right from wrong, and nobody sees it."""

    def check(trace: Trace, case: Case) -> Verdict:
        trace.call(case)
        largest = float(np.max(np.abs(case.weights.values), initial=0.0))
        wrong = replace(violation(Failure(FailureCode.WRONG_VALUES)), ulps=outside if largest > 1 else 1.0)
        return Verdict("float32", 8, 32, Counter(DIVERGENT=1), violations=[wrong])

    (finding,) = executed(replace(RULE, check=check), target(), [LARGE])["findings"]
    assert from_json(finding["case"]).weights.values.max() == shown
