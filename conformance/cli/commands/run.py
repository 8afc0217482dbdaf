"""The command `run`: stacks held to the rules, on one device or on each, with a record and a report."""

from __future__ import annotations

import math
import re
from argparse import ArgumentParser, ArgumentTypeError, Namespace
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
    address_of,
    options_of,
    path_of,
    with_folders,
)
from conformance.cli.stacks import add_subject_options, known_stacks, subject_stacks
from conformance.errors import UsageError
from conformance.known import entries
from conformance.run.earlier import Earlier, interrupted, read_earlier
from conformance.run.loop import Schedule
from conformance.run.run_rules import run_rules
from conformance.schedule.rounds import rounds_of
from conformance.schedule.shards import places_of
from conformance.stacks.session import Session
from reports.analysis.merge import merge
from reports.console.run import say, summary
from reports.markdown.page import step_summary
from reports.record.file import read
from reports.text import truncate
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
    parser.add_argument(
        "--cluster", type=address_of, metavar="ADDRESS", help="have it done by the workers of a scheduler of Dask"
    )
    parser.add_argument(
        "--rounds",
        action="store_true",
        help="look at all stacks quickly first and write the report, then ask as deep as --depth says",
    )
    parser.add_argument(
        "--time",
        type=_seconds,
        metavar="TIME",
        help="go deeper round by round, at most to --depth, for so long, such as 90s, 10m or 2h",
    )
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
    if arguments.cluster and (subjects or arguments.python):
        raise UsageError("--cluster asks stacks of our own, with the interpreters that its workers have")
    console, divergences = Console(), entries.load(stacks=stacks)
    places = places_of(options, stacks)
    parts = with_folders(options, arguments.device, arguments.out)
    seconds = arguments.time or math.inf
    rounds = rounds_of(options.depth, arguments.rounds or arguments.time is not None, arguments.time is not None)
    outputs = renders([arguments.out / "report.html", arguments.out / "report.md"])
    paths: list[Path] = []

    def page() -> None:
        write_all(merge([read(path) for path in paths]), outputs)
        say(console, f"Report so far: {next(iter(outputs))}")

    codes: list[int] = []
    for each, folder in parts:
        paths.append(folder / "run.jsonl")
        recorder = run_rules(
            Session(each, stacks, places=places),
            paths[-1],
            arguments.k,
            console,
            divergences,
            jobs=arguments.jobs,
            cluster=arguments.cluster,
            schedule=Schedule(rounds, seconds / len(parts), page),
            before=interrupted(paths[-1]) if arguments.resume else None,
            earlier=_earlier(arguments, folder.relative_to(arguments.out)),
        )
        codes.append(recorder.exit_code)
    report = merge([read(path) for path in paths])
    write_all(report, outputs)
    to_step_summary(step_summary(report))
    summary(report, console, outputs)
    return max(codes)


def _seconds(text: str) -> float:
    """A time such as 90s, 10m or 2h, in seconds."""
    if found := re.fullmatch(r"(\d{1,6})(s|m|h)", text, re.ASCII):
        seconds = int(found[1]) * {"s": 1.0, "m": 60.0, "h": 3600.0}[found[2]]
        if seconds > 0:
            return seconds
    raise ArgumentTypeError(f"takes a time such as 90s, 10m or 2h, not {truncate(text, 80)!r}")


def _earlier(arguments: Namespace, part: Path) -> Earlier | None:
    """The run before from which results are carried over, in a part of its folder; None where none is."""
    path = arguments.since or arguments.last_failed
    return Earlier(read_earlier(path, part), arguments.last_failed is not None) if path else None
