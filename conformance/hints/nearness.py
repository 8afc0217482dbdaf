"""A subject that keeps another contract than its mark says: how to gate it as that, and how near the two are."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from adapters.core.declaration import KEPT
from adapters.core.stack import Stack
from conformance.cases.parameters import with_fixed
from conformance.hints.variants import Variant, size_of
from reference.contract import GainContract
from reference.formats import FloatArray

# how far beyond the bound, and below it, the two are compared
FAR = 64.0
# what differs by more is no neighbour
NEAR = 1e-3


def gate_it_as(stack: Stack, promised: GainContract, variant: Variant) -> str:
    """What to gate a subject with, which keeps another contract than it promises."""
    kept = variant.contract
    declared = stack.declaration
    names, takes = (declared.names, declared.takes) if declared else ({}, ())
    if promised.dimension in takes and (promised.dimension == KEPT) != (kept.dimension == KEPT):
        other = f"{KEPT}, the dimension that is kept," if kept.dimension == KEPT else "the dimensions that are reduced"
        return f"gate it as that, with {other} for {promised.dimension}"
    same = [(size_of(kept), size_of(promised)), (kept.dimension, promised.dimension)]
    pairs = [(its, names.get(mine, mine)) for its, mine in same if its and mine in takes and its != mine]
    renamed = "".join(f" --map {its}={name}" for its, name in pairs)
    epsilon = next((p for p in kept.parameters if p.name == "epsilon" and p.lowest < p.highest), None)
    own = variant.parameters(with_fixed(promised, promised.defaults, stack.limits.fixed))
    fixed = f" --fix epsilon={own['epsilon']:g}" if epsilon and "epsilon" not in takes else ""
    return f"gate it with --contract {kept.name}{renamed}{fixed}"


def nearness(promised: Variant, kept: Variant, fixed: Mapping[str, float]) -> str:
    """How near both are beyond the bound, and below it, in a sentence; an empty text where they are not near."""
    contract, size = promised.contract, size_of(promised.contract)
    if size is None or contract.norm != kept.contract.norm or not contract.bounds:
        return ""
    p = with_fixed(contract, contract.defaults, fixed)
    bound = p[size]
    beyond, below = (_apart(promised, kept, p, norms) for norms in (bound * _SHARES, bound / _SHARES))
    if not (beyond < NEAR and below > 0.0):
        return ""
    by = f" up to {beyond:.0e}" if beyond else ""
    said = f" With {size} = {bound:g} it is the same as {contract.name}{by} where N > {size}"
    if below > NEAR:
        return f"{said}; where N is less it is another."
    return f"{said}, and up to {below:.0e} where N is from {size} / {FAR:g} to {size}."


_SHARES: FloatArray = FAR ** np.linspace(1.0 / 64.0, 1.0, 64)


def _apart(one: Variant, other: Variant, p: Mapping[str, float], norms: FloatArray) -> float:
    """The largest difference of the results as a share of those of the first."""
    first, second = (
        variant.contract.gain(norms, {name: np.asarray(v) for name, v in variant.parameters(p).items()})
        for variant in (one, other)
    )
    with np.errstate(all="ignore"):
        return float(np.max(np.abs(second - first) / first))
