"""The command `list`: the stacks and the rules."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from rich.console import Console
from rich.text import Text

from conformance.cli.stacks import known_stacks
from conformance.rules.registry import catalog

HELP = "the stacks and the rules"
ORDER = 90


def add_arguments(parser: ArgumentParser) -> None:
    """It takes nothing."""


def run(arguments: Namespace) -> int:
    """Print every stack and every rule on a line of its own; the exit code is 0."""
    console = Console()
    console.print(Text("Stacks", style="bold"))
    for stack in known_stacks().values():
        console.print(Text(f"  {stack.name} ({', '.join(stack.mode_names)}): {stack.sentence}"), soft_wrap=True)
    console.print(Text("Rules", style="bold"))
    for rule in catalog():
        line = f"  {rule.id} [{rule.chapter}, {rule.level}]: {rule.statement} Source: {rule.source}"
        console.print(Text(line), soft_wrap=True)
    return 0
