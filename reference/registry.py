"""What implementations can be held to, by name: contracts on groups of weights, and promises about single weights."""

from __future__ import annotations

from collections.abc import Mapping

from reference.contracts import CONTRACTS, Promise
from reference.elementwise import ELEMENTWISE

PROMISES: Mapping[str, Promise] = {**CONTRACTS, **ELEMENTWISE}
GAINS, EVERY = tuple(CONTRACTS), tuple(PROMISES)
# those with one bound, on the norm from above; and those whose numbers a rule may choose freely
BOUNDED = tuple(c.name for c in CONTRACTS.values() if len(c.knees) == 1)
FREE = tuple(c.name for c in CONTRACTS.values() if all(p.lowest < p.highest for p in c.parameters))


def bounds(promise: Promise, parameters: Mapping[str, float]) -> tuple[float, float]:
    """The lower and the upper bound on norms, or on magnitudes; where there is none, numbers that serve for one."""
    knees = sorted(abs(parameters[name]) for name in promise.knees)
    top = (knees[-1] if knees else 1.0) or 1.0
    return (knees[0] if len(knees) == 2 else 0.0) or top / 8.0, top
