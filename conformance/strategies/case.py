"""A case as tests of one's own have it: the arguments of one call, and the check of what it gave."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from adapters.core.arrays import as_bfloat16, laid_out, named
from conformance.cases.case import Case as WholeCase
from conformance.cases.case import Weights, format_of, weights_of
from conformance.judging.values import evaluator_of, judge_call
from conformance.judging.verdict import MUST
from conformance.strategies.arrays import Axis, as_array
from conformance.strategies.of_parameters import constants, contract_named
from reference.formats import FORMATS, decode
from reference.groups import from_rows, reduced_dimensions


@dataclass(frozen=True, repr=False, eq=False)
class Case:
    """One call of an implementation of a contract.

    contract: its name. parameters: a value for each that a call takes. axis: the dimensions over which the norm is
    taken, None for all. values: the weights as a NumPy array. layout: how they lie in memory.
    """

    contract: str
    parameters: Mapping[str, float]
    axis: Axis
    values: NDArray[Any]
    layout: str = "C"

    @cached_property
    def weights(self) -> NDArray[Any]:
        """The weights in their layout: an array of its own, in which an implementation may write."""
        bits, name = named(self.values.copy())
        return as_bfloat16(laid_out(bits, self.layout), name)

    @property
    def arguments(self) -> dict[str, Any]:
        """The parameters and the axis, under the names that the contract's source has for them.

        That of `renorm` is `dim`, the dimension that is kept; there is none where norms are of all weights, or of each.
        """
        dimension = contract_named(self.contract).dimension
        if dimension is None:
            return dict(self.parameters)
        if dimension != "dim":
            return {**self.parameters, dimension: self.axis}
        rank = self.values.ndim
        (kept,) = set(range(rank)) - set(reduced_dimensions(self.axis, rank))
        return {**self.parameters, dimension: kept}

    @property
    def expected(self) -> NDArray[Any]:
        """What exact arithmetic gives, rounded once to the weights' format; NaN in groups that are not finite.

        It is one of the results that `check` allows, and not the only one.
        """
        case = self._whole(_weights(self.values))
        rows = case.rows(case.weights.values)
        finite = np.isfinite(rows).all(axis=1)
        found = np.full(rows.shape, np.nan)
        if rows[finite].size:
            with np.errstate(all="ignore"):
                found[finite] = evaluator_of(case, rows[finite], case.weights.format).rounded()
        return as_array(from_rows(found, case.weights.shape, case.reduced), format_of(case))

    def check(self, result: Any) -> None:
        """Raise AssertionError, with the first group that is wrong, where the contract does not allow a result.

        result: an array of NumPy, or whatever numpy.asarray takes. What is allowed is every result that a correct
        evaluation in the weights' format may give, in any order of the sum, and no other: no tolerance is used.
        """
        given = _weights(self.values)
        got = _weights(_array_of(result))
        if (got.format, got.shape) != (given.format, given.shape):
            raise AssertionError(
                f"{got.format} of shape {got.shape} for {given.format} of shape {given.shape}: {self!r}"
            )
        if not given.size:
            return
        case = self._whole(given)
        wrong = [violation for violation in judge_call(case, given, got).violations if violation.level == MUST]
        if wrong:
            first = wrong[0]
            shown = f"{first.observed()} of group {first.group}, accepted is {first.accepted()}"
            raise AssertionError(f"{first.sentence}: {shown}, for {self!r}")

    def _whole(self, given: Weights) -> WholeCase:
        contract = contract_named(self.contract)
        axis = () if contract.single_weights else self.axis
        values = {**self.parameters, **constants(contract)}
        if (reason := contract.outside_domain(values)) is not None:
            raise ValueError(reason)
        return WholeCase(self.contract, values, axis, given)

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(repr(self))  # Hypothesis would print an array as no code makes it

    def __repr__(self) -> str:
        bits, name = named(self.values)
        numbers = decode(bits, FORMATS[name]).tolist()
        of_type = f'np.array({numbers!r}, "{name}")'
        if name == "bfloat16":
            of_type = f"np.array({numbers!r}, ml_dtypes.bfloat16)"
        shown = of_type.replace("nan", "np.nan").replace("inf", "np.inf")
        layout = "" if self.layout == "C" else f", {self.layout!r}"
        return f"Case({self.contract!r}, {dict(self.parameters)!r}, {self.axis!r}, {shown}{layout})"


def _array_of(result: Any) -> Any:
    # a tensor of torch that requires grad is no array before it is detached
    detach = getattr(result, "detach", None)
    return result if detach is None else detach()


def _weights(array: Any) -> Weights:
    bits, name = named(array)
    if name not in FORMATS:
        return Weights(name, bits.shape, b"")
    return weights_of(decode(bits.view(f"u{bits.itemsize}"), FORMATS[name]), FORMATS[name])
