"""JUnit XML of any report: valid for those who read it, and green only where the report is."""

from __future__ import annotations

from pathlib import Path
from xml.etree.ElementTree import Element, fromstring

import pytest
import xmlschema

from reports.export.junit import junit
from reports.record.events import Event
from tests.reports.markdown.test_page import hostile
from tests.support.builder import (
    REASON,
    absent,
    finding,
    footer,
    header,
    known,
    realistic,
    report,
    result,
    stack,
    varied,
    whole,
)

FORMAT = xmlschema.XMLSchema(Path(__file__).with_name("junit.xsd"))
TORCH = stack("torch")
GOOD = whole([TORCH])


def case(folder: Path, events: list[Event], fails: tuple[str, ...] = ("MUST",)) -> Element:
    """The first test case, which is that of max_norm_value on torch."""
    return fromstring(junit(report(folder, events), fails))[0][0]


def broken(**changes: object) -> list[Event]:
    """A run in which torch breaks a MUST rule."""
    return whole([TORCH], [result("max_norm_value", "torch", grade="DIVERGENT", findings=[finding(**changes)])])


RUNS: dict[str, list[Event]] = {
    "good": GOOD,
    "broken": broken(),
    "known": broken(known=REASON),
    "stale": whole([TORCH], also=[known("stale")]),
    "stale elsewhere": whole([TORCH], also=[known("stale", mode="compile")]),
    "stale where it does not apply": [
        header([stack("torch", unsuited=["max_norm_value"])]),
        *GOOD[2:-1],
        known("stale"),
        footer(3),
    ],
    "killed": GOOD[:-1],
    "not run": [*GOOD[:3], footer(2)],
    "stopped": [*GOOD[:-1], footer(4, complete=False, note="interrupted")],
    "suite failed": [*GOOD[:-1], footer(4, exit=3)],
    "nothing checked": [header([absent("torch")]), footer(0)],
    "without a finding": whole([TORCH], [result("max_norm_value", "torch", grade="CRASH")]),
    "should": whole([TORCH], [result("unchanged_inside_the_bound", "torch", grade="DIVERGENT")]),
    "realistic": realistic(),
    "varied": varied(),
}
HOSTILE = {f"hostile, {name}": hostile(events) for name, events in RUNS.items()}


@pytest.mark.parametrize("events", [*RUNS.values(), *HOSTILE.values()], ids=[*RUNS, *HOSTILE])
def test_it_is_what_jenkins_and_gitlab_read(tmp_path: Path, events: list[Event]) -> None:
    """By a schema of its own, whatever the record holds."""
    FORMAT.validate(junit(report(tmp_path, events)))


@pytest.mark.parametrize("events", RUNS.values(), ids=RUNS)
def test_it_is_green_only_where_the_report_passed(tmp_path: Path, events: list[Event]) -> None:
    """What did not run is an error, so that a run that was killed is not green either."""
    told = report(tmp_path, events)
    suites = fromstring(junit(told))
    assert told.passed == (suites.find(".//failure") is None and suites.find(".//error") is None)


@pytest.mark.parametrize("events", RUNS.values(), ids=RUNS)
def test_the_counts_are_those_of_the_cases(tmp_path: Path, events: list[Event]) -> None:
    """Of each suite."""
    for suite in fromstring(junit(report(tmp_path, events))):
        outcomes = {"tests": "testcase", "failures": "*/failure", "errors": "*/error", "skipped": "*/skipped"}
        assert {name: suite.attrib[name] for name in outcomes} == {
            name: str(len(suite.findall(path))) for name, path in outcomes.items()
        }


def test_a_case_names_rule_stack_mode_and_device(tmp_path: Path) -> None:
    """In its name and, but for the rule, in its class."""
    names = case(tmp_path, GOOD).attrib
    assert names["name"] == "max_norm_value [torch eager cpu]" and names["classname"] == "normconf.torch eager cpu"


def test_a_case_has_what_was_measured(tmp_path: Path) -> None:
    """Grade, level, groups, and the worst distance of each format."""
    properties = {one.attrib["name"]: one.attrib["value"] for one in case(tmp_path, GOOD).iter("property")}
    measured = {"worst ulps, float16": "1.2", "worst ulps, float32": "2.0"}
    assert properties == {"grade": "✔ BOUNDED", "level": "MUST", "groups": "500000", **measured}


def test_a_new_divergence_is_a_failure(tmp_path: Path) -> None:
    """With its case, its values and its program."""
    (failure,) = case(tmp_path, broken()).findall("failure")
    assert failure.attrib == {"message": finding().sentence, "type": "DIVERGENT"}
    assert "max_norm(max_value=3.0, axis=0)" in str(failure.text) and "import keras\nprint(" in str(failure.text)


def test_a_known_divergence_is_skipped_with_its_reason(tmp_path: Path) -> None:
    """It is no news, and no pass either."""
    (skipped,) = case(tmp_path, broken(known=REASON)).findall("skipped")
    assert skipped.attrib["message"] == f"known: {REASON}"


def test_what_cannot_be_asked_is_skipped_with_its_reason(tmp_path: Path) -> None:
    """And not taken for what holds."""
    unasked = whole([TORCH], [result("max_norm_value", "torch", grade="UNSUPPORTED", grades={})])
    assert case(tmp_path, unasked)[-1].attrib == {"message": "float64 is off by default", "type": "unsupported"}


def test_a_stale_divergence_is_a_failure(tmp_path: Path) -> None:
    """Of the rule that it was known from."""
    (failure,) = case(tmp_path, RUNS["stale"]).findall("failure")
    assert failure.attrib["type"] == "STALE" and REASON in str(failure.text)


@pytest.mark.parametrize(("fails", "failed"), [(("MUST",), False), (("MUST", "SHOULD"), True)])
def test_should_rules_fail_where_they_are_asked_to_hold(tmp_path: Path, fails: tuple[str, ...], failed: bool) -> None:
    """As for a gate."""
    assert (case(tmp_path, broken(level="SHOULD"), fails).find("failure") is not None) == failed


def test_a_huge_message_is_cut(tmp_path: Path) -> None:
    """A message of ten megabytes fills no log."""
    huge = broken(sentence="x" * 10_000_000, observed="y" * 10_000_000)
    assert len(junit(report(tmp_path, huge))) < 20_000
