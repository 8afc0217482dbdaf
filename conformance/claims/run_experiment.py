"""Trying an experiment on a stack: its program in the worker, the smallest counterexample, and its snippet."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

import numpy as np

from conformance.claims.evidence import Counterexample, Evidence, Series
from conformance.claims.experiment import Experiment, Given, Raised, source
from conformance.claims.prelude import prelude
from conformance.errors import NotTried
from conformance.stacks.programs import execute
from conformance.stacks.workers import Worker

# programs may train for a thousand steps, and compile
TIMEOUT = 300.0
# for each trial of an experiment, of which costly ones have few: how many smaller arguments are tried at once, and how
# often there is another round
TOGETHER, ROUNDS = 3, 1.5

# the program's text comes in front of this, which runs it on each of several arguments
HARNESS = """
import json
for given in json.loads({trials!r}):
    try:
        print(json.dumps({{"came": {name}(**given)}}))
    except Exception as error:
        print(json.dumps({{"type": type(error).__name__, "message": str(error)[:2000]}}))
"""


def try_experiment(one: Experiment, worker: Worker, fresh: Worker, seed: int) -> Evidence:
    """What came of all trials on a stack; raises NotTried."""
    evidence = Evidence(one.name, one.sentence)
    trials = one.drawn(f"{seed} {one.name}")
    broken: tuple[Given, Any] | None = None
    for place, (given, came) in enumerate(zip(trials, _run(one, worker, trials), strict=True)):
        if isinstance(came, Raised) and not one.errors:
            raise NotTried(f"{_name(one)} raised {came.type}: {came.message}")
        truths = one.truths(given, came)
        if truths is None:
            continue
        evidence.tried += len(truths)
        evidence.broken += truths.count(False)
        if place == 0 and one.picture is not None:
            lines = {name: [float(y) for y in line] for name, line in one.picture.lines(came).items()}
            evidence.series = Series(one.picture.title, one.picture.x, lines)
        if broken is None and False in truths:
            broken = given, came
    if not evidence.tried:
        raise NotTried(f"no trial of {one.name} says anything")
    if broken is not None:
        smallest = broken if not callable(one.given) else _reduced(one, worker, *broken)
        evidence.counterexample = _shown(one, worker, fresh, *smallest)
    else:
        evidence.example = _shown(one, worker, fresh, *_plainest(one, worker, trials))
    return evidence


def _plainest(one: Experiment, worker: Worker, trials: Sequence[Given]) -> tuple[Given, Any]:
    given = min(trials, key=lambda trial: len(json.dumps(trial)))
    return given, _run(one, worker, [given])[0]


def _run(one: Experiment, worker: Worker, trials: Sequence[Given]) -> list[Any]:
    text = prelude(worker) + source(one.program) + HARNESS.format(trials=json.dumps(trials), name=_name(one))
    ran = execute(text, worker, TIMEOUT)
    if ran.error:
        why = ran.message if ran.lost else f"{ran.error}: {ran.message}"
        raise NotTried(f"{_name(one)} could not be run: {why}")
    # a framework may print something too; ours are the last lines
    lines = [json.loads(line) for line in ran.stdout.splitlines()[-len(trials) :]]
    return [line["came"] if "came" in line else Raised(line["type"], line["message"]) for line in lines]


def _name(one: Experiment) -> str:
    return str(one.program.__name__)


def _reduced(one: Experiment, worker: Worker, given: Given, came: Any) -> tuple[Given, Any]:
    """The smallest arguments found for which the property is broken in the same way."""
    for _ in range(round(ROUNDS * one.trials)):
        candidates = list(islice(_simpler(given, one.keep), TOGETHER * one.trials))
        if not candidates:
            break
        for candidate, result in zip(candidates, _run(one, worker, candidates), strict=True):
            # what fails otherwise, or for the first time, is another thing
            same = isinstance(result, Raised) == isinstance(came, Raised)
            if same and False in (one.truths(candidate, result) or ()):
                given, came = candidate, result
                break
        else:
            break
    return given, came


def _simpler(given: Given, keep: Sequence[str]) -> Iterator[Given]:
    for name, value in given.items():
        if name not in keep:
            for candidate in _simpler_value(value):
                yield {**given, name: candidate}


def _simpler_value(value: Any) -> Iterator[Any]:
    if isinstance(value, bool):
        return
    if isinstance(value, int):
        yield from sorted({1, 2, value // 2} - {value} if value > 2 else {1} - {value})
    elif isinstance(value, float):
        yield from _simpler_number(value)
    elif isinstance(value, list):
        try:
            array = np.asarray(value)
        except ValueError:  # lists of several lengths
            return
        # whole numbers stay whole
        for smaller in _simpler_array(array) if array.dtype.kind in "if" else ():
            yield smaller.tolist()


def _simpler_number(value: float) -> Iterator[float]:
    for candidate in (1.0, 2.0, 3.0, float(f"{value:.1g}"), float(f"{value:.2g}")):
        if candidate == value:
            return
        if math.isfinite(candidate):
            yield candidate


def _simpler_array(array: np.ndarray) -> Iterator[np.ndarray]:
    for dimension, size in enumerate(array.shape):
        if size > 1:
            yield np.take(array, range(size // 2), axis=dimension)
            yield np.take(array, range(size // 2, size), axis=dimension)
    if array.size <= 8:
        for place, value in enumerate(array.ravel().tolist()):
            for candidate in _simpler_number(value):
                changed = array.copy()
                changed.flat[place] = candidate
                yield changed


def _written(value: Any) -> str:
    """An argument as Python writes it, where infinity has no name."""
    if isinstance(value, list):
        return f"[{', '.join(map(_written, value))}]"
    return repr(value) if not isinstance(value, float) or math.isfinite(value) else f'float("{value}")'


def _shown(one: Experiment, worker: Worker, fresh: Worker, given: Given, came: Any) -> Counterexample:
    """The call in words, and the whole program with what it printed in a fresh process."""
    arguments = ", ".join(f"{name}={_written(value)}" for name, value in given.items())
    call = f"{_name(one)}({arguments})"
    text = f"{prelude(worker)}{source(one.program)}\n\nprint({call})\n"
    observed = f"raised {came.type}: {came.message}" if isinstance(came, Raised) else repr(came)
    ran = execute(text, fresh, TIMEOUT)
    if ran.error:
        reproduces = not ran.lost and isinstance(came, Raised) and came.type == ran.error
        return Counterexample(call, observed, text, ran.printed, reproduces)
    return Counterexample(call, observed, text, ran.printed, ran.stdout.rpartition("\n")[2] == observed)
