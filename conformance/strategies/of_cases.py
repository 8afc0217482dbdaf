"""Strategies of whole cases: a contract, its parameters, an axis and weights around its bound, in some layout."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from hypothesis import strategies as st

from conformance.cases.layouts import OTHERS, differs, full_names, made_to_fit
from conformance.strategies import arrays, of_parameters
from conformance.strategies.case import Case
from conformance.strategies.regimes import REGIMES
from reference.contract import Contract
from reference.formats import FORMATS
from reference.registry import bounds

Axes = st.SearchStrategy[arrays.Axis]


def cases(
    contract: str | st.SearchStrategy[str] | None = None,
    *,
    given: Mapping[str, float | of_parameters.Numbers] | None = None,
    formats: Collection[str] = ("float32", "float64", "float16"),
    shapes: st.SearchStrategy[tuple[int, ...]] | None = None,
    axes: Axes | None = None,
    layouts: Collection[str] = ("C", *OTHERS),
    regimes: Collection[str] = tuple(REGIMES),
) -> st.SearchStrategy[Case]:
    """Cases of a contract, or of all of them.

    given: the values, or the strategies, of some parameters. formats, layouts, regimes: names of those to draw.
    shapes, axes: strategies where not all are wanted, such as axes=just(0) with shapes(min_dims=2, max_dims=2). Raises
    ValueError for a name that there is not.
    """
    if isinstance(contract, str):
        of_parameters.parameters(contract, **(given or {}))  # which says what is wrong
    of_parameters.require_known("format", formats, FORMATS)
    of_parameters.require_known("layout", layouts, ("C", *OTHERS))
    of_parameters.require_known("regime", regimes, REGIMES)
    named = _as_strategy(of_parameters.contracts() if contract is None else contract)
    return _drawn(named, given or {}, tuple(formats), shapes, axes, tuple(layouts), tuple(regimes))


@st.composite
def _drawn(
    draw: st.DrawFn,
    named: st.SearchStrategy[str],
    given: Mapping[str, float | of_parameters.Numbers],
    formats: tuple[str, ...],
    shapes: st.SearchStrategy[tuple[int, ...]] | None,
    axes: Axes | None,
    layouts: tuple[str, ...],
    regimes: tuple[str, ...],
) -> Case:
    name = draw(named)
    promised = of_parameters.contract_named(name)
    least = _least_rank(promised)
    of_rank = arrays.shapes(min_dims=least) if shapes is None else shapes
    shape = draw(of_rank.filter(lambda found: len(found) >= least))
    axis = draw(_axes(promised, len(shape)) if axes is None else axes)
    values = draw(of_parameters.parameters(name, **given))
    _, bound = bounds(promised, {**values, **of_parameters.constants(promised)})
    taken = () if promised.single_weights else axis
    fmt = draw(st.sampled_from(formats))
    weights = draw(arrays.weights(shape, taken, format=fmt, bound=bound, regimes=regimes))
    fitting = [full for layout in layouts if differs(layout, shape) for full in full_names(layout, shape)]
    layout = draw(st.sampled_from(fitting or ["C"]))
    return Case(name, values, axis, made_to_fit(weights, layout), layout)


def _as_strategy(contract: str | st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.just(contract) if isinstance(contract, str) else contract


def _least_rank(contract: Contract) -> int:
    return 1 if contract.dimension == "dim" else 0


def _axes(contract: Contract, rank: int) -> Axes:
    """Those that a call of the contract can name."""
    if contract.dimension is None:
        return st.none()
    if contract.dimension != "dim":
        return arrays.axes(rank)
    kept = st.integers(0, rank - 1)
    return kept.map(lambda number: tuple(dimension for dimension in range(rank) if dimension != number))
