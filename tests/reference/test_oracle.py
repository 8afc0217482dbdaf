"""The reference against exact rational arithmetic and mpmath, over each format's whole range."""

from __future__ import annotations

import numpy as np
import pytest

from reference.contracts import GAIN_CONTRACTS
from reference.exact import exact_results
from reference.formats import FLOAT64, FORMATS, Format
from reference.intervals import enclose
from reference.norms import TIERS, norms_of
from reference.wide import nearest
from tests.reference import oracle
from tests.reference.population import batches, stepped

pytestmark = pytest.mark.slow

ELEMENTS = 100_000
each_format = pytest.mark.parametrize("fmt", FORMATS.values(), ids=FORMATS)


@each_format
def test_no_correctly_rounded_result_is_outside(fmt: Format) -> None:
    """Of 100,000 random weights per format none has its correctly rounded result outside any tier's interval."""
    seen = outside = 0
    for contract, parameters, rows in batches(1, fmt, ELEMENTS):
        truth = oracle.results(contract.name, parameters, rows, fmt)
        norms = norms_of(rows, fmt, contract.norm)
        for tier in TIERS:
            with np.errstate(all="ignore"):
                outside += int((~enclose(contract, parameters, norms, tier).accepts(rows, truth)).sum())
        seen += rows.size
    assert (outside, seen >= ELEMENTS) == (0, True)


@each_format
def test_the_reference_rounds_correctly(fmt: Format) -> None:
    """Its nearest result is the oracle's, unless the exact one is within 2^-47 of the middle of the two."""
    for contract, parameters, rows in batches(2, fmt, 20_000):
        with np.errstate(all="ignore"):
            mine = exact_results(contract, parameters, norms_of(rows, fmt, contract.norm)).nearest()
        wanted = oracle.results(contract.name, parameters, rows, fmt)
        for place, column in np.argwhere(mine != wanted):
            truth = oracle.group(contract.name, parameters, rows[place], fmt)
            distance = truth.distance(float(mine[place, column]), float(rows[place, column]))
            assert distance <= 0.5 + 2.0 ** (fmt.precision - (47 if fmt is not FLOAT64 else 90))


@each_format
@pytest.mark.parametrize("steps", [0, 1, -1, 3, -40], ids="{:+d} numbers".format)
def test_distances_are_those_of_the_oracle(steps: int, fmt: Format) -> None:
    """A result some numbers away is measured as exactly as the exact result is known.

    Where that is as near to a power of two as it is known, the spacing of either side is its ulp.
    """
    seen = 0
    for contract, parameters, rows in batches(3, fmt, 200, everyday=True, per_length=3 * len(GAIN_CONTRACTS)):
        with np.errstate(all="ignore"):
            exact = exact_results(contract, parameters, norms_of(rows, fmt, contract.norm))
            results = stepped(exact.nearest(), steps, fmt)
            mine = float(exact.ulps(results)[0, -1])
            fraction = abs(float(np.frexp(nearest(exact.results))[0][0, -1]))
        if min(fraction - 0.5, 1.0 - fraction) < 2.0**-45:
            continue
        seen += 1
        truth = oracle.group(contract.name, parameters, rows[0], fmt).distance(
            float(results[0, -1]), float(rows[0, -1])
        )
        assert abs(mine - truth) <= 2.0 ** (fmt.precision - (47 if fmt is not FLOAT64 else 90)) + truth * 2.0**-50
    assert seen > 300
