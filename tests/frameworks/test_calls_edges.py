"""What is particular to single calls: what they refuse, and what a value alone does not show."""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from adapters import braindecode, keras1, optax, tensorflow_functions, torch_functions
from adapters.core.framework import Framework, Unsupported
from adapters.core.messages import Answer, NotSupported, Recipient, Returned
from adapters.core.stack import Stack
from adapters.programs import calls
from adapters.worker import handlers, serve
from adapters.worker.calling import Loaded
from tests.frameworks.test_calls_values import needs_braindecode
from tests.support.minimal_framework import request, values_of, weights

MODULES = (torch_functions, tensorflow_functions, optax, braindecode, keras1)
STACKS = {stack.name: stack for module in MODULES for stack in module.STACKS}
each_stack = pytest.mark.parametrize("stack", STACKS.values(), ids=STACKS)
ROWS = (1,)
PARAMETERS = dict.fromkeys(("maxnorm", "max_norm", "clip_norm", "max_value", "scale"), 3.0)


def loaded(name: str) -> tuple[Stack, Framework]:
    """A stack of PyTorch or Optax, in this process."""
    return serve.load(Recipient(name, STACKS[name].module))


def ask(name: str, contract: str, parameters: Mapping[str, float], **changes: Any) -> Answer:
    """The answer of a stack in this process, in its first mode unless something else is said."""
    message = {"mode": STACKS[name].plainest_mode, **changes}
    return handlers.answer(Loaded(*loaded(name)), request(contract, parameters=parameters, **message))


def result_of(answer: Answer) -> Any:
    """The array that is answered."""
    assert isinstance(answer, Returned), answer
    return values_of(answer.results[0]).tolist()


def renormed(name: str, values: Any, **changes: Any) -> Any:
    """The rows of a matrix after a stack has bounded them by 2.5."""
    message = {"axis": ROWS, "weights": weights(values)} | changes
    return result_of(ask(name, "renorm", {"maxnorm": 2.5}, **message))


@each_stack
def test_a_program_has_only_the_contracts_of_its_stack(stack: Stack) -> None:
    """Another contract is unsupported, by name."""
    module = importlib.import_module(stack.module)
    with pytest.raises(Unsupported, match="max_pool"):
        module.snippet(stack, [request("max_pool", axis=None, weights=weights(1.0))])


@pytest.mark.parametrize("name", ["torch.renorm", "optax.projection_box", "keras-1-formula"])
def test_a_stack_has_only_its_contracts(name: str) -> None:
    """A worker is told so."""
    answer = ask(name, "unit_norm", {})
    assert isinstance(answer, NotSupported) and "unit_norm" in answer.reason


def test_numpy_has_no_bfloat16() -> None:
    """The old formula is not asked in a format that NumPy does not have."""
    answer = ask("keras-1-formula", "max_norm", {"max_value": 2.5}, weights=weights([1.0], "bfloat16"))
    assert isinstance(answer, NotSupported) and "bfloat16" in answer.reason


@pytest.mark.parametrize("mode", ["train", "eval", "no_grad", "padding"])
@pytest.mark.parametrize("name", ["torch.nn.Embedding", "torch.nn.EmbeddingBag"])
def test_rows_that_are_not_looked_up_stay(name: str, mode: str) -> None:
    """Of four rows, the first and the third are bounded."""
    rows = renormed(name, [[3, 4]] * 4, mode=mode, access="even rows")
    assert rows == [[1.5, 2], [3, 4], [1.5, 2], [3, 4]]


@pytest.mark.parametrize("name", [stack.name for stack in torch_functions.STACKS if stack.in_place])
def test_weights_that_share_memory_are_not_written_to(name: str) -> None:
    """In such a layout a call in place has no meaning."""
    shared = weights([[3, 4], [3, 4]], layout="broadcast:0")
    parameters = {"maxnorm": 2.5, "max_norm": 2.5}
    answer = ask(name, STACKS[name].contracts[0], parameters, axis=ROWS, weights=shared)
    assert isinstance(answer, NotSupported) and "share memory" in answer.reason


@pytest.mark.parametrize("layout", ["C", "F", "strided"])
@pytest.mark.parametrize("name", [stack.name for stack in torch_functions.STACKS if "renorm" in stack.contracts])
def test_a_layout_makes_no_difference(name: str, layout: str) -> None:
    """The content is the same, and so is the result."""
    assert renormed(name, [], weights=weights([[3, 4], [1, 0]], layout=layout)) == [[1.5, 2], [1, 0]]


def test_a_table_without_rows_has_no_padding() -> None:
    """A row for padding has to be there."""
    empty = weights(np.zeros((0, 2)))
    answer = ask("torch.nn.Embedding", "renorm", {"maxnorm": 2.5}, axis=ROWS, weights=empty, mode="padding")
    assert isinstance(answer, NotSupported)


@pytest.mark.parametrize("name", ["torch.renorm", "torch.parametrize", "optax.projection_l2_ball"])
def test_the_gradient_inside_the_bound_is_one(name: str) -> None:
    """The framework differentiates through the call; to the rounding of float32."""
    parameters = {"maxnorm": 64.0, "max_value": 64.0, "scale": 64.0}
    answer = ask(name, STACKS[name].contracts[0], parameters, axis=ROWS, access="gradient", weights=weights([[30, 40]]))
    assert result_of(answer) == [[1, 1]]


@pytest.mark.parametrize("mode", ["eager", "jit", "vmap"])
@pytest.mark.parametrize("axis", [[0], [1], [0, 2], [1, -1], []], ids=str)
def test_groups_are_put_together_again(axis: list[int], mode: str) -> None:
    """Each group of a rank 3 array comes back to its place, whichever dimensions are kept."""
    w = np.arange(24.0).reshape(2, 3, 4)
    answer = ask("optax.projection_l2_ball", "l2_ball", {"scale": 64.0}, axis=axis, mode=mode, weights=weights(w))
    assert result_of(answer) == w.tolist()


@pytest.mark.parametrize("name", ["optax.projection_l2_ball", "torch.nn.utils.clip_grad_norm_"])
def test_a_program_of_a_whole_array_has_one_group(name: str) -> None:
    """People make one call per group."""
    module = importlib.import_module(STACKS[name].module)
    two = request(STACKS[name].contracts[0], axis=ROWS, weights=weights(np.ones((2, 2))))
    with pytest.raises(Unsupported, match="one call per group"):
        module.snippet(STACKS[name], [two])


@pytest.mark.parametrize("shape", [(1, 4), (1, 4, 1), (1, 1, 1, 4)], ids=str)
def test_what_optax_takes_for_one_unit_is_not_asked_for_several(shape: tuple[int, ...]) -> None:
    """optax.unitwise_norm squeezes first, so that a row is one unit, whatever its rank."""
    axis = [0, 1, 2] if len(shape) == 4 else [0]
    answer = ask("optax.adaptive_grad_clip", "l2_ball", {"scale": 2.0}, axis=axis, weights=weights(np.ones(shape)))
    assert isinstance(answer, NotSupported) and "one unit" in answer.reason


def test_optax_forms_the_units_that_are_claimed() -> None:
    """Of ranks 1 to 5, optax.unitwise_norm has one norm for each index that the stack keeps."""
    library = importlib.import_module("optax")
    for rank in range(1, 6):
        w = np.arange(2.0**rank).reshape((2,) * rank)
        (over,) = [tuple(range(n)) for n in range(rank + 1) if optax.UNITS.covers(rank, tuple(range(n)))]
        norms = np.broadcast_to(np.sqrt(np.sum(np.square(w), axis=over, keepdims=True)), w.shape)
        assert np.allclose(library.transforms.unitwise_norm(w), norms)


@pytest.mark.parametrize(
    ("axis", "reduced"), [(None, (0, 1)), (-1, (1,)), ([], ()), ((1, 0), (0, 1)), (np.int64(0), (0,))], ids=repr
)
def test_an_axis_names_dimensions(axis: Any, reduced: tuple[int, ...]) -> None:
    """As NumPy reads it, in order."""
    assert calls.reduced_dimensions(axis, 2) == reduced


@pytest.mark.parametrize("axis", [2, -3, (0, 0), (0, -2), 1.0, "0"], ids=repr)
def test_what_names_no_dimensions_is_unsupported(axis: Any) -> None:
    """A call that takes no axis cannot be asked about it."""
    with pytest.raises(Unsupported, match="axis"):
        calls.reduced_dimensions(axis, 2)


def test_braindecode_that_is_not_installed_is_unsupported(monkeypatch: pytest.MonkeyPatch) -> None:
    """The reason says how to get it."""
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(Unsupported, match="not installed; pip install --no-deps braindecode"):
        braindecode.load(braindecode.STACKS[0])


def test_max_norm_linear_bounds_columns() -> None:
    """Braindecode's claim to be Keras' Dense is about rows; of columns with norm 5 and 0, the first is bounded."""
    needs_braindecode()
    asked = {"axis": ROWS, "weights": weights([[3, 0], [4, 0]])}
    answer = ask("braindecode.MaxNormLinear", "max_norm", {"max_value": 2.5}, **asked)
    assert result_of(answer) == [[1.5, 0], [2, 0]]


LINES = {
    "torch.renorm": "y = torch.renorm(w, p=2, dim=0, maxnorm=3.0)",
    "torch.renorm_": "y = w.renorm_(p=2, dim=0, maxnorm=3.0)",
    "torch.nn.Embedding": "y = torch.nn.Embedding.from_pretrained(w, freeze=False, max_norm=3.0)(torch.arange(len(w)))",
    "tf.clip_by_norm": "y = tf.clip_by_norm(w, clip_norm=3.0, axes=(1,))",
    "tf.nn.embedding_lookup": "y = tf.nn.embedding_lookup(w, tf.range(w.shape[0]), max_norm=3.0)",
    "braindecode.MaxNormParametrize": "y = MaxNormParametrize(3.0)(w)",
    "braindecode.MaxNormLinear": (
        "y = MaxNormLinear(w.shape[1], w.shape[0], max_norm_val=3.0, eps=1e-07).parametrizations.weight[0](w)"
    ),
}


@pytest.mark.parametrize(("name", "line"), LINES.items(), ids=LINES)
def test_the_call_is_one_line_as_people_write_it(name: str, line: str) -> None:
    """A report quotes it."""
    stack = STACKS[name]
    module, mode = importlib.import_module(stack.module), stack.plainest_mode
    asked = request(stack.contracts[0], parameters=PARAMETERS, axis=ROWS, weights=weights(np.ones((2, 2))), mode=mode)
    assert line in module.snippet(stack, [asked]).source.splitlines()


PROGRAMS = {
    "torch.nn.Embedding": "no_grad",
    "torch.nn.utils.clip_grad_norm_": "eager",
    "torch.parametrize": "eager",
    "optax.projection_l2_ball": "vmap",
}


@pytest.mark.parametrize(("name", "mode"), PROGRAMS.items(), ids=PROGRAMS)
def test_a_program_runs_alone(name: str, mode: str) -> None:
    """In an interpreter that has nothing of this project, the row [3, 4] is bounded by 3, to a few roundings."""
    module, contract = importlib.import_module(STACKS[name].module), STACKS[name].contracts[0]
    asked = request(contract, parameters=PARAMETERS, axis=ROWS, mode=mode, weights=weights([[3, 4]]))
    program = module.snippet(STACKS[name], [asked]).source
    ran = subprocess.run([sys.executable, "-I", "-c", program], capture_output=True, text=True, check=True)
    assert np.allclose(ast.literal_eval(ran.stdout), [[1.8, 2.4]])
