"""Strategies of contracts, and of parameters inside their domains: the round numbers of documents first."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from functools import cache

from hypothesis import strategies as st

from conformance.cases.parameters import with_fixed
from reference.contract import Contract, Parameter
from reference.registry import CONTRACTS

Numbers = st.SearchStrategy[float]

_BOUNDS = (1.0, 2.0, 3, 0.5, 4.0, 0.1, 0.7, 5.0, 100.0, 0.03125, 0.9999999, 1.0000001)
_EPSILONS = (1e-7, 1e-3, 1e-8, 1e-12, 0.25, 2.0**-24)
_RATES = (1.0, 0.0, 0.5, 0.1, 0.9999, 2.0**-24)
_USUAL = 2.0**12


@cache
def contracts() -> st.SearchStrategy[str]:
    """The names of all contracts."""
    return st.sampled_from(tuple(CONTRACTS))


def parameters(contract: str, **given: float | Numbers) -> st.SearchStrategy[dict[str, float]]:
    """A value for each parameter that a call of the contract takes, inside its domain.

    given: the values, or the strategies, of some. Of two bounds the lower one is never above the other: where one is
    given and the other would be beyond it, both are the same. Raises ValueError for a contract or a parameter that
    there is not, and, when a value is drawn, for one that lies outside the domain.
    """
    promised = contract_named(contract)
    open_ones = {p.name: p for p in promised.parameters if p.lowest < p.highest}
    if unknown := [name for name in given if name not in open_ones]:
        raise ValueError(f"{contract} takes {', '.join(open_ones) or 'no parameters'}, not {', '.join(unknown)}")
    drawn = {name: _as_strategy(given[name]) if name in given else _numbers(p) for name, p in open_ones.items()}
    return st.fixed_dictionaries(drawn).map(lambda values: _in_order(promised, values, given))


def contract_named(name: str) -> Contract:
    """The contract of a name; raises ValueError where there is none."""
    require_known("contract", [name], CONTRACTS)
    return CONTRACTS[name]


def require_known(kind: str, names: Iterable[str], known: Collection[str]) -> None:
    """Raise ValueError for the first name of a kind that there is not."""
    if unknown := [name for name in names if name not in known]:
        raise ValueError(f"there is no {kind} named {unknown[0]!r}; there are {', '.join(known)}")


def constants(contract: Contract) -> dict[str, float]:
    """The parameters that the source of a contract fixes, which no call takes."""
    return {p.name: p.default for p in contract.parameters if p.lowest == p.highest}


def _as_strategy(given: float | Numbers) -> Numbers:
    return given if isinstance(given, st.SearchStrategy) else st.just(given)


@cache
def _numbers(parameter: Parameter) -> Numbers:
    if parameter.name == "epsilon":
        return st.sampled_from((parameter.default, *_EPSILONS))
    if parameter.name == "rate":
        return st.sampled_from(_RATES) | st.floats(0.0, 1.0)
    magnitudes = st.sampled_from((parameter.default, *_BOUNDS)) | st.floats(1.0 / _USUAL, _USUAL)
    if parameter.lowest < 0.0:
        return magnitudes | magnitudes.map(lambda number: -number) | st.sampled_from((0.0, -0.0))
    return magnitudes | st.sampled_from((0.0, -0.0)) if parameter.lowest == 0.0 else magnitudes


def _in_order(contract: Contract, values: Mapping[str, float], given: Mapping[str, object]) -> dict[str, float]:
    ordered = dict(values)
    if len(contract.bounds) == 2:
        low, high = contract.bounds
        if not set(contract.bounds) & set(given):
            ordered |= dict(zip(contract.bounds, sorted((values[low], values[high])), strict=True))
        ordered = with_fixed(contract, ordered, {name: values[name] for name in given})
    if (reason := contract.outside_domain({**ordered, **constants(contract)})) is not None:
        raise ValueError(reason)
    return ordered
