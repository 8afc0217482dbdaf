"""Each stack on its real framework, asked through its worker: what the rules cannot see from outside."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib.metadata import version
from typing import Any

import numpy as np
import pytest

from adapters.core import arrays
from adapters.core.messages import (
    Apply,
    Copy,
    Describe,
    NotAnArray,
    NotSupported,
    Raised,
    Returned,
    RunProgram,
    Time,
    Timed,
    answer_to_wire,
    request_to_wire,
)
from adapters.core.stack import Stack, discover
from adapters.core.wire import to_wire
from conformance.cases.case import Weights
from conformance.stacks.workers import Worker
from tests.support.minimal_framework import request, values_of, weights

KERAS = {"max_norm", "min_max_norm", "unit_norm"}
STACKS = {name: stack for name, stack in discover().items() if set(stack.contracts) >= KERAS}
MODES = [(stack, mode) for stack in STACKS.values() for mode in stack.mode_names]
LAYOUTS = ["C", "F", "strided", "reversed", "broadcast:0"]
DISTRIBUTIONS = {name: name for stack in STACKS.values() for name in stack.requires} | {"numpy": "numpy"}

WorkerOf = Callable[[str], Worker]
each_stack = pytest.mark.parametrize("stack", STACKS.values(), ids=STACKS)
each_mode = pytest.mark.parametrize(("stack", "mode"), MODES, ids=[f"{stack.name}:{mode}" for stack, mode in MODES])


@pytest.fixture(scope="module")
def worker_of() -> Iterator[WorkerOf]:
    """The worker of a stack by name, started when it is first asked for."""
    workers: dict[str, Worker] = {}

    def of_name(name: str) -> Worker:
        if name not in workers:
            workers[name] = Worker(STACKS[name])
            workers[name].start()
        return workers[name]

    yield of_name
    for worker in workers.values():
        worker.close()


def answer(worker: Worker, message: Apply) -> Returned:
    """What a worker answers where it gives a value."""
    said = worker.request(message, 120.0)
    assert isinstance(said, Returned), said
    return said


def printed(worker: Worker, program: str) -> list[Any]:
    """What a program prints in a worker's process, line by line."""
    ran = worker.request(RunProgram(program), 120.0)
    assert not ran.raised, ran
    return [ast.literal_eval(line.replace("nan", "'nan'")) for line in ran.printed.splitlines()]


def formats_of(worker: Worker, mode: str) -> list[str]:
    """The formats that a stack supports; of a mode that takes seconds to compile, one."""
    supported = [format for format, reason in worker.formats.items() if reason is None]
    return ["float32"] if mode == "compile" else supported


def written(request: Apply) -> str:
    """The expression of a request in a program."""
    return f"request_from_wire({request_to_wire(request, None)!r})[0]"


def seen_by_constraint(worker: Worker, asked: Apply, look: str) -> tuple[Any, Any]:
    """The worker's answer where the constraint is the expression `look` of w and seen; what was put into seen."""
    program = f"""if True:
        import dataclasses
        from adapters.core.messages import answer_to_wire, request_from_wire
        from adapters.core.messages import Recipient
        from adapters.worker import calling, handlers, serve
        seen = []
        stack, framework = serve.load(Recipient({worker.stack.name!r}, {worker.stack.module!r}))
        spying = dataclasses.replace(framework, build=lambda *_: lambda w: {look})
        print(answer_to_wire(handlers.answer(calling.Loaded(stack, spying), {written(asked)})))
        print(seen)"""
    said, seen = printed(worker, program)
    return said, seen


def numbers(result: arrays.Weights) -> Any:
    """A result of one call as lists of Python numbers."""
    return Weights(result.format, result.shape, result.bits).values.tolist()


@each_stack
def test_a_stack_says_which_versions_run(stack: Stack, worker_of: WorkerOf) -> None:
    """The versions are those that are installed."""
    said = worker_of(stack.name).request(Describe(), 120.0).versions
    assert said == {name: version(DISTRIBUTIONS[name]) for name in (*stack.requires, "numpy")}


@each_stack
def test_a_stack_says_where_it_runs(stack: Stack, worker_of: WorkerOf) -> None:
    """It is on the processor, with the backend of its name and the modes of its adapter."""
    said = worker_of(stack.name).request(Describe(), 120.0)
    assert (said.device.kind, said.modes) == ("cpu", stack.mode_names)
    assert said.backend == (stack.environment.get("KERAS_BACKEND") or stack.requires[0])


@each_mode
def test_a_value_is_in_the_format_of_the_weights(stack: Stack, mode: str, worker_of: WorkerOf) -> None:
    """Whatever the mode, in each format that the stack says it supports."""
    worker = worker_of(stack.name)
    supported = set(formats_of(worker, mode))
    asked = {format: request(mode=mode, weights=weights([1, 2], format)) for format in supported}
    assert {answer(worker, one).results[0].format for one in asked.values()} == supported
    assert "float32" in supported


@each_mode
def test_epsilon_is_used_and_forgotten(stack: Stack, mode: str, worker_of: WorkerOf) -> None:
    """A request with epsilon 1/4 gives 1.75 / (1.75 + 1/4), and the next one without an epsilon gets the default."""
    asked = request(parameters={"max_value": 1.0}, weights=weights([1.75]), mode=mode)
    other = replace(asked, parameters={"max_value": 1.0, "epsilon": 0.25})
    before, changed, after = (answer(worker_of(stack.name), one).results for one in (asked, other, asked))
    assert values_of(changed[0]).tolist() == [0.875]
    assert before == after != changed


@pytest.mark.parametrize("name", [name for name in STACKS if "keras" in name])
def test_epsilon_of_keras_is_set_through_its_configuration(name: str, worker_of: WorkerOf) -> None:
    """The constraint finds the request's epsilon in Keras, and a program of its own finds the default."""
    config = "tf_keras.backend" if name == "tf-keras" else "keras.config"
    program = f"import {config}\nprint({config}.epsilon())"
    worker = worker_of(name)
    answer(worker, request(parameters={"max_value": 1.0, "epsilon": 0.25}))
    assert printed(worker, program) == [worker.request(Describe(), 120.0).epsilon_default] == [1e-7]


@pytest.mark.parametrize("mode", STACKS["jax"].mode_names)
def test_jax_keeps_float64(mode: str, worker_of: WorkerOf) -> None:
    """The result holds more digits than float32 has, and 64-bit mode is off before and after."""
    worker, program = worker_of("jax"), "import jax\nprint(jax.config.jax_enable_x64)"
    asked = request(weights=weights([1 / 3], "float64"), mode=mode)
    before, (result,), after = printed(worker, program), answer(worker, asked).results, printed(worker, program)
    assert result.format == "float64" and values_of(result) != values_of(result).astype("float32")
    assert before == after == [False]


@pytest.mark.parametrize("mode", STACKS["jax"].mode_names)
def test_jax_leaves_64_bit_mode_after_an_error(mode: str, worker_of: WorkerOf) -> None:
    """A call that raises in float64 leaves no mode behind."""
    asked = request(axis=7, weights=weights([1 / 3], "float64"), mode=mode)
    assert isinstance(worker_of("jax").request(asked, 120.0), Raised)
    assert printed(worker_of("jax"), "import jax\nprint(jax.config.jax_enable_x64)") == [False]


TRACED = [(name, mode) for name in ("jax", "tensorflow") for mode in STACKS[name].mode_names[1:]]


@pytest.mark.parametrize(("name", "mode"), TRACED)
def test_a_formula_is_traced(name: str, mode: str, worker_of: WorkerOf) -> None:
    """The norm's operation sees concrete numbers when eager, and none when compiled or mapped."""
    operation = {"jax": "jax.numpy.square", "tensorflow": "tf.square"}[name]
    program = f"""if True:
        import dataclasses, importlib, sys
        from adapters.core.messages import request_from_wire
        import {"jax.numpy" if name == "jax" else "tensorflow as tf"}
        from adapters.core.messages import Recipient
        from adapters.worker import calling, handlers, serve
        stack, framework = serve.load(Recipient({name!r}, {STACKS[name].module!r}))
        seen, original = [], {operation}
        {operation} = lambda w: seen.append(type(w).__name__) or original(w)
        for mode in ("eager", {mode!r}):
            seen.append(mode)
            handlers.answer(calling.Loaded(stack, framework), dataclasses.replace({written(request())}, mode=mode))
        {operation} = original
        print(seen)"""
    ((_, eager, _, *compiled),) = printed(worker_of(name), program)
    assert compiled and eager not in compiled


KERAS_TRACED = [
    (stack, mode.name)
    for stack in STACKS.values()
    if stack.accesses
    for mode in stack.modes
    if mode.compiles and mode.name != "compile"
]


@pytest.mark.parametrize(("stack", "mode"), KERAS_TRACED, ids=[f"{stack.name}:{mode}" for stack, mode in KERAS_TRACED])
def test_a_keras_constraint_is_traced(stack: Stack, mode: str, worker_of: WorkerOf) -> None:
    """The constraint itself is called with concrete numbers when eager, and with none when compiled."""
    keras = stack.requires[-1]
    program = f"""if True:
        import dataclasses, {keras}
        from adapters.core.messages import request_from_wire
        from adapters.core.messages import Recipient
        from adapters.worker import calling, handlers, serve
        stack, framework = serve.load(Recipient({stack.name!r}, {stack.module!r}))
        kind, seen = {keras}.constraints.MaxNorm, []
        original = kind.__call__
        kind.__call__ = lambda self, w: seen.append(type(w).__name__) or original(self, w)
        for mode in ("eager", {mode!r}):
            handlers.answer(calling.Loaded(stack, framework), dataclasses.replace({written(request())}, mode=mode))
        kind.__call__ = original
        print(seen)"""
    ((eager, *compiled),) = printed(worker_of(stack.name), program)
    assert compiled and eager not in compiled


@pytest.mark.parametrize(("name", "shapes"), [("torch", 9), ("keras-torch", 1)])
def test_torch_compiles_the_whole_constraint(name: str, shapes: int, worker_of: WorkerOf) -> None:
    """It is one graph for each shape, without a break, even for more shapes than the eight of torch's own limit."""
    asked = [request("unit_norm", mode="compile", weights=weights(np.ones(2 + n))) for n in range(shapes)]
    program = f"""if True:
        from torch._dynamo.utils import counters
        from adapters.core.messages import request_from_wire
        from adapters.core.messages import Recipient
        from adapters.worker import calling, handlers, serve
        stack, framework = serve.load(Recipient({name!r}, {STACKS[name].module!r}))
        framework.build("max_norm", {{"max_value": 1.0}}, 0, "compile")
        counters.clear()
        loaded = calling.Loaded(stack, framework)
        said = [type(handlers.answer(loaded, one)).__name__ for one in ({", ".join(map(written, asked))},)]
        print([said, counters["stats"]["unique_graphs"], list(counters["graph_break"])])"""
    assert printed(worker_of(name), program) == [[["Returned"] * shapes, shapes, []]]


@pytest.mark.parametrize("name", ["torch", "keras-torch"])
def test_torch_without_a_compiler_says_so(name: str, worker_of: WorkerOf) -> None:
    """The reason is one sentence, and the eager mode works."""
    program = f"""if True:
        import dataclasses, torch._dynamo, torch._inductor.config
        from adapters.core.messages import Recipient, request_from_wire
        from adapters import torch as adapter; from adapters.worker import calling, handlers, serve
        stack, framework = serve.load(Recipient({name!r}, {STACKS[name].module!r}))
        torch._dynamo.reset()
        adapter.why_not_compile.cache_clear()
        with torch._inductor.config.patch({{"cpp.cxx": (None, "/no/compiler"), "fx_graph_cache": False}}):
            for mode in ("eager", "compile"):
                asked = dataclasses.replace({written(request(axis=None))}, mode=mode)
                answer = handlers.answer(calling.Loaded(stack, framework), asked)
                print([type(answer).__name__, getattr(answer, "reason", None)])
        adapter.why_not_compile.cache_clear()"""
    eager, (outcome, reason) = printed(worker_of(name), program)
    assert eager == ["Returned", None] and outcome == "NotSupported"
    assert reason.startswith("torch.compile does not work here: ") and "\n" not in reason


COMPILED = [(stack, mode) for stack, mode in MODES if mode != "eager"]


@pytest.mark.parametrize(("stack", "mode"), COMPILED, ids=[f"{stack.name}:{mode}" for stack, mode in COMPILED])
def test_no_parameter_is_taken_for_a_constant(stack: Stack, mode: str, worker_of: WorkerOf) -> None:
    """After a call with one value, a call of the same shape with another gets what that one asks for."""
    asked = [
        request(name, mode=mode, parameters=parameters, weights=weights([4.0, 0.0, 0.0]))
        for name, parameters in [
            *(("max_norm", {"max_value": value, "epsilon": 1e-30}) for value in (1.0, 2.0)),
            *(("unit_norm", {"epsilon": value}) for value in (1e-30, 4.0)),
            ("min_max_norm", {"min_value": 0.0, "max_value": 2.0, "rate": 1.0, "epsilon": 1e-30}),
            ("min_max_norm", {"min_value": 5.0, "max_value": 6.0, "rate": 0.5, "epsilon": 1e-30}),
        ]
    ]
    first = [values_of(answer(worker_of(stack.name), one).results[0])[0] for one in asked]
    assert first == [1.0, 2.0, 1.0, 0.5, 2.0, 4.5]


@each_mode
def test_the_gradient_is_that_of_the_formula(stack: Stack, mode: str, worker_of: WorkerOf) -> None:
    """Of the sum of 2 w / |w| at (3, 4) it is 2 / 5 - 2 * 7 * w / 125; NumPy has none."""
    said = worker_of(stack.name).request(request(mode=mode, access="gradient"), 120.0)
    if stack.name == "keras-numpy":
        assert said == NotSupported("numpy has no automatic differentiation")
    else:
        assert isinstance(said, Returned)
        assert values_of(said.results[0]).tolist() == pytest.approx([0.064, -0.048], abs=1e-5)


AXES: list[Any] = [[0, 2], 0, np.int64(-1), (), None]
# One axis is enough where each takes seconds to compile.
GROUPED = [(*pair, axis) for pair in COMPILED for axis in (AXES[:1] if pair[1] == "compile" else AXES)]


@pytest.mark.parametrize(
    ("stack", "mode", "axis"), GROUPED, ids=[f"{s.name}:{mode}-{axis}" for s, mode, axis in GROUPED]
)
def test_every_mode_has_the_same_groups(stack: Stack, mode: str, axis: Any, worker_of: WorkerOf) -> None:
    """Whatever the axis, a mode bounds the norms that the eager mode bounds, or fails as it does."""
    asked = request(axis=axis, mode=mode, weights=weights(np.arange(1.0, 13.0).reshape(2, 3, 2)))
    eager, other = (worker_of(stack.name).request(one, 120.0) for one in (replace(asked, mode="eager"), asked))
    assert type(eager) is type(other)
    if isinstance(eager, Returned) and isinstance(other, Returned):
        numbers = values_of(eager.results[0])
        np.testing.assert_allclose(values_of(other.results[0]), numbers, rtol=1e-6)


@pytest.mark.parametrize(("shape", "axis"), [((2, 3), (0, 1)), ((), None), ((0, 3), 1), ((3, 1), 0)], ids=str)
def test_vmap_takes_any_number_of_groups(shape: tuple[int, ...], axis: Any, worker_of: WorkerOf) -> None:
    """One group is a batch of one, none is an empty batch, and a dimension of length 1 is as good as none."""
    asked = request(axis=axis, mode="vmap", weights=weights(np.full(shape, 0.5)))
    (result,) = answer(worker_of("jax"), asked).results
    assert result.shape == shape and values_of(result) == pytest.approx(0.5, rel=1e-6)


OF_KERAS = [stack for stack in STACKS.values() if stack.accesses]
each_keras = pytest.mark.parametrize("stack", OF_KERAS, ids=[stack.name for stack in OF_KERAS])


@each_keras
@pytest.mark.parametrize("access", ["from_config", "serialized"])
def test_a_constraint_survives_its_configuration(access: str, stack: Stack, worker_of: WorkerOf) -> None:
    """Rebuilt from JSON, it does what it did, with the parameters that it had."""
    parameters = {"min_value": 0.5, "max_value": 2.0, "rate": 0.75, "epsilon": 0.25}
    asked = request("min_max_norm", parameters=parameters, axis=[1], weights=weights(np.ones((2, 9))))
    results = [answer(worker_of(stack.name), replace(asked, access=one)).results for one in ("call", access)]
    assert results[0] == results[1]


@each_keras
@pytest.mark.parametrize("access", ["identifier", "identifier_class", "identifier_old"])
def test_a_constraint_has_names(access: str, stack: Stack, worker_of: WorkerOf) -> None:
    """By name it has its defaults, not the parameters of the request; Keras 3 has no old names."""
    asked = request(parameters={"max_value": 0.5})
    defaults = answer(worker_of(stack.name), request(parameters={"max_value": 2.0}))
    said = worker_of(stack.name).request(replace(asked, access=access), 120.0)
    if access == "identifier_old" and stack.name != "tf-keras":
        assert isinstance(said, Raised) and said.exception == "ValueError"
    else:
        assert isinstance(said, Returned) and said.results == defaults.results


@each_keras
def test_non_neg_is_a_constraint_of_keras(stack: Stack, worker_of: WorkerOf) -> None:
    """In every mode it leaves what is not negative, and takes no parameters."""
    for mode in stack.mode_names:
        asked = request("non_neg", mode=mode, axis=(), weights=weights([-1.0, 0.0, 2.5]))
        assert values_of(answer(worker_of(stack.name), asked).results[0]).tolist() == [0.0, 0.0, 2.5]


@pytest.mark.parametrize("name", ["torch", "keras-torch"])
@pytest.mark.parametrize(
    ("layout", "shape", "stride"),
    [
        ("C", (2, 3), (3, 1)),
        ("F", (2, 3), (1, 2)),
        ("strided", (2, 3), (6, 2)),
        ("broadcast:0", (2, 3), (0, 1)),
        ("reversed", (2, 3), (3, 1)),
    ],
)
@pytest.mark.parametrize("format", arrays.FORMATS)
def test_torch_receives_real_strides(
    format: str, layout: str, shape: tuple[int, int], stride: tuple[int, int], name: str, worker_of: WorkerOf
) -> None:
    """The constraint gets a tensor that is not contiguous; only negative strides, which torch lacks, are copied."""
    asked = request(weights=weights(np.ones(shape), format, layout))
    _, seen = seen_by_constraint(worker_of(name), asked, "seen.append((w.stride(), w.is_contiguous())) or w")
    assert seen == [(stride, stride == (3, 1))]


# of the first row only: torch refuses to write to a whole broadcast
IN_PLACE = [("torch", "w[:1].mul_(2)"), ("keras-torch", "w[:1].mul_(2)"), ("keras-numpy", "w[:1].__imul__(2)")]


@pytest.mark.parametrize(("name", "look"), IN_PLACE, ids=[name for name, _ in IN_PLACE])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_constraint_that_works_in_place_is_seen(layout: str, name: str, look: str, worker_of: WorkerOf) -> None:
    """The change of the input is reported, on tensors that share memory with the request's array and on others."""
    asked = request(weights=weights(np.ones((2, 3)), layout=layout))
    said, _ = seen_by_constraint(worker_of(name), asked, f"({look}, w)[1]")
    assert (said["answer"], said["content"]["input_changed"]) == ("Returned", True)


@each_stack
def test_a_constraint_that_returns_its_input_changes_nothing(stack: Stack, worker_of: WorkerOf) -> None:
    """The same tensor back has the same bits, and no change is reported."""
    sent = weights([1.5, -0.0, 1e-40])
    said, _ = seen_by_constraint(worker_of(stack.name), request(weights=sent), "w")
    assert said["content"]["input_changed"] is False
    assert said["content"]["results"] == [to_wire(sent)]


@each_stack
def test_what_is_no_tensor_of_the_framework_is_malformed(stack: Stack, worker_of: WorkerOf) -> None:
    """A list of numbers is not taken for an array, on any framework."""
    said, _ = seen_by_constraint(worker_of(stack.name), request(), "[1.0, 2.0]")
    assert said == answer_to_wire(NotAnArray("returned list, not an array"))


@each_mode
def test_a_stack_can_be_timed(stack: Stack, mode: str, worker_of: WorkerOf) -> None:
    """Bare calls take some time."""
    timed = worker_of(stack.name).request(Time(request(mode=mode), 3), 120.0)
    assert isinstance(timed, Timed) and 0 < timed.seconds < 60


@each_stack
def test_a_copy_can_be_timed(stack: Stack, worker_of: WorkerOf) -> None:
    """On every framework."""
    timed = worker_of(stack.name).request(Copy(weights(), 3), 120.0)
    assert isinstance(timed, Timed) and 0 < timed.seconds < 60


@each_stack
def test_tf32_changes_nothing_where_there_is_such_a_switch(stack: Stack, worker_of: WorkerOf) -> None:
    """On a CPU least of all; NumPy has none."""
    usual, allowed = (worker_of(stack.name).request(request(access=one), 120.0) for one in ("call", "tf32"))
    if stack.name in ("keras-numpy", "keras-1-formula"):
        assert isinstance(allowed, NotSupported)
    else:
        assert isinstance(allowed, Returned) and isinstance(usual, Returned) and allowed.results == usual.results


def variety(format: str, mode: str) -> list[Apply]:
    """Requests in each layout, with one call and two, with the default epsilon and another."""
    given = arrays.encode(np.resize(arrays.sample(format), (2, 2)), format)
    asked = [request(mode=mode, weights=replace(given, layout=layout), calls=2) for layout in LAYOUTS]
    whole = request("unit_norm", mode=mode, weights=given, axis=(0, 1))
    if mode == "compile":
        asked = asked[:2]
    return [*asked, whole, request(mode=mode, weights=given, parameters={"max_value": 0.1, "epsilon": 0.25})]


@each_mode
def test_a_snippet_prints_what_the_worker_answers(stack: Stack, mode: str, worker_of: WorkerOf) -> None:
    """In each format that the stack supports, the program of many requests gives their results, line by line."""
    worker, adapter = worker_of(stack.name), importlib.import_module(stack.module)
    for format in formats_of(worker, mode):
        asked = variety(format, mode)
        expected = [numbers(result) for one in asked for result in answer(worker, one).results]
        assert printed(worker, adapter.snippet(stack, asked).source) == expected


OF_TORCH = [stack for stack in STACKS.values() if "inference" in stack.guises and not stack.in_place]


@pytest.mark.parametrize("stack", OF_TORCH, ids=lambda stack: stack.name)
def test_a_guise_reaches_the_constraint(stack: Stack, worker_of: WorkerOf) -> None:
    """PyTorch sees a subclass in one, and no bookkeeping of gradients in the other."""
    program = f"""if True:
        import torch
        from adapters.core.messages import Recipient
        from adapters.worker import serve
        _, framework = serve.load(Recipient({stack.name!r}, {stack.module!r}))
        def seen(w):
            print([type(w) is torch.Tensor, w.is_inference()])
        for guise in {sorted(stack.guises)!r}:
            framework.guises[guise](seen, torch.ones(2))"""
    assert printed(worker_of(stack.name), program) == [[True, True], [False, False]]
