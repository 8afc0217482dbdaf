"""Rules: sentences of the specification that a stack is held to.

A rule is a function of a subject and a case that returns a verdict; `@rule` makes it a pytest test, run once per
subject. Hypothesis draws the cases. Nothing is raised while it draws, so that no answer of a stack changes what is
drawn next: what goes wrong is tallied, and reduced afterwards.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

from adapters.core.stack import Stack
from conformance.cases.case import Case
from conformance.cases.generate import Recipe
from conformance.judging.classify import fitted
from conformance.judging.verdict import MUST, Verdict
from conformance.rules.explore import explore
from conformance.rules.findings import Known, Tally
from conformance.rules.rule import EVERY_DEVICE, FIRST_ONLY, USUAL_MODES, Body, Rule, Tell
from conformance.stacks.target import Subject

# a stack that hung so often under a rule is not asked for more: each hang costs the whole timeout
MOST_HANGS = 2
# cases per unit of a rule's share
DEPTHS = {"quick": 2, "default": 8, "thorough": 32}


# a stack's first mode gets all cases; the others share most of its code, and some take seconds to compile each
OTHER_MODES_SHARE, COSTLY_SHARE = 0.5, 0.25
# a case of a function that takes one group at a time holds few of them
LOOPED_SHARE = 4.0


def rule(
    level: str,
    source: str,
    cases: Recipe,
    share: float = 1.0,
    modes: str = USUAL_MODES,
    devices: tuple[str, ...] = EVERY_DEVICE,
) -> Callable[[Body], Any]:
    """Make a function of (subject, case) a rule; `share` is its part of the cases, `source` where it is written."""

    def decorate(body: Body) -> Any:
        about = replace(_about(body, level, source, cases.contracts, modes, cases.suits), devices=devices)

        def run(subject: Subject, depth: str, case_seed: int, known: Known, tell: Tell) -> None:
            tally = Tally(about, subject, body, known)

            def ask(subject: Subject, case: Case) -> Verdict:
                if tally.grades["TIMEOUT"] >= MOST_HANGS:
                    return Verdict(case.weights.format, unsupported=f"not asked: it hung {MOST_HANGS} times before")
                return body(subject, case)

            start = time.perf_counter()
            # by rule, or every rule would be asked about the same cases
            drawn = cases.of(subject.stack, subject.mode)
            examples = max(1, round(DEPTHS[depth] * share * _part(subject)))
            explore(ask, subject, drawn, examples, f"{case_seed} {about.id}", tally.add)
            event = tally.event(time.perf_counter() - start)
            tell(event)
            wrong = [f for f in event["findings"] if f["level"] == MUST and f["known"] is None]
            if wrong:
                pytest.fail(f"{about.sentence}\n{wrong[0]['sentence']}: case {wrong[0]['case']['id']}", pytrace=False)

        dressed = _dressed(run, body, about)
        dressed.cases, dressed.share = cases, share
        return dressed

    return decorate


def _part(subject: Subject) -> float:
    """The part of a rule's cases that a subject gets."""
    if subject.costly:
        return COSTLY_SHARE
    part = 1.0 if subject.mode == subject.stack.modes[0] else OTHER_MODES_SHARE
    return part * (LOOPED_SHARE if subject.stack.looped else 1.0)


@dataclass(frozen=True)
class Probe:
    """Input that no contract specifies: what a stack makes of it is put into words, and compared across stacks."""

    name: str
    case: Case


def probes(
    source: str, items: Sequence[Probe], suits: Callable[[Stack], bool] = lambda stack: True
) -> Callable[[Callable[[Subject, Case], str]], Any]:
    """Make a function of (subject, case) that returns what a stack does, in words, a rule at RECORD level."""

    def decorate(body: Callable[[Subject, Case], str]) -> Any:
        contracts = tuple(dict.fromkeys(probe.case.contract for probe in items))
        about = _about(body, "RECORD", source, contracts, USUAL_MODES, suits)

        def run(subject: Subject, tell: Tell) -> None:
            start = time.perf_counter()
            tally = Tally(about, subject, None)
            for probe in items:
                if probe.case.contract in subject.stack.contracts:
                    tally.observe(probe.name, fitted(probe.case, subject.stack), body)
            tell(tally.event(time.perf_counter() - start))

        return _dressed(run, body, about)

    return decorate


def gathers(
    field: str,
    source: str,
    contracts: tuple[str, ...],
    modes: str = FIRST_ONLY,
    suits: Callable[[Stack], bool] = lambda stack: True,
) -> Callable[[Callable[[Subject], Iterable[Any]]], Any]:
    """Make a function of a subject that yields entries of a result's field a rule at RECORD level."""

    def decorate(body: Callable[[Subject], Iterable[Any]]) -> Any:
        about = _about(body, "RECORD", source, contracts, modes, suits)

        def run(subject: Subject, tell: Tell) -> None:
            start = time.perf_counter()
            tally = Tally(about, subject, None)
            subject.begin()
            with np.errstate(all="ignore"):
                tally.gathered[field] += body(subject)
            tally.cases = len(subject.asked)
            tally.count_calls()
            tell(tally.event(time.perf_counter() - start))

        return _dressed(run, body, about)

    return decorate


def no_port(stack: Stack) -> bool:
    """Whether a stack is a call of its own, no port of Keras's constraints."""
    return "min_max_norm" not in stack.contracts


def _about(
    body: Callable[..., Any],
    level: str,
    source: str,
    contracts: tuple[str, ...],
    modes: str,
    suits: Callable[[Stack], bool],
) -> Rule:
    sentence = " ".join((body.__doc__ or "").partition("\n\n")[0].split())
    if not sentence:
        raise ValueError(f"{body.__name__} has no sentence")
    name = body.__name__.removeprefix("test_")
    return Rule(name, body.__module__.rpartition("_")[2], level, sentence, source, contracts, modes, suits)


def _dressed(run: Any, body: Callable[..., Any], about: Rule) -> Any:
    run.__name__, run.__qualname__ = body.__name__, body.__qualname__
    run.__doc__, run.__module__ = body.__doc__, body.__module__
    run.rule, run.body = about, body
    return run
