"""Stand-alone programs that repeat apply requests without this project, written without any framework."""

from __future__ import annotations

import base64
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from adapters.core import arrays
from adapters.core.arrays import Weights
from adapters.core.framework import Array, Constraint, Unsupported
from adapters.core.messages import Apply
from adapters.core.program import Program, Step
from adapters.programs.formula import CONTRACTS

LARGEST_LITERAL = 64
# of so many equal numbers more is to be read in their number than in a list of them
MOST_EQUAL = 8

GAINS = {
    "max_norm": "w * ({clip}(n, 0, max_value) / (epsilon + n))",
    "min_max_norm": "w * ((rate * {clip}(n, min_value, max_value) + (1 - rate) * n) / (epsilon + n))",
    "unit_norm": "w / (epsilon + n)",
}


@dataclass(frozen=True)
class Names:
    """The names of what a program makes once and calls again."""

    by_expression: dict[str, str] = field(default_factory=dict)

    def of(self, expression: str) -> tuple[str, list[str]]:
        """The name of what an expression makes, and the lines that make it where it has none yet."""
        known = expression in self.by_expression
        name = self.by_expression.setdefault(expression, f"constraint_{len(self.by_expression) + 1}")
        return name, [] if known else [f"{name} = {expression}"]


# The lines before a call, and the call as an expression in w.
Write = Callable[[Apply], tuple[list[str], str]]


@dataclass(frozen=True)
class Dialect:
    """How one framework writes what every snippet needs."""

    imports: tuple[str, ...]
    tensor: str
    show: str
    # The numbers of ml_dtypes print as they like; floats print as floats.
    show_bfloat16: str
    # An array of one number again and again.
    full: str = ""
    # Lines ahead of the imports.
    before: tuple[str, ...] = ()
    norm: str = ""
    clip: str = ""
    # By mode: how f is compiled, and how its parameters are passed; Python numbers where nothing is said.
    compiled: Mapping[str, str] = field(default_factory=dict)
    traced: Mapping[str, str] = field(default_factory=dict)
    # By mode: definitions that call f on one group at a time, and the name to call instead.
    mapped: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    # Definitions, and the gradient of the sum of a call as an expression in w.
    gradient: tuple[str, ...] = ()
    # By guise: definitions, and a call with the weights in it as an expression in w.
    guises: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    # By format: a with statement around the whole program.
    scopes: Mapping[str, str] = field(default_factory=dict)
    # Frameworks that copy what they are given into an order of their own have no layouts to reproduce.
    layouts: Mapping[str, str] = field(default_factory=dict)

    def is_around(self, access: str) -> bool:
        """Whether what is asked in a way is something around a call."""
        return access == "gradient" or access in self.guises


def in_guises(dialect: Dialect, names: Mapping[str, Any]) -> Mapping[str, Callable[[Constraint, Any], Any]]:
    """Return what calls a constraint with the weights in each guise, from the text by which programs do."""
    made = {}
    for guise, (*definitions, expression) in dialect.guises.items():
        home = dict(names)
        exec("\n".join(definitions), home)
        made[guise] = eval(f"lambda call, w: {expression.format(call='call(w)')}", home)
    return made


NUMPY = Dialect(
    imports=("numpy as np",),
    tensor='np.array({values}, dtype="{format}")',
    show="{y}.tolist()",
    show_bfloat16="{y}.astype(float).tolist()",
    full='np.full({shape}, {value}, "{format}")',
    layouts={
        "F": 'w.copy(order="F")',
        "strided": "np.stack([w, np.full_like(w, np.nan)], -1)[..., 0]",
        "reversed": "w[::-1].copy()[::-1]",
        "channels-last": "np.moveaxis(np.moveaxis(w, 1, -1).copy(), -1, 1)",
        "offset": "np.concatenate([np.full(1, np.nan, w.dtype), w.ravel()])[1:].reshape(w.shape)",
        "misaligned": "np.frombuffer(bytearray(1) + w.tobytes(), np.uint8)[1:].view(w.dtype).reshape(w.shape)",
        "read-only": "np.frombuffer(w.tobytes(), w.dtype).reshape(w.shape)",
        "broadcast": "np.broadcast_to(w.take([0], {axis}), w.shape)",
        "windows": "np.moveaxis(np.lib.stride_tricks.sliding_window_view(np.concatenate([w.take(0, {axis} + 1), "
        "w.take(-1, {axis}).take(range(1, w.shape[{axis} + 1]), {axis})], {axis}), w.shape[{axis} + 1], {axis}), "
        "-1, {axis} + 1)",
    },
    guises={"subclass": ("class Weights(np.ndarray):", "    pass", "(lambda w: {call})(w.view(Weights))")},
)


def program(dialect: Dialect, requests: Sequence[Apply], write: Write) -> Program:
    """Return the program of requests: of each, its weights, what ``write`` says, and what is printed."""
    steps: list[Step] = []
    for request in requests:
        lines, call = write(request)
        if dialect.is_around(request.access):
            definitions, call = _around(dialect, request.access, call)
            defined = definitions and any(definitions[0] in step.lines for step in steps)
            lines = [*lines, *([] if defined else definitions)]
        show = dialect.show_bfloat16 if request.weights.format == "bfloat16" else dialect.show
        before = (*_weights(dialect, request.weights), *lines)
        steps.append(Step(before, call, show, request.calls, request.keep_all))
    scopes = (dialect.scopes.get(request.weights.format) for request in requests)
    return Program(tuple(steps), dialect.imports, dialect.before, scope=next(filter(None, scopes), None))


def _around(dialect: Dialect, access: str, call: str) -> tuple[list[str], str]:
    if not (lines := dialect.guises.get(access, dialect.gradient)):
        raise Unsupported("there is no automatic differentiation to write down")
    *definitions, expression = lines
    return definitions, expression.format(call=call)


def formula_program(dialect: Dialect, requests: Sequence[Apply]) -> Program:
    """Return the program of requests with the Keras formula written in the dialect's operations."""
    previous: list[str] = []

    def write(request: Apply) -> tuple[list[str], str]:
        nonlocal previous
        contract, mode = request.contract, request.mode
        if contract not in CONTRACTS:
            raise Unsupported(f"no formula is written here for the contract {contract}")
        if request.access != "call" and not dialect.is_around(request.access):
            raise Unsupported(f"no program is written here for the way {request.access}")
        parameters = {"epsilon": 1e-7, **request.parameters}
        axis = axis_text(request.axis)
        # A map hands over one group at a time, whose norm is over everything.
        *mapping, function = (line.format(axis=axis) for line in dialect.mapped.get(mode, ("f",)))
        lines = [
            f"def f(w, {', '.join(parameters)}):",
            f"    n = {dialect.norm.format(axis=None if mapping else axis)}",
            f"    return {GAINS[contract].format(clip=dialect.clip)}",
            *mapping,
            *([f"{function} = {dialect.compiled[mode].format(f=function)}"] if mode in dialect.compiled else []),
        ]
        repeated, previous = lines == previous, lines
        values = ", ".join(number(value) for value in parameters.values())
        numbers = all(isinstance(value, (int, float)) for value in parameters.values())
        passed = (dialect.traced.get(mode, "{values}") if numbers else "{values}").format(values=values)
        return ([] if repeated else lines), f"{function}(w, {passed})"

    return program(dialect, requests, write)


def _weights(dialect: Dialect, weights: Weights) -> list[str]:
    array, format = arrays.decode(replace(weights, layout="C")), weights.format
    lines = [
        "w = " + (_full(dialect, array, format) or dialect.tensor.format(values=literal(array, format), format=format))
    ]
    layout, _, axis = weights.layout.partition(":")
    if layout in dialect.layouts and array.ndim > (layout == "channels-last") and array.size:
        lines.append("w = " + dialect.layouts[layout].format(axis=axis))
    return lines


def _full(dialect: Dialect, array: Array, format: str) -> str:
    """Return an expression for many equal floating-point numbers, empty for others."""
    floats = format == "bfloat16" or array.dtype.kind == "f"
    if not dialect.full or not floats or array.size <= MOST_EQUAL or not _is_one_number(array):
        return ""
    one = array.reshape(-1)[:1].reshape(())
    return dialect.full.format(shape=array.shape, value=literal(one, format), format=format)


def _is_one_number(array: Array) -> bool:
    """Whether all numbers of an array have the same bits, as 0 and -0 have not."""
    bits = np.ascontiguousarray(array).reshape(-1).view(f"u{array.itemsize}")
    return bool(np.all(bits == bits[0]))


def _has_odd_nan(array: Array) -> bool:
    """Whether a number is a NaN of other bits than float("nan") has."""
    if array.dtype.kind != "f":
        return False
    bits, usual = (each.view(f"u{each.itemsize}") for each in (array, np.array(np.nan, array.dtype)))
    return bool(np.any(np.isnan(array) & (bits != usual)))


def literal(array: Array, format: str) -> str:
    """Return an expression for the exact values: a nested list, or packed bits where that is too long."""
    if format == "bfloat16":
        # Widened to float32, which is exact; the framework casts back.
        array = (array.astype(np.uint32) << 16).view(np.float32)
    if array.size == 0:
        return f'np.zeros({array.shape}, "{array.dtype.name}")'
    if array.size > LARGEST_LITERAL and array.dtype.kind == "f" and _is_one_number(array):
        return f'np.full({array.shape}, {_nested(array.reshape(-1)[0], format)}, "{array.dtype.name}")'
    if array.size > LARGEST_LITERAL or _has_odd_nan(array):
        packed = base64.b64encode(arrays.encode(array, format).bits).decode()
        return f'np.frombuffer(base64.b64decode("{packed}"), "{array.dtype.name}").reshape({array.shape})'
    return _nested(array, format)


def _nested(array: Array, format: str) -> str:
    values = array.reshape(-1)
    numbers = values.tolist()
    if array.dtype.kind == "f" and format in ("float16", "float32"):
        # The shortest decimal of the narrow format, where it comes back to the same bits even by way of float32.
        short = np.array([float(str(value)) for value in values])
        with np.errstate(over="ignore", invalid="ignore"):
            comes_back = (short.astype(array.dtype) == values) & (short.astype("f4").astype(array.dtype) == values)
        numbers = np.where(comes_back, short, numbers).tolist()
    return _bracketed(np.array([number(value) for value in numbers], object).reshape(array.shape).tolist())


def _bracketed(texts: str | list[Any]) -> str:
    return texts if isinstance(texts, str) else f"[{', '.join(map(_bracketed, texts))}]"


def number(value: Any) -> str:
    """Return an expression for a number that needs no name to be imported."""
    if isinstance(value, complex):
        return f"complex({number(value.real)}, {number(value.imag)})"
    if isinstance(value, float) and not math.isfinite(value):
        return f'{"-" if value < 0 else ""}float("{"nan" if math.isnan(value) else "inf"}")'
    return repr(value)


def axis_text(axis: Any) -> str:
    """Return an expression for an axis."""
    return f"np.{type(axis).__name__}({axis})" if isinstance(axis, np.integer) else repr(axis)
