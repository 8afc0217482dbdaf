"""What a compiler has made is kept for as long as a run takes, and for our own stacks."""

from __future__ import annotations

import gc
import os
from dataclasses import replace
from pathlib import Path

import pytest

from adapters.core.discovery import discover
from conformance.processes.compiled import FOLDER, Compiled
from tests.support.fakes import stack_of

JAX = discover()["jax"]


@pytest.fixture(autouse=True)
def nothing_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests have a folder of their own."""
    monkeypatch.delenv(FOLDER, raising=False)


def test_all_stacks_of_a_run_share_a_folder() -> None:
    """That is there while it lasts, and no longer."""
    compiled = Compiled()
    folder = Path(compiled.environment(JAX)[FOLDER])
    assert folder.is_dir() and compiled.environment(discover()["keras-jax"])[FOLDER] == str(folder)
    del compiled
    gc.collect()
    assert not folder.exists()


def test_a_copy_of_the_process_leaves_it() -> None:
    """The others still need it."""
    compiled = Compiled()
    folder = Path(compiled.environment(JAX)[FOLDER])
    child = os.fork()
    if child == 0:
        del compiled
        gc.collect()
        os._exit(0)
    os.waitpid(child, 0)
    assert folder.is_dir()


def test_what_the_user_says_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of where it is kept."""
    monkeypatch.setenv(FOLDER, "/somewhere")
    assert not Compiled().environment(JAX)


def test_what_is_not_compiled_by_jax_or_is_not_ours_has_none() -> None:
    """A subject could put something else there."""
    declared = replace(JAX, declaration=object())  # type: ignore[arg-type]  # that there is one is all that counts
    assert not Compiled().environment(stack_of()) and not Compiled().environment(declared)
