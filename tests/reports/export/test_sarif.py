"""SARIF of a gate: valid, on the line of the subject, and stable from one run to the next."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
from jsonschema_rs import Draft202012Validator

from reports.export.sarif import sarif
from reports.gating.subject import subjects
from reports.record.events import Event
from tests.reports.markdown.test_page import HOSTILE, hostile
from tests.support.builder import REASON, finding, footer, header, known, report, result, stack, whole

FORMAT = Draft202012Validator(json.loads(Path(__file__).with_name("sarif.schema.json").read_text("utf-8")))
MINE = stack("mine.py:max_norm", declared={"file": "src/my norms.py", "line": 12})


def run(*found: object, also: tuple[Any, ...] = (), rule: str = "max_norm_value", **changes: Any) -> list[Event]:
    """A gate of one subject, with the findings of a rule."""
    grade = {"grade": "DIVERGENT", **changes}
    return whole([MINE], [result(rule, MINE.name, findings=list(found), **grade)], also)


def log(folder: Path, events: list[Event], fails: tuple[str, ...] = ("MUST",)) -> dict[str, Any]:
    """The only run of the log."""
    told = report(folder, events)
    document = json.loads(sarif(told, subjects(told, fails), fails))
    FORMAT.validate(document)
    return dict(document["runs"][0])


def results(folder: Path, *found: object, fails: tuple[str, ...] = ("MUST",), **changes: Any) -> list[dict[str, Any]]:
    """What the log says of a subject with these findings."""
    return list(log(folder, run(*found, **changes), fails)["results"])


def test_a_divergence_stands_on_the_line_of_its_subject(tmp_path: Path) -> None:
    """The file is an address relative to the checkout."""
    (one,) = results(tmp_path, finding())
    place = one["locations"][0]["physicalLocation"]
    assert place == {"artifactLocation": {"uri": "src/my%20norms.py"}, "region": {"startLine": 12}}


def test_a_divergence_says_what_happened(tmp_path: Path) -> None:
    """Case, values and distance are properties too."""
    (one,) = results(tmp_path, finding())
    assert one["message"]["text"].startswith(f"{finding().sentence}: max_norm(max_value=3.0, axis=0) on [4.0")
    said = {name: one["properties"][name] for name in ("case", "ulps", "observed", "accepted")}
    assert said == {"case": "f1d0", "ulps": 4194304.0, **{k: getattr(finding(), k) for k in ("observed", "accepted")}}


def test_every_rule_is_described(tmp_path: Path) -> None:
    """With the level at which it is reported."""
    rules = {rule["id"]: rule for rule in log(tmp_path, run())["tool"]["driver"]["rules"]}
    assert {name: rule["defaultConfiguration"]["level"] for name, rule in rules.items()} == {
        "max_norm_value": "error",
        "groups_are_independent": "error",
        "unchanged_inside_the_bound": "warning",
        "min_above_max": "note",
    }
    assert "https://keras.io/api" in rules["max_norm_value"]["help"]["text"]


LEVELS = [("MUST", ("MUST",), "error"), ("SHOULD", ("MUST",), "warning"), ("SHOULD", ("MUST", "SHOULD"), "error")]


@pytest.mark.parametrize(("stated", "fails", "level"), [*LEVELS, ("RECORD", ("MUST",), "note")])
def test_what_fails_the_gate_is_an_error(tmp_path: Path, stated: str, fails: tuple[str, ...], level: str) -> None:
    """What does not is a warning or a note."""
    assert [one["level"] for one in results(tmp_path, finding(level=stated), fails=fails)] == [level]


def test_what_is_known_is_suppressed(tmp_path: Path) -> None:
    """With its reason; and what is not says that it is not."""
    known, new = results(tmp_path, finding(known=REASON), finding(format="float16"))
    assert known["suppressions"] == [{"kind": "external", "status": "accepted", "justification": REASON}]
    assert new["suppressions"] == []


def test_a_fingerprint_names_the_failure_and_not_the_case(tmp_path: Path) -> None:
    """So that the same failure is not taken for another when its smallest case changes."""
    prints = [
        tuple(results(tmp_path, finding(**changes))[0]["partialFingerprints"].values())
        for changes in ({}, {"id": "abcd", "ulps": 1.0, "observed": "[5.0]"}, {"failure": "raises ValueError"})
    ]
    assert prints[0] == prints[1] != prints[2]


def test_a_stale_divergence_is_an_error(tmp_path: Path) -> None:
    """For it fails the gate."""
    (one,) = results(tmp_path, also=(known("stale", stack=MINE.name),), grade="EXACT")
    assert one["level"] == "error" and "no longer shows" in one["message"]["text"]


def test_a_broken_rule_without_a_case_is_an_error(tmp_path: Path) -> None:
    """The grade alone is enough."""
    (one,) = results(tmp_path, grade="CRASH")
    assert one["level"] == "error" and one["message"]["text"].startswith("max_norm_value is broken")


def test_what_left_the_range_of_its_format_is_no_result(tmp_path: Path) -> None:
    """It breaks no rule."""
    assert results(tmp_path, finding(grade="RANGE"), grade="RANGE") == []


@pytest.mark.parametrize("complete", [True, False])
def test_a_gate_that_did_not_finish_was_not_successful(tmp_path: Path, complete: bool) -> None:
    """Nothing found is then no praise."""
    events = [*run()[:-1], footer(4, complete=complete)]
    assert log(tmp_path, events)["invocations"] == [{"executionSuccessful": complete}]


def test_hostile_text_is_only_text(tmp_path: Path) -> None:
    """No control character, no placeholder and no link is in a message, and it is not too long."""
    (one, *_) = log(tmp_path, hostile(run(finding(sentence="{0} [words](target) {"), finding(format="float16"))))[
        "results"
    ]
    text = one["message"]["text"]
    assert text.startswith("{{0}} [words] (target) {{" + HOSTILE[:4]) and "\x1b" not in text and "](" not in text


def test_a_huge_message_is_cut(tmp_path: Path) -> None:
    """As code scanning would refuse it."""
    huge = finding(sentence="x" * 10_000_000, observed="y" * 10_000_000)
    assert len(json.dumps(results(tmp_path, huge))) < 10_000


def test_a_subject_without_a_file_has_no_place(tmp_path: Path) -> None:
    """It may have been made where no source is."""
    bare = stack("made", declared={"file": "", "line": 1})
    broken = result("max_norm_value", "made", grade="DIVERGENT", findings=[finding()])
    assert "locations" not in log(tmp_path, [header([bare]), broken, footer(1)])["results"][0]


@pytest.mark.parametrize(("distance", "written"), [(math.nan, "nan"), (math.inf, "inf"), (1.5, 1.5), (None, None)])
def test_a_distance_that_is_no_number_is_written_as_in_a_record(
    tmp_path: Path, distance: float | None, written: object
) -> None:
    """JSON has no word for it, and a result that is NaN is no number of ulps from the right one."""
    (result,) = results(tmp_path, finding(ulps=distance))
    assert result["properties"]["ulps"] == written
