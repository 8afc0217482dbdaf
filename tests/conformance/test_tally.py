"""A tally adds up what a rule saw, shows each kind of problem once, and says of known ones that they are known."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

from conformance.cases.case import Case, weights_of
from conformance.cases.codec import from_json
from conformance.judging.verdict import MUST, RECORD, Difference, Problem, Verdict
from conformance.rules.findings import Tally
from conformance.rules.rule import Rule
from conformance.stacks.outcome import Outcome
from conformance.stacks.target import MOST_KINDS, Subject
from reference.formats import FORMATS
from reports.record.file import complaint
from tests.conformance.conftest import Fake, stack_of

F32 = FORMATS["float32"]
DEFAULTS = {"min_value": 0.5, "max_value": 2.7, "rate": 0.37, "epsilon": 1e-7}
LARGE = Case("min_max_norm", DEFAULTS, 0, weights_of(np.arange(32.0).reshape(8, 4), F32), way="gradient")
SMALL = Case("min_max_norm", {**DEFAULTS, "rate": 1.0}, 0, weights_of([5.0], F32), way="gradient")
RULE = Rule("is_calm", "values", MUST, "It is calm.", "here", ("max_norm", "min_max_norm"))
STACK = stack_of(contracts=("max_norm", "min_max_norm"))


@dataclass(frozen=True)
class Reason:
    """Why a failure is no news, and its smallest case."""

    reason: str
    case: Case


def subject() -> Fake:
    """A subject that answers at once; each call took a quarter of a second, half of it for compiling."""
    result = weights_of([1.0], F32)
    return Fake(lambda case: Outcome("value", (result,), seconds=0.25, compiling=0.125), STACK)


def problem(kind: str = "DIVERGENT NaN", level: str = MUST) -> Problem:
    """A problem of one group."""
    return Problem(kind.split()[0], level, kind, f"it is {kind}", 1, 0)


def fails(subject: Subject, case: Case) -> Verdict:
    """Every case fails in one way."""
    subject.ask(case)
    return Verdict("float32", 8, 32, Counter(DIVERGENT=1), problems=[problem()])


def tallied(known: Reason | None, asked: Fake, body: Any = fails, times: int = 1) -> dict[str, Any]:
    """The event of a rule that saw the large case fail."""
    tally = Tally(RULE, asked, body, lambda rule, subject, contract, format, failure: known)
    for _ in range(times):
        asked.begin()
        tally.add(LARGE, body(asked, LARGE))
    event = tally.event(1.0)
    assert complaint(event) is None
    return event


def test_news_is_reduced() -> None:
    """To one weight, with the contract and the way of the case in which it was seen."""
    asked = subject()
    (finding,) = tallied(None, asked)["findings"]
    case = from_json(finding["case"])
    assert (case.contract, case.way, case.weights.size, finding["known"]) == ("min_max_norm", "gradient", 1, None)
    assert {(each.contract, each.way) for each in asked.ever} == {("min_max_norm", "gradient")}


def test_a_known_failure_is_not_reduced() -> None:
    """Its smallest case is asked once more, and shown with the reason."""
    asked = subject()
    (finding,) = tallied(Reason("It is old.", SMALL), asked, times=3)["findings"]
    assert (finding["known"], finding["id"], finding["count"]) == ("It is old.", SMALL.id, 3)
    assert [case.id for case in asked.ever] == [LARGE.id] * 3 + [SMALL.id]


def test_a_known_failure_is_shown_in_its_own_format() -> None:
    """An entry may stand for several formats, and has its case in one of them."""
    half = replace(LARGE, weights=weights_of(LARGE.weights.values, FORMATS["float16"]))
    tally = Tally(RULE, subject(), fails, lambda *key: Reason("It is old.", SMALL))
    tally.add(half, fails(tally.subject, half))
    (finding,) = tally.event(1.0)["findings"]
    assert (finding["format"], finding["case"]["weights"]["format"], finding["known"]) == (
        "float16",
        "float16",
        "It is old.",
    )


def test_a_known_failure_that_its_case_does_not_show_is_reduced() -> None:
    """It is still known, and shown by a case that fails."""

    def only_plain(subject: Subject, case: Case) -> Verdict:
        return Verdict("float32") if case.parameters["rate"] == 1.0 else fails(subject, case)

    (finding,) = tallied(Reason("It is old.", SMALL), subject(), only_plain)["findings"]
    assert finding["known"] == "It is old." and from_json(finding["case"]).parameters["rate"] != 1.0


def test_known_failures_take_no_room_from_news() -> None:
    """Of news a few kinds are shown; of what is known, all."""
    kinds = [f"DIVERGENT {n}" for n in range(MOST_KINDS[MUST] + 3)]

    def all_at_once(subject: Subject, case: Case) -> Verdict:
        return Verdict("float32", grades=Counter(DIVERGENT=1), problems=[problem(kind) for kind in kinds])

    known, news = (tallied(r, subject(), all_at_once) for r in (Reason("It is old.", SMALL), None))
    assert (len(known["findings"]), len(news["findings"])) == (len(kinds), MOST_KINDS[MUST])
    assert not known["unsupported"]
    assert news["unsupported"][0]["reason"] == "3 further kinds of MUST problem are counted only"


def test_what_is_known_is_asked_by_contract_format_and_failure() -> None:
    """Each once, however often it is seen."""
    asked: list[tuple[str, ...]] = []
    tally = Tally(RULE, subject(), fails, lambda rule, subject, *key: asked.append((rule.id, *key)))
    other = replace(LARGE, contract="max_norm", weights=weights_of([1.0], FORMATS["float16"]))
    for case in (LARGE, other, LARGE):
        tally.add(case, Verdict(case.weights.format, problems=[problem("DIVERGENT  NaN ")]))
    assert asked == [
        ("is_calm", "min_max_norm", "float32", "DIVERGENT NaN"),
        ("is_calm", "max_norm", "float16", "DIVERGENT NaN"),
    ]


def test_a_failure_that_comes_and_goes_is_shown_as_it_was_seen() -> None:
    """The case is not reduced, and the sentence says that it was seen once."""
    seen = iter([True])

    def once(subject: Subject, case: Case) -> Verdict:
        return fails(subject, case) if next(seen, False) else Verdict("float32")

    (finding,) = tallied(None, subject(), once)["findings"]
    assert finding["id"] == LARGE.id and "(seen once; the same call again did not show it)" in finding["sentence"]


def test_calls_are_timed() -> None:
    """The time of the calls of every case is added up, that of the reduction is not."""
    assert tallied(None, subject(), times=3)["calls"] == {"seconds": 0.75, "compiling": 0.375}


def test_calls_of_probes_are_timed() -> None:
    """They count like any other."""
    tally = Tally(replace(RULE, level=RECORD), subject(), None)
    for name in ("one", "two"):
        tally.observe(name, SMALL, lambda subject, case: subject.ask(case).kind)
    event = tally.event(1.0)
    assert event["calls"] == {"seconds": 0.5, "compiling": 0.25} and event["cases"] == 2
    assert [(each["probe"], each["character"]) for each in event["observations"]] == [
        ("one", "value"),
        ("two", "value"),
    ]


def test_differences_are_added_up_by_format() -> None:
    """Elements and those that differ are counted, and the largest distance is kept, infinite or not."""
    tally = Tally(RULE, subject(), fails)
    for name, *counted in (("float32", 6, 2, 3.0), ("float32", 4, 1, 1.5), ("float64", 5, 0, np.inf)):
        tally.add(LARGE, Verdict(str(name), difference=Difference(*counted)))  # type: ignore[arg-type]  # three numbers
    assert tally.event(1.0)["differences"] == {
        "float32": {"elements": 10, "differ": 3, "ulps": 3.0},
        "float64": {"elements": 5, "differ": 0, "ulps": "inf"},
    }


def test_a_probe_that_is_unsupported_is_no_behaviour() -> None:
    """It is listed with its reason, and nothing is observed."""
    asked = Fake(lambda case: Outcome("unsupported", said="no such format"), STACK)
    tally = Tally(replace(RULE, level=RECORD), asked, None)
    tally.observe("integers", SMALL, lambda subject, case: subject.ask(case).kind)
    event = tally.event(1.0)
    assert event["observations"] == [] and event["grade"] == "UNSUPPORTED" and complaint(event) is None
    assert event["unsupported"] == [{"what": "integers", "reason": "no such format", "cases": 1}]


@pytest.mark.parametrize(
    ("outcome", "observed"),
    [
        (Outcome("value", (weights_of([0.5, 1.0], F32),)), "[0.5, 1]"),
        (Outcome("error", said="ValueError", message="no"), "ValueError: no"),
        (Outcome("crash", said="Aborted"), "Aborted"),
    ],
)
def test_what_a_probe_gave_is_shown(outcome: Outcome, observed: str) -> None:
    """The numbers, or the exception, or the last words."""
    tally = Tally(replace(RULE, level=RECORD), Fake(lambda case: outcome, STACK), None)
    tally.observe("probe", SMALL, lambda subject, case: subject.ask(case).kind)
    assert tally.event(1.0)["observations"][0]["observed"] == observed


def test_nothing_compared_is_said() -> None:
    """A rule that met no group to which it applies has not been kept, and says so."""
    tally = Tally(RULE, subject(), fails)
    tally.add(LARGE, Verdict("float32"))
    event = tally.event(1.0)
    assert event["grade"] == "UNSUPPORTED" and event["unsupported"][0]["what"] == "every case"


@pytest.mark.parametrize(("chapter", "shown"), [("values", 1), ("conduct", 0)])
def test_what_range_does_is_shown_by_the_rules_on_values(chapter: str, shown: int) -> None:
    """Elsewhere it is counted only."""
    tally = Tally(replace(RULE, chapter=chapter), subject(), fails)
    tally.add(LARGE, Verdict("float32", grades=Counter(RANGE=1), problems=[problem("RANGE zero", RECORD)]))
    assert len(tally.kinds) == shown and tally.grades == {"RANGE": 1}


def test_cells_keep_contracts_and_formats_apart() -> None:
    """Grades, the worst distance, and how many groups are off by how much; what was refused makes no cell."""
    tally = Tally(RULE, subject(), None)
    seen = Verdict("float32", 8, 32, Counter(EXACT=2), worst_ulps=1.5, errors=Counter({0.5: 1, 2.0: 1}))
    tally.add(LARGE, seen)
    tally.add(LARGE, seen)
    tally.add(
        replace(LARGE, contract="max_norm"), Verdict("float32", grades=Counter(RANGE=1), errors=Counter({np.inf: 1}))
    )
    tally.add(LARGE, Verdict("float16", unsupported="it has no such format"))
    event = tally.event(1.0)
    assert complaint(event) is None
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
