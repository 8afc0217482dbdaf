"""The judge: grades what came back against the reference's intervals, group by group; no tolerance anywhere."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from conformance.cases.case import Case, Weights
from conformance.judging.describe import BECAME, OUT_OF_RANGE, OUTSIDE, sentence, show, signatures
from conformance.judging.norm_bounds import norms
from conformance.judging.results import returned, wrong_shape
from conformance.judging.verdict import MUST, RECORD, SHOULD, Verdict, Violation, errors_of
from conformance.stacks.outcome import Outcome
from reference.evaluators import Evaluator, Explanation, evaluator
from reference.formats import FORMATS, FloatArray, round_down, round_up
from reference.groups import by_columns
from reference.registry import CONTRACTS
from reports.record.failure import Failure, FailureCode

Mask = NDArray[np.bool_]


def judge_value(case: Case, outcome: Outcome) -> Verdict:
    """The verdict on the values of every call of a case, each judged from what that call was given."""
    (found,) = returned(case, outcome)
    verdict = Verdict(case.weights.format)
    given = case.weights
    for call, result in enumerate(found.results):
        verdict.add(judge_call(case, given, result, call))
        if result.floating is None or result.shape != given.shape:
            break
        given = result
    return verdict


def judge_call(case: Case, given: Weights, result: Weights, call: int = 0, only: Mask | None = None) -> Verdict:
    """The verdict on one call: `given` weights, its `result`; `only` restricts it to some groups."""
    if result.shape != given.shape or result.format != given.format:
        return wrong_shape(case, given, result)
    return _judged(case, given, result, call, only).verdict


@dataclass(frozen=True)
class Judged:
    """The verdict on groups, and of each whether it is DIVERGENT, or RANGE; both of shape (groups,)."""

    verdict: Verdict
    divergent: Mask
    ranged: Mask


def judge_groups(case: Case, given: Weights, result: Weights) -> Judged:
    """The verdict on a result of the shape and format of the `given` weights, and what became of each group."""
    return _judged(case, given, result, 0, None)


def _judged(case: Case, given: Weights, result: Weights, call: int, only: Mask | None) -> Judged:
    rows, results = case.rows(given.values), case.rows(result.values)
    chosen = np.ones(len(rows), dtype=bool) if only is None else only
    specified = _specified(case, rows)
    graded = _Graded(case, given, result, chosen & specified, call)
    verdict = graded.verdict()
    divergent, ranged = np.zeros(len(rows), dtype=bool), np.zeros(len(rows), dtype=bool)
    divergent[graded.numbers], ranged[graded.numbers] = graded.open, graded.ranged
    special = chosen & ~specified
    if special.any():
        of_special = _judge_special(case, rows[special], results[special], np.flatnonzero(special))
        verdict.add(of_special.verdict)
        divergent[special], ranged[special] = of_special.divergent, of_special.ranged
    return Judged(verdict, divergent, ranged)


def wrong_groups(case: Case, given: Weights, result: Weights) -> Mask:
    """The groups whose results neither an interval nor a model accepts; shape (groups,)."""
    return judge_groups(case, given, result).divergent & _specified(case, case.rows(given.values))


def _specified(case: Case, rows: FloatArray) -> Mask:
    """The groups of finite weights, and not of zeros where the contract says nothing of them."""
    contract = CONTRACTS[case.contract]
    finite = by_columns(np.isfinite(rows)).all(axis=1)
    return np.asarray(finite if contract.zero_is_specified else finite & by_columns(rows != 0.0).any(axis=1))


def evaluator_of(case: Case, rows: FloatArray, fmt: str) -> Evaluator:
    """What a correct evaluation may make of some groups under the contract and the parameters of a case."""
    return evaluator(CONTRACTS[case.contract], case.parameters, rows, FORMATS[fmt])


# from this part of a bound on a norm is called larger: all roundings of a short group are less
LARGER = 1.125
# groups of which no value is specified, by what they hold
HELD = {
    "with one NaN weight": FailureCode.NAN_WEIGHT,
    "with one infinite weight": FailureCode.INFINITE_WEIGHT,
    "of zeros": FailureCode.ZERO_WEIGHTS,
}


class _Graded:
    """Finite groups of one call, graded step by step: each step looks only at what the last one left open."""

    def __init__(self, case: Case, given: Weights, result: Weights, chosen: Mask, call: int) -> None:
        self.case = case
        self.evaluator = evaluator_of(case, case.rows(given.values)[chosen], given.format)
        self.results, self.numbers = case.rows(result.values)[chosen], np.flatnonzero(chosen)
        self.suffix = f" at call {call + 1}" if call else ""
        with np.errstate(all="ignore"):
            self.comparison = self.evaluator.compare(self.results)
        self.ulps, self.open = self.comparison.ulps, ~self.comparison.exact
        # what only an interval without bounds holds, though an intermediate leaves the range: a model may say more
        self.late = np.zeros_like(self.open)
        self.ranged = np.zeros_like(self.open)

    def verdict(self) -> Verdict:
        rows = self.evaluator.rows
        verdict = Verdict(self.evaluator.fmt.name, rows.shape[1], rows.size)
        verdict.errors = errors_of(self.ulps)
        with np.errstate(all="ignore"):
            self._count_accepted(verdict)
            verdict.worst_ulps = float(np.max(self.ulps[~self.open], initial=0.0))
            verdict.violations += self._explained(verdict)
            self._count_worst(verdict, self.open & self.late)
        verdict.grades["DIVERGENT"] += int(self.open.sum())
        for word, groups in self._by_signature(self.open):
            text = f"the result is outside the accepted interval: it {BECAME[word]}"
            verdict.violations.append(self._violation("DIVERGENT", MUST, Failure(OUTSIDE[word]), text, groups))
        return verdict

    def _count_accepted(self, verdict: Verdict) -> None:
        """The groups that are exact, or whose interval holds their results: in the narrowest tier that does."""
        bounded = self.comparison.bounded & self.open
        self.open &= ~bounded
        verdict.grades["EXACT"], verdict.grades["BOUNDED"] = int(self.comparison.exact.sum()), int(bounded.sum())
        tiers = self.evaluator.tiers
        if tiers:
            verdict.tiers["exact"], verdict.tiers[tiers[0]] = verdict.grades["EXACT"], verdict.grades["BOUNDED"]
        # underflow has a share of every interval: a sum near the range's ends says nothing about accumulation
        in_doubt = self._spread(self._of_open.sums_leave_range())
        for tier in tiers if self.open.any() else ():
            worst = tier == "any order" and self.evaluator.any_order_is_unbounded
            accepted = self._spread(self._of_open.accepts(self.results[self.open], tier))
            accepted &= ~(in_doubt & worst)
            if worst and accepted.any():
                self.late = accepted & self._spread(self._of_open.leaves_range())
                self._count_worst(verdict, accepted & ~self.late)
                continue
            self.open &= ~accepted
            verdict.grades["BOUNDED"] += int(accepted.sum())
            verdict.tiers[tier] += int((accepted & ~in_doubt).sum())

    def _count_worst(self, verdict: Verdict, groups: Mask) -> None:
        """Groups that only the largest error of a sum in another order explains."""
        if groups.any():
            self.open &= ~groups
            verdict.grades["BOUNDED"] += int(groups.sum())
            verdict.tiers["any order"] += int(groups.sum())
            verdict.violations.append(self._worse_than_pairwise(groups))

    @property
    def _of_open(self) -> Evaluator:
        return self.evaluator.take(self.open)

    def _spread(self, of_open: Mask) -> Mask:
        """A mask over the open groups as one over all groups."""
        groups = np.zeros_like(self.open)
        groups[self.open] = of_open
        return groups

    def _explained(self, verdict: Verdict) -> Iterator[Violation]:
        """The groups that an evaluation model explains, where an exact intermediate leaves the range."""
        explanations = self._of_open.explanations(self.results[self.open]) if self.open.any() else ()
        for explanation, groups in [(found, self._spread(found.groups)) for found in explanations]:
            self.open &= ~groups
            self.ranged |= groups
            verdict.grades["RANGE"] += int(groups.sum())
            yield from self._out_of_range(explanation, groups)

    def _out_of_range(self, explanation: Explanation, groups: Mask) -> Iterator[Violation]:
        for word, alike in self._by_signature(groups):
            failure = Failure(OUT_OF_RANGE[word], explanation.model or "")
            text = f"{explanation.reason}, and the result {BECAME[word]}"
            yield self._violation("RANGE", RECORD, failure, text, alike, model=explanation.model)
        if self.evaluator.any_order_is_unbounded and explanation.tier == "any order":
            yield self._worse_than_pairwise(groups)

    def _worse_than_pairwise(self, groups: Mask) -> Violation:
        length, fmt = self.evaluator.rows.shape[1], self.evaluator.fmt.name
        text = (
            f"pairwise summation of {length:,} weights in {fmt} does not explain the result; only the largest error "
            f"that a sum in another order can have does{self._size(groups)}"
        )
        failure = Failure(FailureCode.WORSE_THAN_PAIRWISE)
        return self._violation("DIVERGENT", SHOULD, failure, text, groups, tier="any order")

    def _size(self, groups: Mask) -> str:
        """By how much it matters: the largest norm that comes out, where that is clearly above the bound."""
        contract = CONTRACTS[self.case.contract]
        if not contract.bounds:
            return ""
        found = float(norms(self.results[groups], self.evaluator.fmt, contract.norm).max())
        bound = abs(float(self.case.parameters[contract.bounds[-1]]))
        return f"; a norm of {found:.3g} comes out, where the bound is {bound:g}" if found > LARGER * bound else ""

    def _by_signature(self, groups: Mask) -> Iterator[tuple[str, Mask]]:
        words = signatures(self.evaluator.rows[groups], self.results[groups])
        for word in dict.fromkeys(words.tolist()):
            alike = np.zeros_like(groups)
            alike[np.flatnonzero(groups)[words == word]] = True
            yield word, alike

    def _violation(
        self,
        grade: str,
        level: str,
        failure: Failure,
        text: str,
        groups: Mask,
        model: str | None = None,
        tier: str | None = None,
    ) -> Violation:
        first, fmt = int(np.flatnonzero(groups)[0]), self.evaluator.fmt
        return Violation(
            grade=grade,
            level=level,
            failure=failure,
            sentence=text + self.suffix,
            count=int(groups.sum()),
            group=int(self.numbers[first]),
            observed=lambda: show(self.results[first], fmt),
            accepted=lambda: self._accepted(first),
            ulps=float(self.ulps[first]),
            model=model,
            tier=tier,
        )

    def _accepted(self, group: int) -> str:
        """The widest interval in which a result is right, in words."""
        fmt = self.evaluator.fmt
        shown = np.arange(len(self.open)) == group
        with np.errstate(all="ignore"):
            widest = "pairwise" if self.evaluator.any_order_is_unbounded else "any order"
            low, high = self.evaluator.take(shown).interval(widest)
        # + 0: an end that underflows is 0, not -0
        lowest, highest = round_up(low[0], fmt) + 0.0, round_down(high[0], fmt) + 0.0
        return f"from {show(lowest, fmt)} to {show(highest, fmt)}"


def _judge_special(case: Case, rows: FloatArray, results: FloatArray, numbers: NDArray[np.int64]) -> Judged:
    """Groups of which no value is specified: the formula in IEEE arithmetic is expected, anything else is recorded.

    But a weight that is NaN stays one: a number in its place hides that something is wrong, and no product gives one.
    """
    fmt = case.weights.format
    follows = evaluator_of(case, rows, fmt).follows_formula(results)
    verdict = Verdict(fmt, rows.shape[1], rows.size)
    hidden = np.zeros(len(rows), dtype=bool)
    if not CONTRACTS[case.contract].single_weights:  # there it depends on the comparison
        hidden |= np.any(np.isnan(rows) & ~np.isnan(results), axis=1)
        follows |= hidden  # which is told apart
    verdict.grades["BOUNDED"] = int((follows & ~hidden).sum())
    verdict.grades["RANGE"] = int((~follows).sum())
    verdict.grades["DIVERGENT"] = int(hidden.sum())
    if hidden.any():
        verdict.violations.append(_hidden_nan(case, results, hidden, numbers))
    if not follows.all():
        group = int(np.flatnonzero(~follows)[0])
        held = "with one infinite weight" if np.isinf(rows[group]).any() else "of zeros"
        held = "with one NaN weight" if np.isnan(rows[group]).any() else held
        word = str(signatures(rows[group : group + 1], results[group : group + 1])[0])
        word = word if results[group].any() else "it becomes zeros"
        violation = Violation(
            grade="RANGE",
            level=RECORD,
            failure=Failure(HELD[held], word),
            sentence=f"a group {held} does not follow the formula in IEEE arithmetic ({word})",
            count=int((~follows).sum()),
            group=int(numbers[group]),
            observed=lambda: show(results[group], FORMATS[fmt]),
            accepted=lambda: "not specified",
        )
        verdict.violations.append(violation)
    return Judged(verdict, hidden, ~follows)


def _hidden_nan(case: Case, results: FloatArray, hidden: Mask, numbers: NDArray[np.int64]) -> Violation:
    first, fmt = int(np.flatnonzero(hidden)[0]), FORMATS[case.weights.format]
    failure = Failure(FailureCode.NAN_HIDDEN)
    return Violation(
        grade="DIVERGENT",
        level=MUST,
        failure=failure,
        sentence=sentence(failure),
        count=int(hidden.sum()),
        group=int(numbers[first]),
        observed=lambda: show(results[first], fmt),
        accepted=lambda: "NaN where there was one",
    )
