"""Adapters as a folder: dropping a module in adds its stacks, and finding them costs no framework."""

from __future__ import annotations

import ast
import importlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import adapters
from adapters.core.axes import decode_axis, encode_axis
from adapters.core.messages import BOOTSTRAP
from adapters.core.stack import Stack, discover
from conformance.stacks.workers import ROOT

FOLDER = ROOT / "adapters"
ADAPTER = """
from adapters.core.stack import Mode, Stack
STACKS = (Stack({name!r}, __name__, ("nothing",), {{}}, (Mode("eager"),), "A stack that was dropped in."),)
"""


def with_stacks() -> set[str]:
    """The modules in the folder that define STACKS, by a look at their text."""
    found = set()
    for path in FOLDER.glob("*.py"):
        targets = [node.targets[0] for node in ast.parse(path.read_text("utf-8")).body if isinstance(node, ast.Assign)]
        if any(isinstance(target, ast.Name) and target.id == "STACKS" for target in targets):
            found.add(f"adapters.{path.stem}")
    return found


@pytest.fixture
def dropped_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A second folder of adapters, for one test only."""
    monkeypatch.setattr(adapters, "__path__", [*adapters.__path__, str(tmp_path)])
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        del sys.modules[name]


def test_every_module_with_stacks_is_found() -> None:
    """The stacks come from exactly the modules in the folder that have some."""
    assert {stack.module for stack in discover().values()} == with_stacks()


@pytest.mark.parametrize("module", sorted(with_stacks()))
def test_every_stack_of_a_module_is_found(module: str) -> None:
    """What a module lists is what is found in it, under its name."""
    found = {name: stack for name, stack in discover().items() if stack.module == module}
    assert found == {stack.name: stack for stack in importlib.import_module(module).STACKS}


def test_the_stacks_of_the_project() -> None:
    """The whole formula of Keras is asked of these."""
    whole = {name for name, stack in discover().items() if len(stack.contracts) > 2}
    keras = {f"keras-{backend}" for backend in ("tensorflow", "torch", "jax", "numpy")}
    assert whole == {*keras, "tf-keras", "torch", "jax", "tensorflow"}


@pytest.mark.parametrize("stack", discover().values(), ids=discover())
def test_a_stack_says_what_it_is(stack: Stack) -> None:
    """Each has a sentence, modes that differ, the framework it requires, and an adapter that can load it."""
    assert stack.sentence.endswith(".") and stack.requires
    assert stack.contracts and len(set(stack.mode_names)) == len(stack.modes) > 0
    module = importlib.import_module(stack.module)
    assert callable(module.load) and callable(module.snippet)


@pytest.mark.parametrize("stack", discover().values(), ids=discover())
def test_only_modes_compile_and_the_plainest_does_not(stack: Stack) -> None:
    """A stack is compared with its first mode, which runs as it is written."""
    assert not stack.modes[0].compiles and all(mode.compiles for mode in stack.modes if mode.slow)


@pytest.mark.parametrize("stack", discover().values(), ids=discover())
def test_stacks_of_one_process_agree_on_its_environment(stack: Stack) -> None:
    """Whichever is asked first, the process starts with the same variables."""
    process = {other.process or other.name: other.environment for other in discover().values()}
    assert process[stack.process or stack.name] == stack.environment


def test_a_module_dropped_in_adds_its_stacks(dropped_in: Path) -> None:
    """Nothing else has to be edited for a new adapter."""
    before = set(discover())
    (dropped_in / "newcomer.py").write_text(ADAPTER.format(name="newcomer"), "utf-8")
    assert set(discover()) - before == {"newcomer"}


def test_two_stacks_of_one_name_are_refused(dropped_in: Path) -> None:
    """The error names both modules and the name."""
    (dropped_in / "newcomer.py").write_text(ADAPTER.format(name="torch"), "utf-8")
    with pytest.raises(ValueError, match=r"adapters\.\w+ and adapters\.\w+ both define torch"):
        discover()


@pytest.fixture(scope="module")
def imported(process: None) -> set[str]:
    """What a fresh interpreter has imported after all modules of the folder, beyond NumPy and the standard library."""
    program = """if True:
        import importlib, json, pkgutil, sys
        import numpy, numpy.lib
        before = {name.partition(".")[0] for name in sys.modules}
        import adapters
        for module in pkgutil.iter_modules(adapters.__path__):
            importlib.import_module("adapters." + module.name)
        from adapters.core.stack import discover
        discover()
        after = {name.partition(".")[0] for name in sys.modules}
        print(json.dumps(sorted(after - before - set(sys.stdlib_module_names))))"""
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout))


@pytest.mark.parametrize("framework", sorted({name for stack in discover().values() for name in stack.requires}))
def test_importing_the_adapters_imports_no_framework(framework: str, imported: set[str]) -> None:
    """A framework is imported by a worker, when it loads the stack."""
    assert framework not in imported


def test_importing_the_adapters_imports_nothing_but_numpy(imported: set[str]) -> None:
    """A worker's interpreter needs NumPy and the framework only."""
    assert imported == {"adapters"}


@pytest.mark.parametrize(
    ("wire", "axis"),
    [
        (0, 0),
        (-1, -1),
        (None, None),
        ([0, 1], [0, 1]),
        ([], []),
        ({"tuple": [0]}, (0,)),
        ({"tuple": []}, ()),
        ({"float": 1.0}, 1.0),
        ({"bool": True}, True),
        ({"numpy": -1}, np.int64(-1)),
    ],
    ids=str,
)
def test_an_axis_arrives_as_what_it_was(wire: Any, axis: Any) -> None:
    """An int, a list, a tuple, a float, a bool, a number of NumPy and None are told apart."""
    decoded = decode_axis(wire)
    assert decoded == axis and type(decoded) is type(axis) and encode_axis(axis) == wire


class Told:
    """A channel that keeps what it is told."""

    def __init__(self) -> None:
        self.told = list[Any]()
        self.send = self.told.append


def bootstrapped(monkeypatch: pytest.MonkeyPatch, root: str) -> list[Any]:
    """What the bootstrap says where the worker cannot be imported; sys.path is left as it has made it."""
    channel = Told()
    monkeypatch.setitem(sys.modules, "adapters.worker.serve", None)
    monkeypatch.setattr(sys, "argv", ["-c", root])
    monkeypatch.setattr("adapters.core.channel.take_standard_pipes", lambda: channel)
    monkeypatch.setattr("signal.signal", lambda *_: None)
    exec(BOOTSTRAP, {})
    return channel.told


def test_the_bootstrap_takes_the_folder_of_the_user_off_the_path(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file torch.py where the user stands is not taken for the framework."""
    monkeypatch.setattr(sys, "path", ["", "/elsewhere"])
    bootstrapped(monkeypatch, "/project")
    assert sys.path == ["/project", "/elsewhere"]


def test_a_worker_that_cannot_be_imported_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    """An interpreter without NumPy, or too old, is answered for in a sentence."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    (told,) = bootstrapped(monkeypatch, str(ROOT))
    assert told["unavailable"].startswith("the worker cannot start: ModuleNotFoundError:")
