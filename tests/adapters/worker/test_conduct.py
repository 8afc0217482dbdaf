"""Results are compared with what they were: after later calls, and while another thread calls."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any

import numpy as np
import pytest

from adapters.core import arrays
from adapters.core.arrays import Array, Weights
from adapters.worker import conduct
from adapters.worker.conduct import again, at_once, negated

ONE, OTHER = np.array([1.0, 2.0], np.float32), np.array([3.0, -4.0], np.float32)


def read(array: Any) -> Weights:
    """What an array holds now."""
    return arrays.encode(array, "float32")


def asked(function: Callable[[Array], Array]) -> tuple[bool, bool]:
    """Whether a function's first result stays, and whether its later ones are as the first."""
    first, kept, later = again(lambda: function(ONE), lambda: function(OTHER), read)
    return kept == first, later == first


def test_a_function_of_its_own_arrays_is_right() -> None:
    """Nothing changes."""
    assert asked(lambda w: 2 * w) == (True, True)


def test_a_shared_output_is_seen() -> None:
    """The first result is what the last call has put there."""
    buffer = np.empty(2, np.float32)
    assert asked(lambda w: np.multiply(w, 2, out=buffer)) == (False, True)


@pytest.mark.parametrize("number", [1, 63, 198])
def test_one_call_of_many_is_seen(number: int) -> None:
    """Whichever of the first 200 it is."""
    calls = count()
    assert asked(lambda w: w * np.float32(2 if next(calls) == number else 1)) == (True, False)


def test_a_disturbed_thread_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """A function that returns what the thread beside it was given."""
    monkeypatch.setattr(conduct, "LONGEST", 5.0)
    kept: list[Array] = [ONE]

    def function(w: Array) -> Array:
        kept[0] = w
        return sum((kept[0] for _ in range(200)), np.zeros(2, np.float32))

    first, later = at_once(lambda: function(ONE), lambda: function(OTHER), read)
    assert first != later


def test_threads_that_keep_to_themselves_are_right() -> None:
    """Nothing changes."""
    first, later = at_once(lambda: 2 * ONE, lambda: 2 * OTHER, read)
    assert first == later


@pytest.mark.parametrize("format", ["float16", "float32", "float64"])
def test_negated_weights_have_the_other_sign(format: str) -> None:
    """All of them."""
    assert negated(ONE.astype(format), format).tolist() == [-1.0, -2.0]


def test_bfloat16_is_negated_in_its_bits() -> None:
    """It is held as integers."""
    assert negated(np.array([0x3F80, 0xC000], np.uint16), "bfloat16").tolist() == [0xBF80, 0x4000]
