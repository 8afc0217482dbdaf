"""The gate: one's own constraints held to their contracts, and what comes of it for people and for CI systems."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from conformance.errors import UsageError
from conformance.known.entries import Divergence
from conformance.run.run_rules import conduct
from conformance.stacks.session import Lab
from reports.analysis.gate import subjects
from reports.analysis.merge import merge
from reports.console.gate import show
from reports.export import gate_files
from reports.export.junit import junit
from reports.export.sarif import sarif
from reports.record.file import read
from reports.write import renders, to_step_summary, write, write_all


@dataclass(frozen=True)
class Outputs:
    """Where the verdict goes, apart from the console."""

    folder: Path
    junit: Path | None = None
    json: Path | None = None
    markdown: Path | None = None
    github: bool = False
    sarif: Path | None = None


def gate(
    labs: Sequence[tuple[Lab, Path]],
    expression: str | None,
    outputs: Outputs,
    console: Console,
    divergences: Sequence[Divergence] = (),
) -> int:
    """Hold the subjects of labs, each with the folder of its record, to the rules; returns the exit code."""
    recorders = [
        conduct(lab, out / "run.jsonl", expression, console, divergences, console.is_terminal) for lab, out in labs
    ]
    report = merge([read(recorder.path) for recorder in recorders])
    fails, exit_code = labs[0][0].options.fails, max(recorder.exit_code for recorder in recorders)
    found = subjects(report, fails)
    show(report, found, console)
    write_all(report, renders([outputs.folder / "report.html", outputs.folder / "report.md"]))
    files: dict[Path | None, Callable[[], str]] = {
        outputs.junit: lambda: junit(report, fails),
        outputs.json: lambda: gate_files.as_json(report, found, fails, exit_code),
        outputs.markdown: lambda: gate_files.markdown(report, found),
        outputs.sarif: lambda: sarif(report, found, fails),
    }
    for path, text in files.items():
        if path is not None:
            write(path, text())
    if outputs.markdown is None:
        to_step_summary(gate_files.markdown(report, found))
    if outputs.github:
        for line in gate_files.github(found):
            print(line)
    for subject in found:
        if subject.unasked and exit_code == 0:
            raise UsageError(f"{subject.column.stack}: nothing could be checked: {subject.unasked}")
    return exit_code
