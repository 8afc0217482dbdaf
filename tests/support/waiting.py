"""Waiting for what other processes do."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def until(looked: Callable[[], T]) -> T:
    """What is there soon, once it is."""
    end = time.monotonic() + 120
    while not (found := looked()):
        assert time.monotonic() < end
        time.sleep(0.05)
    return found
