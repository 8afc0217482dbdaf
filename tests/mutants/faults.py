"""Faults of conduct that take the process with them, or hand back what is no result: one function each.

To add a fault, add a function.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from tests.mutants.arithmetic import Array, Call, Function
from tests.mutants.right import right


@dataclass(frozen=True)
class Fault:
    """A function and the grade that a case of it must get."""

    function: Function
    grade: str

    @property
    def name(self) -> str:
        """The function's name."""
        return self.function.__name__


def graded(grade: str) -> Callable[[Function], Fault]:
    """Make a function a fault of which every case must get this grade."""
    return lambda function: Fault(function, grade)


@graded("CRASH")
def exits(w: Array, call: Call) -> Any:
    """The process ends without a word."""
    os._exit(3)


@graded("CRASH")
def segfaults(w: Array, call: Call) -> Any:
    """Memory is read that is not there."""
    return ctypes.string_at(0)


@graded("CRASH")
def aborts(w: Array, call: Call) -> Any:
    """A library calls abort."""
    os.abort()


@graded("TIMEOUT")
def loops(w: Array, call: Call) -> Any:
    """The call never returns."""
    while True:
        pass


@graded("EXACT")
def prints(w: Array, call: Call) -> Any:
    """Text is printed from Python and from beneath it."""
    print("norm:", w)
    os.write(1, b"\x00\xff norm\n")
    return right(w, call)


@graded("EXACT")
def floods(w: Array, call: Call) -> Any:
    """Megabytes are written to both streams."""
    for stream in (sys.stdout, sys.stderr):
        stream.write("norm " * 1_000_000)
    return right(w, call)


@graded("EXACT")
def closes_its_streams(w: Array, call: Call) -> Any:
    """The streams are closed behind everybody's back."""
    os.close(1)
    os.close(2)
    return right(w, call)


@graded("DIVERGENT")
def returns_nothing(w: Array, call: Call) -> Any:
    """The result is None."""
    return None


@graded("DIVERGENT")
def returns_a_list(w: Array, call: Call) -> Any:
    """The result is a list."""
    return right(w, call).tolist()


@graded("DIVERGENT")
def returns_objects(w: Array, call: Call) -> Any:
    """The result is an array of Python objects."""
    return right(w, call).astype(object)


@graded("DIVERGENT")
def returns_text(w: Array, call: Call) -> Any:
    """The result is an array of text."""
    return right(w, call).astype(str)


@graded("DIVERGENT")
def returns_complex_numbers(w: Array, call: Call) -> Any:
    """The result is an array of complex numbers."""
    return right(w, call).astype(np.complex64)


@graded("DIVERGENT")
def returns_integers(w: Array, call: Call) -> Any:
    """The result is an array of integers."""
    return right(w, call).astype(np.int32)


@graded("DIVERGENT")
def returns_a_row_too_many(w: Array, call: Call) -> Any:
    """The result has one row more than the weights."""
    return np.concatenate([right(w, call), w[:1]])


@graded("DIVERGENT")
def returns_no_rows(w: Array, call: Call) -> Any:
    """The result is empty."""
    return right(w, call)[:0]


@graded("ERROR")
def raises(w: Array, call: Call) -> Any:
    """An exception is raised."""
    raise ArithmeticError("the weights are not to my taste")


@graded("ERROR")
def raises_system_exit(w: Array, call: Call) -> Any:
    """SystemExit is raised, which ends a careless process."""
    raise SystemExit(0)


@graded("ERROR")
def raises_keyboard_interrupt(w: Array, call: Call) -> Any:
    """KeyboardInterrupt is raised, which ends a careless process."""
    raise KeyboardInterrupt


@graded("ERROR")
def raises_without_words(w: Array, call: Call) -> Any:
    """The exception cannot be shown."""

    class Mute(Exception):
        def __str__(self) -> str:
            raise RuntimeError("no words")

    raise Mute


FAULTS: dict[str, Fault] = {f.name: f for f in tuple(vars().values()) if isinstance(f, Fault)}
