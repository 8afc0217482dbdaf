"""PyTorch's modules with bounds on norms: embeddings and weight_norm."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

import numpy as np

from conformance.claims.experiment import Arguments, Raised, experiment
from conformance.claims.experiments.numbers import float32, normals
from conformance.claims.experiments.torch_renorm import UNIT_ROUNDOFF, is_bounded, moderate, slack

if TYPE_CHECKING:
    import torch


def looked_up(max_norm: float, row: int, table: list[list[float]]) -> list[list[float]]:
    """The table of an Embedding with max_norm after a look-up of one row."""
    embedding = torch.nn.Embedding.from_pretrained(torch.tensor(table), freeze=False, max_norm=max_norm)
    embedding(torch.tensor(row))
    after: list[list[float]] = embedding.weight.tolist()
    return after


def looked_up_in_eval(max_norm: float, row: int, table: list[list[float]]) -> list[list[float]]:
    """The table of a frozen Embedding with max_norm after a look-up in eval mode and without gradients."""
    embedding = torch.nn.Embedding.from_pretrained(torch.tensor(table), freeze=True, max_norm=max_norm).eval()
    with torch.no_grad():
        embedding(torch.tensor(row))
    after: list[list[float]] = embedding.weight.tolist()
    return after


def trained(max_norm: float, rate: float, row: int, table: list[list[float]]) -> list[list[float]]:
    """The table of an Embedding with max_norm after one step of SGD on the sum of a row."""
    embedding = torch.nn.Embedding.from_pretrained(torch.tensor(table), freeze=False, max_norm=max_norm)
    optimizer = torch.optim.SGD(embedding.parameters(), lr=rate)
    embedding(torch.tensor(row)).sum().backward()
    optimizer.step()
    after: list[list[float]] = embedding.weight.tolist()
    return after


def trained_on_padding(max_norm: float, rate: float, row: int, table: list[list[float]]) -> list[list[float]]:
    """The same where that row is the padding."""
    embedding = torch.nn.Embedding.from_pretrained(
        torch.tensor(table), freeze=False, padding_idx=row, max_norm=max_norm
    )
    optimizer = torch.optim.SGD(embedding.parameters(), lr=rate)
    embedding(torch.tensor(row)).sum().backward()
    optimizer.step()
    after: list[list[float]] = embedding.weight.tolist()
    return after


def a_look_up(random: Random) -> Arguments:
    """A table with vectors on both sides of max_norm, and a row of it."""
    max_norm, count = random.choice((0.5, 1.0, 2.0)), random.randint(2, 4)
    row = random.randrange(count)
    return {"max_norm": max_norm, "row": row, "table": normals(random, count, 2, scale=max_norm)}


def a_step(random: Random) -> Arguments:
    """The same with a learning rate."""
    return {**a_look_up(random), "rate": random.choice((0.5, 1.0))}


@experiment(looked_up, a_look_up)
def torch_embedding_bounds_every_vector(arguments: Arguments, output: Any) -> list[bool]:
    """After a look-up the norm of every vector of the table is at most max_norm, up to n + 4 roundings."""
    bound = arguments["max_norm"]
    return [bool(np.linalg.norm(row) <= bound + slack(row.size, bound)) for row in float32(output)]


@experiment(looked_up, a_look_up)
def torch_embedding_bounds_what_it_looks_up(arguments: Arguments, output: Any) -> bool:
    """The norm of the vector that is looked up is what it was, or max_norm where it was larger."""
    before, after = float32(arguments["table"])[arguments["row"]], float32(output)[arguments["row"]]
    return is_bounded(before, after, arguments["max_norm"])


@experiment(looked_up, a_look_up, trials=16)
def torch_embedding_forward_changes_larger_vectors(arguments: Arguments, output: Any) -> bool | None:
    """A vector whose norm is above max_norm is another one in the table after it has been looked up."""
    before, after = float32(arguments["table"])[arguments["row"]], float32(output)[arguments["row"]]
    larger = np.linalg.norm(before) > arguments["max_norm"] + slack(before.size, arguments["max_norm"])
    return not np.array_equal(before, after) if larger else None


@experiment(looked_up_in_eval, a_look_up)
def torch_embedding_keeps_its_table_in_eval(arguments: Arguments, output: Any) -> list[bool]:
    """A look-up in eval mode and under no_grad leaves every vector of the table as it is."""
    return [np.array_equal(*pair) for pair in zip(float32(arguments["table"]), float32(output), strict=True)]


@experiment(trained_on_padding, a_step)
def torch_embedding_keeps_its_padding_vector(arguments: Arguments, output: Any) -> bool:
    """The vector at padding_idx is the same after a training step that looks it up."""
    return np.array_equal(float32(arguments["table"])[arguments["row"]], float32(output)[arguments["row"]])


@experiment(trained, a_step)
def torch_embedding_stays_bounded_after_a_step(arguments: Arguments, output: Any) -> bool:
    """The norm of the vector that was looked up is at most max_norm after the optimizer's step, up to roundings."""
    after, bound = float32(output)[arguments["row"]], arguments["max_norm"]
    return bool(np.linalg.norm(after) <= bound + slack(after.size, bound))


def a_negative_bound(random: Random) -> Arguments:
    """A look-up with a max_norm below zero."""
    arguments = a_look_up(random)
    return {**arguments, "max_norm": -arguments["max_norm"]}


@experiment(looked_up, a_negative_bound, errors=True)
def torch_embedding_refuses_a_negative_max_norm(arguments: Arguments, output: Any) -> bool | None:
    """An Embedding raises an error where max_norm is negative."""
    return isinstance(output, Raised) if arguments["max_norm"] < 0.0 else None


def magnitudes(dim: int, w: list[list[float]]) -> list[float]:
    """The magnitudes into which weight_norm takes the weight of a Linear layer apart."""
    layer = torch.nn.Linear(len(w[0]), len(w))
    layer.weight.data = torch.tensor(w)
    torch.nn.utils.parametrizations.weight_norm(layer, dim=dim)
    result: list[float] = layer.parametrizations.weight.original0.flatten().tolist()
    return result


def a_matrix(random: Random) -> Arguments:
    """A matrix and one of its dimensions."""
    arguments = moderate(random)
    return {"dim": arguments["dim"], "w": arguments["w"]}


def _are_norms(output: Any, w: Any, axis: int) -> bool:
    norms = np.linalg.norm(float32(w), axis=axis)
    roundings = (np.shape(w)[axis] + 4) * UNIT_ROUNDOFF["float32"]
    return np.shape(output) == norms.shape and bool(np.all(np.abs(norms - output) <= roundings * norms))


@experiment(magnitudes, a_matrix, keep=("dim",))
def torch_weight_norm_takes_the_norm_over_dim(arguments: Arguments, output: Any) -> bool:
    """The magnitudes are the norms over dim, as torch.norm takes them."""
    return _are_norms(output, arguments["w"], arguments["dim"])


@experiment(magnitudes, a_matrix, keep=("dim",))
def torch_weight_norm_keeps_dim(arguments: Arguments, output: Any) -> bool:
    """The magnitudes are the norms of the slices at each index of dim."""
    return _are_norms(output, arguments["w"], 1 - arguments["dim"])


def magnitudes_of_convolution(dim: int, w: list[list[list[float]]]) -> list[float]:
    """The magnitudes into which weight_norm takes the weight of a Conv1d layer apart."""
    layer = torch.nn.Conv1d(len(w[0]), len(w), len(w[0][0]))
    layer.weight.data = torch.tensor(w)
    torch.nn.utils.parametrizations.weight_norm(layer, dim=dim)
    result: list[float] = layer.parametrizations.weight.original0.flatten().tolist()
    return result


def a_convolution(random: Random) -> Arguments:
    """A weight of rank 3 and one of its dimensions."""
    shape = [random.randint(1, 4) for _ in range(3)]
    return {"dim": random.randint(0, 2), "w": normals(random, *shape)}


@experiment(magnitudes_of_convolution, a_convolution, trials=16, keep=("dim", "w"))
def torch_weight_norm_takes_the_norm_over_all_other_dimensions(arguments: Arguments, output: Any) -> bool:
    """In rank 3 there is a magnitude for each index of dim, the norm of the slice at that index."""
    slices = np.moveaxis(float32(arguments["w"]), arguments["dim"], 0)
    return _are_norms(output, slices.reshape(len(slices), -1), 1)
