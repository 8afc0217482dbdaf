"""The tally of one rule on one subject: counts by grade, and each kind of problem once, reduced, with a snippet."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from conformance.cases.case import Case, Weights, weights_of
from conformance.cases.codec import to_json
from conformance.cases.shapes import takes
from conformance.cases.shrink import BUDGET, reduce_case
from conformance.judging.describe import show
from conformance.judging.verdict import GRADES, MUST, RECORD, SHOULD, Difference, Problem, Verdict
from conformance.rules.counts import _bucket, _Cell, _json_number
from conformance.stacks.programs import snippet_for
from conformance.stacks.target import Subject
from reference.registry import PROMISES

if TYPE_CHECKING:
    from conformance.rules.rule import Body, Rule

# where every shape that is tried costs a compilation, and perhaps seconds of it
COMPILED_BUDGET, COSTLY_BUDGET = 60, 12
# what breaks nothing need not be as small as can be
RECORD_BUDGET = 24
# every call that is lost costs a new process, or the whole time limit
BUDGETS = {"CRASH": 20, "TIMEOUT": 2}


class Recognised(Protocol):
    """A failure that is no news: why, and the smallest case of it."""

    @property
    def reason(self) -> str: ...

    @property
    def case(self) -> Case: ...


# of a failure (rule, subject, contract, format, failure): what is known of it, None where it is news
Known = Callable[["Rule", Subject, str, str, str], Recognised | None]


def nothing_known(rule: Rule, subject: Subject, contract: str, format: str, failure: str) -> None:
    """Every failure is news."""


@dataclass
class _Kind:
    problem: Problem
    case: Case
    known: Recognised | None
    count: int = 0


class Tally:
    """What a rule has seen so far on one subject."""

    def __init__(self, rule: Rule, subject: Subject, body: Body | None, known: Known = nothing_known) -> None:
        self.rule, self.subject, self.body, self.known = rule, subject, body, known
        self.cases = self.elements = 0
        self.seconds = self.compiling = 0.0
        self.differences: dict[str, Difference] = {}
        self.grades: Counter[str] = Counter()
        self.worst_ulps: dict[str, float] = {}
        self.tiers: dict[str, dict[str, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
        self.unsupported: Counter[tuple[str, str]] = Counter()
        self.kinds: dict[tuple[str, str, str], _Kind] = {}
        self.observations: list[dict[str, Any]] = []
        # by field of the result: what a rule gathers rather than judges
        self.gathered: dict[str, list[dict[str, Any]]] = {"equivalences": [], "curves": []}
        self.cells: dict[tuple[str, str], _Cell] = defaultdict(_Cell)

    def add(self, case: Case, verdict: Verdict) -> None:
        """Count one case and its verdict."""
        self.cases += 1
        self.elements += verdict.elements
        self.grades += verdict.grades
        if verdict.unsupported is not None:
            self.unsupported[case.weights.format, verdict.unsupported] += 1
        if verdict.worst_ulps is not None:
            self.worst_ulps[verdict.format] = max(self.worst_ulps.get(verdict.format, 0.0), verdict.worst_ulps)
        if verdict.grades:
            self.cells[case.contract, case.weights.format].add(verdict)
        if verdict.tiers:
            self.tiers[verdict.format][_bucket(verdict.length)] += verdict.tiers
        if verdict.difference is not None:
            before = self.differences.get(verdict.format, Difference(0, 0, 0.0))
            self.differences[verdict.format] = before.plus(verdict.difference)
        self.count_calls()
        for problem in verdict.problems:
            if problem.grade == "RANGE" and self.rule.chapter != "values":
                continue  # counted above; shown once, by the rules on values
            key = (case.contract, case.weights.format, problem.failure)
            if key not in self.kinds:
                self.kinds[key] = _Kind(problem, case, self.known(self.rule, self.subject, *key))
            self.kinds[key].count += problem.count

    def count_calls(self) -> None:
        """Count the time of the calls that were made since the verdict began."""
        self.seconds += sum(outcome.seconds for _, outcome in self.subject.asked)
        self.compiling += sum(outcome.compiling for _, outcome in self.subject.asked)

    def observe(self, probe: str, case: Case, body: Callable[[Subject, Case], str]) -> None:
        """Put into words what the subject makes of unspecified input."""
        self.cases += 1
        self.elements += case.weights.size
        self.subject.begin()
        character = body(self.subject, case)
        self.count_calls()
        outcome = self.subject.asked[-1][1]
        if outcome.kind == "unsupported":
            self.unsupported[probe, outcome.said] += 1
            return
        observed = f"{outcome.said}: {outcome.message}".strip(": ")
        if outcome.results:
            observed = show(outcome.results[-1].values, outcome.results[-1].floating)
        self.observations.append(
            {
                "probe": probe,
                "character": character,
                "contract": case.contract,
                "format": case.weights.format,
                "case": to_json(case),
                "weights": show(case.weights.values, case.weights.floating),
                "observed": observed,
                "snippet": snippet_for(self.subject),
            }
        )

    def event(self, seconds: float) -> dict[str, Any]:
        """The result event of the record; reduces what is to be shown."""
        shown: Counter[str] = Counter()
        most = {
            level: -(-kinds // 2) if self.subject.compiles else kinds
            for level, kinds in self.subject.most_kinds.items()
        }
        findings = []
        for kind in sorted(self.kinds.values(), key=lambda k: (MUST, SHOULD, RECORD).index(k.problem.level)):
            level = kind.problem.level
            if kind.known is not None:
                findings.append(self._finding(kind))
                continue
            stated = self._stated(level)
            shown[stated] += 1
            if shown[stated] <= most[stated]:
                findings.append(self._finding(kind))
        for level, count in shown.items():
            if count > most[level]:
                self.unsupported[
                    "detail", f"{count - most[level]} further kinds of {level} problem are counted only"
                ] = 1
        if not (self.grades.total() or self.unsupported or self.observations or any(self.gathered.values())):
            # nothing was compared, so nothing holds
            self.unsupported["every case", "no group was drawn to which the rule applies"] = self.cases
        grades = {grade: count for grade in GRADES if (count := self.grades[grade])}
        worst = max(grades, key=GRADES.index, default="UNSUPPORTED" if self.unsupported else "EXACT")
        return {
            "kind": "result",
            "rule": self.rule.id,
            "chapter": self.rule.chapter,
            "level": self.rule.level,
            "stack": self.subject.stack.name,
            "mode": self.subject.mode,
            "device": self.subject.device,
            "grade": worst,
            "cases": self.cases,
            "groups": sum(grades.values()),
            "elements": self.elements,
            "grades": grades,
            "worst_ulps": {name: round(value, 4) for name, value in self.worst_ulps.items()},
            "tiers": {
                f: {b: {t: n for t, n in c.items() if n} for b, c in by.items() if any(c.values())}
                for f, by in self.tiers.items()
            },
            "unsupported": [{"what": w, "reason": r, "cases": n} for (w, r), n in self.unsupported.items()],
            "findings": findings,
            "observations": self.observations,
            **self.gathered,
            "cells": [
                {
                    "contract": contract,
                    "format": name,
                    "grades": {grade: n for grade in GRADES if (n := cell.grades[grade])},
                    "worst_ulps": None if cell.worst_ulps is None else round(cell.worst_ulps, 4),
                    "errors": [[_json_number(most), cell.errors[most]] for most in sorted(cell.errors)],
                }
                for (contract, name), cell in self.cells.items()
            ],
            "differences": {
                name: {"elements": d.elements, "differ": d.differ, "ulps": _json_number(d.ulps)}
                for name, d in self.differences.items()
            },
            "calls": {"seconds": round(self.seconds, 4), "compiling": round(self.compiling, 4)},
            "seconds": round(seconds, 3),
        }

    def _finding(self, kind: _Kind) -> dict[str, Any]:
        problem, case = self._reduced(kind)
        return {
            "id": case.id,
            "grade": problem.grade,
            "level": self._stated(problem.level),
            "contract": case.contract,
            "format": case.weights.format,
            "sentence": problem.sentence,
            "model": problem.model,
            "tier": problem.tier,
            "case": to_json(case),
            "weights": show(case.weights.values, case.weights.floating),
            "observed": problem.observed(),
            "accepted": problem.accepted(),
            "ulps": _json_number(problem.ulps),
            "count": kind.count,
            "failure": kind.problem.failure,
            "known": kind.known.reason if kind.known else None,
            "snippet": None if self.subject.given_up else snippet_for(self.subject),
        }

    def _stated(self, level: str) -> str:
        """The level at which a problem of some level is shown: no rule's problem is graver than the rule."""
        return level if self.rule.level == MUST else self.rule.level

    def _reduced(self, kind: _Kind) -> tuple[Problem, Case]:
        """The problem of this kind in the smallest case found; the subject's `asked` then holds its calls."""
        body = self.body
        assert body is not None
        specified = PROMISES[kind.case.contract]

        def find(case: Case) -> Problem | None:
            if specified.outside_domain(case.parameters) is not None:
                return None
            self.subject.begin()
            with np.errstate(all="ignore"):
                problems = body(self.subject, case).problems
            return next((p for p in problems if p.failure == kind.problem.failure), None)

        if kind.known is not None:  # it has a smallest case already, and time goes into news
            known = _in_format(kind.known.case, kind.case.weights)
            again = find(known)
            if again is not None:
                return again, known
        budget = min(BUDGETS.get(kind.problem.grade, BUDGET), self._most_calls(kind.problem.level))
        taken = partial(takes, self.subject.stack)
        small = reduce_case(kind.case, kind.problem.group, lambda case: find(case) is not None, budget, taken)
        again = find(small)
        if again is None:  # not deterministic: say so, and show what was seen
            why = self.subject.given_up or "seen once; the same call again did not show it"
            sentence = f"{kind.problem.sentence} ({why})"
            return Problem(**{**vars(kind.problem), "sentence": sentence}), kind.case
        return again, small

    def _most_calls(self, level: str) -> int:
        """How many calls a finding of this level is worth here."""
        if self.subject.costly:
            return COSTLY_BUDGET
        if self.subject.compiles:
            return COMPILED_BUDGET
        return RECORD_BUDGET if level == RECORD else BUDGET


def _in_format(case: Case, like: Weights) -> Case:
    """The case in the format of other weights: an entry for several formats has its smallest case in one of them."""
    fmt = like.floating
    if fmt is None or case.weights.format == fmt.name:
        return case
    return replace(case, weights=weights_of(case.weights.values, fmt, case.weights.layout))
