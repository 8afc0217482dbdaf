"""Groups of a space: made here, handed to a constraint, and their results left in a file that the suite reads."""

from __future__ import annotations

from time import perf_counter
from typing import Union

import numpy as np

from adapters.core import arrays, spaces
from adapters.core.framework import Malformed, Unsupported
from adapters.core.messages import Apply, Raised, Sweep, Swept
from adapters.core.spaces import are_finite
from adapters.worker.calling import Loaded, called, compiles_now, prepared, raised


def sweep(loaded: Loaded, request: Sweep) -> Union[Swept, Raised]:
    """Call the constraint once on the groups that are asked about; raises Malformed for a result of another kind."""
    framework, space = loaded.framework, request.space
    columns = space.columns(request.first, request.count)
    if all(space.holds(request.first, request.count)):  # what is of one kind need not be looked at
        columns = np.where(are_finite(columns, space.format) == request.finite, columns, columns.dtype.type(0))
    array = spaces.arranged(columns, request.rank, request.reduced)
    weights = arrays.Weights(space.format, array.shape, b"")  # which nothing here decodes
    asked = Apply(request.contract, request.parameters, request.axis, weights, request.mode)
    with prepared(loaded, asked) as build:
        tensor = framework.to_tensor(array.view(arrays.storage(space.format)), space.format)
        first = compiles_now(loaded, asked)
        try:
            constraint = build()
            start = perf_counter()
            value = called(framework, constraint, tensor)
            seconds = perf_counter() - start
        except (Unsupported, Malformed):
            raise
        except BaseException as error:  # noqa: BLE001 - a subject may raise anything
            return raised(error, file=framework.file)
        result, format = framework.to_array(value)
    if format != space.format or result.shape != weights.shape:
        raise Malformed(f"returned {format} of shape {result.shape}, not {space.format} of shape {weights.shape}")
    bits = result.view(columns.dtype) if result.dtype.itemsize == columns.itemsize else result.astype(columns.dtype)
    written = np.memmap(request.file, columns.dtype, "r+", shape=columns.shape)
    written[...] = spaces.in_columns(np.ascontiguousarray(bits), request.rank, request.reduced)
    return Swept(seconds, first)
