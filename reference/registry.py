"""All contracts by name: those on groups of weights, and those about single weights."""

from __future__ import annotations

from collections.abc import Mapping

from reference.contract import Contract
from reference.contracts import GAIN_CONTRACTS
from reference.elementwise import ELEMENTWISE_CONTRACTS

CONTRACTS: dict[str, Contract] = {**GAIN_CONTRACTS, **ELEMENTWISE_CONTRACTS}
GAINS, EVERY = tuple(GAIN_CONTRACTS), tuple(CONTRACTS)
# those with one bound, on the norm from above; and those whose numbers a rule may choose freely
BOUNDED = tuple(c.name for c in GAIN_CONTRACTS.values() if len(c.bounds) == 1)
# those of the L2 norm
EUCLIDEAN = tuple(c.name for c in GAIN_CONTRACTS.values() if c.norm == "l2")
BALLS = tuple(name for name in BOUNDED if name in EUCLIDEAN)
FREE = tuple(c.name for c in GAIN_CONTRACTS.values() if all(p.lowest < p.highest for p in c.parameters))


def bounds(contract: Contract, parameters: Mapping[str, float]) -> tuple[float, float]:
    """The lower and the upper bound on norms, or on magnitudes; where there is none, numbers that serve for one."""
    found = sorted(abs(parameters[name]) for name in contract.bounds)
    top = (found[-1] if found else 1.0) or 1.0
    return (found[0] if len(found) == 2 else 0.0) or top / 8.0, top
