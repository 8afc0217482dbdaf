"""The command `gate`: one's own constraints held to their contracts, and what comes of it for people and for CI."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console

from adapters.core.stack import Stack
from conformance.cli.parser import (
    add_depth,
    add_device,
    add_jobs,
    add_selection_and_folder,
    options_of,
    path_of,
    with_folders,
)
from conformance.cli.stacks import add_subject_options, subject_stacks
from conformance.errors import UsageError
from conformance.known import entries
from conformance.processes.process import Process
from conformance.run.recorder import Recorder
from conformance.run.run_rules import run_rules
from conformance.stacks.options import Options, Sweeps
from conformance.stacks.session import Session
from reports.analysis.merge import merge
from reports.analysis.report import Report
from reports.console.gate import show
from reports.export import gate_files
from reports.export.junit import junit
from reports.export.sarif import sarif
from reports.gating.subject import Subject, subjects
from reports.record.file import read
from reports.write import renders, require_writable, to_step_summary, write, write_all

HELP = "hold one's own constraint to its contract; exit code 1 if it diverges"
ORDER = 20
# by --level, the levels of the rules that have to hold, and how many kinds of finding of each level are shown
LEVELS = {"must": ("MUST",), "should": ("MUST", "SHOULD")}
MAX_FINDINGS = {"must": {"MUST": 2, "SHOULD": 0, "RECORD": 0}, "should": {"MUST": 2, "SHOULD": 2, "RECORD": 0}}


@dataclass(frozen=True)
class Judged:
    """What came of a gate: the merged report, its subjects, the levels that count, and the exit code."""

    report: Report
    subjects: Sequence[Subject]
    levels: tuple[str, ...]
    exit_code: int


# by option, what is written to the file that it names
FILES: Mapping[str, Callable[[Judged], str]] = {
    "junit": lambda judged: junit(judged.report, judged.levels),
    "json": lambda judged: gate_files.as_json(judged.report, judged.subjects, judged.levels, judged.exit_code),
    "markdown": lambda judged: gate_files.markdown(judged.report, judged.subjects),
    "sarif": lambda judged: sarif(judged.report, judged.subjects, judged.levels),
}


def add_arguments(parser: ArgumentParser) -> None:
    """Subjects, rules, and what is written for whom."""
    parser.add_argument(
        "subjects",
        nargs="+",
        metavar="SUBJECT",
        help="FILE.py with functions marked by normconf.subject, FILE.py:NAME, or PACKAGE.MODULE:NAME",
    )
    add_subject_options(parser)
    parser.add_argument(
        "--level", choices=list(LEVELS), default="must", help="the rules that have to hold (default: must)"
    )
    parser.add_argument(
        "--sweep", action="store_true", help="ask about every number of float16 and bfloat16 too, as a group of one"
    )
    parser.add_argument("--known", type=path_of, metavar="FILE", help="known divergences of one's own")
    _add_outputs(parser)
    parser.add_argument(
        "--python", default=sys.executable, metavar="PATH", help="the interpreter of the subjects (default: this one)"
    )
    add_selection_and_folder(parser, Path("normconf-out/gate"))
    add_depth(parser)
    add_jobs(parser)
    add_device(parser, timeout=20.0)


def _add_outputs(parser: ArgumentParser) -> None:
    parser.add_argument("--junit", type=path_of, metavar="FILE", help="write JUnit XML")
    parser.add_argument("--sarif", type=path_of, metavar="FILE", help="write SARIF, for code scanning")
    parser.add_argument("--json", type=path_of, metavar="FILE", help="write the verdict as JSON")
    parser.add_argument(
        "--markdown",
        type=path_of,
        metavar="FILE",
        help="write Markdown (default: GITHUB_STEP_SUMMARY, where that is set)",
    )
    parser.add_argument("--github", action="store_true", help="print annotations for GitHub Actions")


def run(arguments: Namespace) -> int:
    """Hold the subjects to the rules on each device, show and write the verdicts, and return the exit code."""
    started: dict[str, Process] = {}
    options, console = options_of(arguments), Console()
    paths: Mapping[str, Path | None] = {name: getattr(arguments, name) for name in FILES}
    require_writable([arguments.out / "run.jsonl", *(path for path in paths.values() if path)])
    try:
        stacks = subject_stacks(arguments, options, started)
        divergences = entries.load(arguments.known, stacks) if arguments.known else ()
        gate_options = _gate_options(options, arguments.level, arguments.sweep, stacks)
        recorders = [
            run_rules(
                session, folder / "run.jsonl", arguments.k, console, divergences, console.is_terminal, arguments.jobs
            )
            for session, folder in _labs(gate_options, arguments, stacks, started)
        ]
    finally:
        for process in started.values():
            process.stop()
    judged = _judged(recorders, LEVELS[arguments.level])
    show(judged.report, judged.subjects, console)
    write_all(judged.report, renders([arguments.out / "report.html", arguments.out / "report.md"]))
    _write(judged, paths, arguments.github)
    _require_checked(judged)
    return judged.exit_code


def _gate_options(options: Options, level: str, sweep: bool, stacks: Iterable[str]) -> Options:
    return replace(
        options,
        stacks=tuple(stacks),
        levels=LEVELS["should"],
        fails=LEVELS[level],
        # a picture shows a wrong axis at a glance; and it is told where nothing can be learnt through the constraint
        also=("norm_out_for_each_norm_in", "a_gradient_reaches_the_weights"),
        max_findings=MAX_FINDINGS[level],
        hints=True,
        sweeps=Sweeps(of_subjects=sweep),
    )


def _labs(
    options: Options, arguments: Namespace, stacks: Mapping[str, Stack], started: Mapping[str, Process]
) -> list[tuple[Session, Path]]:
    """For each device a session, and the folder of its record."""
    places = with_folders(options, arguments.device, arguments.out)
    # the processes that have read the subjects are on the first device, and of no use on another
    return [
        (Session(each, stacks, started if not index else None), folder) for index, (each, folder) in enumerate(places)
    ]


def _judged(recorders: Sequence[Recorder], levels: tuple[str, ...]) -> Judged:
    report = merge([read(recorder.path) for recorder in recorders])
    return Judged(report, subjects(report, levels), levels, max(recorder.exit_code for recorder in recorders))


def _write(judged: Judged, paths: Mapping[str, Path | None], github: bool) -> None:
    """Every file that was asked for is written, and GitHub is told what it can show."""
    for option, path in paths.items():
        if path is not None:
            write(path, FILES[option](judged))
    if paths["markdown"] is None:
        to_step_summary(FILES["markdown"](judged))
    for line in gate_files.github(judged.subjects) if github else ():
        print(line)


def _require_checked(judged: Judged) -> None:
    """Raise UsageError where the gate passes a subject of which nothing could be checked."""
    for subject in judged.subjects if judged.exit_code == 0 else ():
        if subject.unasked:
            raise UsageError(f"{subject.name}: nothing could be checked: {subject.unasked}")
