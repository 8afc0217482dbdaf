"""All contracts by name: those on groups of weights, and those about single weights."""

from __future__ import annotations

from collections.abc import Mapping

from reference.contracts import GAIN_CONTRACTS, Contract
from reference.elementwise import ELEMENTWISE_CONTRACTS

CONTRACTS: dict[str, Contract] = {**GAIN_CONTRACTS, **ELEMENTWISE_CONTRACTS}
GAINS, EVERY = tuple(GAIN_CONTRACTS), tuple(CONTRACTS)
# those with one bound, on the norm from above; and those whose numbers a rule may choose freely
BOUNDED = tuple(c.name for c in GAIN_CONTRACTS.values() if len(c.breakpoints) == 1)
FREE = tuple(c.name for c in GAIN_CONTRACTS.values() if all(p.lowest < p.highest for p in c.parameters))


def bounds(contract: Contract, parameters: Mapping[str, float]) -> tuple[float, float]:
    """The lower and the upper bound on norms, or on magnitudes; where there is none, numbers that serve for one."""
    breakpoints = sorted(abs(parameters[name]) for name in contract.breakpoints)
    top = (breakpoints[-1] if breakpoints else 1.0) or 1.0
    return (breakpoints[0] if len(breakpoints) == 2 else 0.0) or top / 8.0, top
