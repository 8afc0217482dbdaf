"""Arguments that several commands take, and the options of a run that they stand for."""

from __future__ import annotations

import os
import re
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from dataclasses import replace
from pathlib import Path

# pytest offers no other way to read an expression before a run has begun
from _pytest.mark.expression import Expression

from conformance.errors import UsageError
from conformance.rules.execute import DEPTHS
from conformance.stacks.options import Options
from reports.text import truncate

ALL_DEVICES = "all"
LONGEST_TIMEOUT = 24 * 60 * 60
# what 64 bits hold
LARGEST_SEED = 2**63 - 1
LONGEST_EXPRESSION = 2000
MOST_JOBS = 1024
# bytes: two jobs and all their workers on JAX held 2 GB together
MEMORY_OF_A_JOB = 2 << 30
MEMORY = Path("/proc/meminfo")
# in the environment: how many processes ask where nobody says so on the command line
JOBS = "NORMCONF_JOBS"


def path_of(text: str) -> Path:
    """A path at which the system can at least look, whatever is there."""
    try:
        os.lstat(text)
    except (FileNotFoundError, NotADirectoryError):
        return Path(text)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ArgumentTypeError(f"takes a path, not {truncate(text, 80)!r}: {reason}") from None
    return Path(text)


def add_stacks(parser: ArgumentParser) -> None:
    """Which stacks, and with which interpreters."""
    parser.add_argument(
        "--stack",
        action="append",
        default=[],
        metavar="NAME",
        help="a stack, or a pattern such as 'torch.*'; may be given again (default: all)",
    )
    parser.add_argument("--python", action="append", default=[], metavar="NAME=PATH", help="the interpreter of a stack")


def add_device(parser: ArgumentParser, timeout: float = 60.0, several: bool = True) -> None:
    """On which device, or on `several`, and how long a case may take there."""
    where = "where the stacks run"
    if several:
        where += "; all: on the CPU, then on the GPU if there is one"
    choices = ["cpu", "gpu", ALL_DEVICES] if several else ["cpu", "gpu"]
    parser.add_argument("--device", choices=choices, default="cpu", help=f"{where} (default: cpu)")
    parser.add_argument(
        "--timeout",
        type=float,
        default=timeout,
        metavar="SECONDS",
        help=f"the most one case may take, four times that where it is compiled (default: {timeout:g})",
    )


def add_depth(parser: ArgumentParser) -> None:
    """How many cases are drawn, and which."""
    parser.add_argument(
        "--depth", choices=list(DEPTHS), default="default", help="how many cases are drawn (default: default)"
    )
    add_seed(parser, "the same seed draws the same cases on every stack (default: 0)")


def add_jobs(parser: ArgumentParser) -> None:
    """How many processes ask side by side."""
    told = _number(os.environ.get(JOBS, ""))
    parser.add_argument(
        "--jobs",
        type=_jobs,
        default=told if 1 <= told <= MOST_JOBS else _usual_jobs(),
        metavar="NUMBER",
        help="how many processes ask side by side, each with a worker of its own, on Linux; "
        f"what comes out is the same (default: {JOBS}, or as many as there are cores and memory for)",
    )


def _usual_jobs() -> int:
    """One for each core that this process may use, as far as there is memory for them; one where there is no Linux."""
    if sys.platform != "linux":
        return 1
    available = re.search(r"^MemAvailable: +(\d+) kB$", MEMORY.read_text("utf-8"), re.MULTILINE)
    room = 1024 * int(available[1]) // MEMORY_OF_A_JOB if available else 1
    return max(1, min(len(os.sched_getaffinity(0)), room, MOST_JOBS))


def _jobs(text: str) -> int:
    """A number of processes that a machine may have."""
    if not 1 <= (number := _number(text)) <= MOST_JOBS:
        raise ArgumentTypeError(f"takes a whole number from 1 to {MOST_JOBS}, not {truncate(text, 80)!r}")
    return number


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def add_shard(parser: ArgumentParser) -> None:
    """Which part of a run that several machines share."""
    parser.add_argument(
        "--shard",
        type=_shard,
        metavar="NUMBER/COUNT",
        help="one of several parts that take about as long, such as 1/8; report merges their records",
    )


def _shard(text: str) -> tuple[int, int]:
    first, _, last = text.partition("/")
    number, count = _number(first), _number(last)
    if not 1 <= number <= count <= MOST_JOBS:
        said = f"NUMBER/COUNT, such as 1/8, with a count of at most {MOST_JOBS}"
        raise ArgumentTypeError(f"takes {said}, not {truncate(text, 80)!r}")
    return number, count


def address_of(text: str) -> str:
    """Where a scheduler may be."""
    if not re.fullmatch(r"(tcp|tls)://[\w.:\[\]-]{1,250}:\d{1,5}", text, re.ASCII):
        raise ArgumentTypeError(f"takes an address such as tcp://192.0.2.1:8786, not {truncate(text, 80)!r}")
    return text


def add_seed(parser: ArgumentParser, help: str) -> None:
    """What everything that is drawn depends on."""
    parser.add_argument("--seed", type=_seed, default=0, metavar="NUMBER", help=help)


def _seed(text: str) -> int:
    """A whole number that every reader of a record can hold."""
    try:
        seed = int(text) if len(text) <= 20 else LARGEST_SEED + 1
    except ValueError:
        raise ArgumentTypeError(f"takes a whole number, not {text!r}") from None
    if abs(seed) > LARGEST_SEED:
        raise ArgumentTypeError(f"takes a whole number of at most {LARGEST_SEED}")
    return seed


def add_selection_and_folder(parser: ArgumentParser, folder: Path) -> None:
    """Which rules, and where what comes of them is written."""
    parser.add_argument(
        "--out", type=path_of, default=folder, metavar="DIR", help="where run.jsonl, report.html and report.md go"
    )
    parser.add_argument(
        "-k", type=_expression, metavar="EXPRESSION", help="only the rules whose names match, as in pytest"
    )


def _expression(text: str) -> str:
    """An expression that pytest understands and can cope with; it would say what is wrong in lines of its own."""
    try:
        if len(text) > LONGEST_EXPRESSION:
            raise ValueError
        Expression.compile(text).evaluate(_matches)
    except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError):
        said = f"an expression of rule names, 'and', 'or' and 'not', of at most {LONGEST_EXPRESSION} characters"
        raise ArgumentTypeError(f"takes {said}, not {truncate(text, 80)!r}") from None
    return text


def _matches(name: str, /, **arguments: object) -> bool:
    if arguments:  # as a mark has them, and a rule's name has not
        raise ValueError
    return True


def options_of(arguments: Namespace) -> Options:
    """What the arguments of a command ask for, on the CPU first where that is every device; raises UsageError."""
    if not 0 < arguments.timeout <= LONGEST_TIMEOUT:
        said = f"a positive number of seconds, at most {LONGEST_TIMEOUT} (a day)"
        raise UsageError(f"--timeout takes {said}, not {arguments.timeout:g}")
    return Options(
        stacks=tuple(getattr(arguments, "stack", ())),
        pythons=_pythons(arguments.python),
        device="cpu" if arguments.device == ALL_DEVICES else arguments.device,
        depth=getattr(arguments, "depth", "default"),
        seed=getattr(arguments, "seed", 0),
        timeout=arguments.timeout,
        shard=getattr(arguments, "shard", None),
    )


def _pythons(value: list[str] | str) -> dict[str, str]:
    """The interpreter of each stack; a single path is that of every one."""
    pythons = {}
    for pair in value if isinstance(value, list) else [f"*={value}"]:
        name, _, path = pair.partition("=")
        if not path:
            raise UsageError(f"--python takes NAME=PATH, not {pair!r}")
        pythons[name] = path
    return pythons


def for_each_device(options: Options, device: str) -> list[Options]:
    """The options for each device; one that is not asked for by name may be missing."""
    if device != ALL_DEVICES:
        return [options]
    return [replace(options, device=kind, optional=kind != "cpu") for kind in ("cpu", "gpu")]


def with_folders(options: Options, device: str, folder: Path) -> list[tuple[Options, Path]]:
    """The options for each device, and the folder of its record: one of its own where there are several."""
    several = device == ALL_DEVICES
    return [(each, folder / each.device if several else folder) for each in for_each_device(options, device)]
