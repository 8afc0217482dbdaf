"""Keras constraints on the table of an Embedding layer."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

import numpy as np

from conformance.claims.experiment import Arguments, experiment
from conformance.claims.experiments.numbers import ROUNDOFF

if TYPE_CHECKING:
    import keras


def fit_embedding(
    table: list[list[float]], looked_up: int, constraint: keras.constraints.Constraint
) -> list[list[float]]:
    """The table of an Embedding layer after fit has looked up one row."""
    layer = keras.layers.Embedding(len(table), len(table[0]), embeddings_constraint=constraint)
    model = keras.Sequential([keras.Input((1,), dtype="int32"), layer])
    layer.set_weights([np.array(table, "float32")])
    model.compile(optimizer=keras.optimizers.SGD(0.1), loss="mse", run_eagerly=True)
    model.fit(np.array([[looked_up]]), np.zeros((1, 1, len(table[0]))), verbose=0)
    after: list[list[float]] = np.asarray(layer.get_weights()[0]).tolist()
    return after


def fit_with_default_axis(table: list[list[float]], looked_up: int, max_value: float) -> list[list[float]]:
    """The table after one step under MaxNorm with its default axis."""
    return fit_embedding(table, looked_up, keras.constraints.MaxNorm(max_value))


def fit_with_axis_1(table: list[list[float]], looked_up: int, max_value: float) -> list[list[float]]:
    """The table after one step under MaxNorm with axis=1."""
    return fit_embedding(table, looked_up, keras.constraints.MaxNorm(max_value, axis=1))


def wide_table(random: Random) -> Arguments:
    """A table with more columns than rows, all of whose weights are above max_value."""
    rows = random.randint(2, 3)
    columns = random.randint(2 * rows, 8)
    table = [[random.randint(6, 24) / 4.0 for _ in range(columns)] for _ in range(rows)]
    return {"table": table, "looked_up": 0, "max_value": 1.0}


def bounded(arguments: Arguments, output: Any, axis: int) -> list[bool]:
    """Which norms along the axis are in the bound; the formula of MaxNorm rounds at most n + 6 times for n weights."""
    after = np.asarray(output, dtype=np.float64)
    highest = arguments["max_value"] * (1.0 + (after.shape[axis] + 6) * ROUNDOFF)
    return [bool(norm <= highest) for norm in np.linalg.norm(after, axis=axis)]


@experiment(fit_with_default_axis, wide_table, trials=3, keep=("looked_up",))
def default_axis_bounds_table_columns(arguments: Arguments, output: Any) -> list[bool]:
    """Under MaxNorm(m) the norm of each column of the table is at most m, up to (rows + 6) units of roundoff."""
    return bounded(arguments, output, axis=0)


@experiment(fit_with_default_axis, wide_table, trials=3, keep=("looked_up",))
def default_axis_bounds_each_embedding(arguments: Arguments, output: Any) -> list[bool]:
    """Under MaxNorm(m) the norm of each embedding, a row of the table, is at most m."""
    return bounded(arguments, output, axis=1)


@experiment(fit_with_axis_1, wide_table, trials=3, keep=("looked_up",))
def axis_1_bounds_each_embedding(arguments: Arguments, output: Any) -> list[bool]:
    """Under MaxNorm(m, axis=1) the norm of each row is at most m, up to (columns + 6) units of roundoff."""
    return bounded(arguments, output, axis=1)


@experiment(fit_with_axis_1, wide_table, trials=3, keep=("looked_up",))
def rows_that_are_not_looked_up_stay(arguments: Arguments, output: Any) -> list[bool] | None:
    """Rows outside the bound that no batch looked up keep their bits under MaxNorm(m, axis=1)."""
    before, after = np.array(arguments["table"], dtype=np.float32), np.array(output, dtype=np.float32)
    norms = np.linalg.norm(before.astype(np.float64), axis=1)
    relevant = (np.arange(len(before)) != arguments["looked_up"]) & (norms > 1.01 * arguments["max_value"])
    return (before == after).all(axis=1)[relevant].tolist() if relevant.any() else None
