"""PyTorch's Embedding with max_norm: what each look-up writes, and when."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from conformance.claims.experiment import Arguments, experiment
from conformance.claims.experiments.numbers import ROUNDOFF, float32
from conformance.claims.experiments.torch_modules import a_look_up, a_step, looked_up
from conformance.claims.experiments.torch_renorm import EPSILON, is_bounded

if TYPE_CHECKING:
    import torch


def looked_up_in_turn(max_norm: float, rows: list[int], table: list[list[float]]) -> list[list[list[float]]]:
    """The table of an Embedding with max_norm after each of several look-ups of one row."""
    embedding = torch.nn.Embedding.from_pretrained(torch.tensor(table), freeze=False, max_norm=max_norm)
    after = []
    for row in rows:
        embedding(torch.tensor(row))
        after.append(embedding.weight.tolist())
    return after


def trained_and_looked_up(
    max_norm: float, rate: float, row: int, table: list[list[float]]
) -> dict[str, list[list[float]]]:
    """The table after one step of SGD on the sum of a row, and after that row is looked up again."""
    embedding = torch.nn.Embedding.from_pretrained(torch.tensor(table), freeze=False, max_norm=max_norm)
    optimizer = torch.optim.SGD(embedding.parameters(), lr=rate)
    embedding(torch.tensor(row)).sum().backward()
    optimizer.step()
    after_step = embedding.weight.tolist()
    embedding(torch.tensor(row))
    return {"after_step": after_step, "after_look_up": embedding.weight.tolist()}


def looked_up_in_mode(
    max_norm: float, row: int, table: list[list[float]], is_eval: bool, no_grad: bool, freeze: bool
) -> dict[str, list[list[float]]]:
    """The table that an Embedding had, seen after a look-up in a mode, and the vector that came out."""
    embedding = torch.nn.Embedding.from_pretrained(torch.tensor(table), freeze=freeze, max_norm=max_norm)
    embedding.train(not is_eval)
    weight = embedding.weight.detach()  # it shares the memory of the weight
    with torch.set_grad_enabled(not no_grad):
        vector = embedding(torch.tensor([row]))
    return {"weight": weight.tolist(), "vector": vector.tolist()}


def padding_gradient(max_norm: float, rate: float, row: int, table: list[list[float]]) -> dict[str, list[list[float]]]:
    """The gradient and the table after a step in which the padding is looked up, with all other rows."""
    embedding = torch.nn.Embedding.from_pretrained(
        torch.tensor(table), freeze=False, padding_idx=row, max_norm=max_norm
    )
    optimizer = torch.optim.SGD(embedding.parameters(), lr=rate)
    embedding(torch.arange(len(table))).sum().backward()
    gradient = embedding.weight.grad.tolist()
    optimizer.step()
    return {"gradient": gradient, "table": embedding.weight.tolist()}


def renormalised(vector: NDArray[np.float64], max_norm: float) -> NDArray[np.float64]:
    """A vector after a look-up: multiplied by max_norm / (N + 1e-7) where its norm N is above max_norm."""
    norm = float(np.linalg.norm(vector))
    return vector * (max_norm / (norm + EPSILON)) if norm > max_norm else vector


def look_ups(random: Random) -> Arguments:
    """A table, and the order in which some of its rows are looked up."""
    arguments = a_look_up(random)
    count = len(arguments["table"])
    rows = random.sample(range(count), random.randint(1, count))
    return {"max_norm": arguments["max_norm"], "rows": rows, "table": arguments["table"]}


@experiment(looked_up_in_turn, look_ups, trials=12, keep=("rows", "table"))
def torch_embedding_changes_only_what_it_looks_up(arguments: Arguments, output: Any) -> list[bool]:
    """After each look-up the vectors looked up so far are renormalised, and all others keep their bits."""
    before, truths = float32(arguments["table"]), []
    for step, table in enumerate(output):
        seen = arguments["rows"][: step + 1]
        for row, (old, new) in enumerate(zip(before, float32(table), strict=True)):
            wanted = is_bounded(old, new, arguments["max_norm"]) if row in seen else np.array_equal(old, new)
            truths.append(wanted)
    return truths


@experiment(trained_and_looked_up, a_step, trials=12, keep=("row", "table"))
def torch_embedding_renormalises_ahead_of_the_step(arguments: Arguments, output: Any) -> list[bool]:
    """A step of SGD moves the renormalised vector by the learning rate times its gradient, and no further."""
    before = renormalised(float32(arguments["table"])[arguments["row"]], arguments["max_norm"])
    wanted = before - arguments["rate"]  # the gradient of a sum is one
    room = (before.size + 10) * ROUNDOFF * (np.abs(before) + arguments["rate"])
    return list(np.abs(output["after_step"][arguments["row"]] - wanted) <= room)


@experiment(trained_and_looked_up, a_step, trials=12, keep=("row", "table"))
def torch_embedding_is_bounded_again_by_the_next_look_up(arguments: Arguments, output: Any) -> bool:
    """After the next look-up the norm of the vector is what the step made of it, or max_norm where that is larger."""
    before, after = (float32(output[name])[arguments["row"]] for name in ("after_step", "after_look_up"))
    return is_bounded(before, after, arguments["max_norm"])


def any_negative_bound(random: Random) -> Arguments:
    """A look-up of a vector of any size with a max_norm below zero."""
    arguments = a_look_up(random)
    table = np.array(arguments["table"]) * random.choice((0.0, 1e-6, 1.0, 100.0))
    return {**arguments, "table": float32(table).tolist(), "max_norm": -arguments["max_norm"]}


@experiment(looked_up, any_negative_bound, trials=16, keep=("row", "table"))
def torch_embedding_turns_vectors_round_at_a_negative_max_norm(arguments: Arguments, output: Any) -> list[bool] | None:
    """With a negative max_norm a looked-up vector, of norm N, becomes w * max_norm / (N + 1e-7), small ones too."""
    if arguments["max_norm"] >= 0.0:
        return None
    before, after = (float32(table)[arguments["row"]] for table in (arguments["table"], output))
    wanted = renormalised(before, arguments["max_norm"])
    return list(np.abs(after - wanted) <= (before.size + 8) * ROUNDOFF * np.abs(wanted))


def in_any_mode(random: Random) -> Arguments:
    """A look-up in each combination of modes."""
    modes = {name: random.random() < 0.5 for name in ("is_eval", "no_grad", "freeze")}
    return {**a_look_up(random), **modes}


@experiment(looked_up_in_mode, in_any_mode, trials=24, keep=("row", "table"))
def torch_embedding_writes_in_every_mode(arguments: Arguments, output: Any) -> list[bool]:
    """A look-up renormalises the vector in the weight's own memory, in train or eval mode, with gradients or without.

    The weight may be frozen.
    """
    before, after = (float32(table)[arguments["row"]] for table in (arguments["table"], output["weight"]))
    wanted = renormalised(before, arguments["max_norm"])
    close = np.abs(after - wanted) <= (before.size + 8) * ROUNDOFF * np.abs(wanted)
    return [*close, np.array_equal(after, float32(output["vector"])[0])]


@experiment(padding_gradient, a_step, trials=12, keep=("row", "table"))
def torch_embedding_renormalises_its_padding_vector(arguments: Arguments, output: Any) -> list[bool]:
    """The vector at padding_idx has a gradient of zero, others one of ones; a look-up renormalises it all the same."""
    row, gradient = arguments["row"], float32(output["gradient"])
    before, after = float32(arguments["table"])[row], float32(output["table"])[row]
    others = np.delete(gradient, row, axis=0)
    return [not np.any(gradient[row]), bool((others == 1.0).all()), is_bounded(before, after, arguments["max_norm"])]
