"""The command `bench`: weight groups per second."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from rich.console import Console

from conformance.bench.side_by_side import side_by_side
from conformance.bench.throughput import bench
from conformance.cli.parser import add_device, add_jobs, add_seed, add_stacks, for_each_device, options_of

HELP = "weight groups per second: bare calls, this suite, a naive harness"
ORDER = 80


def add_arguments(parser: ArgumentParser) -> None:
    """Stacks, the seed of the cases, and what is measured."""
    add_stacks(parser)
    add_device(parser)
    add_seed(parser, "the seed of the cases (default: 0)")
    parser.add_argument(
        "--side-by-side",
        action="store_true",
        help="measure how long quick runs take in one process, in --jobs of them and in shards, and their memory",
    )
    add_jobs(parser)


def run(arguments: Namespace) -> int:
    """Measure, print the rates or ratios, and return the exit code."""
    if arguments.side_by_side:
        return side_by_side(options_of(arguments), arguments.jobs, Console())
    return bench(for_each_device(options_of(arguments), arguments.device), Console())
