"""Decorators that make functions of the chapters rules: the docstring's first paragraph is the rule's statement."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypedDict

from adapters.core.stack import Stack
from conformance.cases.case import Case
from conformance.cases.generate import CaseSpec
from conformance.judging.results import NoResult
from conformance.judging.verdict import RECORD, SHOULD, Verdict
from conformance.rules.explore import Check
from conformance.rules.rule import (
    EVERY_DEVICE,
    EVERY_MODE,
    FIRST_ONLY,
    USUAL_MODES,
    CaseRule,
    Characterization,
    Measurement,
    SweepRule,
    UnspecifiedInput,
)
from conformance.stacks.target import Trace
from reports.record.chapters import CHAPTERS
from reports.record.measurements import Curve, Equivalence

Suits = Callable[[Stack], bool]


class Identity(TypedDict):
    """What a rule's own function says of it."""

    id: str
    chapter: str
    statement: str


def rule(
    level: str,
    source: str,
    cases: CaseSpec,
    share: float = 1.0,
    modes: str = USUAL_MODES,
    devices: tuple[str, ...] = EVERY_DEVICE,
    over_time: bool = False,
) -> Callable[[Callable[[Trace, Case], Verdict]], CaseRule]:
    """Make a function of a target and a case a rule; `share` is its part of the cases, `source` where it is written.

    over_time: histories of calls are played for it, too.
    """

    def define(check: Callable[[Trace, Case], Verdict]) -> CaseRule:
        return CaseRule(
            **_identity(check),
            level=level,
            source=source,
            contracts=cases.contracts,
            modes=modes,
            devices=devices,
            suits=cases.suits,
            cases=cases,
            share=share,
            check=_where_there_is_a_result(check) if level == SHOULD else check,
            over_time=over_time,
        )

    return define


def sweeping(level: str, source: str, contracts: tuple[str, ...]) -> Callable[[Check], SweepRule]:
    """Make a function of a target and a case a rule that is put to every group of the spaces that are swept."""

    def define(check: Check) -> SweepRule:
        cases = CaseSpec(contracts=contracts, every_format=True)
        return SweepRule(
            **_identity(check),
            level=level,
            source=source,
            contracts=contracts,
            modes=EVERY_MODE,
            devices=EVERY_DEVICE,
            suits=cases.suits,
            cases=cases,
            share=1.0,
            check=check,
        )

    return define


def _where_there_is_a_result(check: Check) -> Check:
    """What raises or hangs instead of returning something breaks a rule on values, and not one that expects more."""

    @functools.wraps(check)
    def ask(target: Trace, case: Case) -> Verdict:
        try:
            return check(target, case)
        except NoResult as none:
            if none.verdict.violations and set(none.verdict.grades) <= {"ERROR", "TIMEOUT"}:
                reason = f"there is no result to ask about: {none.verdict.violations[0].sentence}"
                return Verdict(case.weights.format, unsupported=reason)
            raise

    return ask


def _every_stack(stack: Stack) -> bool:
    return True


def characterization(
    source: str, inputs: Sequence[UnspecifiedInput], suits: Suits = _every_stack
) -> Callable[[Callable[[Trace, Case], str]], Characterization]:
    """Make a function that says in words what a stack makes of unspecified input a rule at RECORD level."""

    def define(classify: Callable[[Trace, Case], str]) -> Characterization:
        return Characterization(
            **_identity(classify),
            level=RECORD,
            source=source,
            contracts=tuple(dict.fromkeys(unspecified.case.contract for unspecified in inputs)),
            modes=USUAL_MODES,
            devices=EVERY_DEVICE,
            suits=suits,
            inputs=tuple(inputs),
            classify=classify,
        )

    return define


def measurement(
    source: str, contracts: tuple[str, ...], modes: str = FIRST_ONLY, suits: Suits = _every_stack
) -> Callable[[Callable[[Trace], Iterable[Equivalence | Curve]]], Measurement]:
    """Make a function of a target that yields what it measured a rule at RECORD level."""

    def define(measure: Callable[[Trace], Iterable[Equivalence | Curve]]) -> Measurement:
        return Measurement(
            **_identity(measure),
            level=RECORD,
            source=source,
            contracts=contracts,
            modes=modes,
            devices=EVERY_DEVICE,
            suits=suits,
            measure=measure,
        )

    return define


def no_port(stack: Stack) -> bool:
    """Whether a stack is a call of its own, no port of Keras's constraints."""
    return "min_max_norm" not in stack.contracts


def _identity(function: Callable[..., Any]) -> Identity:
    statement = " ".join((function.__doc__ or "").partition("\n\n")[0].split())
    if not statement:
        raise ValueError(f"{function.__name__} has no statement: its docstring is empty")
    return Identity(
        id=function.__name__.removeprefix("test_"), chapter=chapter_of(function.__module__), statement=statement
    )


def chapter_of(module: str) -> str:
    """The chapter that a module such as conformance.rules.test_05_side_effects is, by its number; others by name."""
    number = re.search(r"\.test_(\d+)_\w+$", module)
    return CHAPTERS[int(number[1]) - 1] if number else module.rpartition(".")[2]
