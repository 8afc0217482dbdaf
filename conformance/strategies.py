"""Hypothesis strategies that draw cases: the call from a generator that Hypothesis draws, the weights from packing.

Shapes come from a bounded pool, because compilers work per shape; variety comes from packing. Nothing that a stack
answers feeds back into the drawing, so one seed gives the same cases on every stack.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

import numpy as np
from hypothesis import strategies as st

from conformance.cases import Axis, Case, weights_of
from conformance.packing import REGIMES, pack
from reference.contracts import CONTRACTS, Contract
from reference.formats import FORMATS
from reference.groups import from_rows, reduced_dimensions


@dataclass(frozen=True)
class Place:
    """A shape and the dimensions over which the norm is taken."""

    shape: tuple[int, ...]
    reduced: tuple[int, ...]

    @property
    def length(self) -> int:
        """The number of weights in a group."""
        return int(np.prod([self.shape[d] for d in self.reduced], dtype=np.int64))

    @property
    def groups(self) -> int:
        """The number of groups."""
        return int(np.prod(self.shape, dtype=np.int64)) // self.length


# rank 1 to 5, one and many kept positions, 1 to 65,536 weights in a group
POOL = (
    Place((65536,), (0,)),
    Place((1, 65536), (0,)),
    Place((3, 32768), (0,)),
    Place((32768, 4), (1,)),
    Place((17, 4096), (0,)),
    Place((300, 64), (0,)),
    Place((8, 4096), (1,)),
    Place((40, 40), (0, 1)),
    Place((4096, 3, 4), (1, 2)),
    Place((7, 1100, 2), (1,)),
    Place((3, 3, 2, 4096), (0, 1, 2)),
    Place((2, 2, 2, 3, 2048), (0, 1, 2, 3)),
    Place((2, 2, 2, 2, 8192), (1, 3)),
)
SMALL = tuple(place for place in POOL if place.shape in ((3, 32768), (32768, 4), (4096, 3, 4), (2, 2, 2, 2, 8192)))
LAYOUTS = ("C", "C", "C", "F", "strided", "reversed", "broadcast")

_BOUNDS = (1.0, 2.0, 3.0, 0.5, 4.0, 0.1, 0.7, 5.0, 1e-3, 12.5, 100.0, 0.03125, 0.9999999, 1.0000001, 7e-5, 900.0)
_EPSILONS = (1e-7, 1e-7, 1e-7, 1e-7, 1e-3, 1e-5, 1e-8, 1e-12, 0.25, 2.0**-10)
_RATES = (1.0, 1.0, 0.0, 0.5, 0.1, 0.3, 0.8, 0.9999, 1e-3)


def same_axis(axis: Axis, rank: int) -> list[Axis]:
    """The ways to write a valid axis of an array of this rank, all of the same meaning, the plainest first."""
    reduced = reduced_dimensions(axis, rank)  # type: ignore[arg-type]  # valid, so neither float nor bool
    forms: list[Axis] = [list(reduced), tuple(reduced), [d - rank for d in reduced], tuple(reversed(reduced))]
    if len(reduced) == 1:
        forms = [reduced[0], reduced[0] - rank, *forms[:3]]
    return [*forms, None] if len(reduced) == rank else forms


def parameter_set(random: Random, contract: Contract, epsilons: Sequence[float] = _EPSILONS) -> dict[str, float]:
    """Parameters inside the contract's domain: round numbers, and numbers that no narrow format holds."""
    values: dict[str, float] = {}
    for p in contract.parameters:
        if p.name == "epsilon":
            values[p.name] = random.choice(epsilons)
        elif p.name == "rate":
            values[p.name] = random.choice((*_RATES, random.random(), random.random()))
        else:
            values[p.name] = random.choice((random.choice(_BOUNDS), 2.0 ** random.uniform(-12.0, 12.0)))
    if "min_value" in values:
        low, high = sorted((values["min_value"], values["max_value"]))
        values |= {"min_value": random.choice((low, low, 0.0)), "max_value": high}
    elif "max_value" in values and random.random() < 0.05:
        values["max_value"] = 0.0
    return values


@st.composite
def packed_cases(
    draw: st.DrawFn,
    contracts: Sequence[str] = tuple(CONTRACTS),
    formats: Sequence[str] = tuple(FORMATS),
    places: Sequence[Place] = POOL,
    layouts: Sequence[str] = LAYOUTS,
    regimes: tuple[str, ...] = tuple(REGIMES),
    epsilons: Sequence[float] = _EPSILONS,
    calls: Sequence[int] = (1, 1, 1, 1, 1, 2, 3),
    special: Sequence[float | None] = (None, None, float("nan"), float("inf"), float("-inf")),
    plain_axis: bool = False,
) -> Case:
    """A case whose array holds groups of many regimes; NaN or an infinity is in at most one of them.

    Hypothesis draws a random generator, and that makes the choices: drawn one by one they come in clusters, made to
    be shrunk, and few cases have to cover every shape and format. Reducing is done elsewhere (conformance.reduce).
    """
    random = draw(st.randoms(use_true_random=True))
    contract, fmt = CONTRACTS[random.choice(contracts)], FORMATS[random.choice(formats)]
    place = random.choice(places)
    parameters = parameter_set(random, contract, epsilons)
    extra = random.choice(special) if place.groups > 1 else None
    rows = pack(fmt, place.groups, place.length, parameters, random.getrandbits(32), regimes, extra)
    array = from_rows(rows, place.shape, place.reduced)
    layout = random.choice(layouts)
    if layout == "broadcast":
        dimension = random.randrange(array.ndim)
        array = np.repeat(np.take(array, [0], axis=dimension), array.shape[dimension], axis=dimension)
        layout = f"broadcast:{dimension}"
    forms = same_axis(list(place.reduced), len(place.shape))
    # two forms only: compilers work per form too, and a rule on axis asks for all of them
    axis = forms[0] if plain_axis else random.choice(forms[:2])
    return Case(contract.name, parameters, axis, weights_of(array, fmt, layout), random.choice(calls))
