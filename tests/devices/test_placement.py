"""What a stack on PyTorch makes lies on one device; that without data stands in for a GPU, and refuses another's."""

from __future__ import annotations

import contextlib
import importlib.util
import io
from collections.abc import Iterator

import numpy as np
import pytest

from adapters import braindecode_calls, torch, torch_calls
from adapters.protocol import Stack, decode_axis
from conformance.snippets import placed
from tests.adapters.test_calls_values import asked

framework = pytest.importorskip("torch")
MODULES = {module.__name__: module for module in (torch, torch_calls, braindecode_calls)}
STACKS = [stack for module in MODULES.values() for stack in module.STACKS]
MODES = [(stack, mode) for stack in STACKS for mode in stack.modes]
each_mode = pytest.mark.parametrize(("stack", "mode"), MODES, ids=[f"{stack.name}:{mode}" for stack, mode in MODES])


@pytest.fixture(autouse=True)
def meta(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The adapters take the device without data for a GPU."""
    monkeypatch.setattr(torch, "place", lambda: "meta")
    yield
    framework.set_default_device(None)
    framework.set_warn_always(False)


def needed(stack: Stack) -> None:
    """What a stack asks for is there, or the test is skipped."""
    if stack in braindecode_calls.STACKS and importlib.util.find_spec("braindecode") is None:
        pytest.skip("braindecode, which is no dependency of the suite, is not installed")


@pytest.mark.filterwarnings("ignore:.torch.jit.script_method. is deprecated:DeprecationWarning")  # torch.compile's own
@each_mode
def test_a_program_says_where_its_tensors_lie(stack: Stack, mode: str) -> None:
    """On a GPU in its first lines, and nothing in it lies elsewhere."""
    needed(stack)
    call = asked(stack, mode=mode) | ({"axis": None} if stack.looped else {})  # a loop has no program
    program = MODULES[stack.module].snippet(stack, [call])
    assert placed(program, stack, "cpu") == program
    there = placed(program, stack, "gpu")
    assert there.startswith('import torch\ntorch.set_default_device("cuda")\n')
    assert there.splitlines().count("import torch") == 1
    with contextlib.redirect_stdout(io.StringIO()) as stdout:
        exec(there.replace('"cuda"', '"meta"').replace(".tolist()", ".device.type"), {})
    assert stdout.getvalue() == "meta\n"


@each_mode
def test_a_result_lies_where_the_weights_lie(stack: Stack, mode: str) -> None:
    """And so does everything that a call needs."""
    needed(stack)
    call, made = asked(stack, mode=mode), MODULES[stack.module].load(stack)
    w = made.to_tensor(np.ones(call["weights"]["shape"], np.float32), "float32")
    constraint = made.build(call["contract"], call["parameters"], decode_axis(call["axis"]), mode)
    assert w.device.type == constraint(w).device.type == "meta"
