"""Executing a rule on a target: the result, as the record has it."""

from __future__ import annotations

import contextlib
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from adapters.core.messages import MADE_ONCE
from conformance.cases.alike import may_be_asked
from conformance.cases.case import Case
from conformance.cases.layouts import LAYOUTS, fits
from conformance.judging.classify import fit_to_stack
from conformance.judging.describe import show
from conformance.judging.verdict import GRADES, Verdict
from conformance.rules.counts import Counts, shortened
from conformance.rules.explore import Evaluation, evaluate, explore
from conformance.rules.findings import Findings, Known, nothing_known
from conformance.rules.history import play
from conformance.rules.rule import (
    CaseRule,
    Characterization,
    Measurement,
    RuleDefinition,
    SweepRule,
    UnspecifiedInput,
)
from conformance.rules.search import search
from conformance.rules.swept import shown_again
from conformance.stacks.options import MAX_FINDINGS, Sweeps
from conformance.stacks.outcome import Returned, Unsupported, describe
from conformance.stacks.patience import OF_A_RULE
from conformance.stacks.programs import program_for
from conformance.stacks.target import Target, Trace
from conformance.sweeps.asking import NotSwept
from conformance.sweeps.lists import jobs, not_swept
from conformance.sweeps.sweep import sweep
from reports.record import model
from reports.record.grades import Grade, Level
from reports.record.measurements import Curve, Equivalence
from reports.record.model import CallTimes, Finding, Observation, Result
from reports.record.sweeps import Sweep

# a stack that hung so often under a rule is not asked for more: each hang costs the whole timeout
MAX_HANGS = 2
# so many cases without a result show that there is never one
MANY = 4
# cases per unit of a rule's share
DEPTHS = {"quick": 2, "default": 8, "thorough": 32}
# for so many cases that cover there is one that is searched for, at the depths that have the time
SEARCHED = {"thorough": 0.25}
# a stack's first mode gets all cases; the others share most of its code, and some take seconds to compile each
OTHER_MODES_SHARE, COSTLY_SHARE = 0.5, 0.25
# each gradient of somebody's own constraint is compiled anew, because its parameters are constants in it
COMPILED_GRADIENTS_SHARE = 0.5
# a case of a function that takes one group at a time holds few of them
LOOPED_SHARE = 4.0


@dataclass
class Outcomes:
    """All that came of a rule on a target."""

    counts: Counts = field(default_factory=Counts)
    findings: list[Finding] = field(default_factory=list)
    hidden: Counter[str] = field(default_factory=Counter)
    observations: list[Observation] = field(default_factory=list)
    measurements: list[Equivalence | Curve] = field(default_factory=list)
    sweeps: list[Sweep] = field(default_factory=list)


@dataclass(frozen=True)
class Effort:
    """How many cases are drawn, by which seed, and how many findings of each level are reduced and shown.

    first: cases that are asked before those, because the rule was broken in them before. sweeps: what is swept.
    """

    depth: str = "default"
    seed: int = 0
    max_findings: Mapping[str, int] = field(default_factory=lambda: MAX_FINDINGS)
    first: tuple[Case, ...] = ()
    sweeps: Sweeps = field(default_factory=Sweeps)


def execute(rule: RuleDefinition, target: Target, effort: Effort, known: Known = nothing_known) -> Result:
    """The result of a rule on a target."""
    start = time.perf_counter()
    match rule:
        case SweepRule():
            outcomes = _swept(rule, target, effort, known)
        case CaseRule():
            outcomes = _cases(rule, target, effort, known)
        case Characterization():
            outcomes = _characterized(rule, target)
        case Measurement():
            outcomes = _measured(rule, target)
        case _:
            raise TypeError(f"{rule.id} is of no kind that can be executed")
    return _result(rule, target, outcomes, time.perf_counter() - start)


def left_out(rule: RuleDefinition, target: Target, reason: str) -> Result:
    """The result of a rule that is not put to a target."""
    outcomes = Outcomes()
    outcomes.counts.unsupported["every case", reason] = 0
    return _result(rule, target, outcomes, 0.0)


def never_answers(result: Result) -> str | None:
    """Why a target need not be asked more: each call of a MUST rule with several cases raised in one way; else None."""
    failures = {finding.failure for finding in result.findings}
    if result.level != Level.MUST or result.cases < MANY or set(result.grades) != {Grade.ERROR} or len(failures) != 1:
        return None
    return f"each of {result.cases} calls {result.findings[0].observed}"


def _cases(rule: CaseRule, target: Target, effort: Effort, known: Known) -> Outcomes:
    share = rule.share * share_of(target)
    if rule.chapter == "gradients" and target.compiles and target.stack.declaration is not None:
        share *= COMPILED_GRADIENTS_SHARE
    examples = max(1, round(DEPTHS[effort.depth] * share))
    return try_cases(rule.promised, target, examples, effort, known)


def try_cases(rule: CaseRule, target: Target, examples: int, effort: Effort, known: Known = nothing_known) -> Outcomes:
    """What comes of so many cases of a rule."""
    outcomes, findings = Outcomes(), Findings(rule, target, rule.check, known)
    patience, spent = target.patience, target.patience.spent
    strained = patience.is_strained

    def check(trace: Trace, case: Case) -> Verdict:
        if outcomes.counts.grades["TIMEOUT"] >= MAX_HANGS:
            return Verdict(case.weights.format, unsupported=f"not asked: it hung {MAX_HANGS} times before")
        if patience.is_strained and outcomes.counts.grades and patience.spent - spent > OF_A_RULE:
            return Verdict(case.weights.format, unsupported="not asked: its calls are slow, so it gets fewer cases")
        return rule.check(trace, case)

    def add(case: Case, evaluation: Evaluation) -> None:
        outcomes.counts.add(case, evaluation.verdict, evaluation.calls)
        findings.add(case, evaluation.verdict)

    # seeded by rule, or every rule would be asked about the same cases
    seed = f"{effort.seed} {rule.id}"
    for case in effort.first if not target.costly else ():
        if _could_draw(rule, target, case):
            add(case, evaluate(check, target, case))
    explore(check, target, rule.cases.of(target.stack, target.mode, strained, seed, target.lacks), examples, seed, add)
    if effort.depth in SEARCHED and target.is_cheap:
        searched = max(MANY, round(examples * SEARCHED[effort.depth]))
        search(check, target, rule.cases, searched, seed, add)
        if rule.over_time and (shown := play(target, rule.cases, examples, seed)) is not None:
            findings.add_shown(*shown)
    outcomes.findings, outcomes.hidden = findings.reduced(effort.max_findings)
    return outcomes


def _could_draw(rule: CaseRule, target: Target, case: Case) -> bool:
    """Whether a case that came from elsewhere is one that the rule would put to the target."""
    weights = case.weights
    if case.contract not in rule.cases.contracts or case.contract not in target.stack.contracts:
        return False
    if not all(isinstance(value, int | float) for value in case.parameters.values()):
        return False
    if weights.floating is None or weights.size == 0 or case.access not in ("call", MADE_ONCE):
        return False
    held = weights.layout.partition(":")[0] in LAYOUTS and fits(weights.layout, weights.values)
    return held and may_be_asked(target.stack, case) and rule.cases.admits(case, case)


def share_of(target: Target) -> float:
    """The part of a rule's cases that a target gets."""
    if target.costly:
        return COSTLY_SHARE
    part = 1.0 if target.mode == target.stack.plainest_mode else OTHER_MODES_SHARE
    return part * (LOOPED_SHARE if target.stack.one_group_per_call and not target.compiles else 1.0)


def _characterized(rule: Characterization, target: Target) -> Outcomes:
    outcomes = Outcomes()
    for unspecified in rule.inputs:
        if unspecified.case.contract in target.stack.contracts:
            with _counted(outcomes, target, unspecified.name):
                _observe(rule, target, unspecified, outcomes)
    return outcomes


def _observe(rule: Characterization, target: Target, unspecified: UnspecifiedInput, outcomes: Outcomes) -> None:
    case = fit_to_stack(unspecified.case, target.stack)
    trace = Trace(target)
    character = rule.classify(trace, case)
    outcomes.counts.cases += 1
    outcomes.counts.elements += case.weights.size
    outcomes.counts.add_calls(trace.calls)
    outcome = trace.calls[-1].outcome
    if isinstance(outcome, Unsupported):
        outcomes.counts.unsupported[unspecified.name, outcome.reason] += 1
        return
    observed = show(outcome.last.values, outcome.last.floating) if isinstance(outcome, Returned) else describe(outcome)
    outcomes.observations.append(
        Observation(
            probe=unspecified.name,
            character=character,
            contract=case.contract,
            format=case.weights.format,
            case=case.recorded,
            weights=show(case.weights.values, case.weights.floating),
            observed=observed,
            program=program_for(target, trace.calls),
        )
    )


def _swept(rule: SweepRule, target: Target, effort: Effort, known: Known) -> Outcomes:
    outcomes, findings = Outcomes(), Findings(rule, target, rule.check, known)
    for job in jobs(target.stack, target.mode, effort.depth, effort.sweeps):
        if job.contract not in rule.contracts:
            continue
        try:
            found = sweep(target, job)
        except NotSwept as why:
            outcomes.counts.unsupported[job.name, str(why)] += 1
            continue
        outcomes.sweeps.append(found.sweep)
        outcomes.counts.add_sweep(found.sweep)
        for broken in found.broken:
            findings.add(*shown_again(rule, target, found, broken))
        for group in found.failed:
            findings.add(case := found.alone(group), evaluate(rule.check, target, case).verdict)
    for what, reason in not_swept(target.stack, effort.depth, effort.sweeps):
        outcomes.counts.unsupported[what, reason] += 0
    outcomes.findings, outcomes.hidden = findings.reduced(effort.max_findings)
    return outcomes


def _measured(rule: Measurement, target: Target) -> Outcomes:
    outcomes, trace = Outcomes(), Trace(target)
    with np.errstate(all="ignore"), _counted(outcomes, target, rule.id):
        outcomes.measurements += rule.measure(trace)
    outcomes.counts.cases = len(trace.calls)
    outcomes.counts.add_calls(trace.calls)
    return outcomes


@contextlib.contextmanager
def _counted(outcomes: Outcomes, target: Target, what: str) -> Iterator[None]:
    """What a subject gives may fail whoever looks at it, and costs it this one thing; of our stacks it is our fault."""
    try:
        yield
    except Exception as error:
        if target.stack.declaration is None:
            raise
        outcomes.counts.unsupported[what, f"what it gave cannot be judged: {type(error).__name__}: {error}"] += 1


def _result(rule: RuleDefinition, target: Target, outcomes: Outcomes, seconds: float) -> Result:
    counts, reasons = outcomes.counts, unsupported(outcomes)
    grades = counts.by_grade()
    told = grades or outcomes.observations or outcomes.measurements
    return Result(
        rule=rule.id,
        chapter=rule.chapter,
        level=Level(rule.level),
        stack=target.stack.name,
        mode=target.mode,
        device=target.device,
        grade=max(grades, key=GRADES.index, default=Grade.UNSUPPORTED if reasons else Grade.EXACT),
        cases=counts.cases,
        groups=sum(grades.values()),
        elements=counts.elements,
        grades=grades,
        worst_ulps={name: round(value, 4) for name, value in counts.worst_ulps.items()},
        tiers=counts.recorded_tiers(),
        unsupported=reasons,
        findings=tuple(outcomes.findings),
        observations=tuple(outcomes.observations),
        equivalences=tuple(entry for entry in outcomes.measurements if isinstance(entry, Equivalence)),
        curves=tuple(entry for entry in outcomes.measurements if isinstance(entry, Curve)),
        cells=counts.recorded_cells(),
        drawn=counts.recorded_drawn(),
        sweeps=tuple(outcomes.sweeps) or None,
        differences={
            name: model.Difference(seen.elements, seen.differ, shortened(seen.ulps))
            for name, seen in counts.differences.items()
        },
        calls=CallTimes(round(counts.seconds, 4), round(counts.compiling, 4)),
        seconds=round(seconds, 3),
        unfinished=target.patience.is_over and not told,
    )


def unsupported(outcomes: Outcomes) -> tuple[model.Unsupported, ...]:
    """What could not be asked, and what was found but is counted only."""
    counted = Counter(outcomes.counts.unsupported)
    for level, hidden in outcomes.hidden.items():
        counted["detail", f"{hidden} further kinds of {level} problem are counted only"] = 1
    held = outcomes.counts.grades.total() or counted or outcomes.observations or outcomes.measurements
    if not held:  # nothing was compared, so nothing holds
        counted["every case", "no group was drawn to which the rule applies"] = outcomes.counts.cases
    return tuple(model.Unsupported(what, reason, cases) for (what, reason), cases in counted.items())
