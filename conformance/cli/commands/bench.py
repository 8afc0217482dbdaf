"""The command `bench`: weight groups per second."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from rich.console import Console

from conformance.bench.throughput import bench
from conformance.cli.parser import add_device, add_seed, add_stacks, for_each_device, options_of

HELP = "weight groups per second: bare calls, this suite, a naive harness"
ORDER = 80


def add_arguments(parser: ArgumentParser) -> None:
    """Stacks, and the seed of the cases."""
    add_stacks(parser)
    add_device(parser)
    add_seed(parser, "the seed of the cases (default: 0)")


def run(arguments: Namespace) -> int:
    """Measure, print the rates, and return the exit code."""
    return bench(for_each_device(options_of(arguments), arguments.device), Console())
