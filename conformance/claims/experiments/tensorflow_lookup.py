"""The max_norm of TensorFlow's look-ups of embeddings."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

import numpy as np

from conformance.claims.experiment import Arguments, experiment
from conformance.claims.experiments.numbers import ROUNDOFF, float32, normals
from reference.formats import FLOAT32

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


def clipped_rows(table: Any, max_norm: float) -> Any:
    """The rows of a table times min(1, max_norm / norm)."""
    before, norms = np.array(table), norms_of(table)
    return before * np.minimum(1.0, max_norm / np.where(norms > 0.0, norms, 1.0))[:, None]


def drawn_table(random: Random) -> Arguments:
    """A table of any float32 numbers, of which most rows are inside the bound."""
    max_norm, width = float(float32(random.uniform(0.1, 9.0))), random.randint(1, 4)
    rows = normals(random, 6, width, scale=0.3 * max_norm)
    return {"table": rows, "max_norm": max_norm}


@experiment(look_up, drawn_table, trials=12)
def rows_inside_are_multiplied_and_divided_by_max_norm(arguments: Arguments, output: Any) -> list[bool] | None:
    """A row whose norm is at most 0.99 max_norm comes out as row * max_norm / max_norm, each rounded to float32."""
    before, bound = float32(arguments["table"]), np.float32(arguments["max_norm"])
    wanted = (before.astype(np.float32) * bound / bound).astype(np.float64)
    inside = norms_of(before) <= 0.99 * arguments["max_norm"]
    pairs = zip(wanted[inside], float32(output["rows"])[inside], strict=True)
    return [np.array_equal(*pair) for pair in pairs] or None


@experiment(look_up, drawn_table, trials=12)
def table_keeps_its_bits(arguments: Arguments, output: Any) -> list[bool]:
    """After the look-up each row of the table has the bits that it had."""
    return [np.array_equal(*pair) for pair in zip(float32(arguments["table"]), float32(output["table"]), strict=True)]


def table_of_any_size(random: Random) -> Arguments:
    """A table with rows of zeros, of weights whose squares underflow and of others, and a bound of zero."""
    sizes = (0.0, 10.0 ** random.uniform(-37.0, -23.5), 10.0 ** random.uniform(-18.0, 18.0))
    width = random.randint(1, 4)
    rows = [[random.uniform(0.5, 1.0) * size for _ in range(width)] for size in sizes]
    return {"table": float32(rows).tolist(), "max_norm": 0.0}


@experiment(look_up, table_of_any_size, keep=("max_norm",))
def max_norm_zero_makes_nan_of_zeros_and_zeros_of_others(arguments: Arguments, output: Any) -> list[bool] | None:
    """With max_norm 0 a row of zeros, or one whose squares all underflow, comes out as NaN, and any other as zeros."""
    if arguments["max_norm"] != 0.0:
        return None
    truths = []
    for before, after in zip(float32(arguments["table"]), output["rows"], strict=True):
        squares = np.square(before)
        if (squares > FLOAT32.smallest_normal).any():
            truths.append(not np.any(after))
        elif (squares < FLOAT32.smallest_normal / 2.0**24).all():
            truths.append(bool(np.all(np.isnan(after))))
    return truths or None


def look_up_ragged_rows(
    version: int, table: list[list[float]], max_norm: float, lengths: list[int]
) -> list[list[float]]:
    """The rows looked up by the function of version 1 or 2 with ragged ids, of so many in each of their rows."""
    function = tf.compat.v1.nn.embedding_lookup if version == 1 else tf.nn.embedding_lookup
    ids = tf.RaggedTensor.from_row_lengths(tf.range(sum(lengths)), lengths)
    rows: list[list[float]] = function(tf.constant(table), ids, max_norm=max_norm).values.numpy().tolist()
    return rows


def lengths_of(random: Random, least: int) -> list[int]:
    """How a table of four rows is spread over a few entries."""
    first = random.randint(1, 3)
    return random.choice(([first, 4 - first], [4], [1, 1, 2], *([[first, 0, 4 - first]] if least == 0 else [])))


@experiment(
    look_up_ragged_rows,
    lambda random: {"version": random.choice((1, 2)), **table(random), "lengths": lengths_of(random, 0)},
    trials=16,
    keep=("version", "table", "lengths"),
)
def ragged_ids_give_clipped_rows(arguments: Arguments, output: Any) -> list[bool]:
    """With ragged ids each row comes out as the row of the table times min(1, max_norm / norm), up to its roundings."""
    wanted = clipped_rows(arguments["table"], arguments["max_norm"])
    close = np.abs(np.array(output) - wanted) <= roundings(arguments["table"]) * np.abs(wanted)
    return [bool(row.all()) for row in close]


def look_up_combined(table: list[list[float]], max_norm: float, lengths: list[int], combiner: str) -> list[list[float]]:
    """All rows looked up and combined, so many in each entry."""
    entries = [[entry, place] for entry, length in enumerate(lengths) for place in range(length)]
    ids = tf.SparseTensor(entries, tf.range(len(entries), dtype=tf.int64), [len(lengths), max(lengths)])
    combined = tf.nn.safe_embedding_lookup_sparse(tf.constant(table), ids, max_norm=max_norm, combiner=combiner)
    rows: list[list[float]] = combined.numpy().tolist()
    return rows


@experiment(
    look_up_combined,
    lambda random: {
        **table(random),
        "lengths": lengths_of(random, 1),
        "combiner": random.choice(("sum", "mean", "sqrtn")),
    },
    trials=16,
    keep=("table", "lengths", "combiner"),
)
def safe_look_up_combines_clipped_rows(arguments: Arguments, output: Any) -> list[bool]:
    """What comes out combines rows of the table times min(1, max_norm / norm): shorter rows as they are."""
    rows, start, truths = clipped_rows(arguments["table"], arguments["max_norm"]), 0, []
    for length, found in zip(arguments["lengths"], output, strict=True):
        some, start = rows[start : start + length], start + length
        divisor = {"sum": 1.0, "mean": float(length), "sqrtn": np.sqrt(length)}[arguments["combiner"]]
        room = (roundings(arguments["table"]) + (length + 3) * ROUNDOFF) * np.sum(np.abs(some), axis=0) / divisor
        truths.append(bool((np.abs(np.array(found) - np.sum(some, axis=0) / divisor) <= room).all()))
    return truths
