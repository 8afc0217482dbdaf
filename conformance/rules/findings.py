"""The findings of a rule on one target: each way to fail once, in the smallest case that shows it, with a program."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from conformance.cases.case import Case, Weights, weights_of
from conformance.cases.shapes import takes
from conformance.cases.shrink import BUDGET, CALLS_OF_ONE, reduce_case, with_ordinary_weights, with_weights_times
from conformance.judging.describe import OUTSIDE, show
from conformance.judging.verdict import MUST, RECORD, SHOULD, Verdict, Violation
from conformance.rules.counts import shortened
from conformance.rules.explore import Check, Evaluation, Shown, evaluate
from conformance.rules.rule import CaseRule, RuleDefinition
from conformance.rules.smaller import SMALL, smaller_case
from conformance.stacks.outcome import Call
from conformance.stacks.patience import OF_REDUCING
from conformance.stacks.programs import program_for
from conformance.stacks.target import Target
from reference.registry import CONTRACTS
from reports.record.failure import Failure, FailureCode
from reports.record.grades import Grade, Level
from reports.record.model import Finding

# where every shape that is tried costs a compilation, and perhaps seconds of it
COMPILED_BUDGET, COSTLY_BUDGET = 60, 12
# in a further mode of a subject, whose findings in the first say most
SECOND_BUDGET = 30
# what breaks nothing need not be as small as can be
RECORD_BUDGET = 24
# every call that is lost costs a new process, or the whole time limit
BUDGETS = {"CRASH": 20, "TIMEOUT": 2}
LEVELS = (MUST, SHOULD, RECORD)
# an error that is so many times as large is worth larger weights
MUCH_LARGER = 1000
# results that weights near the ends of the range make of many mistakes, and that say little of which it is
EXTREME = frozenset(OUTSIDE.values()) - {FailureCode.WRONG_VALUES}


class Recognized(Protocol):
    """A failure that is known: why, and the smallest case of it, None where that has to be looked for."""

    @property
    def reason(self) -> str: ...

    @property
    def case(self) -> Case | None: ...


# of a rule's failure on a target in a case: what is known of it, None where it is new
Known = Callable[[RuleDefinition, Target, Case, Failure], Recognized | None]


def nothing_known(rule: RuleDefinition, target: Target, case: Case, failure: Failure) -> None:
    """Every failure is new."""


@dataclass
class FailureGroup:
    """The violations of one contract in one format that failed alike, shown by the first case that did."""

    violation: Violation
    case: Case
    known: Recognized | None
    count: int = 0
    # as it is shown, where it is as small as can be
    shown: Shown | None = None


class Findings:
    """What a rule found on one target; `check` forms its verdicts, again where a case is reduced."""

    def __init__(self, rule: CaseRule, target: Target, check: Check, known: Known = nothing_known) -> None:
        self.rule, self.target, self.check, self.known = rule, target, check, known
        self.groups: dict[tuple[str, str, Failure, str | None], FailureGroup] = {}

    def add(self, case: Case, verdict: Verdict) -> None:
        """Count the violations of one verdict."""
        for violation in verdict.violations:
            if violation.grade == "RANGE" and self.rule.chapter != "values":
                continue  # the grades count it; it is shown once, by the rules on values
            known = self.known(self.rule, self.target, case, violation.failure)
            key = (case.contract, case.weights.format, violation.failure, known.reason if known else None)
            self.groups.setdefault(key, FailureGroup(violation, case, known)).count += violation.count

    def add_shown(self, violation: Violation, case: Case, calls: tuple[Call, ...]) -> None:
        """Count a violation that no single case shows: it is shown with all the calls that led to it."""
        known = self.known(self.rule, self.target, case, violation.failure)
        key = (case.contract, case.weights.format, violation.failure, known.reason if known else None)
        after = f"{violation.sentence} (after the {len(calls) - 1} that the program makes before it)"
        shown = replace(violation, sentence=after), case, calls
        group = self.groups.setdefault(key, FailureGroup(shown[0], case, known, shown=shown))
        group.count += violation.count

    def reduced(self, max_findings: Mapping[str, int]) -> tuple[list[Finding], Counter[str]]:
        """The findings as the record has them, and of each level how many are counted only."""
        shown: Counter[str] = Counter()
        hidden: Counter[str] = Counter()
        self._ask_plainly()
        findings = []
        for group in sorted(self.groups.values(), key=_plainness):
            level = self.rule.level_of(group.violation.level)
            if group.known is None:
                shown[level] += 1
                if shown[level] > self._most(level, max_findings):
                    hidden[level] += 1
                    continue
            findings.append(self._finding(group))
        return findings, hidden

    def _ask_plainly(self) -> None:
        """Ask what failed with extreme results only once more with ordinary weights: their numbers show the mistake.

        Where it does not fail with those, it is about extreme weights, and nothing is added.
        """
        if self.target.patience.is_strained or self.target.costly:
            return
        for group in sorted(self.groups.values(), key=_plainness):
            alike = (one.violation.failure.code for one in self._of_contract(group.case.contract))
            if group.known is not None or group.case.calls > CALLS_OF_ONE or FailureCode.WRONG_VALUES in alike:
                continue
            plain = with_ordinary_weights(group.case)
            if group.violation.failure.code in EXTREME and self.rule.cases.admits(plain, group.case):
                evaluation = self._evaluate(plain, self.target)
                if (shown := _shown(evaluation, Failure(FailureCode.WRONG_VALUES))) is not None:
                    self.add(plain, replace(evaluation.verdict, violations=[shown]))

    def _of_contract(self, contract: str) -> Iterator[FailureGroup]:
        return (group for group in self.groups.values() if group.case.contract == contract)

    def _most(self, level: str, max_findings: Mapping[str, int]) -> int:
        if self.rule.level == RECORD:  # it is about nothing else
            return max(1, max_findings[RECORD])
        if self.target.patience.is_strained or (self.target.costly and self.target.stack.declaration is not None):
            return min(1, max_findings[level])
        return -(-max_findings[level] // 2) if self.target.compiles else max_findings[level]

    def _finding(self, group: FailureGroup) -> Finding:
        violation, case, calls = self._smallest(group)
        return Finding(
            id=case.id,
            grade=Grade(violation.grade),
            level=Level(self.rule.level_of(violation.level)),
            contract=case.contract,
            format=case.weights.format,
            sentence=violation.sentence,
            model=violation.model,
            tier=violation.tier,
            case=case.recorded,
            weights=show(case.weights.values, case.weights.floating),
            observed=violation.observed(),
            accepted=violation.accepted(),
            ulps=None if violation.ulps is None else shortened(violation.ulps),
            count=group.count,
            failure=str(group.violation.failure),
            known=group.known.reason if group.known else None,
            program=None if self.target.disabled_reason else program_for(self.target, calls),
            before=None if group.shown is None else tuple(call.case.recorded for call in calls[:-1]),
        )

    def _smallest(self, group: FailureGroup) -> Shown:
        """The violation in the smallest case found that shows it, and the calls that do."""
        if group.shown is not None:
            return group.shown
        for case in self._candidates(group):
            evaluation = self._evaluate(case, self.target)
            if again := _shown(evaluation, group.violation.failure):
                return self._larger_error(group, (again, case, evaluation.calls))
        # not deterministic: say so, and show what was seen
        why = self.target.disabled_reason or "seen once; the same call again did not show it"
        once = replace(group.violation, sentence=f"{group.violation.sentence} ({why})")
        return once, group.case, evaluation.calls

    def _larger_error(self, group: FailureGroup, found: Shown) -> Shown:
        """Of a case whose error is hard to see, the same one with weights of two or four times the size where that is
        easy: smallest weights are often inside the bound, where only an epsilon tells right from wrong.
        """
        violation, case, _ = found
        if group.known is not None or not violation.ulps or violation.failure.code != FailureCode.WRONG_VALUES:
            return found
        for times in (2.0, 4.0):
            larger = with_weights_times(case, times)
            if self.rule.cases.admits(larger, group.case):
                evaluation = self._evaluate(larger, self.target)
                again = _shown(evaluation, violation.failure)
                if again and again.ulps and again.ulps > MUCH_LARGER * violation.ulps:
                    return again, larger, evaluation.calls
        return found

    def _candidates(self, group: FailureGroup) -> Iterator[Case]:
        """The smallest case that is known already, for time goes into what is new; then the case reduced."""
        if group.known is not None and group.known.case is not None:
            yield _in_format(group.known.case, group.case.weights)
        if self.target.costly:  # what fails in the plainest mode too is reduced there, and compiled once
            plainly = self.target.in_mode(self.target.stack.plainest_mode)
            if _shown(self._evaluate(group.case, plainly), group.violation.failure):
                yield from self._reduced(group, plainly)
        yield from self._reduced(group, self.target)

    def _reduced(self, group: FailureGroup, target: Target) -> Iterator[Case]:
        """The case reduced while a target fails alike."""
        budget = min(BUDGETS.get(group.violation.grade, BUDGET), self._budget(group.violation.level, target))

        def fails(case: Case) -> bool:
            return _shown(self._evaluate(case, target), group.violation.failure) is not None

        def is_allowed(case: Case) -> bool:
            return takes(target.stack, case) and self.rule.cases.admits(case, group.case)

        # where something raises it does so for the whole array, whichever group is looked at
        place = 0 if group.violation.grade == "ERROR" else group.violation.group
        if (many := group.case.calls) > CALLS_OF_ONE and fails(once := replace(group.case, calls=1)):
            # what thousands of calls show begins with the first, and is reduced at the price of one
            smallest = reduce_case(once, place, fails, budget, lambda case: is_allowed(replace(case, calls=many)))
            yield replace(smallest, calls=many)
        reduced = reduce_case(group.case, place, fails, budget, is_allowed)
        is_large = reduced.weights.size > SMALL and reduced.calls <= CALLS_OF_ONE
        if is_large and target.is_cheap and (smaller := smaller_case(reduced, fails, is_allowed)) is not None:
            yield smaller
        yield reduced

    def _evaluate(self, case: Case, target: Target) -> Evaluation:
        if CONTRACTS[case.contract].outside_domain(case.parameters) is not None:
            return Evaluation(Verdict(case.weights.format), ())
        return evaluate(self.check, target, case)

    @staticmethod
    def _budget(level: str, target: Target) -> int:
        """How many calls a finding of this level is worth on a target."""
        patience = target.patience
        if patience.is_strained:
            return min(COMPILED_BUDGET, math.ceil(OF_REDUCING / patience.seconds_per_call))
        if target.costly:
            return COSTLY_BUDGET if target.stack.declaration is None else SECOND_BUDGET
        most = RECORD_BUDGET if level == RECORD else BUDGET
        return min(most, COMPILED_BUDGET) if target.compiles else most


def _plainness(group: FailureGroup) -> tuple[int, bool, bool]:
    """Smaller for what is shown first: the graver level, values that are merely wrong, the format most used."""
    violation = group.violation
    others = violation.failure.code != FailureCode.WRONG_VALUES
    return LEVELS.index(violation.level), others, group.case.weights.format != "float32"


def _shown(evaluation: Evaluation, failure: Failure) -> Violation | None:
    return next((violation for violation in evaluation.verdict.violations if violation.failure == failure), None)


def _in_format(case: Case, like: Weights) -> Case:
    """The case in the format of other weights: an entry for several formats has its smallest case in one of them."""
    fmt = like.floating
    if fmt is None or case.weights.format == fmt.name:
        return case
    return replace(case, weights=weights_of(case.weights.values, fmt, case.weights.layout))
