"""The figures that our sentences about Keras constraints give, each run as it stands there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from conformance.claims.experiment import Arguments, Raised, experiment, is_refused
from conformance.claims.experiments.keras_arguments import max_norm_of_one, scalar
from conformance.claims.experiments.keras_calls import norms_of
from conformance.claims.experiments.keras_overflow import around_the_overflow, is_near, sides
from conformance.claims.experiments.keras_small_numbers import norms_in_calls
from conformance.claims.experiments.numbers import ROUNDOFF

if TYPE_CHECKING:
    import keras

# of the number 3
ULPS = {"float16": 2.0**-9, "float32": 2.0**-22}


def equal(*columns: int) -> list[Arguments]:
    """65,536 equal weights of norm 100 in each of so many columns."""
    shapes = [{"type_in": type_in, "count": 65536, "columns": count} for type_in in ULPS for count in columns]
    return [{**shape, "weight": 0.390625, "max_value": 3.0} for shape in shapes]


@experiment(norms_in_calls, [{"weights": [weight], "max_value": 2.0, "calls": 20} for weight in (1e-6, -1e-6)])
def twenty_calls_make_zero_of_a_millionth(arguments: Arguments, output: Any) -> bool:
    """Twenty calls of MaxNorm(2) make 0.0 of a weight of 1e-6."""
    return bool(output[0] > 0.0 and output[-1] == 0.0)


def _within_two_ulps(arguments: Arguments, output: Any) -> list[bool]:
    return [abs(norm - arguments["max_value"]) <= 2.0 * ULPS[arguments["type_in"]] for norm in output]


def norms_of_equal_weights(type_in: str, count: int, columns: int, weight: float, max_value: float) -> list[float]:
    """The exact norms of what MaxNorm makes of columns of equal weights."""
    made = np.asarray(keras.constraints.MaxNorm(max_value)(np.full((count, columns), weight, type_in)))
    norms: list[float] = np.sqrt(np.sum(np.square(made.astype("float64")), axis=0)).tolist()
    return norms


@experiment(norms_of_equal_weights, equal(2))
def two_columns_of_equal_weights_end_above_the_maximum(arguments: Arguments, output: Any) -> list[bool]:
    """Under MaxNorm(3) two columns of 65,536 equal weights end at the norm 13.3 in float16 and 3.0014 in float32."""
    digits, wanted = (1, 13.3) if arguments["type_in"] == "float16" else (4, 3.0014)
    return [round(norm, digits) == wanted for norm in output]


@experiment(norms_of_equal_weights, equal(1))
def column_of_equal_weights_ends_within_two_ulps(arguments: Arguments, output: Any) -> list[bool]:
    """Under MaxNorm(3) a single column of 65,536 equal weights ends within 2 ulps of 3, in float16 and in float32."""
    return _within_two_ulps(arguments, output)


@experiment(norms_of_equal_weights, equal(1, 2, 8))
def columns_of_equal_weights_end_within_two_ulps(arguments: Arguments, output: Any) -> list[bool]:
    """Under MaxNorm(3) 1, 2 and 8 columns of 65,536 equal weights end within 2 ulps of 3, in float16 and in float32."""
    return _within_two_ulps(arguments, output)


def max_norm_of_one_along_none(weight: float, max_value: float) -> float:
    """What MaxNorm makes of a scalar weight, of shape (), with axis=None."""
    return float(np.asarray(keras.constraints.MaxNorm(max_value, axis=None)(np.array(weight, "float32"))))


@experiment(max_norm_of_one_along_none, scalar, keep=("max_value",))
def scalar_weight_becomes_the_maximum_along_none(arguments: Arguments, output: Any) -> bool | None:
    """With axis=None a weight of shape () above max_value becomes max_value, but for 8 units of roundoff."""
    if arguments["weight"] < 2.0:
        return None
    return bool(abs(output / arguments["max_value"] - 1.0) <= 8.0 * ROUNDOFF)


@experiment(max_norm_of_one, scalar, errors=True)
def scalar_weight_is_refused_along_axis_0(arguments: Arguments, output: Any) -> bool:
    """With the default axis 0 a weight of shape () raises an exception."""
    return isinstance(output, Raised)


def unit_norm_of_one(weight: float) -> float:
    """What UnitNorm makes of one weight."""
    return float(np.asarray(keras.constraints.UnitNorm()(np.array([weight], "float32")))[0])


@experiment(unit_norm_of_one, [{"weight": weight} for weight in (1e-7, 1.0, 0.0)])
def unit_norm_makes_half_of_1e_7(arguments: Arguments, output: Any) -> bool:
    """UnitNorm makes 0.5 of 1e-7, 0.9999999 of 1 and 0 of 0, to seven decimals."""
    return bool(round(output, 7) == {1e-7: 0.5, 1.0: 0.9999999, 0.0: 0.0}[arguments["weight"]])


def unit_norm_in(type_in: str, weights: list[list[float]]) -> list[list[float]]:
    """What UnitNorm makes of the columns of a matrix in a format."""
    made: list[list[float]] = np.asarray(keras.constraints.UnitNorm()(np.array(weights, type_in))).tolist()
    return made


@experiment(
    unit_norm_in,
    lambda random: {name: value for name, value in around_the_overflow(random).items() if name != "max_value"},
    keep=("type_in",),
)
def unit_norm_makes_zeros_where_squares_overflow(arguments: Arguments, output: Any) -> list[bool] | None:
    """A column becomes zero under UnitNorm where the sum of its squares overflows, and gets the norm 1 below that."""
    below, above = sides(arguments)
    before, zeros = np.array(arguments["weights"]), (np.array(output) == 0.0).all(axis=0)
    scaled = is_near(arguments, output, before / norms_of(before))
    return list(np.where(above, zeros, scaled)[below | above]) or None


def non_neg(type_in: str, weights: list[float]) -> list[object]:
    """What NonNeg makes of weights, and its type."""
    vector = np.array(weights, type_in)
    if not hasattr(keras, "ops"):  # what tf_keras says of arrays is not what it says of variables
        import tensorflow as tf

        vector = tf.constant(vector)
    made = keras.constraints.NonNeg()(vector)
    values = [float(weight) for weight in np.asarray(made)]
    return [values, str(getattr(made.dtype, "name", made.dtype)).removeprefix("torch.")]


@experiment(non_neg, [{"type_in": "float64", "weights": [0.1, -0.1]}])
def non_neg_makes_float32_of_float64(arguments: Arguments, output: Any) -> bool:
    """NonNeg returns float32 for float64, in which 0.1 is 0.10000000149."""
    return bool(output[1] == "float32" and round(output[0][0], 11) == 0.10000000149 and output[0][1] == 0.0)


@experiment(non_neg, [{"type_in": name, "weights": [0.5, -0.5]} for name in ("float16", "float64")], errors=True)
def non_neg_takes_nothing_but_float32(arguments: Arguments, output: Any) -> bool:
    """NonNeg raises an InvalidArgumentError for float16 and float64."""
    return is_refused(output, "InvalidArgumentError")
