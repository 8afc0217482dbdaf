"""Honest implementations: whatever lawful way a contract is evaluated in a format, its results are accepted."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import product

import numpy as np
import pytest
from numpy.typing import NDArray

from reference.contract import GainContract
from reference.contracts import GAIN_CONTRACTS
from reference.formats import BFLOAT16, FLOAT16, FLOAT32, FLOAT64, FORMATS, FloatArray, Format
from reference.intervals import Enclosure, enclose
from reference.norms import TIERS, AnyNorms, norms_of
from reference.range_models import explains, leaves_range, models
from tests.reference.correct_variants import Way, backwards, blocked, lanes, pairwise, sequential, shuffled
from tests.reference.population import batches

pytestmark = pytest.mark.slow

PLAIN = (
    Way("one after the other", sequential),
    Way("pairwise", pairwise),
    Way("the reciprocal first", pairwise, form="reciprocal"),
    Way("the product first", pairwise, form="product first"),
    Way("the bound in both parts, the product first", pairwise, form="product first", in_both=True),
    Way("parameters kept wide", pairwise, rounds_parameters=False),
    Way("parameters kept wide, the product first", pairwise, form="product first", rounds_parameters=False),
)
# how a sum is shaped is the same question in every format
SHAPES = (
    (Way("shuffled", shuffled), BFLOAT16),
    (Way("blocks of 16", blocked), FLOAT16),
    (Way("16 lanes", lanes), FLOAT32),
    (Way("backwards", backwards), FLOAT64),
    (Way("fused", sequential, fused=True), FLOAT16),
    (Way("fused", sequential, fused=True), FLOAT64),
)


def flushing(way: Way) -> Way:
    """The same with subnormal numbers flushed to zero."""
    return replace(way, name=f"{way.name}, flushed to zero", flushes=True)


def wider_ways(wide: Format) -> list[Way]:
    """The ways that take some of the steps in a format wider than the data's."""
    return [
        Way(f"sums in {wide.name}", pairwise, accumulator=wide),
        Way(f"gain in {wide.name}", pairwise, gain=wide),
        Way(f"sums and gain in {wide.name}", sequential, accumulator=wide, gain=wide),
        Way(f"{wide.name} throughout", sequential, accumulator=wide, norm=wide, gain=wide),
        Way(f"{wide.name} throughout, flushed to zero", sequential, wide, wide, wide, flushes=True),
        Way("wide parameters throughout", shuffled, FLOAT64, FLOAT64, FLOAT64, rounds_parameters=False),
    ]


CASES = [(way, fmt) for fmt in FORMATS.values() for way in (*PLAIN, flushing(PLAIN[1]))]
CASES += [(flushing(way), FLOAT16) for way in PLAIN[2:]] + [(flushing(PLAIN[3]), FLOAT32), *SHAPES]
CASES += [(way, fmt) for fmt in (FLOAT16, BFLOAT16) for way in wider_ways(FLOAT32)]
CASES += [(way, FLOAT32) for way in wider_ways(FLOAT64)]
each_way = pytest.mark.parametrize(("way", "fmt"), CASES, ids=[f"{fmt.name}: {way.name}" for way, fmt in CASES])


@dataclass(frozen=True)
class Batch:
    """Groups with everything that does not depend on the way they are evaluated."""

    contract: GainContract
    parameters: dict[str, float]
    norms: AnyNorms
    in_doubt: NDArray[np.bool_]
    enclosures: dict[str, Enclosure[FloatArray]]

    def outside(self, way: Way) -> tuple[NDArray[np.bool_], FloatArray]:
        """The groups of which a result of `way` lies outside the interval of its tier, and all results."""
        rows = self.norms.rows
        results = way.results(self.contract.name, self.parameters, rows, self.norms.fmt)
        with np.errstate(all="ignore"):
            inside = self.enclosures[tier_of(way)].accepts(rows, results)
        return np.asarray(~inside.all(axis=1)), results


def tier_of(way: Way) -> str:
    """The tier that a way of adding deserves."""
    if way.accumulator:
        return "wide"
    return "pairwise" if way.order is pairwise else "any order"


@lru_cache(maxsize=2)
def population(fmt: Format, everyday: bool) -> list[Batch]:
    """Some 6,000 weights in groups of 1 to 1,000, or to where gamma_n of the format means something."""
    found = []
    lengths = tuple(n for n in (1, 2, 3, 8, 33, 100, 300, 1000) if n * fmt.unit_roundoff < 0.5)
    for contract, parameters, rows in batches(
        11, fmt, 6000, everyday, lengths, (2 if everyday else 3) * len(GAIN_CONTRACTS), breakpoints=everyday
    ):
        norms = norms_of(rows, fmt, contract.norm)
        with np.errstate(all="ignore"):
            in_doubt = leaves_range(contract, parameters, norms)
            enclosures = {tier: enclose(contract, parameters, norms, tier) for tier in TIERS}
        found.append(Batch(contract, parameters, norms, in_doubt, enclosures))
    return found


def shown(batch: Batch, groups: NDArray[np.bool_], results: FloatArray) -> list[str]:
    """The groups to be looked at, to paste."""
    found = np.flatnonzero(groups)
    return [f"{batch.contract.name} {batch.parameters} {batch.norms.rows[i]} {results[i]}" for i in found]


@each_way
def test_what_stays_in_range_is_inside_the_interval(way: Way, fmt: Format) -> None:
    """No honest way leaves the interval of its tier on everyday groups of which no step leaves the range."""
    seen, found = 0, []
    for batch in population(fmt, True):
        outside, results = batch.outside(way)
        found += shown(batch, outside & ~batch.in_doubt, results)
        seen += int((~batch.in_doubt).sum())
    assert (found, seen > 1000) == ([], True)


@each_way
def test_what_leaves_the_range_is_explained(way: Way, fmt: Format) -> None:
    """Over the whole range of weights and parameters, a result is inside, or out of range and as some model says."""
    found, explained = [], 0
    for batch in population(fmt, False):
        open_, results = batch.outside(way)
        found += shown(batch, open_ & ~batch.in_doubt, results)
        before = int(open_.sum())
        for arranged, model in product(batch.contract.arrangements, models(fmt)):
            if open_.any():
                norms = batch.norms.take(open_)
                open_[open_] = ~explains(model, arranged, batch.parameters, norms, results[open_])
        explained += before - int(open_.sum())
        found += shown(batch, open_, results)
    assert (found, explained > 0 or way.accumulator is not None) == ([], True)
