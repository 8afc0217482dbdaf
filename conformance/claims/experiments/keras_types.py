"""The types of what Keras constraints return for weights of several types."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from conformance.claims.experiment import Arguments, experiment, is_refused

if TYPE_CHECKING:
    import keras

NORMS = ("MaxNorm", "MinMaxNorm", "UnitNorm")
INTEGERS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")


def type_out(constraint: str, type_in: str) -> str:
    """The type of what a constraint makes of weights of a type."""
    import ml_dtypes  # NumPy has no bfloat16 without it

    weights = np.array([3, 4]).astype(getattr(ml_dtypes, type_in, type_in))
    made = getattr(keras.constraints, constraint)()(weights).dtype
    return str(getattr(made, "name", made)).removeprefix("torch.")


def type_out_with_x64(constraint: str, type_in: str) -> str:
    """The same where JAX has float64."""
    import jax

    with jax.enable_x64(True):
        return type_out(constraint, type_in)


def _norms_of(*types: str) -> list[Arguments]:
    return [{"constraint": name, "type_in": type_in} for name in NORMS for type_in in types]


def _keeps(arguments: Arguments, output: Any) -> bool:
    return bool(output == arguments["type_in"])


@experiment(type_out, _norms_of("float16", "float32"))
def float16_and_float32_stay(arguments: Arguments, output: Any) -> bool:
    """MaxNorm, MinMaxNorm and UnitNorm return float16 for float16 and float32 for float32."""
    return _keeps(arguments, output)


@experiment(type_out, _norms_of("float64"))
def float64_stays(arguments: Arguments, output: Any) -> bool:
    """MaxNorm, MinMaxNorm and UnitNorm return float64 for float64."""
    return _keeps(arguments, output)


@experiment(type_out_with_x64, _norms_of("float64"))
def float64_stays_with_x64(arguments: Arguments, output: Any) -> bool:
    """On JAX with x64, MaxNorm, MinMaxNorm and UnitNorm return float64 for float64."""
    return _keeps(arguments, output)


@experiment(type_out, _norms_of("float64"))
def float64_becomes_float32(arguments: Arguments, output: Any) -> bool:
    """MaxNorm, MinMaxNorm and UnitNorm return float32 for float64."""
    return bool(output == "float32")


@experiment(type_out, _norms_of("bfloat16"))
def bfloat16_stays(arguments: Arguments, output: Any) -> bool:
    """MaxNorm, MinMaxNorm and UnitNorm return bfloat16 for bfloat16."""
    return _keeps(arguments, output)


@experiment(type_out, _norms_of("bfloat16"))
def bfloat16_becomes_float32(arguments: Arguments, output: Any) -> bool:
    """MaxNorm, MinMaxNorm and UnitNorm return float32 for bfloat16."""
    return bool(output == "float32")


@experiment(type_out, _norms_of(*INTEGERS[:-1]))
def integers_become_float32(arguments: Arguments, output: Any) -> bool:
    """MaxNorm, MinMaxNorm and UnitNorm return float32 for integers of all types but uint64."""
    return bool(output == "float32")


@experiment(type_out, _norms_of("uint64"))
def uint64_becomes_float32(arguments: Arguments, output: Any) -> bool:
    """MaxNorm, MinMaxNorm and UnitNorm return float32 for uint64."""
    return bool(output == "float32")


@experiment(type_out, _norms_of("uint64"), errors=True)
def uint64_is_a_value_error(arguments: Arguments, output: Any) -> bool:
    """MaxNorm, MinMaxNorm and UnitNorm raise a ValueError for uint64."""
    return is_refused(output, "ValueError")


@experiment(type_out, _norms_of(*INTEGERS), errors=True)
def integers_are_a_type_error(arguments: Arguments, output: Any) -> bool:
    """MaxNorm, MinMaxNorm and UnitNorm raise a TypeError for integers."""
    return is_refused(output, "TypeError")


def config_as_given(constraint: str, number: str, axis: int | list[int]) -> dict[str, bool]:
    """Whether the config of a constraint holds the very objects that it was made with."""
    kind = {"int": int, "float": float}.get(number) or np.dtype(number).type
    names = {"MaxNorm": ("max_value",), "MinMaxNorm": ("min_value", "max_value", "rate"), "UnitNorm": ()}[constraint]
    given = {**{name: kind(1) for name in names}, "axis": axis}
    config = getattr(keras.constraints, constraint)(**given).get_config()
    return {name: config[name] is value for name, value in given.items()}


def config_as_json(constraint: str, number: str, axis: int | list[int]) -> list[object]:
    """The config of a constraint behind JSON, and the one before."""
    import json

    kind = {"int": int, "float": float}.get(number) or np.dtype(number).type
    given = {} if constraint == "UnitNorm" else {"max_value": kind(1)}
    config = getattr(keras.constraints, constraint)(**given, axis=axis).get_config()
    plain = {name: value.item() if hasattr(value, "item") else value for name, value in config.items()}
    return [json.loads(json.dumps(config)), plain]


def _configs(numbers: Sequence[str], constraints: Sequence[str] = NORMS) -> list[Arguments]:
    return [
        {"constraint": name, "number": number, "axis": axis}
        for name in constraints
        for number in numbers
        for axis in (0, [0, 1])
    ]


@experiment(config_as_given, _configs(("int", "float", "float32", "float64", "int64")))
def config_holds_what_was_given(arguments: Arguments, output: Any) -> list[bool]:
    """The config of a constraint holds each argument as the object that was given, NumPy numbers too."""
    return list(output.values())


@experiment(config_as_json, _configs(("int", "float", "float64")))
def config_of_plain_arguments_becomes_json(arguments: Arguments, output: Any) -> bool:
    """The config of constraints comes through JSON where numbers are int or float, as NumPy's float64 is one."""
    return bool(output[0] == output[1])


@experiment(config_as_json, _configs(("float32", "float16", "int64"), NORMS[:2]), errors=True)
def config_of_other_numpy_numbers_is_a_type_error(arguments: Arguments, output: Any) -> bool:
    """json.dumps raises a TypeError for the config of a constraint with a NumPy float32, float16 or int64."""
    return is_refused(output, "TypeError")
