"""Every property of a claim can fail and can hold: what was recorded of it is bent until it does the other thing."""

from __future__ import annotations

import ast
import json
import math
from collections.abc import Callable, Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from conformance.claims.experiment import Arguments, Experiment, Raised, discover_experiments

PUBLISHED = Path(__file__).parents[3] / "reports" / "published" / "report.json"
Bend = Callable[[Any], Any]
Trial = dict[str, Any]  # as it is recorded
Recorded = dict[str, list[tuple[Trial, int, int]]]


def parsed(text: str) -> Any:
    """What a program printed, as data; what it raised, as that."""
    if text.startswith("raised "):
        kind, _, message = text.removeprefix("raised ").partition(": ")
        return Raised(kind, message)
    words = {"nan": math.nan, "inf": math.inf}
    return eval(text, {"__builtins__": {}}, words)


def arguments(trial: Trial) -> Arguments:
    """The arguments of a recorded call."""
    call = ast.parse(trial["call"], mode="eval").body
    assert isinstance(call, ast.Call)
    words = {"__builtins__": {}, "float": float}
    return {str(keyword.arg): eval(ast.unparse(keyword.value), words) for keyword in call.keywords}


def everywhere(data: Any, bend: Bend) -> Any:
    """The data with every leaf bent."""
    if isinstance(data, dict):
        return {name: everywhere(value, bend) for name, value in data.items()}
    return [everywhere(value, bend) for value in data] if isinstance(data, list) else bend(data)


def once(data: Any, bend: Bend) -> Any:
    """The data with its first leaf bent."""
    left = [True]

    def first(leaf: Any) -> Any:
        fresh, left[0] = left[0], False
        return bend(leaf) if fresh else leaf

    return everywhere(data, first)


def number(bend: Callable[[float], float]) -> Bend:
    """A bend of numbers only."""
    return lambda leaf: bend(leaf) if isinstance(leaf, (int, float)) and not isinstance(leaf, bool) else leaf


BENDS: tuple[Bend, ...] = (
    *(number(lambda x, f=factor: x * f) for factor in (1.01, 2.0, 0.5, 0.0, -1.0, 1e6)),  # type: ignore[misc]
    *(number(lambda x, t=term: x + t) for term in (1.0, -1.0, 1e3)),  # type: ignore[misc]
    number(lambda x: math.nan),
    number(lambda x: math.inf),
    lambda leaf: not leaf if isinstance(leaf, bool) else leaf,
    lambda leaf: leaf + "x" if isinstance(leaf, str) else leaf,
)


def others(arguments: Arguments, output: Any) -> Iterator[Any]:
    """What else could have come: everything bent, the first number bent, an error, what was given, ends exchanged."""
    for bend in BENDS:
        yield everywhere(output, bend)
        yield once(output, bend)
    kinds = ("ValueError", "TypeError", "IndexError", "RuntimeError", "InvalidArgumentError", "OtherError")
    yield from (Raised(kind, "") for kind in kinds)
    yield arguments
    sizes = [value for value in arguments.values() if isinstance(value, int)]
    # what equal weights of a group with the norm 1 are
    equal = [1.0 / math.sqrt(one * other) for one, other in combinations(sizes, 2) if one * other > 0]
    for matrix in (value for value in arguments.values() if np.ndim(value) == 2):
        yield from (np.linalg.norm(np.float32(matrix).astype(float), axis=axis).tolist() for axis in (0, 1))
    for value in (0.0, 1.0, *equal, *arguments.values(), *leaves(list(arguments.values()))):
        yield from (value, [value])
        if isinstance(value, (int, float)):  # all numbers alike, as where a norm is what it should be
            yield everywhere(output, number(lambda x, v=value: float(v)))  # type: ignore[misc]
            yield from of_norm(output, value)
    if isinstance(output, list):
        yield output[::-1]
        yield [output[0] for _ in output] if output else output


def leaves(data: Any) -> Iterator[Any]:
    """What is in lists, and in lists in them."""
    for each in data:
        if isinstance(each, list):
            yield from leaves(each)
        else:
            yield each


def of_norm(output: Any, norm: float) -> Iterator[Any]:
    """The same direction with another norm, where the output is a matrix of numbers."""
    try:
        matrix = np.array(output, float)
    except (TypeError, ValueError):  # no numbers, or rows of several lengths
        return
    if matrix.ndim == 2 and matrix.any():
        yield (matrix * (norm / np.linalg.norm(matrix))).tolist()


def scaled_by_rows(arguments: Arguments, output: Any) -> Any:
    """What the kernel would be if each row were multiplied by the gain of its own norm."""
    kernel = np.asarray(output[0])
    norms = np.linalg.norm(kernel, axis=1, keepdims=True)
    wanted = arguments["rate"] * np.clip(norms, 0.0, arguments["max_value"]) + (1.0 - arguments["rate"]) * norms
    return [output[0], (kernel * wanted / (1e-7 + norms)).tolist()]


# what no bend comes to, by the property that it breaks
CRAFTED = {"kernels_of_several_norms_follow_no_one_factor": scaled_by_rows}


def possible(one: Experiment, arguments: Arguments, output: Any) -> Iterator[list[bool]]:
    """What the property says of each of these, where it can say something."""
    crafted = [CRAFTED[one.name](arguments, output)] if one.name in CRAFTED else []
    for other in (*crafted, *others(arguments, output)):
        try:
            truths = one.truths(arguments, other)
        except Exception:  # noqa: BLE001 - no judge has to take what its program cannot return
            continue
        if truths:
            yield truths


@pytest.fixture(scope="module")
def recorded() -> Recorded:
    """Of each experiment in the published report: a trial, how many groups broke it, and of how many."""
    shown: Recorded = {}
    # as JSON: whether it is a sound report is another test's question, and takes long to answer
    for run in json.loads(PUBLISHED.read_text("utf-8"))["runs"]:
        for part in (part for claim in run.get("claims", ()) for part in claim["parts"]):
            trial = part["counterexample"] or part["example"]
            if part["property"] in discover_experiments() and trial is not None:
                shown.setdefault(part["property"], []).append((trial, part["broken"], part["tried"]))
    return shown


def test_every_experiment_is_in_the_published_report(recorded: Recorded) -> None:
    """So that what follows is said of all."""
    assert set(recorded) == set(discover_experiments())


@pytest.mark.parametrize("name", discover_experiments())
def test_a_property_can_fail(name: str, recorded: Recorded) -> None:
    """It was broken, or is by other results than those that came."""
    one = discover_experiments()[name]
    assert any(broken for _, broken, _ in recorded[name]) or any(
        False in truths
        for trial, _, _ in recorded[name]
        for truths in possible(one, arguments(trial), parsed(trial["observed"]))
    )


@pytest.mark.parametrize("name", discover_experiments())
def test_a_property_can_hold(name: str, recorded: Recorded) -> None:
    """It held for some group, or does by other results than those that came."""
    one = discover_experiments()[name]
    assert any(broken < tried for _, broken, tried in recorded[name]) or any(
        all(truths)
        for trial, _, _ in recorded[name]
        for truths in possible(one, arguments(trial), parsed(trial["observed"]))
    )
