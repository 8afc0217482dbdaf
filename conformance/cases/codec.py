"""Cases to and from JSON, exactly, and to a worker's request."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from adapters.core import arrays
from adapters.core.messages import Apply
from conformance.cases.case import AnyAxis, Case, Weights, _content
from conformance.errors import CaseError
from reports.record import case as recorded
from reports.record import codec

# more calls than this are made in one go, and only the last result comes back
MOST_RESULTS = 16


def _value_from_json(data: Any) -> Any:
    if data is None:
        return None
    return data["text"] if isinstance(data, dict) else float.fromhex(data)


def to_json(case: Case) -> dict[str, Any]:
    """The case as JSON data, exact: hex floats and raw bits."""
    return {"id": case.id, **_content(case)}


def from_json(data: Mapping[str, Any]) -> Case:
    """The case that `to_json` wrote; raises CaseError for anything else."""
    try:
        w = data["weights"]
        weights = Weights(w["format"], tuple(w["shape"]), base64.b64decode(w["bits"], validate=True), w["layout"])
        parameters = {name: _value_from_json(value) for name, value in data["parameters"].items()}
        axis, way = axis_from_json(data["axis"]), data.get("way", "call")
        case = Case(data["contract"], parameters, axis, weights, data["calls"], way)
        _ = weights.raw  # bits and shape must fit
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise CaseError(f"not a case: {type(error).__name__}: {error}") from error
    if data.get("id", case.id) != case.id:
        raise CaseError(f"the case says that its id is {data['id']}, but its content is that of {case.id}")
    return case


def to_record(case: Case) -> recorded.Case:
    """The case as a record has it."""
    return codec.from_json(recorded.Case, to_json(case))


def from_record(case: recorded.Case) -> Case:
    """The inverse of `to_record`; raises CaseError where what stands in a record is no case."""
    return from_json(codec.to_json(case))


# the forms that JSON does not tell apart by itself
_MARKED_AXES: Mapping[str, Callable[[Any], AnyAxis]] = {
    "tuple": tuple,
    "bool": bool,
    "float": float,
    "numpy": np.int64,
}


def axis_from_json(data: Any) -> AnyAxis:
    """The inverse of `adapters.core.axes.encode_axis`."""
    if isinstance(data, dict):
        ((kind, value),) = data.items()
        return _MARKED_AXES[kind](value)
    return list(data) if isinstance(data, list) else None if data is None else int(data)


def to_request(case: Case, mode: str) -> Apply:
    """The request to a worker that makes the calls of a case."""
    weights = case.weights
    return Apply(
        contract=case.contract,
        parameters=dict(case.parameters),
        axis=case.axis,
        weights=arrays.Weights(weights.format, weights.shape, weights.bits, weights.layout),
        mode=mode,
        calls=case.calls,
        access=case.way,
        keep_all=case.calls <= MOST_RESULTS,
    )
