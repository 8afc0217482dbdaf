"""How the tests share two cores: the longest files first, and what JAX compiled for one process serves all others."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator

import pytest

# files that take minutes, the longest first: a process that is left with one of them at the end leaves a core idle
LONGEST = (
    "frameworks/test_quick_run.py",
    "conformance/cli/test_gate_in_use.py",
    "conformance/cli/test_gate_mutants.py",
    "frameworks/test_frameworks.py",
    "conformance/cli/test_gate_ports.py",
    "conformance/rules/test_mutant_findings.py",
    "conformance/rules/test_mutants.py",
    "frameworks/test_calls_values.py",
)
CACHE = {
    "JAX_COMPILATION_CACHE_DIR": "",
    "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
    "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
}


@pytest.hookimpl(wrapper=True)
def pytest_sessionstart(session: pytest.Session) -> Iterator[None]:
    """The controller makes a folder for what is compiled, before it starts the processes of xdist."""
    if not hasattr(session.config, "workerinput") and not CACHE.keys() & os.environ.keys():
        folder = tempfile.mkdtemp(prefix="normconf-tests-jax-")
        session.config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))
        os.environ.update(CACHE | {"JAX_COMPILATION_CACHE_DIR": folder})
    if "PYTEST_XDIST_WORKER" in os.environ:  # the cores are shared by the processes of xdist
        os.environ.setdefault("NORMCONF_JOBS", "1")
    yield


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first, all others as they were."""
    items.sort(key=rank)


def rank(item: pytest.Item) -> int:
    """The place of the item's file among the longest, or behind them all."""
    path = item.path.as_posix()
    return next((place for place, name in enumerate(LONGEST) if path.endswith(f"tests/{name}")), len(LONGEST))
