"""What a compiler has made is kept for as long as a run takes, and for each subject apart."""

from __future__ import annotations

import gc
import os
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from adapters.core.stack import Stack, discover
from adapters.worker.compiled import keep
from conformance.processes.compiled import VARIABLE, Compiled
from tests.support.fakes import stack_of

JAX = discover()["jax"]


@pytest.fixture(autouse=True)
def nothing_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests have a folder of their own."""
    monkeypatch.delenv(VARIABLE, raising=False)


def folder_of(compiled: Compiled, stack: Stack) -> Path:
    """The folder of a stack that has one."""
    folder = compiled.folder(stack)
    assert folder is not None
    return Path(folder)


def declared(name: str) -> Stack:
    """Somebody's own constraint: that something is declared of it is all that counts."""
    return replace(JAX, name=name, declaration=object())  # type: ignore[arg-type]  # no more of it is read here


def test_all_stacks_of_a_run_share_a_folder() -> None:
    """That is there while it lasts, and no longer."""
    compiled = Compiled()
    folder = folder_of(compiled, JAX)
    assert folder.is_dir() and folder_of(compiled, discover()["keras-jax"]) == folder
    del compiled
    gc.collect()
    assert not folder.exists()


def test_a_copy_of_the_process_leaves_it() -> None:
    """The others still need it."""
    compiled = Compiled()
    folder = folder_of(compiled, JAX)
    child = os.fork()
    if child == 0:
        del compiled
        gc.collect()
        os._exit(0)
    os.waitpid(child, 0)
    assert folder.is_dir()


def test_what_the_user_says_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of where it is kept."""
    monkeypatch.setenv(VARIABLE, "/somewhere")
    assert Compiled().folder(JAX) is None


def test_what_is_not_compiled_by_jax_has_none() -> None:
    """It would stay empty."""
    assert Compiled().folder(stack_of()) is None


def test_each_subject_has_its_own() -> None:
    """What it could put there meets nobody else."""
    compiled = Compiled()
    one, other = folder_of(compiled, declared("a.py:f")), folder_of(compiled, declared("a.py:g"))
    assert len({one, other, folder_of(compiled, JAX)}) == 3
    assert folder_of(compiled, declared("a.py:f")) == one


def test_a_worker_keeps_there_what_jax_compiles(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """All of it, however fast it was."""
    told: dict[str, Any] = {}
    monkeypatch.setitem(sys.modules, "jax", SimpleNamespace(config=SimpleNamespace(update=told.__setitem__)))
    keep(str(tmp_path))
    assert told.pop("jax_compilation_cache_dir") == str(tmp_path) and sorted(told.values()) == [-1, 0]


def test_a_jax_without_such_settings_does_without(monkeypatch: pytest.MonkeyPatch) -> None:
    """It raises AttributeError, as for every name that it does not know."""
    monkeypatch.setitem(sys.modules, "jax", SimpleNamespace(config=SimpleNamespace(update=lambda name, _: name.none)))
    keep("nowhere")
