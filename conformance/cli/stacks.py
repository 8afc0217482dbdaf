"""The stacks that a command is about: those of the adapters, and those that the user brings as subjects."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from contextlib import suppress
from math import isfinite

from adapters.core.discovery import discover
from adapters.core.mark import LONGEST, is_name
from adapters.core.stack import Stack
from conformance.errors import UsageError
from conformance.stacks.options import Options
from conformance.stacks.process import Process
from conformance.stacks.user_stacks import SubjectOptions, declared_stacks
from reports.text import truncate


def known_stacks() -> dict[str, Stack]:
    """The stacks that adapters define, by name."""
    return dict(discover())


def add_subject_options(parser: ArgumentParser) -> None:
    """What is said of subjects in place of their marks."""
    parser.add_argument("--framework", metavar="NAME", help="torch, jax, tensorflow, numpy, keras, or keras-BACKEND")
    parser.add_argument("--contract", metavar="NAME", help="what a subject promises, such as max_norm")
    parser.add_argument(
        "--map", action="append", default=[], metavar="NAME=ITS", help="a contract's parameter, and the subject's name"
    )
    parser.add_argument(
        "--fix", action="append", default=[], metavar="NAME=NUMBER", help="a parameter that a subject has fixed"
    )
    parser.add_argument("--in-place", action="store_true", help="the subject changes the weights that it is given")


def subject_stacks(
    arguments: Namespace, options: Options, started: dict[str, Process] | None = None
) -> dict[str, Stack]:
    """The stacks that the subjects of a command are; raises UsageError. `started`: as in `declared_stacks`."""
    given = SubjectOptions(
        framework=arguments.framework,
        contract=arguments.contract,
        names={name: _name("--map", its) for name, its in _pairs("--map", arguments.map)},
        fixed={name: _number("--fix", text) for name, text in _pairs("--fix", arguments.fix)},
        in_place=arguments.in_place,
    )
    return declared_stacks(arguments.subjects, given, options.pythons, options.device, started)


def _pairs(option: str, texts: list[str]) -> Iterator[tuple[str, str]]:
    for pair in (pair for text in texts for pair in text.split(",")):
        name, _, value = pair.partition("=")
        if not name or not value:
            raise UsageError(f"{option} takes NAME=VALUE, or several with commas between them, not {pair!r}")
        yield name, value


def _name(option: str, text: str) -> str:
    if not is_name(text):
        raise UsageError(f"{option} takes names of parameters, not {truncate(text, LONGEST)!r}")
    return text


def _number(option: str, text: str) -> float:
    with suppress(ValueError):
        if isfinite(number := float(text)):
            return number
    raise UsageError(f"{option} takes numbers, not {truncate(text, LONGEST)!r}")
