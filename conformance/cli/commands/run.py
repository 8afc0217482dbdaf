"""The command `run`: stacks held to the rules, on one device or on each, with a record and a report."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from conformance.cli.parser import (
    add_depth,
    add_device,
    add_jobs,
    add_selection_and_folder,
    add_shard,
    add_stacks,
    options_of,
    path_of,
    with_folders,
)
from conformance.cli.stacks import add_subject_options, known_stacks, subject_stacks
from conformance.errors import UsageError
from conformance.known import entries
from conformance.run.earlier import Earlier
from conformance.run.run_rules import run_rules
from conformance.schedule.shards import places_of
from conformance.stacks.session import Session
from reports.analysis.merge import merge
from reports.console.run import summary
from reports.markdown.page import step_summary
from reports.record.file import Record, read
from reports.write import renders, to_step_summary, write_all

HELP = "hold stacks to the rules; write a record and a report"
ORDER = 10


def add_arguments(parser: ArgumentParser) -> None:
    """Stacks, subjects, rules and a folder."""
    add_stacks(parser)
    add_device(parser)
    add_depth(parser)
    add_jobs(parser)
    add_shard(parser)
    before = parser.add_mutually_exclusive_group()
    before.add_argument("--resume", action="store_true", help="go on with the record of a run that was interrupted")
    before.add_argument(
        "--since",
        type=path_of,
        metavar="RECORD",
        help="carry over what cannot have changed since that run: results of the same suite, seed, depth and versions",
    )
    before.add_argument(
        "--last-failed", type=path_of, metavar="RECORD", help="as --since, and of the rest ask only what failed there"
    )
    add_selection_and_folder(parser, Path("normconf-out"))
    parser.add_argument("subjects", nargs="*", metavar="SUBJECT", help="somebody's own constraints, as for gate")
    add_subject_options(parser)


def run(arguments: Namespace) -> int:
    """Run the rules on each device, write the report of all records, and return the worst exit code."""
    options = options_of(arguments)
    subjects = subject_stacks(arguments, options)
    if options.stacks:  # a subject that is named is asked beside the stacks that are
        options = replace(options, stacks=(*options.stacks, *subjects))
    stacks = {**known_stacks(), **subjects}
    console, divergences = Console(), entries.load(stacks=stacks)
    places = places_of(options, stacks)
    recorders = [
        run_rules(
            Session(each, stacks, places=places),
            folder / "run.jsonl",
            arguments.k,
            console,
            divergences,
            jobs=arguments.jobs,
            before=_interrupted(folder / "run.jsonl") if arguments.resume else None,
            earlier=_earlier(arguments, folder.relative_to(arguments.out)),
        )
        for each, folder in with_folders(options, arguments.device, arguments.out)
    ]
    report = merge([read(recorder.path) for recorder in recorders])
    outputs = renders([arguments.out / "report.html", arguments.out / "report.md"])
    write_all(report, outputs)
    to_step_summary(step_summary(report))
    summary(report, console, outputs)
    return max(recorder.exit_code for recorder in recorders)


def _earlier(arguments: Namespace, part: Path) -> Earlier | None:
    """The record of the run before from which results are carried over, in a part of its folder; None where none is."""
    path = arguments.since or arguments.last_failed
    if path is None:
        return None
    record = read(path / part / "run.jsonl" if path.is_dir() else path)
    if record.header.claims is not None:
        raise UsageError(f"{path} is a record of claims, from which a run of rules can carry nothing over")
    return Earlier(record, only_failed=arguments.last_failed is not None)


def _interrupted(path: Path) -> Record | None:
    """The record of a run that did not come to its end, None where there is none; raises UsageError if it did."""
    if not path.exists():
        return None
    record = read(path)
    if record.complete:
        raise UsageError(f"{path} is complete, and there is nothing to go on with; without --resume it is asked anew")
    return record
