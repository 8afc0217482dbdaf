"""Subjects in NumPy that misbehave in every way that was thought of, and one among them that conforms."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from normconf import subject

Array = Any
# what each is found guilty of: a grade, and words of its worst finding
VERDICTS: dict[str, tuple[str, str]] = {}


def guilty(grade: str, said: str = "") -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Mark a function, and note its verdict."""

    def mark(function: Callable[..., Any]) -> Callable[..., Any]:
        VERDICTS[function.__name__] = (grade, said)
        return subject("max_norm", framework="numpy", formats=["float32"])(function)

    return mark


def right(w: Array, max_value: float, axis: Any, epsilon: float) -> Array:
    n = np.sqrt(np.sum(np.square(w), axis=tuple(axis) if isinstance(axis, list) else axis, keepdims=True))
    return w * (np.clip(n, 0, max_value) / (epsilon + n))


@guilty("ERROR", "TypeError")
def wrong_signature_of_what_it_calls(w: Array, max_value: float, axis: Any) -> Array:
    return right(w, max_value)  # type: ignore[call-arg]


@guilty("ERROR", "AttributeError")
def missing_attribute(w: Array, max_value: float, axis: Any) -> Array:
    return w.norm(axis)


@guilty("ERROR", "three times is too often")
class RaisesAtTheThirdCall:
    def __init__(self, max_value: float, axis: Any, epsilon: float) -> None:
        self.given, self.calls = (max_value, axis, epsilon), 0

    def __call__(self, w: Array) -> Array:
        self.calls += 1
        if self.calls == 3:
            raise ValueError("three times is too often")
        return right(w, *self.given)


@guilty("ERROR", "SystemExit")
def exits(w: Array, max_value: float) -> Array:
    sys.exit(0)


@guilty("ERROR", "KeyboardInterrupt")
def interrupts(w: Array, max_value: float) -> Array:
    raise KeyboardInterrupt


@guilty("ERROR", "Odd")
def raises_what_cannot_be_shown(w: Array, max_value: float) -> Array:
    class Odd(BaseException):
        def __str__(self) -> str:
            raise self

    raise Odd


@guilty("CRASH")
def leaves(w: Array, max_value: float) -> Array:
    os._exit(0)


@guilty("CRASH", "Fatal Python error: Segmentation fault")
def segfaults(w: Array, max_value: float) -> Array:
    ctypes.string_at(0)


@guilty("TIMEOUT", "no answer within 2 s")
def never_answers(w: Array, max_value: float) -> Array:
    while True:
        time.sleep(1)


@guilty("BOUNDED")
def forks(w: Array, max_value: float, axis: Any, epsilon: float) -> Array:
    os.fork()
    return right(w, max_value, axis, epsilon)


@guilty("BOUNDED")
def leaves_a_thread_running(w: Array, max_value: float, axis: Any, epsilon: float) -> Array:
    threading.Thread(target=time.sleep, args=(1000,)).start()
    return right(w, max_value, axis, epsilon)


@guilty("ERROR", "MemoryError")
def takes_all_memory(w: Array, max_value: float) -> Array:
    kept = []
    while True:
        kept.append(np.empty(1 << 24))


@guilty("BOUNDED")
def prints_megabytes(w: Array, max_value: float, axis: Any, epsilon: float) -> Array:
    print("\033[31m<script>alert(1)</script>\n" * 100_000)
    return right(w, max_value, axis, epsilon)


@guilty("ERROR", "EOFError")
def reads_stdin(w: Array, max_value: float) -> Array:
    return w * float(input())


@guilty("DIVERGENT", "not an array; if it changes the weights in place")
def returns_nothing(w: Array, max_value: float) -> None:
    return None


@guilty("DIVERGENT", "returned list, not an array")
def returns_a_list(w: Array, max_value: float) -> Any:
    return w.tolist()


@guilty("DIVERGENT", "of shape")
def wrong_shape(w: Array, max_value: float) -> Array:
    return w[None]


@guilty("DIVERGENT", "returned a float64 array")
def wrong_format(w: Array, max_value: float, axis: Any, epsilon: float) -> Array:
    return right(w.astype(np.float64), max_value, axis, epsilon)


@guilty("DIVERGENT", "not of numbers")
def returns_objects(w: Array, max_value: float) -> Array:
    return w.astype(object)


@guilty("BOUNDED")
def returns_a_view(w: Array, max_value: float, axis: Any, epsilon: float) -> Array:
    result = right(w, max_value, axis, epsilon)
    return np.stack([result, result])[0].view()


@guilty("DIVERGENT", "<b>\x1b[31m# | `")
def returns_markup(w: Array, max_value: float) -> Any:
    return type("<b>\x1b[31m# | `", (), {})()


@guilty("ERROR", "<script>")
def raises_markup(w: Array, max_value: float) -> Array:
    raise ValueError("<script>alert(1)</script>\x1b]0;owned\x07 | `code` [link](http://example.org) \ud800")


@guilty("BOUNDED")
def changes_everything(w: Array, max_value: float, axis: Any, epsilon: float) -> Array:
    result = right(w, max_value, axis, epsilon)
    np.random.seed(0)
    os.chdir("/")
    sys.path.clear()
    os.environ.clear()
    return result


@guilty("ERROR", "FloatingPointError")
def makes_numpy_raise(w: Array, max_value: float, axis: Any, epsilon: float) -> Array:
    np.seterr(all="raise")
    return right(w, max_value, axis, epsilon)


@guilty("DIVERGENT", "other values")
def differs_each_time(w: Array, max_value: float) -> Array:
    return w * np.random.default_rng().random()


@guilty("BOUNDED")
def signals_its_parent(w: Array, max_value: float, axis: Any, epsilon: float) -> Array:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        os.kill(os.getppid(), number)
    return right(w, max_value, axis, epsilon)


@guilty("BOUNDED")
def harmless(w: Array, max_value: float, axis: Any, epsilon: float) -> Array:
    return right(w, max_value, axis, epsilon)
