"""report.json is as good as the records that it was made of, and is checked when it is read."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from reports.analysis.ids import named
from reports.analysis.load import read_report
from reports.analysis.merge import with_absent
from reports.analysis.report import Report
from reports.analysis.summary import summary_sentence
from reports.export.report_json import as_json, load
from reports.markdown.page import render
from reports.record.events import Event
from reports.record.file import RecordError
from reports.record.model import Hint
from reports.record.report_file import SCHEMA
from tests.reports.markdown.test_page import hostile
from tests.support.builder import (
    CASE,
    REASON,
    absent,
    finding,
    footer,
    header,
    realistic,
    report,
    result,
    stack,
    varied,
    whole,
    write,
)

TORCH = stack("torch")
RUNS = {"realistic": [realistic()], "varied": [varied()], "killed": [realistic()[:-3]]}
RUNS |= {"hostile": [hostile(varied())], "two": [whole([TORCH]), whole([stack("jax"), absent("torch")])]}
HINT = Hint("keras-jax", "eager", "cpu", "It is unit_norm.", cases=3, groups=9)
RUNS |= {"a hint": [[*realistic()[:-1], HINT]]}


def saved(folder: Path, told: Report) -> Path:
    """The report on disk."""
    path = folder / "report.json"
    path.write_text(as_json(told), "ascii")
    return path


def document(folder: Path, events: list[Event]) -> dict[str, Any]:
    """What stands in the report of a run."""
    return dict(json.loads(as_json(report(folder, events))))


@pytest.mark.parametrize("runs", RUNS.values(), ids=RUNS)
def test_a_report_comes_back_as_it_was(tmp_path: Path, runs: list[list[Event]]) -> None:
    """Every record, and with them verdict, matrix and findings."""
    told = report(tmp_path, *runs)
    again = load(saved(tmp_path, told))
    assert again == told and render(again) == render(told)


def test_a_stack_without_a_record_comes_back(tmp_path: Path) -> None:
    """As absent as it was."""
    told = with_absent(report(tmp_path, whole([TORCH])), {"jax": "jax as users call it."})
    path = saved(tmp_path, told)
    assert load(path) == read_report([path]) == told


def test_it_says_what_the_report_says(tmp_path: Path) -> None:
    """For those who do not want to work it out."""
    told = report(tmp_path, realistic())
    said = json.loads(as_json(told))
    names = ("schema", "suite", "verdict", "passed", "complete")
    assert [said[name] for name in names] == [1, "normconf 0.1.0", summary_sentence(told), False, True]
    assert [len(said[name]) for name in ("stacks", "rules", "known", "divergences", "runs")] == [4, 4, 0, 3, 1]


def test_a_divergence_is_told_once_for_all_its_places(tmp_path: Path) -> None:
    """Each place with the id of its case."""
    (told,) = (one for one in document(tmp_path, realistic())["divergences"] if one["section"] == "SHOULD")
    assert (
        told["id"] == f"unchanged_inside_the_bound-{CASE.id}" and told["sentence"] == "Weights inside the bound shrank."
    )
    assert told["where"][0] == {"stack": "keras-tensorflow", "mode": "eager", "device": "cpu", "case": CASE.id}
    assert len(told["where"]) == 3


def test_what_is_known_says_so(tmp_path: Path) -> None:
    """With its reason."""
    (told,) = document(tmp_path, varied())["divergences"]
    assert (told["section"], told["known"]) == ("KNOWN", REASON)


def test_findings_of_one_rule_and_one_case_have_ids_of_their_own(tmp_path: Path) -> None:
    """They are numbered in order."""
    found = [finding(observed=f"[{place}]") for place in range(3)]
    told = report(tmp_path, whole([TORCH], [result("max_norm_value", "torch", grade="DIVERGENT", findings=found)]))
    assert [name for name, _ in named(told)] == [f"max_norm_value-{CASE.id}{end}" for end in ("", "-2", "-3")]


def test_ids_can_stand_in_an_address(tmp_path: Path) -> None:
    """Whatever a rule is called."""
    rule = replace(header([]).rules[0], id="<a href='#'>\n" * 50)
    found = replace(result("max_norm_value", "torch", findings=[finding()]), rule=rule.id)
    ((name, _),) = named(report(tmp_path, [header([TORCH], rules=[rule]), found]))
    assert len(name) < 100 and not set(name) & set("<>'\"# \n")


def test_a_report_counts_for_its_records(tmp_path: Path) -> None:
    """Among records, folders of them, and other reports."""
    runs = [whole([stack(name)]) for name in ("torch", "jax", "keras-jax")]
    path = saved(tmp_path, report(tmp_path, runs[0]))
    folder = tmp_path / "more" / "jax"
    folder.mkdir(parents=True)
    write(folder / "run.jsonl", runs[1])
    both = read_report([path, tmp_path / "more", write(tmp_path / "own", runs[2])])
    assert [one.name for one in both.stacks] == ["torch", "jax", "keras-jax"] and both.complete


def test_a_report_can_contradict_a_record(tmp_path: Path) -> None:
    """As its records would."""
    path = saved(tmp_path, report(tmp_path, whole([TORCH])))
    other = whole([TORCH], [result("max_norm_value", "torch", grade="DIVERGENT")])
    with pytest.raises(RecordError, match="contradict each other in 'grade'"):
        read_report([path, write(tmp_path / "other.jsonl", other)])


def test_a_stack_that_one_report_lacks_may_be_in_another(tmp_path: Path) -> None:
    """What is there outweighs what is not."""
    torch = saved(tmp_path, with_absent(report(tmp_path, whole([TORCH])), {"jax": "."}))
    jax = write(tmp_path / "jax.jsonl", whole([stack("jax")]))
    assert [one.available for one in read_report([torch, jax]).stacks] == [True, True]


def test_it_is_one_line_of_ascii(tmp_path: Path) -> None:
    """It may be megabytes long, and nothing of it acts on a terminal."""
    text = as_json(report(tmp_path, hostile(realistic())))
    assert text.isascii() and text.count("\n") == 1 and text[:-1].isprintable()


def without(name: str) -> Callable[[dict[str, Any]], object]:
    """What leaves out a field."""
    return lambda said: {other: value for other, value in said.items() if other != name}


BROKEN: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "no object": (lambda _: [], "is no report of normconf: .*object"),
    "a record": (lambda said: said["runs"][0]["header"], "is no report of normconf"),
    "newer": (lambda said: {**said, "schema": 2}, "has schema 2, and this version of normconf reads schema 1"),
    "hostile schema": (lambda said: {**said, "schema": "\x1b" * 9999}, r"has schema '.{99,200} \.\.\. "),
    "true for one": (lambda said: {**said, "schema": True}, "schema: 1 was expected"),
    "no runs": (lambda said: {**said, "runs": []}, r"runs: \[\]"),
    "a field too many": (lambda said: {**said, "more": 1}, "'more'"),
    "a run without results": (lambda said: said["runs"][0].pop("results") and said, r'runs\[0\]: "results"'),
    "a broken event": (
        lambda said: said["runs"][0]["results"][0].update(cases=-1) or said,
        r"runs\[0\].results\[0\].cases: -1",
    ),
    "a lost result": (
        lambda said: said["runs"][0]["results"].pop() and said,
        r"runs\[0\]: the footer counts 4 results",
    ),
    "an unknown stack": (
        lambda said: said["runs"][0]["results"][0].update(stack="jax") or said,
        r"runs\[0\].results\[0\]: .* on stack 'jax'",
    ),
    **{f"without {name}": (without(name), f'"{name}"') for name in SCHEMA["required"]},
}


@pytest.mark.parametrize(("spoil", "said"), BROKEN.values(), ids=BROKEN)
def test_a_broken_report_is_one_sentence(tmp_path: Path, spoil: Callable[[dict[str, Any]], object], said: str) -> None:
    """It names the file, the place in it, and what is wrong."""
    path = tmp_path / "broken.json"
    path.write_text(json.dumps(spoil(document(tmp_path, whole([TORCH])))), "utf-8")
    with pytest.raises(RecordError, match=rf"^{path}[^\n]*{said}[^\n]*\.$"):
        load(path)


NO_JSON = {
    "empty": b"",
    "torn": b'{"schema": 1, "runs": [',
    "binary": b"\xff\xfe",
    "too deep": b"[" * 100_000,
    "NaN": b'{"schema": NaN}',
    "beyond float64": b'{"schema": 1e999}',
    "endless": b"1" * 10_000,
}


@pytest.mark.parametrize("text", NO_JSON.values(), ids=NO_JSON)
def test_what_is_no_json_is_one_sentence(tmp_path: Path, text: bytes) -> None:
    """It names the file."""
    path = tmp_path / "broken.json"
    path.write_bytes(text)
    with pytest.raises(RecordError, match=rf"^{path} is not JSON: [^\n]{{1,300}}\.$"):
        load(path)


def test_a_report_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    """Like a record."""
    with pytest.raises(RecordError, match=r"none.json does not exist\.$"):
        read_report([tmp_path / "none.json"])


def test_a_folder_without_records_is_one_sentence(tmp_path: Path) -> None:
    """It says what was looked for."""
    with pytest.raises(RecordError, match=r"holds no run.jsonl\.$"):
        read_report([tmp_path])


def test_what_it_claims_is_not_believed(tmp_path: Path) -> None:
    """A report is judged by its runs."""
    said = document(tmp_path, [*whole([TORCH])[:-1], footer(4, complete=False)])
    path = tmp_path / "lie.json"
    path.write_text(json.dumps({**said, "passed": True, "complete": True, "divergences": []}))
    assert "INCOMPLETE" in summary_sentence(load(path)) and not load(path).complete
