"""What is written is valid, and what is read is checked."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from reports.record.case import Case, Weights
from reports.record.claims import ClaimResult, ClaimStatement, Series, Trial
from reports.record.codec import constants, is_optional, key_of, to_json
from reports.record.events import EVENTS, Event
from reports.record.file import SCHEMA, RecordError, Writer, complaint, read
from reports.record.grades import Grade, Level
from reports.record.header import Device, Footer, Header, Host, RuleStatement, StackDescription
from reports.record.measurements import Agreement, Cell, Curve, Equivalence
from reports.record.model import (
    CallTimes,
    Difference,
    Finding,
    Hint,
    Observation,
    Program,
    Recheck,
    Result,
    Unsupported,
)
from tests.support.builder import (
    RULES,
    build,
    equivalence,
    finding,
    footer,
    header,
    known,
    observation,
    realistic,
    result,
    stack,
    varied,
    whole,
    write,
)

GOOD = whole([stack("torch")])


def lines(path: Path, *texts: str, end: str = "\n") -> Path:
    path.write_text("\n".join(texts) + end, "utf-8")
    return path


def test_a_record_comes_back_as_it_was_written(tmp_path: Path) -> None:
    """Reading gives every event that was written, in order."""
    record = read(write(tmp_path / "run.jsonl", GOOD))
    assert [record.header, *record.results, record.footer] == GOOD
    assert record.complete


SHAPES: dict[str, type] = {
    "header": Header,
    "result": Result,
    "known": Recheck,
    "hint": Hint,
    "claim": ClaimResult,
    "footer": Footer,
    "finding": Finding,
    "observation": Observation,
    "case": Case,
    "weights": Weights,
    "snippet": Program,
    "stack": StackDescription,
    "device": Device,
    "host": Host,
    "rule": RuleStatement,
    "statement": ClaimStatement,
    "trial": Trial,
    "series": Series,
    "unsupported": Unsupported,
    "calls": CallTimes,
    "difference": Difference,
    "agreement": Agreement,
    "equivalence": Equivalence,
    "cell": Cell,
    "curve": Curve,
}


@pytest.mark.parametrize(("name", "kind"), SHAPES.items())
def test_the_types_and_the_schema_name_the_same_properties(name: str, kind: type) -> None:
    """A property that is in one and not in the other is an error of ours."""
    stated, optional = SCHEMA["$defs"][name], {key_of(field) for field in fields(kind) if is_optional(field)}
    assert {*constants(kind), *map(key_of, fields(kind))} == set(stated["properties"])
    assert set(stated["properties"]) - optional == set(stated["required"])


def test_the_types_and_the_schema_name_the_same_grades_and_levels() -> None:
    """And the same kinds of event."""
    assert SCHEMA["$defs"]["level"]["enum"] == list(Level) and set(SCHEMA["$defs"]["grade"]["enum"]) == set(Grade)
    assert [one["$ref"] for one in SCHEMA["oneOf"]] == [f"#/$defs/{kind}" for kind in EVENTS]


def test_only_exceptions_may_be_left_out() -> None:
    """What is not said must not look like what was not asked."""
    optional = [
        (name, one)
        for name, shape in SCHEMA["$defs"].items()
        for one in shape.get("properties", {})
        if one not in shape["required"]
    ]
    # records from before there were any are still read; absent where it is not so
    rounds = [("result", "carried"), ("result", "depth")]
    older = [("result", one) for one in ("curves", "cells", "drawn", "sweeps", "unfinished")] + rounds
    histories = [("finding", "before")]  # absent where one case shows it
    claims = [("header", "claims"), ("claim", "carried"), ("footer", "claims")]  # a run of rules tries none
    stacks = [("stack", "costly"), ("stack", "unsuited"), ("stack", "declared"), ("stack", "uses")]
    devices = [("rule", "devices"), ("device", "details")]  # absent where all kinds are meant, and on a CPU
    promises = [("header", "not_promised"), ("header", "plan"), ("header", "code")]  # not in older ones
    versions = [("statement", "checked_with"), ("statement", "since")]  # older records have the second alone
    begin = [("case", "way"), *histories, *devices, *stacks, claims[0]]
    assert optional == [*begin, *promises, *older, *versions, *claims[1:]]


def changed(event: Event, **changes: object) -> object:
    """The event as JSON data in which something is wrong."""
    return {**to_json(event), **changes}


def of_max_norm(**changes: object) -> object:
    """A result as JSON data in which something is wrong."""
    return changed(result("max_norm_value", "torch"), **changes)


FOUND = to_json(finding())
BROKEN: dict[str, tuple[object, str]] = {
    "no object": ([], "JSON object"),
    "unknown kind": ({"kind": "event"}, "kind"),
    "missing property": ({k: v for k, v in to_json(footer(0)).items() if k != "seconds"}, '"seconds"'),
    "unknown property": (changed(footer(0), extra=1), "'extra'"),
    "negative count": (of_max_norm(cases=-1), "cases"),
    "unknown grade": (of_max_norm(grade="GOOD"), "grade"),
    "a grade that is no more": (of_max_norm(grade="ACCEPTED"), '"ACCEPTED" is not one of "EXACT", "BOUNDED", "'),
    "unknown counted grade": (of_max_norm(grades={"GOOD": 1}), "grades"),
    "passing finding": (of_max_norm(findings=[{**FOUND, "grade": "EXACT"}]), "findings[0].grade"),
    "text as axis": (
        of_max_norm(observations=[{**to_json(observation("x")), "case": {**FOUND["case"], "axis": "0"}}]),
        "observations[0].case.axis",
    ),
    "decimal parameter": (
        of_max_norm(findings=[{**FOUND, "case": {**FOUND["case"], "parameters": {"m": "3"}}}]),
        "findings[0].case.parameters.m",
    ),
    "unavailable without reason": (to_json(header([stack("torch", available=False)])), "stacks[0].reason"),
    "available without device": (to_json(header([stack("torch", device=None)])), "stacks[0].device"),
    "known in no state": (to_json(known("fixed")), "state"),
    "a rule for some modes": (changed(header([]), rules=[{**to_json(RULES[0]), "modes": "some"}]), "rules[0].modes"),
    "unknown relation": (of_max_norm(equivalences=[to_json(equivalence(0, "nearly"))]), "equivalences[0].relation"),
    "a share of elements": (
        of_max_norm(differences={"float32": {"elements": 1, "differ": 0.5, "ulps": 0}}),
        "differences.float32.differ",
    ),
    "wrong schema": (changed(header([]), schema=2), "schema"),
    "bad exit": (changed(footer(0), exit=2), "exit"),
    "bad time": (changed(footer(0), finished="yesterday"), "finished"),
    "bad ulps": (of_max_norm(worst_ulps={"float32": "many"}), "worst_ulps.float32"),
}


@pytest.mark.parametrize(("event", "named"), BROKEN.values(), ids=BROKEN)
def test_a_broken_event_is_refused_by_name(event: object, named: str) -> None:
    """The complaint names the property, on one line."""
    said = complaint(event)
    assert said is not None and named in said and "\n" not in said


@pytest.mark.parametrize("events", [GOOD, realistic(), varied()], ids=["good", "realistic", "varied"])
def test_good_events_are_accepted(events: list[Event]) -> None:
    """Nothing is wrong with what a run writes."""
    assert [complaint(to_json(event)) for event in events] == [None] * len(events)


@pytest.mark.parametrize(
    "axis",
    [None, 0, -1, [0, 1], {"tuple": [0]}, {"float": 1.5}, {"float": "nan"}, {"bool": True}, {"numpy": 1}],
    ids=str,
)
def test_every_form_of_axis_can_be_recorded(axis: object) -> None:
    """Also those that no contract allows."""
    case = {**FOUND["case"], "axis": axis}
    assert to_json(build(Case, case)) == case and complaint(of_max_norm(findings=[{**FOUND, "case": case}])) is None


@pytest.mark.parametrize("value", ["0x1.0000000000000p+0", None, {"text": "three"}], ids=str)
def test_every_form_of_parameter_can_be_recorded(value: object) -> None:
    """A number, None and text."""
    case = {**FOUND["case"], "parameters": {"max_value": value}, "way": "gradient"}
    assert to_json(build(Case, case)) == case and complaint(of_max_norm(findings=[{**FOUND, "case": case}])) is None


def test_a_known_divergence_may_stand_anywhere(tmp_path: Path) -> None:
    """Between results or after them; the footer counts the results alone."""
    record = read(write(tmp_path / "run.jsonl", [GOOD[0], known(), *GOOD[1:-1], known("stale"), GOOD[-1]]))
    assert [one.state for one in record.rechecks] == ["known", "stale"] and len(record.results) == 4


def test_what_was_not_tried_need_not_be_in_the_header(tmp_path: Path) -> None:
    """A run of one stack may say that it left out what is known of another."""
    record = read(write(tmp_path / "run.jsonl", [*GOOD[:-1], known("not run", stack="jax"), GOOD[-1]]))
    assert len(record.rechecks) == 1


def test_a_broken_event_is_not_written(tmp_path: Path) -> None:
    """The file holds nothing of an event that the schema refuses."""
    with Writer(tmp_path / "run.jsonl") as writer, pytest.raises(RecordError, match="cases"):
        writer.write(GOOD[0])
        writer.write(result("max_norm_value", "torch", cases=-1))
    assert len((tmp_path / "run.jsonl").read_text().splitlines()) == 1


def test_each_line_is_on_disk_at_once(tmp_path: Path) -> None:
    """A run that is killed now leaves what it has written."""
    with Writer(tmp_path / "run.jsonl") as writer:
        writer.write(GOOD[0])
        assert not read(tmp_path / "run.jsonl").complete


def test_not_a_number_is_never_written_as_json(tmp_path: Path) -> None:
    """Not even in what somebody declares, of which the schema says nothing."""
    with Writer(tmp_path / "run.jsonl") as writer, pytest.raises(RecordError, match="JSON cannot hold"):
        writer.write(header([replace(stack("torch"), declared={"axes": [float("nan")]})]))


def test_a_writer_keeps_the_order(tmp_path: Path) -> None:
    """A record begins with its header."""
    with Writer(tmp_path / "run.jsonl") as writer, pytest.raises(RecordError, match="begin"):
        writer.write(footer(0))


def test_an_unwritable_path_is_one_sentence(tmp_path: Path) -> None:
    """The error names the path and the reason."""
    with pytest.raises(RecordError, match=r"no.jsonl cannot be written: No such file or directory\.$"):
        Writer(tmp_path / "missing" / "no.jsonl").__enter__()


def test_a_hostile_text_survives_the_file(tmp_path: Path) -> None:
    """Lone surrogates, newlines and controls come back as they were."""
    text = "\ud800\n\x1b[31m\u202e\x00"
    events = whole([stack("torch", sentence=text)])
    assert read(write(tmp_path / "run.jsonl", events)).header.stacks[0].sentence == text


@pytest.mark.parametrize("keep", [1, 20, -2])
def test_a_torn_last_line_makes_the_record_incomplete(tmp_path: Path, keep: int) -> None:
    """A killed run is readable up to the line it was writing."""
    texts = [json.dumps(to_json(event)) for event in GOOD]
    record = read(lines(tmp_path / "run.jsonl", *texts[:3], texts[3][:keep], end=""))
    assert len(record.results) == 2 and not record.complete


@pytest.mark.parametrize("order", [("quick", "default", None), (None, "default"), ("default", "quick")])
def test_of_a_question_the_deepest_result_counts(order: tuple[str | None, ...], tmp_path: Path) -> None:
    """Wherever it stands, and the footer counts it once."""
    cases = {None: 32, "default": 8, "quick": 2}
    found = [result("max_norm_value", "torch", depth=depth, cases=cases[depth]) for depth in order]
    path = write(tmp_path / "r", [header([stack("torch")], depth="thorough"), *found, footer(1)])
    assert [one.cases for one in read(path).results] == [max(cases[depth] for depth in order)]


def test_a_footer_that_says_so_makes_the_record_incomplete(tmp_path: Path) -> None:
    """A footer alone is no promise."""
    events = [*GOOD[:-1], footer(4, complete=False)]
    assert not read(write(tmp_path / "run.jsonl", events)).complete


HEAD, ONE, END = (json.dumps(to_json(event)) for event in (header([stack("torch")]), GOOD[1], footer(0)))
UNREADABLE: dict[str, tuple[str, str]] = {
    "empty": ("", "is empty"),
    "no header": (ONE + "\n", "line 1: .*header"),
    "torn header": (HEAD[:50], "line 1: the header is not whole"),
    "two headers": (f"{HEAD}\n{HEAD}\n", "line 2: a second header"),
    "not JSON": (f"{HEAD}\n{{oops\n{END}\n", "line 2: not JSON"),
    "whole last line not JSON": (f"{HEAD}\noops\n", "line 2: not JSON"),
    "blank line": (f"{HEAD}\n\n{END}\n", "line 2: not JSON"),
    "after the footer": (f"{HEAD}\n{END}\n{ONE}\n", "line 3: a line after the footer"),
    "torn after the footer": (f"{HEAD}\n{END}\n{ONE[:9]}", "line 3: a line after the footer"),
    "schema": (HEAD.replace('"seed": 0', '"seed": "0"') + "\n", "line 1: seed"),
    "NaN": (HEAD + "\n" + END.replace("200.4", "NaN") + "\n", "line 2: not JSON: NaN"),
    "overflow": (HEAD + "\n" + END.replace("200.4", "1e999") + "\n", "line 2: not JSON: 1e999"),
    "too deep": (HEAD + "\n" + "[" * 100_000 + "\n", "line 2: not JSON"),
    "unknown rule": (HEAD + "\n" + ONE.replace("max_norm_value", "other") + "\n", "line 2: .*'other'"),
    "known of an unknown stack": (
        f"{HEAD}\n{json.dumps(to_json(known(stack='jax')))}\n",
        "line 2: a known event.*'jax'",
    ),
    "a number beyond float64": (
        f"{HEAD}\n{json.dumps(to_json(known())).replace('0x1.8000000000000p+1', '0x1p+9999')}\n",
        "line 2: hexadecimal value too large",
    ),
    "half a byte": (f"{HEAD}\n{json.dumps(to_json(known())).replace('AAAAAA==', 'AAAAAA=')}\n", "line 2: .*padding"),
    "lost lines": (f"{HEAD}\n{json.dumps(to_json(footer(7)))}\n", "counts 7 results"),
}


@pytest.mark.parametrize(("text", "said"), UNREADABLE.values(), ids=UNREADABLE)
def test_an_unreadable_record_is_one_sentence(tmp_path: Path, text: str, said: str) -> None:
    """The error names the file, the line and what is wrong."""
    path = tmp_path / "run.jsonl"
    path.write_text(text, "utf-8")
    with pytest.raises(RecordError, match=f"^{path}.*{said}.*\\.$"):
        read(path)


def test_bytes_that_are_no_text_are_not_json(tmp_path: Path) -> None:
    """A binary file is refused like any other."""
    path = tmp_path / "run.jsonl"
    path.write_bytes(b"\xff\xfe\n")
    with pytest.raises(RecordError, match="line 1: not JSON"):
        read(path)


@pytest.mark.parametrize("make", [lambda path: path / "none", lambda path: path], ids=["no file", "a folder"])
def test_a_path_that_is_no_file_is_one_sentence(tmp_path: Path, make: Callable[[Path], Any]) -> None:
    """Whatever stands there."""
    with pytest.raises(RecordError, match=r"(does not exist|cannot be read: Is a directory)\.$"):
        read(make(tmp_path))
