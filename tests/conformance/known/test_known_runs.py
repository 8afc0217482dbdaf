"""A run over what is known passes, what is new or stale fails it, and the command line says what it knows."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from conformance.cli.commands import known
from conformance.cli.main import main
from conformance.known import entries
from conformance.rules.registry import catalog
from conformance.stacks.workers import ROOT
from reports.record.codec import to_json
from reports.record.file import Record, read
from reports.record.model import Finding

pytestmark = [pytest.mark.process, pytest.mark.slow]

# the command line over the mutants, with another file of known divergences, and stacks of some contracts only
PROGRAM = """
import sys
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch
from conformance.known import entries
from conformance.cli.main import main
from tests.mutants.adapter import KNOWN

file, contracts, *arguments = sys.argv[1:]
stacks = {name: replace(s, contracts=tuple(contracts.split()) or s.contracts) for name, s in KNOWN.items()}
read = entries.load
with (
    patch("conformance.known.entries.load", lambda stacks: read(Path(file), stacks)),
    patch("conformance.stacks.session.discover", return_value=stacks),
    patch("conformance.cli.stacks.discover", return_value=stacks),
):
    sys.exit(main(arguments))
"""
FLAT = "shape_is_kept and shape_is_flat"
RIGHT = "shape_is_kept and correct"


def run(folder: Path, file: Path, chosen: str, contracts: str = "", stack: str = "mutants") -> tuple[int, Record]:
    """A quick run of some rules over some mutants: its exit code and its record."""
    options = ["run", "--stack", stack, "--depth", "quick", "-k", chosen, "--out", str(folder)]
    command = [sys.executable, "-c", PROGRAM, str(file), contracts, *options]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, timeout=120, check=False)
    return done.returncode, read(folder / "run.jsonl")


def table(finding: Finding, mode: str) -> str:
    """An entry that says of a finding that it is known in a mode."""
    fields = {name: getattr(finding, name) for name in ("contract", "format", "failure")}
    where = {"rule": "shape_is_kept", "stack": "mutants", "mode": mode, "device": "cpu"}
    why = {"reason": "It is flat.", "links": ["https://example.org/flat"], "case": json.dumps(to_json(finding.case))}
    lines = [f"{name} = {json.dumps(value)}" for name, value in {**where, **fields, **why}.items()]
    return "\n".join(["[[divergence]]", *lines, 'versions = { numpy = "2" }', ""])


def findings(record: Record) -> list[Finding]:
    """All findings of a record."""
    return [finding for result in record.results for finding in result.findings]


@pytest.fixture(scope="module")
def news(tmp_path_factory: pytest.TempPathFactory) -> tuple[int, Record]:
    """A run over a wrong mutant of which nothing is known."""
    folder = tmp_path_factory.mktemp("news")
    (folder / "known.toml").touch()
    return run(folder, folder / "known.toml", FLAT)


def again(news: tuple[int, Record], folder: Path, chosen: str, modes: Sequence[str]) -> tuple[int, Record]:
    """A run to which all of those findings are known, in these modes."""
    file = folder / "known.toml"
    file.write_text("".join(table(finding, mode) for mode in modes for finding in findings(news[1])), "utf-8")
    return run(folder, file, chosen)


def test_what_is_not_known_fails_a_run(news: tuple[int, Record]) -> None:
    """It is complete, and has findings that nobody knew."""
    code, record = news
    assert code == 1 and record.complete and not record.rechecks
    assert findings(record) and {finding.known for finding in findings(record)} == {None}


def test_what_is_known_does_not_fail_a_run(news: tuple[int, Record], tmp_path: Path) -> None:
    """Each entry is asked again and told, and the findings carry its reason."""
    code, record = again(news, tmp_path, FLAT, ["shape_is_flat"])
    assert code == 0 and record.complete and len(record.rechecks) == len(findings(news[1]))
    assert {(event.state, event.reason) for event in record.rechecks} == {("known", "It is flat.")}
    assert {finding.known for finding in findings(record)} == {"It is flat."}


def test_a_known_failure_is_shown_by_its_own_case(news: tuple[int, Record], tmp_path: Path) -> None:
    """Not by one that the run would have to look for."""
    _, record = again(news, tmp_path, FLAT, ["shape_is_flat"])
    ids = {finding.case.id for finding in findings(news[1])}
    assert {finding.id for finding in findings(record)} == ids


def test_what_is_stale_fails_a_run(news: tuple[int, Record], tmp_path: Path) -> None:
    """The correct implementation conforms, so that whoever says it does not is told to delete that."""
    code, record = again(news, tmp_path, RIGHT, ["correct"])
    assert code == 1 and record.complete and not findings(record)
    assert {(event.state, event.observed) for event in record.rechecks} == {("stale", "it conforms")}


def test_what_is_known_elsewhere_is_news_here(news: tuple[int, Record], tmp_path: Path) -> None:
    """An entry for another mode matches nothing in this one, and is asked again in its own."""
    code, record = again(news, tmp_path, FLAT, ["shape_is_transposed"])
    assert code == 1 and {finding.known for finding in findings(record)} == {None}
    assert {event.mode for event in record.rechecks} == {"shape_is_transposed"}


def test_a_rule_that_applies_to_no_stack_is_not_asked(tmp_path: Path) -> None:
    """It is neither skipped nor counted, and the record does not name it."""
    (tmp_path / "known.toml").touch()
    chosen = "unit_norm_value and correct or max_norm_value"
    code, record = run(tmp_path, tmp_path / "known.toml", chosen, "unit_norm", "faults")
    assert code == 0 and record.footer is not None and record.footer.results == len(record.results) == 1
    assert [rule.id for rule in record.header.rules] == ["unit_norm_value"]


def test_known_is_a_command(news: tuple[int, Record], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is given the record, and whether to append what is new; its exit code is that of the program."""
    path = news[1].path
    codes = {(path, False): 7, (path, True): 8}
    monkeypatch.setattr(known, "tell", lambda record, file, update, *others: codes[record.path, update])
    assert [main(["known", str(path)]), main(["known", str(path), "--update"])] == [7, 8]


def test_what_a_run_found_is_new_to_the_command(news: tuple[int, Record], capsys: pytest.CaptureFixture[str]) -> None:
    """Every finding of the run is named as what there is to do, and nothing is written."""
    before = entries.FILE.read_bytes()
    assert main(["known", str(news[1].path)]) == 1
    assert capsys.readouterr().out.count("new       shape_is_kept on mutants shape_is_flat") == len(findings(news[1]))
    assert entries.FILE.read_bytes() == before


def test_list_says_what_there_is_to_know_of_a_rule(capsys: pytest.CaptureFixture[str]) -> None:
    """Its name, its level, its sentence and its source, each rule on its own line."""
    assert main(["list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    rules = catalog()
    assert len(rules) > 50
    for rule in rules:
        assert f"  {rule.id} [{rule.chapter}, {rule.level}]: {rule.statement} Source: {rule.source}" in lines
