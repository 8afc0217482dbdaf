"""The command `known`: what a record holds of known, new and stale divergences."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

from rich.console import Console

from conformance.errors import UsageError
from conformance.known import entries, propose
from conformance.stacks.user_stacks import recorded_stacks
from reports.record.file import read

HELP = "what a record holds of known, new and stale divergences"
ORDER = 70


def add_arguments(parser: ArgumentParser) -> None:
    """A record, and the file of what is known."""
    parser.add_argument("record", type=Path, metavar="RECORD", help="run.jsonl of a run")
    parser.add_argument(
        "--update", action="store_true", help="append proposals to known_divergences.toml; a person writes the reasons"
    )
    parser.add_argument("--file", type=Path, metavar="FILE", help="known divergences of one's own, as for gate --known")


def run(arguments: Namespace) -> int:
    """Say what is known, new and stale, append what is new where that is asked for, and return the exit code."""
    path: Path = arguments.file or entries.FILE
    if arguments.file and arguments.update:
        _create(path)
    stacks = recorded_stacks(read(arguments.record).header)
    return propose.command(arguments.record, arguments.update, Console(), path, stacks)


def _create(path: Path) -> None:
    """The file is there, empty if it was not; raises UsageError."""
    if path.exists():
        return
    try:
        path.touch()
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}") from error
