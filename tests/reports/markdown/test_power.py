"""The power of the rules is read from a file that may be missing, and may not be broken."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from reports.markdown.page import render
from reports.markdown.power import read_power
from reports.record.file import RecordError
from tests.support.builder import report, stack, whole

ENTRY = {
    "miniature": "axis_is_always_zero",
    "sentence": "It ignores | the <b>axis</b>.",
    "rule": "groups_are_independent",
    "level": "MUST",
    "cases": 1200,
}


def written(folder: Path, text: str) -> Path:
    path = folder / "power.json"
    path.write_text(text, "utf-8")
    return path


def test_the_appendix_is_a_folded_table(tmp_path: Path) -> None:
    """What is wrong, which rule finds it, and how soon; text from the file is only text."""
    page = render(report(tmp_path, whole([stack("torch")])), written(tmp_path, json.dumps([ENTRY])))
    wrong = "`axis_is_always_zero` | It ignores &#124; the &#60;b&#62;axis&#60;/b&#62;."
    assert f"| {wrong} | `groups_are_independent` | MUST | 1,200 |" in page
    assert "The slowest needs 1,200 cases." in page and "<summary>1 wrong implementation</summary>" in page


@pytest.mark.parametrize("text", ["[]", None], ids=["empty", "missing"])
def test_without_entries_there_is_no_appendix(tmp_path: Path, text: str | None) -> None:
    """Nothing is claimed about rules that were not measured."""
    path = tmp_path / "power.json" if text is None else written(tmp_path, text)
    assert "The power of the rules" not in render(report(tmp_path, whole([stack("torch")])), path)


BROKEN = {
    "no JSON": ("[", "is not JSON"),
    "no list": ("{}", 'not of type "array"'),
    "no rule": (json.dumps([{key: value for key, value in ENTRY.items() if key != "rule"}]), '"rule" is a required'),
    "no count": (json.dumps([{**ENTRY, "cases": "many"}]), r"\[0\].cases"),
    "unknown level": (json.dumps([{**ENTRY, "level": "MAY"}]), r"\[0\].level"),
    "more": (json.dumps([{**ENTRY, "seed": 0}]), "'seed'"),
}


@pytest.mark.parametrize(("text", "said"), BROKEN.values(), ids=BROKEN)
def test_a_broken_file_is_one_sentence(tmp_path: Path, text: str, said: str) -> None:
    """It names the file and what is wrong."""
    path = written(tmp_path, text)
    with pytest.raises(RecordError, match=f"^{path}.*{said}.*\\.$"):
        read_power(path)


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    """Like any other broken file."""
    path = tmp_path / "power.json"
    path.write_bytes(b"\xff")
    with pytest.raises(RecordError, match="is not JSON"):
        read_power(path)


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    """What cannot be read is said."""
    with pytest.raises(RecordError, match="cannot be read"):
        read_power(tmp_path)
