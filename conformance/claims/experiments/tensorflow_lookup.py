"""The max_norm of TensorFlow's look-ups of embeddings."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

import numpy as np

from conformance.claims.experiment import Arguments, experiment
from conformance.claims.experiments.numbers import ROUNDOFF

if TYPE_CHECKING:
    import tensorflow as tf


def look_up(table: list[list[float]], max_norm: float) -> dict[str, list[list[float]]]:
    """All rows looked up with max_norm, and the table afterwards."""
    variable = tf.Variable(table)
    rows = tf.nn.embedding_lookup(variable, tf.range(len(table)), max_norm=max_norm)
    return {"rows": rows.numpy().tolist(), "table": variable.numpy().tolist()}


def look_up_ragged(table: list[list[float]], max_norm: float) -> list[list[list[float]]]:
    """All rows looked up by the function of version 1 with ragged ids."""
    ids = tf.ragged.constant([[row] for row in range(len(table))])
    rows: list[list[list[float]]] = tf.compat.v1.nn.embedding_lookup(
        tf.constant(table), ids, max_norm=max_norm
    ).to_list()
    return rows


def look_up_sparse(table: list[list[float]], max_norm: float) -> list[list[float]]:
    """All rows looked up, one for each entry."""
    entries = [[row, 0] for row in range(len(table))]
    ids = tf.SparseTensor(entries, tf.range(len(table), dtype=tf.int64), [len(table), 1])
    rows: list[list[float]] = (
        tf.nn.safe_embedding_lookup_sparse(tf.constant(table), ids, max_norm=max_norm).numpy().tolist()
    )
    return rows


def table(random: Random) -> Arguments:
    """A table of quarters whose rows are small, large or zero."""
    width = random.randint(1, 4)
    sizes = [0, 1, 8, random.randint(1, 24)]
    rows = [[random.randint(-size, size) / 4.0 for _ in range(width)] for size in sizes]
    return {"table": rows, "max_norm": random.choice([1.0, 2.0])}


def table_and_bound_of_zero(random: Random) -> Arguments:
    return {**table(random), "max_norm": 0.0}


def norms_of(rows: Any) -> Any:
    return np.linalg.norm(np.asarray(rows, dtype=np.float64), axis=-1)


def roundings(rows: Any) -> float:
    """What a row is off at most, relatively: its squares, their sum, its root and two more operations."""
    return float((np.shape(rows)[-1] + 6) * ROUNDOFF)


@experiment(look_up, table)
def looked_up_rows_are_clipped(arguments: Arguments, output: Any) -> list[bool]:
    """Each row that comes out is the row of the table times min(1, max_norm / norm), up to its roundings."""
    before, norms = np.array(arguments["table"]), norms_of(arguments["table"])
    wanted = before * np.minimum(1.0, arguments["max_norm"] / np.where(norms > 0.0, norms, 1.0))[:, None]
    close = np.abs(np.array(output["rows"]) - wanted) <= roundings(before) * np.abs(wanted)
    return [bool(row.all()) for row in close]


@experiment(look_up, table)
def looking_up_clips_the_table(arguments: Arguments, output: Any) -> list[bool]:
    """After the look-up the norm of each row of the table is at most max_norm, up to its roundings."""
    return [
        bool(norm <= arguments["max_norm"] * (1.0 + roundings(arguments["table"])))
        for norm in norms_of(output["table"])
    ]


@experiment(look_up, table_and_bound_of_zero, keep=("max_norm",))
def max_norm_zero_gives_zeros(arguments: Arguments, output: Any) -> list[bool]:
    """With max_norm 0 all rows that come out are zero."""
    return [not np.any(row) for row in output["rows"]]


@experiment(look_up_ragged, table)
def ragged_ids_ignore_max_norm(arguments: Arguments, output: Any) -> list[bool]:
    """With ragged ids each row comes out as the table has it, for any max_norm, up to 3 units of roundoff."""
    close = np.abs(np.array(output)[:, 0] - arguments["table"]) <= 3.0 * ROUNDOFF * np.abs(arguments["table"])
    return [bool(row.all()) for row in close]


@experiment(look_up_sparse, table)
def safe_look_up_gives_norm_max_norm(arguments: Arguments, output: Any) -> list[bool] | None:
    """The norm of each row that comes out, of a row that is not zero, is max_norm, up to its roundings."""
    apart = np.abs(norms_of(output) - arguments["max_norm"]) <= roundings(arguments["table"]) * arguments["max_norm"]
    return [bool(differs) for differs in apart[norms_of(arguments["table"]) > 0.0]] or None
