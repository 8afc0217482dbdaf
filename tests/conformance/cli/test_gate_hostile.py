"""Hostile and clumsy subjects: each gets a clear verdict, and none hides that of another."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from conformance.cli.main import main
from conformance.stacks import user_stacks as declared
from conformance.stacks.workers import ROOT
from reports.record.file import read
from tests.support import SUBJECTS
from tests.support.gate import Gate, gate
from tests.support.subjects.hostile import VERDICTS

pytestmark = [pytest.mark.process, pytest.mark.slow]

HOSTILE = str(SUBJECTS / "hostile.py")
CONFORMING = [name for name, (grade, _) in VERDICTS.items() if grade == "BOUNDED"]


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Gate:
    """All of them in one gate."""
    outputs = ["--json", "gate.json", "--junit", "junit.xml", "--markdown", "gate.md", "--github"]
    # with this seed one of the ten cases asks for three calls
    some = ["--depth", "quick", "--seed", "2", "--timeout", "2", "-k", "max_norm_value or shape_is_kept"]
    return gate(tmp_path_factory.mktemp("hostile"), HOSTILE, *some, *outputs)


def test_the_gate_itself_does_not_fail(hostile: Gate) -> None:
    """Exit code 1, a record that can be read and is whole, nothing on stderr."""
    assert (hostile.code, hostile.errors) == (1, "")
    assert read(hostile.folder / "normconf-out" / "gate" / "run.jsonl").complete


@pytest.mark.parametrize("name", VERDICTS)
def test_each_gets_its_own_verdict(name: str, hostile: Gate) -> None:
    """Its grade, and words that say what it does."""
    grade, said = VERDICTS[name]
    (subject,) = (s for s in json.loads(hostile.text("gate.json"))["subjects"] if s["name"].endswith(f":{name}"))
    grades = {rule["rule"]: rule["grade"] for rule in subject["rules"]}
    if grade == "BOUNDED":
        assert subject["conforms"]
    else:
        assert not subject["conforms"] and grade in grades.values()
        found = [f"{one['sentence']} {one['observed']}" for one in subject["divergences"]]
        assert any(said in one for one in found)


@pytest.mark.parametrize("name", ["gate.md", "junit.xml", "normconf-out/gate/report.md"])
def test_nothing_that_a_subject_says_is_acted_on(name: str, hostile: Gate) -> None:
    """No control character and no tag of its own is in what is written, nor on the console."""
    for text in (hostile.text(name), hostile.said):
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]", text)
    fences = re.sub(r"(`+)[\s\S]*?\1", "", hostile.text(name))
    assert "<script>" not in fences and "<b>" not in fences


def test_what_a_subject_starts_ends_with_it(hostile: Gate) -> None:
    """No process of this folder is left."""
    left = [path for path in Path("/proc").glob("[0-9]*/cwd") if _points_to(path, hostile.folder)]
    assert not left


def _points_to(link: Path, folder: Path) -> bool:
    try:
        return link.resolve() == folder.resolve()
    except OSError:
        return False


IMPORTS = {
    "import nothing_of_that_name": "ModuleNotFoundError",
    "raise SystemExit": "SystemExit",
    "raise KeyboardInterrupt": "KeyboardInterrupt",
    "import os\nos._exit(0)": "cannot be read",
    "import ctypes\nctypes.string_at(0)": "Segmentation fault",
    "while True: pass": "no answer within 3 s",
    "1 / 0": "ZeroDivisionError",
    "raise ValueError('\\x1b[31m<script>')": "ValueError: \\x1b[31m<script>",
}


@pytest.mark.parametrize(("source", "said"), IMPORTS.items(), ids=IMPORTS.values())
def test_a_file_that_cannot_be_imported_is_refused(
    source: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 2 and one line."""
    monkeypatch.setattr(declared, "PATIENCE", 3.0)
    (tmp_path / "mine.py").write_text(source)
    assert main(["gate", str(tmp_path / "mine.py")]) == 2
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1 and "\x1b" not in error


def test_there_is_no_pickle() -> None:
    """Nothing that a subject sends is ever executed."""
    sources = [path for folder in ("adapters", "conformance", "reports") for path in (ROOT / folder).rglob("*.py")]
    assert not [path for path in sources if "pickle" in path.read_text("utf-8")]
