"""Bandwidth: how near a constraint comes to copying its weights, on arrays well over any cache, in one run."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from adapters.core.messages import Copy, Raised, Time, Timed
from conformance.cases.case import Case, weights_of
from conformance.cases.codec import to_request
from conformance.stacks.target import Target
from reference.formats import FORMATS, FloatArray

# 2^25 weights: 64 MiB in the 16-bit formats, 128 MiB in float32; each of the 4,096 columns is a group
SHAPE = (8192, 4096)
MEASURED = ("float16", "bfloat16", "float32")
REPEATS = 10
TIMEOUT = 300.0


@dataclass(frozen=True)
class Bandwidth:
    """Seconds of one call of max_norm, and of one copy of the same weights, of so many bytes."""

    format: str
    call: float
    copy: float
    size: int

    @property
    def groups(self) -> float:
        """Groups per second."""
        return SHAPE[1] / self.call

    @property
    def ratio(self) -> float:
        """The share of the copy's bandwidth that the call reaches: both have to read and write each byte once."""
        return self.copy / self.call


def bandwidths(target: Target) -> list[Bandwidth | str]:
    """What was measured in each format, after a call and a copy to warm up; a sentence where a format cannot be."""
    values = np.resize(np.sin(np.arange(1.0, 4097.0)), SHAPE)
    return [_bandwidth(target, values, name) for name in MEASURED]


def _bandwidth(target: Target, values: FloatArray, name: str) -> Bandwidth | str:
    case = Case("max_norm", {"max_value": 1.0, "epsilon": 1e-7}, 0, weights_of(values, FORMATS[name]))
    request = to_request(case, target.mode)
    seconds = []
    for message in (Time(request, REPEATS), Copy(request.weights, REPEATS)):
        answer = target.worker.request(message, TIMEOUT)
        if not isinstance(answer, Timed):
            return f"{name}: {answer.message if isinstance(answer, Raised) else answer.reason}"
        seconds.append(answer.seconds / REPEATS)
    call, copy = seconds
    return Bandwidth(name, call, copy, len(case.weights.bits))
