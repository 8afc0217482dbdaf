"""Evaluators: what a correct evaluation of a contract may give for groups of weights, whichever kind the contract is.

An evaluator holds groups of weights in one format under one contract. Whoever judges, draws or explains results asks
it, and needs not know whether a gain is applied to each group or every weight is a group of its own. A new kind of
contract registers an evaluator here; a new contract of a known kind needs nothing.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, singledispatch

import numpy as np
from numpy.typing import NDArray

from reference import elementwise, range_models
from reference.contract import Contract, GainContract
from reference.elementwise import ElementwiseContract
from reference.exact import AnyExact, exact_results
from reference.formats import FloatArray, Format, round_to, ulp
from reference.groups import by_columns
from reference.intervals import enclose
from reference.norms import TIERS, AnyNorms, norms_of

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Comparison:
    """Results beside the exact ones, group by group; each of shape (groups,).

    exact: all results of a group are correctly rounded. bounded: all are so near that every tier accepts them, which
    is known without computing the intervals. ulps: the distance of the worst result.
    """

    exact: Mask
    bounded: Mask
    ulps: FloatArray


@dataclass(frozen=True)
class Explanation:
    """Groups whose results only the range of the format explains: by which model, and in which order of the sum."""

    groups: Mask
    reason: str
    model: str | None
    tier: str


@dataclass(frozen=True)
class Evaluator(ABC):
    """Groups of weights of one format under a contract, `rows` in (groups, n); results are in the same shape.

    The weights are finite; only `follows_formula` is about groups that hold a NaN or an infinity.
    """

    parameters: Mapping[str, float]
    rows: FloatArray
    fmt: Format

    @property
    def tiers(self) -> tuple[str, ...]:
        """The orders of a sum that intervals tell apart, the narrowest first; none where nothing is added up."""
        return ()

    @property
    def any_order_is_unbounded(self) -> bool:
        """Whether gamma_n of this length says nothing, so that any order of a sum is not good enough."""
        return bool(self.rows.shape[1] * self.fmt.unit_roundoff >= 0.5)

    @abstractmethod
    def take(self, groups: Mask) -> Evaluator:
        """The same for these groups only."""

    @abstractmethod
    def exact(self) -> FloatArray:
        """The exact results as the nearest float64 numbers."""

    @abstractmethod
    def rounded(self) -> FloatArray:
        """The exact results, rounded once to the format."""

    @abstractmethod
    def distances(self, results: FloatArray) -> FloatArray:
        """How far each result is from the exact one, in ulps of the exact one."""

    @abstractmethod
    def compare(self, results: FloatArray) -> Comparison:
        """The results of each group beside the exact ones."""

    @abstractmethod
    def accepts(self, results: FloatArray, tier: str = "any order") -> Mask:
        """The groups whose every result a correct evaluation may give if sums are added as `tier` says."""

    @abstractmethod
    def interval(self, tier: str = "any order") -> tuple[FloatArray, FloatArray]:
        """The ends of each weight's interval as float64 numbers, for people to read."""

    @abstractmethod
    def leaves_range(self) -> Mask:
        """The groups of which an exact intermediate, or a weight, leaves the normal range of the format."""

    def sums_leave_range(self) -> Mask:
        """The groups whose sum leaves it: underflow has a share of their intervals, which so tell no orders apart."""
        return np.zeros(len(self.rows), dtype=bool)

    @abstractmethod
    def explanations(self, results: FloatArray) -> Iterator[Explanation]:
        """What explains results outside every interval where the range is left; each group once, the plainest first."""

    @abstractmethod
    def follows_formula(self, results: FloatArray) -> Mask:
        """The groups that hold a NaN or an infinity and become what the formula gives in IEEE 754 arithmetic."""


@singledispatch
def evaluator(contract: Contract, parameters: Mapping[str, float], rows: FloatArray, fmt: Format) -> Evaluator:
    """The evaluator of groups of weights, numbers of `fmt` in (groups, n), under a contract of any kind."""
    raise TypeError(f"{contract.name} is of a kind that has no evaluator")


@dataclass(frozen=True)
class GainEvaluator(Evaluator):
    """Groups that are each multiplied by one gain of their norm."""

    contract: GainContract
    known_norms: AnyNorms | None = None

    @cached_property
    def norms(self) -> AnyNorms:
        """The exact norms of the groups."""
        if self.known_norms is not None:
            return self.known_norms
        return norms_of(self.rows, self.fmt, self.contract.norm)

    @cached_property
    def _exact(self) -> AnyExact:
        return exact_results(self.contract, self.parameters, self.norms)

    @property
    def tiers(self) -> tuple[str, ...]:
        return TIERS

    def take(self, groups: Mask) -> GainEvaluator:
        return replace(self, rows=self.rows[groups], known_norms=self.norms.take(groups))

    def exact(self) -> FloatArray:
        return self._exact.values

    def rounded(self) -> FloatArray:
        return self._exact.nearest()

    def distances(self, results: FloatArray) -> FloatArray:
        return self._exact.ulps(results)

    def compare(self, results: FloatArray) -> Comparison:
        exact = np.asarray(np.all(by_columns(self.rounded() == results), axis=1))
        # correctly rounded results are within half an ulp, so only the others are measured
        inexact = self._exact.take(~exact)
        distances = inexact.ulps(results[~exact])
        ulps, bounded = np.full(len(self.rows), 0.5), np.zeros_like(exact)
        ulps[~exact] = np.max(by_columns(distances), axis=1, initial=0.0)
        bounded[~exact] = np.all(by_columns(inexact.surely_bounded(distances, self.contract.roundings)), axis=1)
        return Comparison(exact, bounded, ulps)

    def accepts(self, results: FloatArray, tier: str = "any order") -> Mask:
        enclosure = enclose(self.contract, self.parameters, self.norms, tier)
        return np.asarray(np.all(by_columns(enclosure.accepts(self.rows, results)), axis=1))

    def interval(self, tier: str = "any order") -> tuple[FloatArray, FloatArray]:
        return enclose(self.contract, self.parameters, self.norms, tier).interval(self.rows)

    def leaves_range(self) -> Mask:
        return range_models.leaves_range(self.contract, self.parameters, self.norms)

    def sums_leave_range(self) -> Mask:
        return range_models.sums_leave_range(self.norms)

    def explanations(self, results: FloatArray) -> Iterator[Explanation]:
        left = self.leaves_range()
        if not left.any():
            return
        tiers = ("pairwise", "any order") if self.any_order_is_unbounded else ("any order",)
        reason = f"an intermediate leaves the range of {self.fmt.name}"
        distances = self._exact.take(left).ulps(results[left])
        worst = np.argmax(np.where(np.isnan(distances), np.inf, distances), axis=1)
        known = self.contract, self.parameters, self.norms.take(left)
        for found, model, tier in range_models.explanations(*known, results[left], tiers, worst):
            groups = np.zeros_like(left)
            groups[left] = found
            yield Explanation(groups, reason, model.name, tier)

    def follows_formula(self, results: FloatArray) -> Mask:
        return range_models.follows_formula(self.contract, self.parameters, self.rows, results)


@evaluator.register
def _(contract: GainContract, parameters: Mapping[str, float], rows: FloatArray, fmt: Format) -> Evaluator:
    return GainEvaluator(parameters, rows, fmt, contract)


@dataclass(frozen=True)
class ElementwiseEvaluator(Evaluator):
    """Weights that are each taken by themselves: every group holds one, and nothing is added up."""

    contract: ElementwiseContract

    def take(self, groups: Mask) -> ElementwiseEvaluator:
        return replace(self, rows=self.rows[groups])

    def exact(self) -> FloatArray:
        return self.contract.function(self.rows, self.parameters)

    def rounded(self) -> FloatArray:
        return round_to(self.exact(), self.fmt)

    def distances(self, results: FloatArray) -> FloatArray:
        exact = self.exact()
        return np.asarray(np.abs(results - exact) / ulp(exact, self.fmt))

    def compare(self, results: FloatArray) -> Comparison:
        """Nothing but a bound is rounded, so distances are those from the interval."""
        exact = np.asarray(np.all(by_columns(self.rounded() == results), axis=1))
        nearest_accepted = np.clip(results, *self.interval())
        ulps = np.abs(results - nearest_accepted) / ulp(nearest_accepted, self.fmt)
        return Comparison(exact, self.accepts(results) & ~exact, np.max(ulps, axis=1, initial=0.0))

    def accepts(self, results: FloatArray, tier: str = "any order") -> Mask:
        low, high = self.interval()
        return np.asarray(np.all((low <= results) & (results <= high), axis=1))

    def interval(self, tier: str = "any order") -> tuple[FloatArray, FloatArray]:
        return elementwise.accepted(self.contract, self.parameters, self.rows, self.fmt)

    def leaves_range(self) -> Mask:
        flushed = elementwise.flushed(self.contract, self.parameters, self.rows, self.fmt)
        return np.asarray(np.any(flushed, axis=1))

    def explanations(self, results: FloatArray) -> Iterator[Explanation]:
        groups = self.leaves_range() & np.all(results == 0.0, axis=1)
        if groups.any():
            yield Explanation(groups, "a subnormal number is flushed", None, "any order")

    def follows_formula(self, results: FloatArray) -> Mask:
        follows = elementwise.follows_formula(self.contract, self.parameters, self.rows, results, self.fmt)
        return np.asarray(np.all(follows, axis=1))


@evaluator.register
def _(contract: ElementwiseContract, parameters: Mapping[str, float], rows: FloatArray, fmt: Format) -> Evaluator:
    return ElementwiseEvaluator(parameters, rows, fmt, contract)
