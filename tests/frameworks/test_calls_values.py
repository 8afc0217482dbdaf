"""The calls of frameworks, through their workers: their values against the formula, in every format and mode."""

from __future__ import annotations

import ast
import importlib
import importlib.util
import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from adapters import braindecode, keras1, optax, tensorflow_functions, torch_functions
from adapters.core import arrays
from adapters.core.messages import Apply, NotSupported, Returned, RunProgram
from adapters.core.stack import SINGLE_WEIGHTS, Stack
from conformance.cases.case import Weights
from conformance.processes.process import Process
from conformance.stacks.workers import Worker
from tests.support.minimal_framework import request, weights

MODULES = (torch_functions, tensorflow_functions, optax, braindecode, keras1)
STACKS = {stack.name: stack for module in MODULES for stack in module.STACKS}
# It has columns where the claim to which it is held has rows; its own test is below.
COLUMNS = "braindecode.MaxNormLinear"
MODES = [(stack, mode) for stack in STACKS.values() for mode in stack.mode_names]
FORMATS = {name: [f for f in arrays.FORMATS if (name, f) != ("keras-1-formula", "bfloat16")] for name in STACKS}
WITHOUT_EPSILON = [stack for stack in STACKS.values() if "max_norm" not in stack.contracts]
# Two groups, of norms 5 and 0.625, and the bound between them.
ROWS = [[3.0, 4.0], [0.375, 0.5]]
BOUND = 2.5
PARAMETERS: Mapping[str, Mapping[str, float]] = {
    "renorm": {"maxnorm": BOUND, "epsilon": 1e-7},
    "clip_grad_norm": {"max_norm": BOUND, "epsilon": 1e-6},
    "max_norm": {"max_value": BOUND},
    "clip_by_norm": {"clip_norm": BOUND},
    "l2_ball": {"scale": BOUND},
    "clip_by_value": {"clip_value_min": 0.4375, "clip_value_max": 3.5},
    "non_neg": {},
}
# The result for a weight w in a group of norm n.
FORMULAS: Mapping[str, Callable[[float, float], float]] = {
    "renorm": lambda w, n: w * BOUND / (n + 1e-7) if n > BOUND else w,
    "clip_grad_norm": lambda w, n: w * min(1, BOUND / (n + 1e-6)),
    "max_norm": lambda w, n: w * min(n, BOUND) / (n + 1e-7),
    "clip_by_norm": lambda w, n: w * BOUND / max(n, BOUND),
    "l2_ball": lambda w, n: w * BOUND / max(n, BOUND),
    "clip_by_value": lambda w, n: min(max(w, 0.4375), 3.5),
    "non_neg": lambda w, n: max(w, 0),
}
EXPECTED = {
    name: [[of(w, n) for w in row] for row, n in zip(ROWS, (5.0, 0.625), strict=True)] for name, of in FORMULAS.items()
}
# The largest relative error of one rounding.
ROUNDING = {"float16": 2.0**-11, "bfloat16": 2.0**-8, "float32": 2.0**-24, "float64": 2.0**-53}

WorkerOf = Callable[[Stack], Worker]
each_mode = pytest.mark.parametrize(("stack", "mode"), MODES, ids=[f"{stack.name}:{mode}" for stack, mode in MODES])


def needs_braindecode() -> None:
    """Braindecode is installed, or the test is skipped."""
    if importlib.util.find_spec("braindecode") is None:
        pytest.skip("braindecode, which is no dependency of the suite, is not installed")


@pytest.fixture(scope="module")
def worker_of() -> Iterator[WorkerOf]:
    """The worker of a stack, in the process that it shares."""
    processes: dict[str, Process] = {}

    def of(stack: Stack) -> Worker:
        name = stack.process or stack.name
        process = processes.setdefault(name, Process(name, stack.environment))
        worker = Worker(stack, process=process)
        if stack in braindecode.STACKS:
            needs_braindecode()
        worker.start()
        return worker

    yield of
    for process in processes.values():
        process.stop()


def asked(stack: Stack, values: Any = ROWS, format: str = "float32", **changes: Any) -> Apply:
    """A request for groups that are the rows of a matrix, turned as the stack takes them."""
    array: arrays.Array = np.asarray(values, np.float64)
    axis: tuple[int, ...] = (1,)
    if stack.grouping == optax.UNITS:
        array, axis = array.T, (0,)
    elif stack.grouping == braindecode.OUTPUTS:
        array, axis = array[:, None, None, :], (1, 2, 3)
    elif stack.grouping == SINGLE_WEIGHTS:
        axis = ()
    contract = stack.contracts[0]
    if format == "bfloat16":
        array = array.astype(np.float32).view(np.uint32) >> 16
    given = {"parameters": PARAMETERS[contract], "axis": axis, "weights": weights(array, format)}
    return request(contract, **{"mode": stack.plainest_mode, **given, **changes})


def numbers(result: arrays.Weights) -> Any:
    """A result as an array of float64."""
    return Weights(result.format, result.shape, result.bits).values


def rows(stack: Stack, result: arrays.Weights) -> Any:
    """A result as the rows that were asked for."""
    values = numbers(result)
    return values.T if stack.grouping == optax.UNITS else values.reshape(len(values), -1)


def answered(worker: Worker, message: Apply) -> Returned:
    """What a worker answers where it gives a value."""
    answer = worker.request(message, 300.0)
    assert isinstance(answer, Returned), answer
    return answer


@each_mode
def test_a_call_follows_its_formula(stack: Stack, mode: str, worker_of: WorkerOf) -> None:
    """In every format, one group is scaled and one is not, to a few roundings; the result keeps the format."""
    for format in FORMATS[stack.name]:
        (result,) = answered(worker_of(stack), asked(stack, format=format, mode=mode)).results
        expected = np.array(EXPECTED[stack.contracts[0]])
        assert result.format == format
        assert stack.name == COLUMNS or np.all(
            np.abs(rows(stack, result) - expected) <= 8 * ROUNDING[format] * expected
        )


@each_mode
def test_a_call_writes_to_its_input_where_it_says_so(stack: Stack, mode: str, worker_of: WorkerOf) -> None:
    """In every format, the input changes if and only if the stack is in place."""
    answers = [answered(worker_of(stack), asked(stack, format=f, mode=mode)) for f in FORMATS[stack.name]]
    assert {answer.input_changed for answer in answers} == {stack.in_place}


@pytest.mark.parametrize("stack", WITHOUT_EPSILON, ids=lambda stack: stack.name)
def test_what_is_inside_its_bound_stays(stack: Stack, worker_of: WorkerOf) -> None:
    """Where no epsilon is in the way, every weight is exactly what it was, in every format."""
    inside = [[0.75, 1.0], [1.0, 0.75]]
    for format in FORMATS[stack.name]:
        (result,) = answered(worker_of(stack), asked(stack, inside, format)).results
        assert rows(stack, result).tolist() == inside


@each_mode
def test_a_program_prints_what_the_worker_answers(stack: Stack, mode: str, worker_of: WorkerOf) -> None:
    """In every format and way, for one call and for two; of a looped stack, with one group."""
    worker, module = worker_of(stack), importlib.import_module(stack.module)
    gradient = () if stack.in_place or stack.module == keras1.__name__ else ("gradient",)
    for format in FORMATS[stack.name]:
        one = asked(stack, ROWS[:1] if stack.one_group_per_call else ROWS, format, mode=mode)
        messages = [
            replace(one, access=access, calls=calls)
            for access in ("call", *stack.accesses, *stack.guises, *gradient)
            for calls in (1, 2)
        ]
        ran = worker.request(RunProgram(module.snippet(stack, messages).source), 300.0)
        assert not ran.raised, ran
        results = [numbers(r).tolist() for message in messages for r in answered(worker, message).results]
        assert [ast.literal_eval(line) for line in ran.printed.splitlines()] == results


@pytest.mark.parametrize("stack", [stack for stack in STACKS.values() if stack.name != COLUMNS], ids=lambda s: s.name)
def test_a_stack_takes_norms_over_the_dimensions_it_names(stack: Stack, worker_of: WorkerOf) -> None:
    """Over each choice of dimensions of ranks 1 to 4, either the groups are those, or it is unsupported."""
    of = np.vectorize(FORMULAS[stack.contracts[0]], otypes=[float])
    for rank, reduced in itertools.chain.from_iterable(choices(rank) for rank in range(1, 5)):
        w = np.random.default_rng(rank).integers(-8, 9, (2, 3, 2, 4)[:rank]) / 4
        message = asked(stack, axis=reduced, weights=weights(w))
        if not (stack.grouping.covers(rank, reduced) or stack.one_group_per_call):
            assert reduced == () or isinstance(worker_of(stack).request(message, 300.0), NotSupported)
            continue
        expected = of(w, np.sqrt(np.sum(np.square(w), axis=reduced, keepdims=True)))
        (result,) = answered(worker_of(stack), message).results
        assert np.all(np.abs(numbers(result) - expected) <= 8 * ROUNDING["float32"] * np.abs(expected))


def choices(rank: int) -> list[tuple[int, tuple[int, ...]]]:
    """Each set of dimensions of a rank, beside the rank."""
    return [(rank, some) for count in range(rank + 1) for some in itertools.combinations(range(rank), count)]
