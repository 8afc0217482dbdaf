"""The judge: grades what came back against the reference's intervals, group by group; no tolerance anywhere."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np
from numpy.typing import NDArray

from conformance.cases.case import Case, Weights
from conformance.judging.describe import BECAME, OUT_OF_RANGE, OUTSIDE, show, signatures
from conformance.judging.elementwise import graded_each, judge_each
from conformance.judging.results import returned, wrong_shape
from conformance.judging.verdict import MUST, RECORD, SHOULD, Verdict, Violation, errors_of
from conformance.stacks.outcome import Outcome
from reference.contracts import GAIN_CONTRACTS, GainContract
from reference.elementwise import ELEMENTWISE_CONTRACTS
from reference.exact import exact_results
from reference.formats import FORMATS, FloatArray, Format, round_down, round_up
from reference.intervals import enclose
from reference.norms import TIERS, AnyNorms, norms_of
from reference.range_models import explains, follows_formula, leaves_range, models, sums_leave_range
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
    fmt = given.floating
    assert fmt is not None
    rows = case.rows(given.values)
    if result.shape != given.shape or result.format != given.format:
        return wrong_shape(case, given, result)
    results = case.rows(result.values)
    numbers = np.arange(len(rows))
    if only is not None:
        rows, results, numbers = rows[only], results[only], numbers[only]
    if case.contract in ELEMENTWISE_CONTRACTS:
        return judge_each(case, fmt, rows[:, 0], results[:, 0], numbers, call)
    finite = np.isfinite(rows).all(axis=1)
    verdict = _Graded(case, fmt, rows[finite], results[finite], numbers[finite], call).verdict()
    if not finite.all():
        verdict.add(_judge_special(case, rows[~finite], results[~finite], numbers[~finite]))
    return verdict


def wrong_groups(case: Case, given: Weights, result: Weights) -> Mask:
    """The groups whose results neither an interval nor a model accepts; shape (groups,)."""
    fmt = given.floating
    assert fmt is not None
    rows, results = case.rows(given.values), case.rows(result.values)
    if case.contract in ELEMENTWISE_CONTRACTS:
        return graded_each(case, fmt, rows[:, 0], results[:, 0])["DIVERGENT"]
    finite = np.isfinite(rows).all(axis=1)
    graded = _Graded(case, fmt, rows[finite], results[finite], np.flatnonzero(finite), 0)
    graded.verdict()
    found = np.zeros(len(rows), dtype=bool)
    found[finite] = graded.open
    return found


# what a group holds that is no number
HELD = {"NaN": FailureCode.NAN_WEIGHT, "infinite": FailureCode.INFINITE_WEIGHT}


class _Graded:
    """Finite groups of one call, graded step by step: each step looks only at what the last one left open."""

    def __init__(
        self, case: Case, fmt: Format, rows: FloatArray, results: FloatArray, numbers: NDArray[np.int64], call: int
    ) -> None:
        self.contract: GainContract = GAIN_CONTRACTS[case.contract]
        self.parameters = case.parameters
        self.fmt, self.rows, self.results, self.numbers = fmt, rows, results, numbers
        self.suffix = f" at call {call + 1}" if call else ""
        self.norms: AnyNorms = norms_of(rows, fmt)
        with np.errstate(all="ignore"):
            exact = exact_results(self.contract, self.parameters, self.norms)
            self.open: Mask = np.asarray(~np.all(exact.nearest() == results, axis=1))
            # correctly rounded results are within half an ulp, so only the others are measured
            inexact = exact.take(self.open)
            ulps = inexact.ulps(results[self.open])
            self.ulps = np.full(len(rows), 0.5)
            self.ulps[self.open] = np.max(ulps, axis=1, initial=0.0)
            self.near = np.zeros_like(self.open)
            self.near[self.open] = np.all(inexact.surely_bounded(ulps, self.contract.roundings), axis=1)

    def verdict(self) -> Verdict:
        length = self.rows.shape[1]
        verdict = Verdict(self.fmt.name, length, self.rows.size)
        verdict.errors = errors_of(self.ulps)
        verdict.grades["EXACT"] = int((~self.open).sum())
        verdict.tiers["exact"] = verdict.grades["EXACT"]
        self.open &= ~self.near
        verdict.tiers[TIERS[0]] = verdict.grades["BOUNDED"] = int(self.near.sum())
        # underflow has a share of every interval: a sum near the range's ends says nothing about accumulation
        in_doubt = np.zeros_like(self.open)
        if self.open.any():
            in_doubt[self.open] = sums_leave_range(self.norms.take(self.open))
        for tier in TIERS:
            worst = tier == "any order" and self._long
            accepted = self._settle(self._accepted(tier) & ~(in_doubt[self.open] & worst))
            verdict.grades["BOUNDED"] += int(accepted.sum())
            verdict.tiers[tier] += int((accepted & ~in_doubt).sum())
            if worst and accepted.any():
                verdict.violations.append(self._worse_than_pairwise(accepted))
        verdict.worst_ulps = float(np.max(self.ulps[~self.open], initial=0.0))
        verdict.violations += self._explained(verdict)
        if self.open.any():
            verdict.grades["DIVERGENT"] += int(self.open.sum())
            for word, mask in self._by_signature(self.open):
                text = f"the result is outside the accepted interval: it {BECAME[word]}"
                verdict.violations.append(self._violation("DIVERGENT", MUST, Failure(OUTSIDE[word]), text, mask))
        return verdict

    def _settle(self, of_open: Mask) -> Mask:
        """Close those of the open groups; returns them as a mask over all groups."""
        settled = np.zeros_like(self.open)
        settled[np.flatnonzero(self.open)[of_open]] = True
        self.open &= ~settled
        return settled

    def _accepted(self, tier: str) -> Mask:
        if not self.open.any():
            return np.zeros(0, dtype=bool)
        with np.errstate(all="ignore"):
            norms = self.norms.take(self.open)
            enclosure = enclose(self.contract, self.parameters, norms, tier)
            return np.asarray(np.all(enclosure.accepts(norms.rows, self.results[self.open]), axis=1))

    def _explained(self, verdict: Verdict) -> Iterator[Violation]:
        """The groups that an evaluation model explains, where an exact intermediate leaves the range."""
        in_doubt = np.zeros_like(self.open)
        if self.open.any():
            in_doubt[self.open] = leaves_range(self.contract, self.parameters, self.norms.take(self.open))
        tiers = ("pairwise", "any order") if self._long else ("any order",)
        for tier, model in product(tiers, models(self.fmt)):
            left = self.open & in_doubt
            if not left.any():
                return
            settled = np.zeros_like(self.open)
            norms = self.norms.take(left)
            settled[left] = explains(model, self.contract, self.parameters, norms, self.results[left], tier)
            self.open &= ~settled
            verdict.grades["RANGE"] += int(settled.sum())
            for word, mask in self._by_signature(settled):
                text = f"an intermediate leaves the range of {self.fmt.name}, and the result {BECAME[word]}"
                yield self._violation(
                    "RANGE", RECORD, Failure(OUT_OF_RANGE[word], model.name), text, mask, model=model.name
                )
            if settled.any() and self._long and tier == "any order":
                yield self._worse_than_pairwise(settled)

    @property
    def _long(self) -> bool:
        """Whether gamma_n of this length says nothing, so that any order is not good enough."""
        return bool(self.rows.shape[1] * self.fmt.unit_roundoff >= 0.5)

    def _worse_than_pairwise(self, mask: Mask) -> Violation:
        text = f"a sum over {self.rows.shape[1]:,} weights is worse than pairwise summation in {self.fmt.name}"
        return self._violation(
            "DIVERGENT", SHOULD, Failure(FailureCode.WORSE_THAN_PAIRWISE), text, mask, tier="any order"
        )

    def _by_signature(self, mask: Mask) -> Iterator[tuple[str, Mask]]:
        words = signatures(self.rows[mask], self.results[mask])
        for word in dict.fromkeys(words.tolist()):
            chosen = np.zeros_like(mask)
            chosen[np.flatnonzero(mask)[words == word]] = True
            yield word, chosen

    def _violation(
        self,
        grade: str,
        level: str,
        failure: Failure,
        text: str,
        mask: Mask,
        model: str | None = None,
        tier: str | None = None,
    ) -> Violation:
        group = int(np.flatnonzero(mask)[0])
        shown = np.zeros_like(mask)
        shown[group] = True

        def accepted() -> str:
            with np.errstate(all="ignore"):
                norms = self.norms.take(shown)
                widest = "pairwise" if self._long else "any order"
                low, high = enclose(self.contract, self.parameters, norms, widest).interval(norms.rows)
            # + 0: an end that underflows is 0, not -0
            lowest, highest = round_up(low[0], self.fmt) + 0.0, round_down(high[0], self.fmt) + 0.0
            return f"from {show(lowest, self.fmt)} to {show(highest, self.fmt)}"

        return Violation(
            grade=grade,
            level=level,
            failure=failure,
            sentence=text + self.suffix,
            count=int(mask.sum()),
            group=int(self.numbers[group]),
            observed=lambda: show(self.results[group], self.fmt),
            accepted=accepted,
            ulps=float(self.ulps[group]),
            model=model,
            tier=tier,
        )


def _judge_special(case: Case, rows: FloatArray, results: FloatArray, numbers: NDArray[np.int64]) -> Verdict:
    """Groups that hold a NaN or an infinity: the formula in IEEE arithmetic is expected, anything else is recorded."""
    follows = follows_formula(GAIN_CONTRACTS[case.contract], case.parameters, rows, results)
    fmt = case.weights.format
    verdict = Verdict(fmt, rows.shape[1], rows.size)
    verdict.grades["BOUNDED"] = int(follows.sum())
    verdict.grades["RANGE"] = int((~follows).sum())
    if not follows.all():
        group = int(np.flatnonzero(~follows)[0])
        held = "NaN" if np.isnan(rows[group]).any() else "infinite"
        word = str(signatures(rows[group : group + 1], results[group : group + 1])[0])
        verdict.violations.append(
            Violation(
                "RANGE",
                RECORD,
                Failure(HELD[held], word),
                f"a group with one {held} weight does not follow the formula in IEEE arithmetic ({word})",
                int((~follows).sum()),
                int(numbers[group]),
                lambda: show(results[group], FORMATS[fmt]),
                lambda: "not specified",
            )
        )
    return verdict
