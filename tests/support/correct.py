"""A target that gives what the contracts say, rounded once: what it breaks, no contract promises."""

from __future__ import annotations

import numpy as np

from conformance.cases.case import Case, format_of, weights_of
from conformance.stacks.outcome import Outcome, Returned, Unsupported
from reference import elementwise, exact
from reference.contract import GainContract
from reference.elementwise import ElementwiseContract
from reference.formats import FORMATS, FloatArray
from reference.registry import CONTRACTS
from tests.support.fakes import Fake, stack_of


def correct(contract: str) -> Fake:
    """The correctly rounded results of a contract, in all formats; it is called and nothing else."""
    target = Fake(_answer, stack_of(contracts=(contract,)))
    target.worker.formats.update(dict.fromkeys(FORMATS))  # type: ignore[attr-defined]
    return target


def _answer(case: Case) -> Outcome:
    values, results = case.weights.values, []
    if case.access != "call" or not np.isfinite(values).all():
        return Unsupported("there is only the value of finite weights")
    for _ in range(case.calls):
        values = _once(case, values)
        results.append(weights_of(values, format_of(case)))
    return Returned(tuple(results))


def _once(case: Case, values: FloatArray) -> FloatArray:
    contract, fmt = CONTRACTS[case.contract], format_of(case)
    with np.errstate(all="ignore"):
        if isinstance(contract, GainContract):
            return exact.evaluate(contract, case.parameters, values, case.axis, fmt)  # type: ignore[arg-type]
        assert isinstance(contract, ElementwiseContract)
        return elementwise.exact(contract, case.parameters, values, fmt)
