"""The gate: one's own constraints held to their contracts, and what comes of it for people and for CI systems."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from conformance.conduct import conduct
from conformance.lab import Lab, UsageError
from reports import gate_console, gate_files
from reports.gate_view import subjects
from reports.markdown import render
from reports.merge import merge
from reports.record import read


@dataclass(frozen=True)
class Outputs:
    """Where the verdict goes, apart from the console."""

    folder: Path
    junit: Path | None = None
    json: Path | None = None
    markdown: Path | None = None
    github: bool = False


def gate(lab: Lab, expression: str | None, outputs: Outputs, console: Console) -> int:
    """Hold the subjects of a lab to the rules and tell the verdict; returns the exit code."""
    recorder = conduct(lab, outputs.folder / "run.jsonl", expression, console, progress=console.is_terminal)
    report = merge([read(recorder.path)])
    fails = lab.options.fails
    found = subjects(report, fails)
    gate_console.show(report, found, console)
    files = {
        outputs.folder / "report.md": render(report),
        outputs.junit: gate_files.junit(found),
        outputs.json: gate_files.as_json(report, found, fails, recorder.exit_code),
        outputs.markdown: gate_files.markdown(report, found),
    }
    for path, text in files.items():
        if path is not None:
            _write(path, text, "w")
    summary = os.environ.get("GITHUB_STEP_SUMMARY")
    if summary and outputs.markdown is None:  # other steps write there too
        _write(Path(summary), gate_files.markdown(report, found), "a")
    if outputs.github:
        for line in gate_files.github(found):
            print(line)
    for subject in found:
        if subject.unasked and recorder.exit_code == 0:
            raise UsageError(f"{subject.column.stack}: nothing could be checked: {subject.unasked}")
    return recorder.exit_code


def _write(path: Path, text: str, mode: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open(mode, encoding="utf-8", errors="replace") as file:
            file.write(text)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}") from error
