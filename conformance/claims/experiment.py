"""Experiments: programs in a framework's own code, run on drawn arguments, and what must hold of what comes back.

A program is a function of data that JSON holds, and returns such data. Its text is what the worker runs and what a
counterexample shows, so it may use nothing but its arguments, NumPy as `np`, functions of its own module, and what the
adapter's `prelude` imports.
"""

from __future__ import annotations

import dis
import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from random import Random
from types import CodeType, FunctionType
from typing import Any, TypeAlias

from conformance.claims import experiments

# of a program, by name: whatever JSON holds, like all that comes in and out of programs
Arguments: TypeAlias = dict[str, Any]
# one truth for each group or step that was looked at; None where the property says nothing of these arguments
Judged: TypeAlias = Sequence[bool] | bool | None
Draw: TypeAlias = Callable[[Random], Arguments]

TRIALS = 8
# in front of the name of an experiment: its contrary
NEVER = "never "


@dataclass(frozen=True)
class Raised:
    """What a program raised in place of returning something."""

    type: str
    message: str


def is_refused(output: Any, error: str) -> bool:
    """Whether a program raised an error of this type."""
    return isinstance(output, Raised) and output.type == error


@dataclass(frozen=True)
class Curves:
    """A picture of the output of the first trial: lines over x, by name."""

    title: str
    x: str
    lines: Callable[[Any], Mapping[str, Sequence[float]]]


@dataclass(frozen=True)
class Experiment:
    """A property: its sentence, the program, the arguments of each trial, and the judgement of its output.

    `judge` gets the arguments and the output; what was Raised only where `errors`: else the program itself is wrong.
    `keep`: arguments that reducing leaves alone; all of them where the trials are fixed.
    """

    name: str
    sentence: str
    program: Callable[..., Any]
    arguments: Draw | Sequence[Arguments]
    judge: Callable[[Arguments, Any], Judged]
    trials: int
    errors: bool
    keep: tuple[str, ...]
    picture: Curves | None

    def drawn(self, seed: int) -> list[Arguments]:
        """The arguments of all trials, the same for a seed on every stack."""
        if not callable(self.arguments):
            return list(self.arguments)
        # those of whatever else is said of the program too, such as the contrary, which is judged by the same output
        random = Random(f"{seed} {self.program.__name__}")
        return [self.arguments(random) for _ in range(self.trials)]

    def truths(self, arguments: Arguments, output: Any) -> list[bool] | None:
        """Whether the property holds, group by group; None where it says nothing."""
        judged = self.judge(arguments, output)
        if judged is None:
            return None
        return [bool(judged)] if isinstance(judged, bool) else [bool(truth) for truth in judged]


def experiment(
    program: Callable[..., Any],
    arguments: Draw | Sequence[Arguments],
    trials: int = TRIALS,
    errors: bool = False,
    keep: Sequence[str] = (),
    picture: Curves | None = None,
) -> Callable[[Callable[[Arguments, Any], Judged]], Experiment]:
    """Make a function of arguments and output an experiment; its docstring says what holds."""

    def decorate(judge: Callable[[Arguments, Any], Judged]) -> Experiment:
        sentence = " ".join((judge.__doc__ or "").partition("\n\n")[0].split())
        if not sentence:
            raise ValueError(f"{judge.__name__} has no sentence")
        return Experiment(judge.__name__, sentence, program, arguments, judge, trials, errors, tuple(keep), picture)

    return decorate


@cache
def discover_experiments() -> Mapping[str, Experiment]:
    """Every experiment there is, by name; raises ValueError where two have the same."""
    named: dict[str, Experiment] = {}
    for module in pkgutil.iter_modules(experiments.__path__):
        for value in vars(importlib.import_module(f"{experiments.__name__}.{module.name}")).values():
            if isinstance(value, Experiment) and named.setdefault(value.name, value) is not value:
                raise ValueError(f"two experiments are named {value.name}")
    return named


@cache
def find_experiment(name: str) -> Experiment | None:
    """The experiment of this name, or with `never ` in front the one that holds where that one is broken."""
    found = discover_experiments().get(name.removeprefix(NEVER))
    return found if found is None or not name.startswith(NEVER) else _contrary(found)


def _contrary(experiment: Experiment) -> Experiment:
    """What a program shows where in no group and at no step of it a property holds."""

    def judge(arguments: Arguments, output: Any) -> list[bool] | None:
        truths = experiment.truths(arguments, output)
        return None if truths is None else [not truth for truth in truths]

    sentence = f"Nowhere does this hold: {experiment.sentence}"
    return replace(experiment, name=NEVER + experiment.name, sentence=sentence, judge=judge)


@cache
def source(program: Callable[..., Any]) -> str:
    """The text of a program, behind that of the functions of its module that it calls."""
    return "\n\n".join(inspect.getsource(function).rstrip() for function in _called(program, {})) + "\n"


def _called(function: Any, seen: dict[str, None]) -> Iterator[FunctionType]:
    seen[function.__name__] = None
    for name in _names(function.__code__):
        other = function.__globals__.get(name)
        if isinstance(other, FunctionType) and other.__module__ == function.__module__ and name not in seen:
            yield from _called(other, seen)
    yield function


def _names(code: CodeType) -> Iterator[str]:
    # attributes, such as jnp.float32, are no names of the module
    yield from (step.argval for step in dis.get_instructions(code) if step.opname == "LOAD_GLOBAL")
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)
