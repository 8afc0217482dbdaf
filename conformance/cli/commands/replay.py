"""The command `replay`: one recorded call made again."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from rich.console import Console

from conformance.cli.parser import add_device, add_stacks, options_of, path_of
from conformance.cli.stacks import add_subject_options, subject_stacks
from conformance.cli.untrusted import made_of
from conformance.run.replay import replay
from reports.record.file import read

HELP = "make one recorded call again and show what comes back"
ORDER = 60


def add_arguments(parser: ArgumentParser) -> None:
    """A record, a case in it, and the stacks and subjects to ask."""
    parser.add_argument("record", type=path_of, metavar="RECORD", help="run.jsonl of a run")
    parser.add_argument("id", metavar="ID", help="the id of a case or finding in it")
    parser.add_argument(
        "subjects",
        nargs="*",
        metavar="SUBJECT",
        help="somebody's own constraints to ask, as for gate: those that only the record names are not imported",
    )
    add_subject_options(parser)
    add_stacks(parser)
    add_device(parser, several=False)


def run(arguments: Namespace) -> int:
    """Ask the case again, and return the exit code."""
    options = options_of(arguments)
    with made_of([arguments.record]):
        record = read(arguments.record)
        return replay(record, arguments.id, options, Console(), subject_stacks(arguments, options))
