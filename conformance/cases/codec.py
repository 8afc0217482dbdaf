"""Cases to and from JSON, exactly, and to a worker's request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from adapters.core import arrays
from adapters.core.messages import Apply
from conformance.cases.case import Case, Weights, Whole, as_given
from conformance.errors import CaseError
from reports.record import case as recorded
from reports.record import codec

# more calls than this are made in one go, and only the last result comes back
MOST_RESULTS = 16


def to_json(case: Case) -> dict[str, Any]:
    """The case as JSON data, exact: hex floats and raw bits."""
    data: dict[str, Any] = codec.to_json(case.recorded)
    return data


def from_json(data: Mapping[str, Any]) -> Case:
    """The case that `to_json` wrote; raises CaseError for anything else."""
    try:
        case = codec.from_json(recorded.Case, data)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise CaseError(f"not a case: {type(error).__name__}: {error}") from error
    return from_record(case)


def from_record(case: recorded.Case) -> Case:
    """The case that a record holds; raises CaseError where its bits do not fit its shape, or its id not the case."""
    w, axis = case.weights, case.axis
    weights = Weights(w.format, w.shape, w.bits, w.layout)
    try:
        _ = weights.raw
        given = np.int64(axis.value) if isinstance(axis, recorded.NumpyInteger) else axis
    except (TypeError, ValueError, OverflowError) as error:
        raise CaseError(f"not a case: {type(error).__name__}: {error}") from error
    parameters = {name: Whole(value) if type(value) is int else value for name, value in case.parameters.items()}
    made = Case(case.contract, parameters, given, weights, case.calls, case.access)
    if made.id != case.id:
        raise CaseError(f"the case says that its id is {case.id}, but its content is that of {made.id}")
    return made


def to_request(case: Case, mode: str) -> Apply:
    """The request to a worker that makes the calls of a case."""
    weights = case.weights
    return Apply(
        contract=case.contract,
        parameters={name: as_given(value) for name, value in case.parameters.items()},
        axis=case.axis,
        weights=arrays.Weights(weights.format, weights.shape, weights.bits, weights.layout),
        mode=mode,
        calls=case.calls,
        access=case.access,
        keep_all=case.calls <= MOST_RESULTS,
    )
