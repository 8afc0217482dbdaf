"""The command `replay`: one recorded call made again."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

from rich.console import Console

from conformance.cli.parser import add_device, add_stacks, options_of
from conformance.run.replay import replay
from reports.record.file import read

HELP = "make one recorded call again and show what comes back"
ORDER = 60


def add_arguments(parser: ArgumentParser) -> None:
    """A record, a case in it, and the stacks to ask."""
    parser.add_argument("record", type=Path, metavar="RECORD", help="run.jsonl of a run")
    parser.add_argument("id", metavar="ID", help="the id of a case or finding in it")
    add_stacks(parser)
    add_device(parser, several=False)


def run(arguments: Namespace) -> int:
    """Ask the case again, and return the exit code."""
    return replay(read(arguments.record), arguments.id, options_of(arguments), Console())
