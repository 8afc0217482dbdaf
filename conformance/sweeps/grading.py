"""What became of the groups of a block: most are decided by the filter, the others by the intervals."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from conformance.cases.case import Case, Weights
from conformance.judging.values import Mask, judge_call, judge_groups
from conformance.judging.verdict import RECORD, Verdict
from conformance.sweeps.job import Job, Place
from conformance.sweeps.runs import GRADES, Codes, become, code_of
from reference.contract import GainContract
from reference.evaluators import Evaluator, evaluator
from reference.formats import BitArray, FloatArray, decode, encode, round_down
from reference.shortcuts.plain import Evaluation, evaluations
from reference.shortcuts.sure import Filter, Nearness
from reports.record.failure import Failure
from reports.record.grades import Grade
from reports.record.sweeps import Changed, Worst

# numbers of one block: what is computed of them stays in a processor's cache
BLOCK = 16384
# groups of one block, however long they are
LEAST_GROUPS = 128
# of a longer group the sum has too many orders for a plain evaluation to be likely
MOST_EVALUATED = 8


@dataclass
class Broken:
    """The first group that broke a rule in some way: its number, and the verdict on it; and how many did alike."""

    group: int
    verdict: Verdict
    count: int = 0


@dataclass
class Grader:
    """Grades the groups of a job, in the order of their numbers, and remembers what stands out."""

    job: Job
    place: Place
    broken: dict[tuple[str, Failure], Broken] = field(default_factory=dict)
    _worst: tuple[float, int] = (-1.0, 0)
    _inside: int = 0
    _changed: int = 0
    _largest_changed: float | None = None
    # the evaluations, of which the one that explained most lately is first
    _evaluations: list[Evaluation] = field(default_factory=list)

    def __post_init__(self) -> None:
        """The plainest evaluation comes first."""
        contract = self.job.held_to
        if isinstance(contract, GainContract) and self.job.space.length <= MOST_EVALUATED:
            self._evaluations = list(evaluations(contract))

    @cached_property
    def _filter(self) -> Filter | None:
        contract = self.job.held_to
        return Filter(contract, self.job.parameters, self.job.fmt) if isinstance(contract, GainContract) else None

    @cached_property
    def _bound(self) -> float | None:
        """The norm up to which weights are inside: that of the last bound, where the contract leaves them alone."""
        bounds = self.job.held_to.bounds
        if not bounds or self.job.space.length > 1 or self.job.held_to.single_weights:
            return None
        return abs(self.job.parameters[bounds[-1]])

    @property
    def worst(self) -> Worst | None:
        """The group that is furthest off among those that are accepted; None where there is none."""
        steps, group = self._worst
        if self._filter is None or steps < 0.0:
            return None
        return Worst(group, round(float(self._filter.ulps(steps)), 4))

    @property
    def changed(self) -> Changed | None:
        """What became of the weights inside the bound; None where there is no bound."""
        return None if self._bound is None else Changed(self._inside, self._changed, self._largest_changed)

    def grade(self, first: int, columns: BitArray, results: BitArray) -> Codes | int:
        """The codes of the groups from a number on; one code where it is that of all. Both in (n, groups)."""
        fmt = self.job.fmt
        if self._bound is not None:
            self._compare_inside(first, columns[0], results[0])
        if self._filter is None:
            return self._one_by_one(first, columns, results, np.ones(columns.shape[1], dtype=bool))
        with np.errstate(all="ignore"):
            near = self._filter.compare(weights := decode(columns, fmt), decode(results, fmt))
            if not self._filter.all_inside(near):
                return self._graded(first, columns, results, weights, near)
            self._note_worst(first, near.steps, near.furthest)
            return code_of(Grade.BOUNDED, "normal") if self._filter.all_normal(near) else become(results, fmt)

    def _graded(
        self, first: int, columns: BitArray, results: BitArray, weights: FloatArray, near: Nearness
    ) -> Codes | int:
        """The codes of groups of which not all are surely accepted: each step looks at what the last left open."""
        assert self._filter is not None
        if (near.results == 0.0).all() and self._filter.zeros_are_outside(near) and self._gives_zeros(weights):
            return code_of(Grade.RANGE, "zero")
        codes = become(results, self.job.fmt)
        inside = self._filter.surely_inside(near)
        specified = np.isfinite(weights).all(axis=0)
        if not self.job.held_to.zero_is_specified:
            specified &= weights.any(axis=0)
        if not specified.all():  # what the formula makes of NaN, infinities or zeros is as good as inside
            special = ~specified
            inside[special] = self._judge(weights[:, special]).follows_formula(_as_rows(near.results[:, special]))
        unsure = ~inside
        outside = np.zeros_like(inside)
        outside[unsure] = self._filter.surely_outside(near.take(unsure))
        open_ = unsure & specified & ~outside
        if open_.any():  # whether those near the ends of the interval are in it
            open_[open_] = self._accepted(weights[:, open_], near.results[:, open_])
            inside |= open_
        ranged = self._as_evaluated(weights, near.results, specified & ~inside)
        codes[ranged] += code_of(Grade.RANGE, "normal")
        left = ~(inside | ranged)
        if left.any():
            codes[left] = self._one_by_one(first, columns, results, left)[left]
        steps = np.where(inside & specified, near.steps, -1.0)
        self._note_worst(first, steps, float(steps.max(initial=-1.0)))
        return codes

    def _note_worst(self, first: int, steps: FloatArray, furthest: float) -> None:
        """The group of the largest of some steps, in (n, groups), if none was as far off before."""
        if furthest > self._worst[0]:
            self._worst = furthest, first + int(steps.argmax() % steps.shape[1])

    def _judge(self, weights: FloatArray) -> Evaluator:
        return evaluator(self.job.held_to, self.job.parameters, _as_rows(weights), self.job.fmt)

    def _accepted(self, weights: FloatArray, results: FloatArray) -> Mask:
        """The groups that an interval accepts, whatever tier."""
        judge = self._judge(weights)
        worst = "pairwise" if judge.any_order_is_unbounded else "any order"
        return judge.accepts(_as_rows(results), worst)

    def _gives_zeros(self, weights: FloatArray) -> bool:
        """Whether the evaluation that explained most lately gives zeros for all groups."""
        if not self._evaluations:
            return False
        results = self._evaluations[0].results(weights, self.job.parameters, self.job.fmt)
        return bool((results == 0.0).all())

    def _as_evaluated(self, weights: FloatArray, results: FloatArray, wanted: Mask) -> Mask:
        """Of the wanted groups, those whose results a plain evaluation in the format gives."""
        found, left = np.zeros_like(wanted), np.flatnonzero(wanted)
        if left.size < wanted.size:
            weights, results = weights[:, left], results[:, left]
        for evaluation in tuple(self._evaluations) if left.size else ():
            given = evaluation.results(weights, self.job.parameters, self.job.fmt)
            same = np.all((given == results) | (np.isnan(given) & np.isnan(results)), axis=0)
            found[left[same]] = True
            if same.all():  # it is likely to explain the next block, too
                self._evaluations.remove(evaluation)
                self._evaluations.insert(0, evaluation)
                break
            left, weights, results = left[~same], weights[:, ~same], results[:, ~same]
        return found

    def _one_by_one(self, first: int, columns: BitArray, results: BitArray, chosen: Mask) -> Codes:
        """The codes of the chosen groups, by the intervals; what breaks a rule is kept."""
        count = int(chosen.sum())
        given, answer = columns[:, chosen], results[:, chosen]
        case = Case(self.job.contract, self.job.parameters, self._rows_axis, self._rows(given))
        judged = judge_groups(case, case.weights, self._rows(answer))
        codes = become(results, self.job.fmt)
        of_chosen = np.zeros(count, np.uint8)
        of_chosen[judged.ranged] = code_of(Grade.RANGE, "normal")
        of_chosen[judged.divergent] = code_of(Grade.DIVERGENT, "normal")
        codes[chosen] += of_chosen
        for violation in judged.verdict.violations:
            if violation.level != RECORD:
                key, at = (violation.level, violation.failure), violation.group or 0
                if key not in self.broken:
                    number = first + int(np.flatnonzero(chosen)[at])
                    self.broken[key] = Broken(number, self._alone(given[:, at], answer[:, at]))
                self.broken[key].count += violation.count
        return codes

    @property
    def _rows_axis(self) -> int | tuple[int, ...]:
        return () if self.job.held_to.single_weights else 1

    def _rows(self, columns: BitArray) -> Weights:
        """Groups as the rows of a matrix, or as single weights."""
        shape = columns.T.shape if not self.job.held_to.single_weights else (columns.shape[1],)
        return Weights(self.job.fmt.name, shape, np.ascontiguousarray(columns.T).tobytes())

    def _alone(self, column: BitArray, result: BitArray) -> Verdict:
        """The verdict on one group."""
        case = self.place.case(self.job, column.tobytes(), 1)
        return judge_call(case, case.weights, Weights(case.weights.format, case.weights.shape, result.tobytes()))

    def _compare_inside(self, first: int, weights: BitArray, results: BitArray) -> None:
        """Count the numbers inside the bound, and those of them that do not stay as they are.

        Of one sign the numbers ascend with their bits, and a block holds numbers of one sign.
        """
        fmt = self.job.fmt
        sign = 1 << (fmt.bits - 1)
        smallest = first & (sign - 1)
        inside = min(len(weights), self._last_inside - smallest + 1)
        if inside <= 0:
            return
        self._inside += inside
        given, got = weights[:inside], results[:inside]
        if given.tobytes() != got.tobytes():
            differ = np.flatnonzero(given != got)
            self._changed += len(differ)
            largest = float(np.abs(decode(given[differ[-1:]], fmt))[0])
            self._largest_changed = max(largest, self._largest_changed or 0.0)

    @cached_property
    def _last_inside(self) -> int:
        """The bits of the largest number that is not above the bound."""
        assert self._bound is not None
        fmt = self.job.fmt
        return int(encode(round_down(np.asarray([min(self._bound, fmt.largest)]), fmt), fmt)[0])


def _as_rows(columns: FloatArray) -> FloatArray:
    """Groups as the reference has them: (groups, n)."""
    return np.ascontiguousarray(columns.T)


assert GRADES[0] is Grade.BOUNDED  # a code below that of RANGE is of a group that is accepted
