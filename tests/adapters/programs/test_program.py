"""The text of snippets: numbers come back to the same bits, and programs say what the requests ask."""

from __future__ import annotations

import ast
import base64
import io
from collections.abc import Sequence
from contextlib import redirect_stdout
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from adapters import keras3
from adapters.core import arrays
from adapters.core.arrays import Array
from adapters.core.framework import Unsupported
from adapters.core.messages import Apply
from adapters.programs.program import LARGEST_LITERAL, Dialect, axis_text, formula_program, literal, number
from tests.support.minimal_framework import request, returned, slope, values_of, weights

DIALECT = Dialect(
    imports=("numpy as np",),
    tensor='np.array({values}, "{format}")',
    show="{y}.tolist()",
    show_bfloat16="{y}.tolist()",
    norm="np.sqrt(np.sum(np.square(w), axis={axis}, keepdims=True))",
    clip="np.clip",
    layouts={"F": 'w.copy(order="F")', "broadcast": "np.broadcast_to(w.take([0], {axis}), w.shape)"},
    mapped={
        "map": (
            "def over_groups(w, *parameters):",
            "    return np.apply_along_axis(lambda row: f(row, *parameters), {axis}, w)",
            "over_groups",
        )
    },
    gradient=("def slope(call, w):", "    return call(w) / w", "slope(lambda w: {call}, w)"),
)
EDGES = [0.0, -0.0, np.inf, -np.inf, 1.0, -1.0, 0.1, 1 / 3, 65504.0, 3.4028234663852886e38, 2.0**-126, 2.0**-149]
MANTISSAS = {"float16": 10, "bfloat16": 7, "float32": 23, "float64": 52}


def evaluated(text: str) -> Any:
    """What an expression is, with no names but those that a program can rely on."""
    names = {"float": float, "complex": complex, "np": np, "base64": base64}  # built-in ones, and imported ones
    return eval(text, {"__builtins__": {}}, names)


def through(text: str, format: str, narrow: bool) -> Array:
    """The array that a framework makes of a literal, perhaps by way of float32."""
    array: Array = np.asarray(evaluated(text), np.float32 if narrow and format != "float64" else None)
    return rounded(array, format)


def rounded(array: Array, format: str) -> Array:
    """The array in a format, without a word where it overflows; bfloat16 by cutting off what it does not hold."""
    with np.errstate(over="ignore"):
        wide: Array = array.astype("float32" if format == "bfloat16" else format)
    if format != "bfloat16":
        return wide
    top: Array = (wide.view(np.uint32) >> 16).astype(np.uint16)
    return top


def some(format: str) -> Array:
    """Numbers of a format: all there are of 16 bits, 4096 random bit patterns of others; no NaN."""
    if arrays.storage(format).itemsize == 2:
        patterns = np.arange(2**16, dtype=np.uint16)
    else:
        patterns = np.frombuffer(np.random.default_rng(2).bytes(4096 * arrays.storage(format).itemsize), np.uint8)
    array = patterns.view(arrays.storage(format))
    wide = (array.astype(np.uint32) << 16).view(np.float32) if format == "bfloat16" else array
    numbers: Array = array[~np.isnan(wide)]
    return numbers


@pytest.mark.slow
@pytest.mark.parametrize("way", ["as float64", "by way of float32"])
@pytest.mark.parametrize("format", arrays.FORMATS)
def test_every_number_comes_back_to_the_same_bits(format: str, way: str) -> None:
    """A literal of up to 64 numbers is exact whether a framework reads it as float64 or as float32."""
    numbers = some(format)
    for start in range(0, numbers.size, LARGEST_LITERAL):
        part = numbers[start : start + LARGEST_LITERAL]
        text = literal(part, format)
        assert through(text, format, way != "as float64").tobytes() == part.tobytes()


@pytest.mark.parametrize("format", arrays.FORMATS)
@pytest.mark.parametrize("kind", ["subnormals", "edges"])
def test_the_ends_of_a_format_come_back_to_the_same_bits(kind: str, format: str) -> None:
    """So do the smallest and largest subnormals, both zeros, and the infinities."""
    storage = arrays.storage(format)
    smallest = np.array([1, 2, 3, 2 ** (MANTISSAS[format]) - 1], f"u{storage.itemsize}").view(storage)
    numbers = smallest if kind == "subnormals" else rounded(np.array(EDGES), format)
    assert through(literal(numbers, format), format, False).tobytes() == numbers.tobytes()


@pytest.mark.parametrize("format", ["float16", "float32", "float64"])
def test_a_nan_keeps_its_payload(format: str) -> None:
    """Where it is another than float("nan"), the bits are written down."""
    one = np.array([np.nan, 1.0], format)
    odd = (one.view(f"u{one.itemsize}") | 3).view(format)[:1]
    assert evaluated(literal(odd, format)).tobytes() == odd.tobytes() and "nan" in literal(one, format)


@pytest.mark.parametrize("format", arrays.FORMATS)
def test_nan_stays_nan(format: str) -> None:
    """A NaN is written without a name that would have to be imported."""
    nan = np.array([0x7FC0], np.uint16) if format == "bfloat16" else np.array([np.nan], format)
    text = literal(nan, format)
    assert text == '[float("nan")]'
    assert through(text, format, False).tobytes() == nan.tobytes()


@pytest.mark.parametrize(
    ("value", "format", "text"),
    [
        (0.1, "float16", "0.1"),
        (0.1, "float32", "0.1"),
        (0.1, "float64", "0.1"),
        (2.0**-149, "float32", "1e-45"),
        (2.0**-24, "float16", "6e-08"),
        (-0.0, "float32", "-0.0"),
        (np.inf, "float16", 'float("inf")'),
        (-np.inf, "float64", '-float("inf")'),
        (3, "int32", "3"),
        (True, "bool", "True"),
    ],
    ids=str,
)
def test_a_number_is_as_short_as_its_format_allows(value: Any, format: str, text: str) -> None:
    """People read the numbers, so the shortest decimal that names one in its format is written."""
    assert literal(np.array(value, format), format) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1, "1"),
        (0.1, "0.1"),
        (-0.0, "-0.0"),
        (5e-324, "5e-324"),
        (np.inf, 'float("inf")'),
        (-np.inf, '-float("inf")'),
        (np.nan, 'float("nan")'),
        (complex(1, np.inf), 'complex(1.0, float("inf"))'),
        (True, "True"),
    ],
    ids=str,
)
def test_a_parameter_is_an_expression_without_names(value: Any, text: str) -> None:
    """What is written evaluates to the number, with nothing imported."""
    assert number(value) == text
    assert repr(evaluated(text)) == repr(value) or value is True


@pytest.mark.parametrize(
    ("axis", "text"),
    [
        (0, "0"),
        (-2, "-2"),
        (None, "None"),
        ([0, 1], "[0, 1]"),
        ([], "[]"),
        ((0,), "(0,)"),
        ((0, -1), "(0, -1)"),
        ((), "()"),
        (1.0, "1.0"),
        (True, "True"),
        (np.int64(-1), "np.int64(-1)"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_axis_is_written_as_it_was_given(axis: Any, text: str) -> None:
    """An int, a list, a tuple and None stay what they are."""
    assert axis_text(axis) == text


@pytest.mark.parametrize("format", arrays.FORMATS)
@pytest.mark.parametrize("shape", [(65,), (5, 13), (2, 3, 4, 5), (3, 32768)], ids=str)
def test_a_large_array_is_packed(shape: tuple[int, ...], format: str) -> None:
    """More than 64 numbers are written as base64 of their bits, and come back to the same bits."""
    numbers = np.resize(some(format), shape)
    text = literal(numbers, format)
    assert text.startswith("np.frombuffer(base64.b64decode(")
    assert through(text, format, False).tobytes() == numbers.tobytes()


@pytest.mark.parametrize("format", arrays.FORMATS)
def test_a_large_array_of_one_number_is_written_briefly(format: str) -> None:
    """65,536 times the same number needs no 65,536 numbers."""
    numbers = np.repeat(arrays.sample(format)[1:], 65536).reshape(2, 32768)
    text = literal(numbers, format)
    assert text.startswith("np.full((2, 32768), -2.5,")
    assert through(text, format, False).tobytes() == numbers.tobytes()


@pytest.mark.parametrize("format", arrays.FORMATS)
@pytest.mark.parametrize("value", [0.1, -0.0, np.inf])
def test_many_equal_numbers_are_written_once(format: str, value: float) -> None:
    """By the framework's own call; a zero and a negative one are two numbers."""
    dialect = Dialect(**{**vars(DIALECT), "full": "np.full({shape}, {value})"})
    equal = rounded(np.full((3, 4), value), format)
    given = weights(equal, format)
    source = program(request(weights=given), dialect=dialect)
    (line,) = (line for line in source.splitlines() if line.startswith("w = "))
    assert line.startswith("w = np.full((3, 4), ")
    assert through(line.removeprefix("w = "), format, False).tobytes() == equal.tobytes()
    mixed = weights(np.where(np.eye(3, 4) > 0, 0.0, -0.0), "float32")
    assert "np.full" not in program(request(weights=mixed), dialect=dialect)


@pytest.mark.parametrize("shape", [(0,), (3, 0), (0, 2, 3)], ids=str)
def test_an_empty_array_keeps_its_shape(shape: tuple[int, ...]) -> None:
    """Nested lists would lose the shape of an array without elements."""
    assert evaluated(literal(np.zeros(shape, np.float32), "float32")).shape == shape


def test_an_array_of_rank_zero_is_a_number() -> None:
    """There is no list around it."""
    assert literal(np.array(2.5, np.float32), "float32") == "2.5"


def program(*requests: Apply, dialect: Dialect = DIALECT) -> str:
    """The program of requests in NumPy."""
    return formula_program(dialect, requests).source


def printed(source: str) -> list[Any]:
    """What a program prints, line by line, run with nothing defined."""
    out = io.StringIO()
    with redirect_stdout(out):
        exec(compile(source, "<snippet>", "exec"), {"__name__": "__main__"})
    return [ast.literal_eval(line) for line in out.getvalue().splitlines()]


def answered(requests: Sequence[Apply]) -> list[Any]:
    """What the worker answers to requests, result by result; the tiny framework need not map to give the same."""
    answers = [returned(replace(asked, mode="eager"), gradient=slope) for asked in requests]
    return [values_of(result).tolist() for answer in answers for result in answer.results]


MIN_MAX = {"min_value": 1.0, "max_value": 2.0, "rate": 0.3}
TALL = weights(np.arange(1.0, 7.0).reshape(3, 2))
EQUIVALENT: dict[str, list[Apply]] = {
    "max_norm": [request()],
    "min_max_norm": [request("min_max_norm", parameters=MIN_MAX)],
    "unit_norm": [request("unit_norm")],
    "epsilon": [request(parameters={"max_value": 2.0, "epsilon": 0.25})],
    "axis None": [request(axis=None, weights=TALL)],
    "axis (0, 1)": [request(axis=(0, 1), weights=TALL)],
    "axis -1": [request(axis=-1, weights=TALL)],
    "float16": [request(weights=weights([30.0, 0.1], "float16"))],
    "float64": [request(weights=weights([1 / 3, 1e100], "float64"))],
    "three calls": [request(calls=3)],
    "large": [request(weights=weights(np.linspace(-3, 3, 1000)))],
    "the last of three calls": [request(calls=3, keep_all=False)],
    "axis of NumPy": [request(axis=np.int64(0))],
    "gradient": [request(access="gradient")],
    "two gradients": [request("unit_norm", access="gradient"), request(access="gradient", calls=2)],
    "mapped": [request(mode="map", axis=-1, weights=TALL)],
    "a mapped gradient": [request(mode="map", access="gradient", axis=0, weights=TALL)],
    "no maximum": [request(parameters={"max_value": None})],
    "two requests": [request(), request(weights=weights([1.0, 7.0]))],
    "two contracts": [request(), request("unit_norm"), request()],
    "layout F": [request(weights=weights(np.ones((2, 3)), layout="F"))],
    "layout broadcast:1": [request(weights=weights([[1, 1], [2, 2]], layout="broadcast:1"))],
}


@pytest.mark.parametrize("requests", EQUIVALENT.values(), ids=EQUIVALENT)
def test_a_program_prints_what_the_worker_answers(requests: list[Apply]) -> None:
    """The program and the requests give the same numbers, one line per call."""
    assert printed(program(*requests)) == answered(requests)


def test_the_function_is_defined_again_only_where_it_differs() -> None:
    """Two requests with the same formula share it."""
    assert program(request(), request()).count("def f") == 1
    assert program(request(), request(axis=1), request()).count("def f") == 3


@pytest.mark.parametrize(
    ("requests", "names"),
    [
        ([request()], "numpy as np"),
        ([request(weights=weights(np.linspace(0, 1, 100)))], "numpy as np, base64"),
    ],
    ids=["short", "packed"],
)
def test_a_program_imports_what_it_uses(requests: list[Apply], names: str) -> None:
    """NumPy and base64 are imported where the text needs them, after the framework."""
    assert f"import {names}\n" in program(*requests)


def test_a_scope_surrounds_the_whole_program() -> None:
    """One request in a format that needs a scope is enough, and there is one scope."""
    dialect = Dialect(**{**vars(DIALECT), "scopes": {"float64": "with scope():"}})
    text = program(request(), request(weights=weights(format="float64")), dialect=dialect)
    (block,) = (node for node in ast.parse(text).body if not isinstance(node, ast.Import))
    assert isinstance(block, ast.With) and len(block.body) == text.count("\n    ") - text.count("\n        ")


def test_lines_ahead_of_the_imports_come_first() -> None:
    """A backend is chosen before its framework is imported."""
    dialect = Dialect(**{**vars(DIALECT), "before": ("import os", "os.environ['A'] = 'b'")})
    assert program(request(), dialect=dialect).splitlines()[:3] == [*dialect.before, "import numpy as np"]


@pytest.mark.parametrize(("mode", "line"), [("eager", "y = f(w, 1e-07, 2.0)"), ("jit", "y = f(w, p(1e-07, 2.0))")])
def test_a_compiled_mode_compiles_and_passes_as_told(mode: str, line: str) -> None:
    """Only the mode that the dialect names is compiled."""
    dialect = Dialect(**{**vars(DIALECT), "compiled": {"jit": "fast({f})"}, "traced": {"jit": "p({values})"}})
    lines = program(request(mode=mode), dialect=dialect).splitlines()
    assert line in lines and ("f = fast(f)" in lines) == (mode == "jit")


@pytest.mark.parametrize("layout", ["strided", "reversed"])
def test_a_layout_that_the_dialect_lacks_is_left_out(layout: str) -> None:
    """A framework that copies what it is given has no such layout to reproduce."""
    assert program(request(weights=weights(layout=layout))) == program(request())


@pytest.mark.parametrize("values", [2.0, np.zeros((0, 3))], ids=["rank 0", "empty"])
def test_an_array_without_strides_has_no_layout(values: Any) -> None:
    """A number and an empty array are written without one."""
    assert program(request(weights=weights(values, layout="F"))) == program(request(weights=weights(values)))


@pytest.mark.parametrize(
    ("asked", "reason"),
    [(request("max_pool"), "contract max_pool"), (request(access="by_name"), "way by_name")],
    ids=["contract", "way"],
)
def test_what_is_not_written_here_has_no_program(asked: Apply, reason: str) -> None:
    """There is nothing to print, and the reason says so."""
    with pytest.raises(Unsupported, match=reason):
        program(asked)


def test_a_framework_without_gradients_has_no_program_for_one() -> None:
    """NumPy has none."""
    with pytest.raises(Unsupported, match="no automatic differentiation"):
        program(request(access="gradient"), dialect=Dialect(**{**vars(DIALECT), "gradient": ()}))


def test_parameters_that_are_no_numbers_are_passed_as_they_are() -> None:
    """A tensor cannot be made of None or text."""
    dialect = Dialect(**{**vars(DIALECT), "traced": {"jit": "p({values})"}})
    text = program(request(mode="jit", parameters={"max_value": "2"}), dialect=dialect)
    assert "y = f(w, 1e-07, '2')\n" in text


CALLS = {
    "call": "keras.constraints.MaxNorm(max_value=2.0, axis=0)",
    "from_config": (
        "keras.constraints.MaxNorm.from_config("
        "json.loads(json.dumps(keras.constraints.MaxNorm(max_value=2.0, axis=0).get_config())))"
    ),
    "serialized": (
        "keras.constraints.deserialize("
        "json.loads(json.dumps(keras.constraints.serialize(keras.constraints.MaxNorm(max_value=2.0, axis=0)))))"
    ),
    "identifier": 'keras.constraints.get("max_norm")',
    "identifier_class": 'keras.constraints.get("MaxNorm")',
    "identifier_old": 'keras.constraints.get("maxnorm")',
}


KERAS = {stack.name: stack for stack in keras3.STACKS}


@pytest.mark.parametrize("way", CALLS)
def test_a_way_to_a_keras_constraint_is_written_as_people_write_it(way: str) -> None:
    """An eager call is one line, and a compiled one names what is compiled."""
    text = keras3.snippet(KERAS["keras-jax"], [request(access=way)]).source
    assert f"y = {CALLS[way]}(w)\n" in text and ("json" in text.splitlines()[2]) == ("json." in text)
    assert (
        f"f = jax.jit({CALLS[way]})\ny = f(w)\n"
        in keras3.snippet(KERAS["keras-jax"], [request(access=way, mode="jit")]).source
    )


def test_every_way_to_a_keras_constraint_has_a_program() -> None:
    """The ways of Keras are those that are tested here, and others are refused."""
    assert {"call", *keras3.ACCESSES} == set(CALLS)
    with pytest.raises(Unsupported, match="way by_heart"):
        keras3.snippet(KERAS["keras-jax"], [request(access="by_heart")])


def test_a_constraint_of_single_weights_has_no_axis() -> None:
    """NonNeg takes no arguments."""
    asked = request("non_neg", axis=())
    assert "y = keras.constraints.NonNeg()(w)\n" in keras3.snippet(KERAS["keras-numpy"], [asked]).source
