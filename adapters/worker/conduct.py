"""What becomes of results while the same constraint is called again, later or by another thread."""

from __future__ import annotations

import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter

import numpy as np

from adapters.core.arrays import Array, Weights

# calls on the same weights, those on others in turn with it, and the seconds after which fewer do
MOST, IN_TURN, LONGEST = 200, 20, 0.2
# seconds after which another thread gets its turn, and calls of each before they wait for each other
SWITCH, CALLS = 1e-6, 4
# calls a constraint, and reads what it has returned
Call = Callable[[], object]
Read = Callable[[object], Weights]


def negated(array: Array, format: str) -> Array:
    """Return the array with every sign changed, which is one bit."""
    return array ^ np.uint16(0x8000) if format == "bfloat16" else -array


def again(call: Call, other: Call, read: Read) -> tuple[Weights, Weights, Weights]:
    """Return the first result, what it is after later calls, and the first later result of other bits, or the last."""
    first = call()
    kept = later = read(first)
    end = perf_counter() + LONGEST
    for number in range(MOST + IN_TURN):
        if number >= MOST:
            other()
        later = read(call())
        if later != kept or perf_counter() > end:
            break
    other()
    return kept, read(first), later


def at_once(call: Call, other: Call, read: Read) -> tuple[Weights, Weights]:
    """Return the first result, and the first of other bits that came while another thread called, or the last."""
    kept = later = read(call())
    end, before = perf_counter() + LONGEST, sys.getswitchinterval()
    sys.setswitchinterval(SWITCH)
    try:
        with ThreadPoolExecutor(1) as pool:
            for _ in range(MOST):
                beside = pool.submit(_several, other)
                results = [read(call()) for _ in range(CALLS)]
                beside.result()
                later = next((result for result in results if result != kept), kept)
                if later != kept or perf_counter() > end:
                    break
    finally:
        sys.setswitchinterval(before)
    return kept, later


def _several(call: Call) -> None:
    for _ in range(CALLS):
        call()
