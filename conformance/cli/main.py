"""The command line: finds its commands in `commands`, runs the one that is named, and says how it ended."""

from __future__ import annotations

import argparse
import contextlib
import errno
import importlib
import os
import pkgutil
import re
import sys
from collections.abc import Mapping, Sequence
from typing import NoReturn, Protocol, cast

from conformance.cli import commands
from conformance.cli.signals import interruptible
from conformance.errors import UsageError
from conformance.version import suite_version
from reports.record.file import ReportError
from reports.text import escape_control, truncate

# characters of a sentence that says what is wrong
LONGEST = 1000
# a disk that takes no more, or not more of one file or from one user
FULL = {errno.ENOSPC, errno.EFBIG, errno.EDQUOT}


class Command(Protocol):
    """What a module of `commands` has; its name is that of the command."""

    HELP: str
    ORDER: int

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Tell the parser what the command takes."""

    def run(self, arguments: argparse.Namespace) -> int:
        """Run the command and return its exit code."""


class Parser(argparse.ArgumentParser):
    """A parser that says in one line what is wrong with the command line."""

    def error(self, message: str) -> NoReturn:
        """Say it, and where more is said, and end with exit code 2."""
        self.exit(2, f"{_sentence(message)}; {self.prog} --help says more\n")


def _sentence(message: str) -> str:
    return f"normconf: {truncate(escape_control(message), LONGEST)}"


def main(arguments: list[str] | None = None, prog: str = "python -m conformance") -> int:
    """Run one command and return its exit code.

    0 conforms, 1 a MUST rule is broken or, of claims and diff, something is new, 2 wrong usage, 3 a fault here.
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a terminal without ✔ still gets the rest
    given = sys.argv[1:] if arguments is None else arguments
    available = discover_commands(given[:1])
    parser = build_parser(available, prog)
    # no path holds a NUL, and argparse makes an empty list of --out=--
    if odd := next((each for each in given if "\0" in each or re.fullmatch(r"--[^=]*=--|-\w--", each)), None):
        parser.error(f"{odd!r} is no argument")
    parsed = parser.parse_args(given)
    try:
        with interruptible():
            code = available[parsed.command].run(parsed)
        sys.stdout.flush()  # or what is wrong with it would be said after the last line of ours
        return code
    except KeyboardInterrupt:
        print("normconf: interrupted", file=sys.stderr)
        return 3
    except (UsageError, ReportError) as error:
        print(_sentence(str(error)), file=sys.stderr)
        for line in error.lines if isinstance(error, UsageError) else ():
            print(f"    {escape_control(line)}", file=sys.stderr)
        return 2
    except (BrokenPipeError, SystemExit):  # rich makes the one into the other
        # whoever read along has gone, and what was asked for did not come to its end
        _forget_output()
        return 3
    except OSError as error:
        if error.errno not in FULL:
            raise
        _forget_output()
        print(_sentence(f"what came cannot be written: {error.strerror}"), file=sys.stderr)
        return 2


def _forget_output() -> None:
    """What could not be printed is not tried again as the process ends."""
    with contextlib.suppress(OSError, ValueError):  # it may have no descriptor
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def discover_commands(wanted: Sequence[str] = ()) -> Mapping[str, Command]:
    """Every command by its name, in the order in which the help lists them; only those that are wanted, if they are
    commands: importing the others takes longer than some of them run.
    """
    names = [module.name for module in pkgutil.iter_modules(commands.__path__)]
    names = [name for name in names if name in wanted] or names
    modules = {name: cast(Command, importlib.import_module(f"{commands.__name__}.{name}")) for name in names}
    return dict(sorted(modules.items(), key=lambda item: item[1].ORDER))


def build_parser(available: Mapping[str, Command], prog: str) -> argparse.ArgumentParser:
    """The parser of the command line; what it returns has the name of the command as `command`."""
    parser = Parser(
        prog=prog,
        description="A conformance suite for weight-norm constraints: MaxNorm, MinMaxNorm, UnitNorm.",
    )
    parser.add_argument("--version", action="version", version=f"normconf {suite_version()}")
    subparsers = parser.add_subparsers(required=True, dest="command", metavar="COMMAND")
    for name, command in available.items():
        command.add_arguments(subparsers.add_parser(name, help=command.HELP))
    return parser
