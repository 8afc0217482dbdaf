"""A failure is known by its code; what was known by a sentence before is read as the same."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from conformance.judging.describe import OUT_OF_RANGE, OUTSIDE, SENTENCES, sentence
from reports.record.failure import Failure, FailureCode, parse_failure, same_failure

PUBLISHED = Path(__file__).parents[3] / "reports" / "published" / "report.json"
# their words say more than the failure: what was returned, raised or heard, or the two contracts' names
ELSEWHERE = {
    FailureCode.FORMAT,
    FailureCode.RAISED,
    FailureCode.NOT_AN_ARRAY,
    FailureCode.CRASHED,
    FailureCode.TIMED_OUT,
    FailureCode.NAN_WEIGHT,
    FailureCode.INFINITE_WEIGHT,
    FailureCode.ZERO_WEIGHTS,
    FailureCode.WORSE_THAN_PAIRWISE,
}


@pytest.mark.parametrize("code", FailureCode)
def test_a_failure_is_read_as_it_was_written(code: FailureCode) -> None:
    """With a detail and without one."""
    for failure in (Failure(code), Failure(code, "of: some kind")):
        assert parse_failure(str(failure)) == failure


@pytest.mark.parametrize("code", FailureCode)
def test_every_failure_has_words(code: FailureCode) -> None:
    """Each code once: in the table of sentences, among what a group became, or where its words are made."""
    places = [SENTENCES, OUTSIDE.values(), OUT_OF_RANGE.values(), ELSEWHERE]
    assert sum(code in place for place in places) == 1


def test_a_detail_stands_in_the_sentence() -> None:
    """Where the words have a place for it."""
    failure = Failure(FailureCode.LEAKS_INTO_OTHER_GROUPS, "nan")
    assert sentence(failure) == "a weight that is nan in one group changes another group"


@pytest.mark.parametrize(
    ("before", "today"),
    [
        ("DIVERGENT other values", "wrong_values"),
        ("DIVERGENT NaN", "nan"),
        ("DIVERGENT worse than pairwise any order", "worse_than_pairwise"),
        ("RANGE all zero", "range_all_zero"),
        ("RANGE all zero every operation in float16", "range_all_zero: every operation in float16"),
        ("RANGE NaN weight other values", "nan_weight: other values"),
        ("DIVERGENT a weight that is inf in one group changes another group", "leaks_into_other_groups: inf"),
        (
            "DIVERGENT max_norm differs from min_max_norm by more than their roundings",
            "contracts_differ: max_norm differs from min_max_norm",
        ),
        ("float64 becomes float32", "format: float64 becomes float32"),
        ("input changed", "input_changed"),
        ("shape", "shape"),
        ("error TypeError", "raised: TypeError"),
        ("malformed returned NoneType, not an array", "not_an_array: returned NoneType, not an array"),
        ("crash Fatal Python error: Aborted", "crashed: Fatal Python error: Aborted"),
        ("timeout no answer within 1 s", "timed_out: no answer within 1 s"),
    ],
)
def test_a_failure_from_before_is_read(before: str, today: str) -> None:
    """A sentence of an old record or known divergence names a failure of today."""
    assert same_failure(before) == today


def test_every_failure_of_the_published_report_is_read() -> None:
    """Its records are from before there were codes."""
    runs = json.loads(PUBLISHED.read_text("utf-8"))["runs"]
    written = {finding["failure"] for run in runs for result in run["results"] for finding in result["findings"]}
    assert written and all(parse_failure(text) for text in written)


def test_other_text_is_no_failure() -> None:
    """It stays as it is."""
    assert parse_failure("it looks odd") is None and same_failure("it looks odd") == "it looks odd"
