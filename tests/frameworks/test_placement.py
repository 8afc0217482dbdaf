"""What a stack on PyTorch makes lies on one device; that without data stands in for a GPU, and refuses another's."""

from __future__ import annotations

import contextlib
import importlib
import io
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from adapters import braindecode, torch, torch_functions
from adapters.core.stack import Stack
from conformance.claims.prelude import prelude
from conformance.stacks.programs import on_device
from conformance.stacks.workers import Worker
from tests.frameworks.test_calls_values import asked, needs_braindecode
from tests.support.markers import requires

pytestmark = requires("torch")
MODULES = {module.__name__: module for module in (torch, torch_functions, braindecode)}
STACKS = [stack for module in MODULES.values() for stack in module.STACKS]
MODES = [(stack, mode) for stack in STACKS for mode in stack.mode_names]
each_mode = pytest.mark.parametrize(("stack", "mode"), MODES, ids=[f"{stack.name}:{mode}" for stack, mode in MODES])


@pytest.fixture(autouse=True)
def meta(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The adapters take the device without data for a GPU."""
    framework = importlib.import_module("torch")  # the name is the adapter's here
    monkeypatch.setattr(torch, "place", lambda: "meta")
    yield
    framework.set_default_device(None)
    framework.set_warn_always(False)


@pytest.mark.filterwarnings("ignore:.torch.jit.script_method. is deprecated:DeprecationWarning")  # torch.compile's own
@each_mode
def test_a_program_says_where_its_tensors_lie(stack: Stack, mode: str) -> None:
    """On a GPU in its first lines, and nothing in it lies elsewhere."""
    if stack in braindecode.STACKS:
        needs_braindecode()
    call = asked(stack, mode=mode)
    call = replace(call, axis=None) if stack.one_group_per_call else call  # a loop has no program
    program = MODULES[stack.module].snippet(stack, [call])
    assert on_device(program, stack, "cpu") == program
    there = on_device(program, stack, "gpu").source
    assert there.startswith('import torch\ntorch.set_default_device("cuda")\n')
    assert there.splitlines().count("import torch") == 1
    with contextlib.redirect_stdout(io.StringIO()) as stdout:
        exec(there.replace('"cuda"', '"meta"').replace(".tolist()", ".device.type"), {})
    assert stdout.getvalue() == "meta\n"


@pytest.mark.parametrize("stack", STACKS, ids=[stack.name for stack in STACKS])
def test_the_program_of_an_experiment_says_it_too(stack: Stack) -> None:
    """It begins as its stack's programs do on the device of its process."""
    on_cpu, on_gpu = (prelude(Worker(stack, device=device)) for device in ("cpu", "gpu"))
    assert "set_default_device" not in on_cpu and on_cpu.splitlines().count("import torch") == 1
    assert on_gpu.startswith('import torch\ntorch.set_default_device("cuda")\n')
    assert on_gpu.splitlines().count("import torch") == 1


@each_mode
def test_a_result_lies_where_the_weights_lie(stack: Stack, mode: str) -> None:
    """And so does everything that a call needs."""
    if stack in braindecode.STACKS:
        needs_braindecode()
    call, made = asked(stack, mode=mode), MODULES[stack.module].load(stack)
    w = made.to_tensor(np.ones(call.weights.shape, np.float32), "float32")
    constraint = made.build(call.contract, call.parameters, call.axis, mode)
    assert w.device.type == constraint(w).device.type == "meta"
