"""The stacks that a command is about: those of the adapters, and those that the user brings as subjects."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from ast import literal_eval
from collections.abc import Callable, Iterator
from contextlib import suppress
from math import isfinite
from typing import Any, TypeVar

from adapters.core.mark import IN_WORDS, LONGEST, Wrong, axes_by_rank_of, axes_of, is_name, ranks_of, tie_of
from adapters.core.stack import Stack, discover
from conformance.errors import UsageError
from conformance.processes.process import Process
from conformance.stacks.options import Options
from conformance.stacks.subject_limits import SubjectLimits
from conformance.stacks.user_stacks import SubjectOptions, declared_stacks
from reports.text import truncate

T = TypeVar("T")


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
    parser.add_argument(
        "--tie",
        action="append",
        default=[],
        metavar="NAME=[-]OTHER",
        help="a parameter that is another one",
    )
    parser.add_argument(
        "--values", action="append", default=[], metavar="NAME=LOW:HIGH", help="what a parameter may be"
    )
    parser.add_argument("--in-place", action="store_true", help="the subject changes the weights that it is given")
    parser.add_argument(
        "--axes", metavar="AXES", help=f"as in a mark: [0, (0, 1)], {{2: 0, 4: (0, 1, 2)}}, or {' or '.join(IN_WORDS)}"
    )
    parser.add_argument("--ranks", metavar="RANK,...", help="the ranks of weights that a subject takes, such as 2,4")
    parser.add_argument(
        "--modes", metavar="NAME,...", help="how a subject is run, such as eager,jit (default: in every way there is)"
    )
    parser.add_argument("--kind", metavar="KIND", help="what a subject is: layer, model, hook, dict, list or tree")
    parser.add_argument(
        "--no-grad", action="store_true", help="where weights require grad, the subject is called under torch.no_grad()"
    )
    parser.add_argument("--formats", metavar="NAME,...", help="the formats that a subject takes, such as float32")


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
        no_grad=arguments.no_grad,
        kind=arguments.kind,
        values={name: _range(text) for name, text in _pairs("--values", arguments.values)},
        tied={name: _said("--tie", its, tie_of) or "" for name, its in _pairs("--tie", arguments.tie)},
        limits=SubjectLimits(
            axes=_said("--axes", arguments.axes, axes_of),
            axes_by_rank=_said("--axes", arguments.axes, axes_by_rank_of),
            ranks=_said("--ranks", arguments.ranks, ranks_of),
            formats=None if arguments.formats is None else tuple(arguments.formats.split(",")),
            modes=None if arguments.modes is None else tuple(arguments.modes.split(",")),
        ),
    )
    return declared_stacks(arguments.subjects, given, options.pythons, options.device, started)


def _pairs(option: str, texts: list[str]) -> Iterator[tuple[str, str]]:
    for pair in (pair for text in texts for pair in text.split(",")):
        name, _, value = pair.partition("=")
        if not name or not value:
            raise UsageError(f"{option} takes NAME=VALUE, or several with commas between them, not {pair!r}")
        yield name, value


def _said(option: str, text: str | None, read: Callable[[Any], T]) -> T | None:
    """What stands behind an option, as a mark would have it: a literal of Python, or words."""
    if text is None:
        return None
    value: Any = text
    with suppress(ValueError, SyntaxError, MemoryError, RecursionError):  # words are none
        value = literal_eval("None" if text.lower() == "none" else text)
    try:
        # one axis is a list of one
        return read([value] if value is None or isinstance(value, int) else value)
    except Wrong as wrong:
        raise UsageError(f"{option} {truncate(text, LONGEST)}: it {wrong}") from None


def _name(option: str, text: str) -> str:
    if not is_name(text):
        raise UsageError(f"{option} takes names of parameters, not {truncate(text, LONGEST)!r}")
    return text


def _range(text: str) -> tuple[float, ...]:
    low, _, high = text.partition(":")
    return _number("--values", low), _number("--values", high)


def _number(option: str, text: str) -> float:
    with suppress(ValueError):
        if isfinite(number := float(text)):
            return number
    raise UsageError(f"{option} takes numbers, not {truncate(text, LONGEST)!r}")
