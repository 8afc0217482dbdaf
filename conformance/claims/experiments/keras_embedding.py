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
    table: list[list[float]], looked_up: int, constraint: keras.constraints.Constraint, optimizer: str = "SGD"
) -> list[list[float]]:
    """The table of an Embedding layer after fit has looked up one row."""
    layer = keras.layers.Embedding(len(table), len(table[0]), embeddings_constraint=constraint)
    model = keras.Sequential([keras.Input((1,), dtype="int32"), layer])
    layer.set_weights([np.array(table, "float32")])
    model.compile(optimizer=getattr(keras.optimizers, optimizer)(0.1), loss="mse", run_eagerly=True)
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


@experiment(fit_with_default_axis, wide_table, trials=3, keep=("looked_up",))
def default_axis_leaves_an_embedding_above(arguments: Arguments, output: Any) -> bool | None:
    """Under MaxNorm(m) a table of twice as many columns as rows, all above m, keeps an embedding of a norm above m."""
    table, top = np.array(arguments["table"]), arguments["max_value"]
    if table.shape[1] < 2 * table.shape[0] or (table < 1.5 * top).any():
        return None
    return bool((np.linalg.norm(output, axis=1) > top * (1.0 + (table.shape[1] + 6) * ROUNDOFF)).any())


def fit_with_axis_1_by(table: list[list[float]], looked_up: int, max_value: float, optimizer: str) -> list[list[float]]:
    """The table after one step of an optimizer under MaxNorm with axis=1."""
    return fit_embedding(table, looked_up, keras.constraints.MaxNorm(max_value, axis=1), optimizer)


def any_table(random: Random) -> Arguments:
    """A table of rows inside and outside the bound, and an optimizer."""
    rows, columns = random.randint(2, 6), random.randint(1, 4)
    table = [[random.choice((0.25, 2.0)) * random.randint(1, 8) / 8.0 for _ in range(columns)] for _ in range(rows)]
    optimizer = random.choice(("SGD", "Adam", "RMSprop"))
    return {"table": table, "looked_up": random.randrange(rows), "max_value": 1.0, "optimizer": optimizer}


@experiment(fit_with_axis_1_by, any_table, trials=4, keep=("looked_up", "table"))
def rows_that_are_not_looked_up_are_scaled(arguments: Arguments, output: Any) -> list[bool]:
    """A step under MaxNorm(m, axis=1) multiplies rows that no batch looked up by min(n, m) / (n + 1e-7), n their norm,
    and leaves the norm of the one that is looked up at most m, but for roundings.
    """
    before, after = np.array(arguments["table"]), np.array(output)
    norms = np.linalg.norm(before, axis=1, keepdims=True)
    wanted = before * (np.minimum(norms, arguments["max_value"]) / (norms + 1e-7))
    near = np.abs(after - wanted) <= (before.shape[1] + 6) * ROUNDOFF * np.abs(wanted)
    looked_up = np.arange(len(before)) == arguments["looked_up"]
    return list(np.where(looked_up, bounded(arguments, output, axis=1), near.all(axis=1)))
