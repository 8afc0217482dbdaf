"""The command `sweep`: every group of a space asked, so that what comes of it is a theorem about a build."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from dataclasses import replace
from math import isfinite
from pathlib import Path

from rich.console import Console

from adapters.core.spaces import EQUAL_WEIGHTS, NUMBERS, PAIRS, Space
from adapters.core.stack import Stack
from conformance.cli.parser import (
    add_depth,
    add_device,
    add_jobs,
    add_shard,
    add_stacks,
    options_of,
    path_of,
    with_folders,
)
from conformance.cli.stacks import add_subject_options, known_stacks, subject_stacks
from conformance.errors import UsageError
from conformance.known import entries
from conformance.run.earlier import interrupted
from conformance.run.loop import Schedule
from conformance.run.run_rules import run_rules
from conformance.schedule.rounds import rounds_of
from conformance.schedule.shards import places_of
from conformance.stacks.options import Sweeps
from conformance.stacks.session import Place, Session
from reference.contract import Contract
from reference.registry import CONTRACTS
from reports.analysis.merge import merge
from reports.console.run import summary
from reports.record.file import read
from reports.text import truncate
from reports.write import renders, write_all

HELP = "ask about every number of a format, every pair, or every group of equal weights"
ORDER = 15
RULE = "every_group_of_a_space_is_accepted"


def add_arguments(parser: ArgumentParser) -> None:
    """What is swept of whom, and a folder."""
    parser.add_argument("subjects", nargs="*", metavar="SUBJECT", help="somebody's own constraints, as for gate")
    add_stacks(parser)
    parser.add_argument("--mode", action="append", default=[], metavar="NAME", help="a mode of theirs (default: all)")
    parser.add_argument(
        "--format",
        action="append",
        default=[],
        choices=["float16", "bfloat16", "float32"],
        help="of which every number is asked; may be given again (default: what --depth says)",
    )
    parser.add_argument("--pairs", action="store_true", help="ask about groups of two: every pair of numbers")
    parser.add_argument(
        "--equal", type=int, metavar="LENGTH", help="ask about groups of so many equal weights, of every number"
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=NUMBER",
        help="a parameter, in place of its default; may be given again",
    )
    parser.add_argument("--out", type=path_of, default=Path("normconf-out/sweep"), metavar="DIR", help="where it goes")
    parser.add_argument("--resume", action="store_true", help="go on with the record of a sweep that was interrupted")
    add_device(parser)
    add_depth(parser)
    add_jobs(parser)
    add_shard(parser)
    add_subject_options(parser)


def run(arguments: Namespace) -> int:
    """Sweep what was asked for on each device, write the report, and return the worst exit code."""
    options = options_of(arguments)
    subjects = subject_stacks(arguments, options)
    named = (*options.stacks, *subjects) if options.stacks or subjects else ()
    stacks = {**known_stacks(), **subjects}
    options = replace(options, stacks=named, sweeps=_chosen(arguments))
    places = _in_modes(places_of(options, stacks), arguments.mode, stacks)
    console, divergences = Console(), entries.load(stacks=stacks)
    paths, codes = list[Path](), list[int]()
    for each, folder in with_folders(options, arguments.device, arguments.out):
        paths.append(folder / "run.jsonl")
        recorder = run_rules(
            Session(each, stacks, places=places),
            paths[-1],
            RULE,
            console,
            divergences,
            jobs=arguments.jobs,
            schedule=Schedule(rounds_of(options.depth)),
            before=interrupted(paths[-1]) if arguments.resume else None,
        )
        codes.append(recorder.exit_code)
    report = merge([read(path) for path in paths])
    outputs = renders([arguments.out / "report.html", arguments.out / "report.md"])
    write_all(report, outputs)
    summary(report, console, outputs)
    results = [result for record in report.records for result in record.results]
    if not any(result.sweeps for result in results) and max(codes) == 0:
        reasons = [one.reason for result in results for one in result.unsupported]
        raise UsageError(f"nothing was swept: {next(iter(reasons), 'no stack has such a contract')}")
    return max(codes)


def _chosen(arguments: Namespace) -> Sweeps:
    """What is to be swept; raises UsageError for what there is not."""
    if arguments.contract is not None and arguments.contract not in CONTRACTS:
        raise UsageError(f"--contract takes one of {', '.join(CONTRACTS)}, not {truncate(arguments.contract, 80)!r}")
    contracts = [CONTRACTS[arguments.contract]] if arguments.contract else []
    parameters = dict(_parameter(text) for text in arguments.set)
    formats = arguments.format or (["float16", "bfloat16"] if parameters or contracts else [])
    if (arguments.pairs or arguments.equal is not None) and not arguments.format:
        formats = ["float16", "bfloat16"]
    spaces = tuple(_space(arguments, name) for name in formats)
    _require_in_domain(contracts or list(CONTRACTS.values()), parameters)
    return Sweeps(True, tuple(contract.name for contract in contracts), parameters, spaces)


def _space(arguments: Namespace, format: str) -> Space:
    try:
        if arguments.equal is not None:
            return Space(EQUAL_WEIGHTS, format, arguments.equal)
        return Space(PAIRS, format, 2) if arguments.pairs else Space(NUMBERS, format)
    except ValueError as error:
        raise UsageError(str(error)) from None


def _parameter(text: str) -> tuple[str, float]:
    name, _, value = text.partition("=")
    try:
        number = float(value)
    except ValueError:
        number = float("nan")
    if not name or not isfinite(number):
        raise UsageError(f"--set takes NAME=NUMBER, not {truncate(text, 80)!r}")
    return name, number


def _require_in_domain(contracts: list[Contract], parameters: dict[str, float]) -> None:
    """Raise UsageError for a parameter that no contract has, or one outside the domain of a contract that has it."""
    for name in parameters:
        if not any(name in contract.defaults for contract in contracts):
            none = f"{contracts[0].name} has no" if len(contracts) == 1 else "no contract has a"
            raise UsageError(f"--set: {none} parameter {truncate(name, 80)!r}")
    for contract in contracts:
        given = {name: value for name, value in parameters.items() if name in contract.defaults}
        if given and (reason := contract.outside_domain(contract.defaults | given)):
            raise UsageError(f"--set: {reason}")


def _in_modes(places: frozenset[Place] | None, modes: list[str], stacks: dict[str, Stack]) -> frozenset[Place] | None:
    """The stacks and modes that are swept; raises UsageError for a mode that none of them has."""
    if not modes:
        return places
    every = places or frozenset((name, mode) for name, stack in stacks.items() for mode in stack.mode_names)
    if unknown := [mode for mode in modes if not any(mode == each for _, each in every)]:
        raise UsageError(f"no stack has a mode {truncate(unknown[0], 80)!r}")
    return frozenset((name, mode) for name, mode in every if mode in modes)
