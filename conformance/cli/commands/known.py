"""The command `known`: what a record holds of known, new and stale divergences."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from pathlib import Path

from rich.console import Console
from rich.text import Text

from adapters.core.stack import Stack
from conformance.cli.parser import path_of
from conformance.cli.stacks import known_stacks
from conformance.cli.untrusted import made_of
from conformance.errors import UsageError
from conformance.known import entries
from conformance.known.propose import append, proposals, sightings
from conformance.stacks.recorded import recorded_stacks
from reports.record.file import Record, read
from reports.text import escape_control

HELP = "what a record holds of known, new and stale divergences"
ORDER = 70


def add_arguments(parser: ArgumentParser) -> None:
    """A record, and the file of what is known."""
    parser.add_argument("record", type=path_of, metavar="RECORD", help="run.jsonl of a run")
    parser.add_argument(
        "--update", action="store_true", help="append proposals to known_divergences.toml; a person writes the reasons"
    )
    parser.add_argument(
        "--file", type=path_of, metavar="FILE", help="known divergences of one's own, as for gate --known"
    )


def run(arguments: Namespace) -> int:
    """Say what is known, new and stale, append what is new where that is asked for, and return the exit code."""
    path: Path = arguments.file or entries.FILE
    if arguments.file and arguments.update:
        _create(path)
    with made_of([arguments.record]):
        record = read(arguments.record)
        # a record that gives one of our stacks another meaning changes nothing
        stacks = {**recorded_stacks(record.header), **known_stacks()}
        return tell(record, path, arguments.update, Console(), stacks)


def tell(record: Record, path: Path, update: bool, console: Console, stacks: Mapping[str, Stack] | None = None) -> int:
    """Say what of a record is known, new and stale; exit code 1 if anything is to do, else 0."""
    divergences = entries.load(path, stacks)
    proposed, seen = proposals(record, divergences), sightings(record, divergences)
    for entry in seen:
        now = "now: " if entry.state == "stale" else ""
        _say(console, entry.state, f"{entry.title}: {entry.reason}", f"{now}{entry.observed}")
    for proposal in proposed:
        _say(console, "new", proposal.title, f"{proposal.finding.sentence}: {proposal.finding.observed}")
    if not record.complete:
        _say(console, "so far", f"{record.path} is incomplete: there may be more")
    stale = sum(entry.state == "stale" for entry in seen)
    if stale:
        _say(console, "to do", f"{path}: delete what is stale ({stale}), or write anew what is seen now")
    if proposed and update:
        append(path, proposed)
        _say(console, "to do", f"{path}: write a reason and a link for each entry that was appended ({len(proposed)})")
    elif proposed:
        _say(console, "to do", f"give --update to append what is new ({len(proposed)}) to {path}")
    elif not stale:
        _say(console, "to do", "nothing")
    return 1 if proposed or stale else 0


def _create(path: Path) -> None:
    """The file is there, empty if it was not; raises UsageError."""
    if path.exists():
        return
    try:
        path.touch()
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}") from error


def _say(console: Console, word: str, *lines: str) -> None:
    for line in lines:
        console.print(Text(f"{word:8}  {escape_control(line)}"), soft_wrap=True)
        word = ""
