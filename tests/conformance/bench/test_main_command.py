"""What README says of the time of its main command is what was measured."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from conformance.bench import main_command
from conformance.bench.main_command import COMMAND, SENTENCE, Times, measured
from conformance.errors import UsageError
from conformance.stacks.workers import ROOT

PAGE = "mkdir -p normconf-out/one; sleep 0.2; touch normconf-out/one/report.html"


@pytest.mark.process
@pytest.mark.slow
def test_the_first_page_and_the_end_are_seen(tmp_path: Path) -> None:
    """The page while the command goes on."""
    times = measured(f"{PAGE}; sleep 2", tmp_path, os.environ)
    assert 0.0 < times.first_page < times.whole - 1.0


@pytest.mark.slow
@pytest.mark.process
@pytest.mark.parametrize("command", ["exit 1", "true", f"{PAGE}; exit 1"])
def test_what_fails_or_writes_no_page_is_no_figure(command: str, tmp_path: Path) -> None:
    """Nothing is written into README then."""
    with pytest.raises(UsageError, match="is no figure"):
        measured(command, tmp_path, os.environ)


def test_minutes_are_not_too_few(monkeypatch: pytest.MonkeyPatch) -> None:
    """A part of one is one."""
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    said = Times(121.0, 1724.0).sentence()
    assert said == "On 2 cores it takes 29 minutes; the first page is there after 3." and SENTENCE.fullmatch(said)


def test_readme_has_the_command_and_the_sentence() -> None:
    """Once each."""
    text = (ROOT / "README.md").read_text("utf-8")
    assert len(COMMAND.findall(text)) == len(SENTENCE.findall(text)) == 1


@pytest.mark.process
@pytest.mark.slow
def test_the_sentence_is_written_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And nothing else of README; the command is run in a clone, and by a Python of its own."""
    monkeypatch.setattr(main_command, "measured", lambda command, folder, environment: Times(60.0, 600.0))
    monkeypatch.setattr(os, "cpu_count", lambda: 3)
    readme = tmp_path / "README.md"
    before = (ROOT / "README.md").read_text("utf-8")
    readme.write_text(before, "utf-8")
    main_command.main(readme)
    now = "On 3 cores it takes 10 minutes; the first page is there after 1."
    assert readme.read_text("utf-8") == SENTENCE.sub(now, before) != before
