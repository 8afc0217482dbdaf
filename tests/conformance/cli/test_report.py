"""The commands that read records: what they write, where, and with which exit code they end."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from conformance.cli.main import main
from reports.analysis.load import read_report
from tests.support.builder import cell, curve, finding, header, result, stack, whole, write

GOOD = whole([stack("torch")])
WRONG = whole([stack("torch")], [result("max_norm_value", "torch", grade="DIVERGENT", findings=[finding()])])
BEGINNINGS = {
    "report.md": "# Weight-norm",
    "report.json": '{"schema":1',
    "report.xml": "<?xml ",
    "page.html": "<!doctype",
}

pytestmark = pytest.mark.usefixtures("only_mutants")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with an old record and a new one."""
    monkeypatch.chdir(tmp_path)
    for name, events in {"old": GOOD, "new": WRONG}.items():
        (tmp_path / name).mkdir()
        write(tmp_path / name / "run.jsonl", events)
    return tmp_path


@pytest.mark.parametrize(("name", "beginning"), BEGINNINGS.items())
def test_the_suffix_says_what_is_written(name: str, beginning: str) -> None:
    """Into a folder that is made where there is none."""
    assert main(["report", "new", "--out", f"out/{name}"]) == 0
    assert Path("out", name).read_text("utf-8").lower().startswith(beginning.lower())


def test_several_reports_are_written_at_once(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And each is named."""
    assert main(["report", "new", "--out", "a.md", "--out", "b.json", "--badge", "c.json"]) == 0
    assert {"a.md", "b.json", "c.json"} < {path.name for path in here.iterdir()}
    assert "Report: a.md\nReport: b.json\n" in capsys.readouterr().out


def test_without_a_wish_a_page_and_markdown_are_written(here: Path) -> None:
    """In the folder in which one is."""
    assert main(["report", "new"]) == 0
    assert {path.name for path in here.iterdir()} == {"old", "new", "report.html", "report.md"}


def test_pictures_are_written() -> None:
    """Each as a file, named by what it shows."""
    drawn = result("max_norm_value", "torch", curves=[curve()], cells=[cell()])
    write(Path("drawn.jsonl"), whole([stack("torch")], [drawn]))
    assert main(["report", "drawn.jsonl", "--out", "report.md", "--pictures", "pictures"]) == 0
    found = {path.name for path in Path("pictures").iterdir()}
    assert found == {"torch.norms.max_norm.float16.svg", "torch.errors.float32.svg"}


def test_a_page_says_what_changed() -> None:
    """That of the new report, against the old one."""
    assert main(["diff", "old", "new", "--html", "diff.html"]) == 1
    assert "Against the record from before: 1 added" in Path("diff.html").read_text("utf-8")


def test_a_step_summary_is_added_to(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Other steps write there too."""
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(here / "summary.md"))
    (here / "summary.md").write_text("before\n")
    assert main(["report", "new", "--out", "report.md"]) == 0
    assert (here / "summary.md").read_text("utf-8") == "before\n" + (here / "report.md").read_text("utf-8")


def test_a_badge_is_written() -> None:
    """As shields.io asks for it."""
    assert main(["report", "new", "--out", "report.md", "--badge", "badge.json"]) == 0
    assert json.loads(Path("badge.json").read_text())["message"] == "1 new divergence"


def test_a_report_is_read_like_the_records_that_it_is_of() -> None:
    """From it the same report is made again."""
    assert main(["report", "new", "--out", "a.json"]) == main(["report", "a.json", "--out", "b.json"]) == 0
    assert Path("a.json").read_bytes() == Path("b.json").read_bytes()
    assert not read_report([Path("a.json")]).stacks[-1].available


def test_a_page_says_what_changed_since() -> None:
    """It is given the report from before."""
    assert main(["report", "new", "--since", "old", "--out", "page.html"]) == 0
    assert "1 added" in Path("page.html").read_text("utf-8")


@pytest.mark.parametrize(("old", "new", "code"), [("old", "new", 1), ("new", "old", 0), ("new", "new", 0)])
def test_what_is_added_fails_and_what_is_fixed_does_not(old: str, new: str, code: int) -> None:
    """So that a run of CI can be held to the one before."""
    assert main(["diff", old, f"{new}/run.jsonl"]) == code


def test_what_changed_is_written_as_markdown() -> None:
    """Beside what the console says."""
    assert main(["diff", "old", "new", "--markdown", "out/diff.md"]) == 1
    assert "1 added" in Path("out/diff.md").read_text("utf-8")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["report", "new", "--out", "report.pdf"], "report.pdf"),
        (["report", "new", "--out", "report"], ".html, .md, .json, .xml"),
        (["report", "none.json"], "none.json does not exist"),
        (["report", "here"], "here holds no run.jsonl"),
        (["report", "new", "--since", "none.json", "--out", "a.html"], "none.json does not exist"),
        (["report", "new", "--badge", "new", "--out", "a.md"], "new cannot be written"),
        (["diff", "old", "none.jsonl"], "none.jsonl does not exist"),
        (["diff", "old", "other"], "has seed 0 and the new one 5"),
        (["diff", "old", "new", "--markdown", "new"], "new cannot be written"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(
    arguments: list[str], said: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 2, one line, no traceback."""
    (here / "here").mkdir()
    write(here / "other", [header([stack("torch")], seed=5)])
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1 and error.startswith("normconf: ")
