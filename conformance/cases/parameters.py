"""Parameters inside a contract's domain: round numbers, and numbers that no narrow format holds."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from random import Random

from adapters.core.stack import Stack, tied_value
from conformance.cases.bags import Bags
from conformance.cases.case import Whole
from reference.contract import Contract

_BOUNDS = (1.0, 2.0, 3.0, 0.5, 4.0, 0.1, 0.7, 5.0, 1e-3, 12.5, 100.0, 0.03125, 0.9999999, 1.0000001, 7e-5, 900.0)
# beyond what float16, float32 or an integer of 32 bits holds, or counts one by one
_LARGE_BOUNDS = (2.0**24 + 1.0, 3e8, 65520.0, 1e5, 2.0**31)


_EPSILONS = (1e-7, 1e-7, 1e-7, 1e-7, 1e-3, 1e-5, 1e-8, 1e-12, 1e-20, 0.25, 2.0**-10, 2.0**-24)


# at, next to and far from both ends
_RATES = (1.0, 1.0, 0.0, 0.5, 0.1, 0.3, 0.8, 0.9999, 1e-3, 1.0 - 2.0**-24, 1.0 - 2.0**-53, 2.0**-24, 2.0**-53)
# which Python takes for false, as it does None
_ZEROS = (0.0, -0.0)


def parameter_set(
    random: Random,
    contract: Contract,
    epsilons: Sequence[float] = _EPSILONS,
    largest: float = math.inf,
    bags: Bags | None = None,
) -> dict[str, float]:
    """Parameters inside the contract's domain: round numbers, and numbers that no narrow format holds.

    Bounds are at most `largest`: PyTorch refuses to compare weights with a number beyond their format.
    """
    values: dict[str, float] = {}
    bags = bags or Bags(str(random.random()))
    is_zero = bags.chance("zero", 20, 0.1)
    for p in contract.parameters:
        if p.lowest == p.highest:
            values[p.name] = p.default
        elif p.name == "epsilon":
            values[p.name] = bags.choice("epsilon", epsilons)
        elif p.name == "rate":
            values[p.name] = bags.choice("rate", (*_RATES, random.random(), random.random()))
        else:
            usual = random.choice((random.choice(_BOUNDS), 2.0 ** random.uniform(-12.0, 12.0)))
            large = random.choice([bound for bound in _LARGE_BOUNDS if bound <= largest] or [usual])
            values[p.name] = usual if random.random() < 0.95 else large
    if contract.floor and contract.bounds and bags.chance("near the floor", 2, 0.5):
        values[contract.bounds[-1]] = values[contract.floor] * 2.0 ** random.uniform(-6.0, 2.0)
    lowest = {p.name: p.lowest for p in contract.parameters}
    if len(contract.bounds) == 2:
        bottom, top = contract.bounds
        low, high = sorted((values[bottom], values[top]))
        below = (-high, -low, high) if lowest[bottom] < 0.0 else (low, random.choice(_ZEROS), high)
        values |= {bottom: random.choice((low, *below)), top: high}
        if lowest[top] == 0.0 and is_zero:
            values |= {bottom: 0.0, top: random.choice(_ZEROS)}
    elif contract.bounds and lowest[contract.bounds[0]] == 0.0 and is_zero:
        values[contract.bounds[0]] = random.choice(_ZEROS)
    return {name: _as_written(random, value, name in contract.bounds) for name, value in values.items()}


def _as_written(random: Random, value: float, is_bound: bool) -> float:
    """A bound that is whole as an int, as people write max_norm(3), half of the time.

    None whose square JAX takes for too large: it makes 32-bit integers of Python's.
    """
    whole = is_bound and value.is_integer() and math.copysign(1.0, value) > 0.0 and value <= 2**15
    return Whole(value) if whole and random.random() < 0.5 else value


def drawn_parameters(
    random: Random,
    contract: Contract,
    stack: Stack,
    epsilons: Sequence[float] = _EPSILONS,
    largest: float = math.inf,
    bags: Bags | None = None,
) -> dict[str, float]:
    """Parameters inside the contract's domain, those that the stack has fixed as they are there."""
    limits = stack.limits
    values = with_fixed(contract, parameter_set(random, contract, epsilons, largest, bags), limits.fixed)
    for name, (low, high) in limits.values.items():
        if not low <= values[name] <= high:
            values[name] = random.uniform(low, high)
    for name, other in limits.tied.items():
        if other.startswith("-"):  # a bound and the same less than zero: in this order
            values[other.removeprefix("-")] = abs(values[other.removeprefix("-")])
        values[name] = tied_value(other, values)
    return values


def with_fixed(contract: Contract, given: Mapping[str, float], fixed: Mapping[str, float]) -> dict[str, float]:
    """The given parameters but for those that are fixed; a bound that is not keeps out of the way of one that is."""
    values = {**given, **fixed}
    if len(contract.bounds) == 2 and not set(contract.bounds) <= set(fixed):
        low, high = contract.bounds
        if values[low] > values[high]:
            values[high if low in fixed else low] = values[low if low in fixed else high]
    return values
