"""Marks say what a test needs; one that needs more than it says fails, so that `-m "not process"` can be believed.

A fixture that starts a process takes the fixture `process`, one that needs a framework takes `framework`, one that
takes long takes `slow`, and whatever test uses them, directly or not, is marked so.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Generator, Sequence
from importlib.machinery import PathFinder
from typing import Any

import pytest

FRAMEWORKS = ("torch", "jax", "tensorflow", "keras", "tf_keras", "optax", "braindecode")
# the marks that allow what is watched
ALLOWED = {"process": ("process", "framework", "browser"), "framework": ("framework",)}
needed: list[tuple[str, str]] = []


class Watch:
    """Finds no module, and takes down which frameworks were looked for."""

    @staticmethod
    def find_spec(name: str, path: object = None, target: object = None) -> None:
        """No spec: whoever comes next finds the module."""
        if name in FRAMEWORKS:
            needed.append(("framework", f"imports {name}"))


def installed(framework: str) -> bool:
    """Whether a framework could be imported; it is not."""
    return PathFinder.find_spec(framework) is not None


def requires(framework: str) -> pytest.MarkDecorator:
    """The tests are skipped, with a message, where the framework is missing."""
    return pytest.mark.skipif(not installed(framework), reason=f"{framework} is not installed")


@pytest.fixture(scope="session")
def process() -> None:
    """Whoever takes this starts a worker or a command in a process of its own."""


@pytest.fixture(scope="session")
def framework() -> None:
    """Whoever takes this needs a framework, here or in a worker."""


@pytest.fixture(scope="session")
def slow() -> None:
    """Whoever takes this takes more than about half a second."""


def pytest_configure() -> None:
    """Watch imports and new processes."""
    start = subprocess.Popen.__init__

    def watched(self: Any, *arguments: Any, **options: Any) -> None:
        needed.append(("process", f"starts {arguments or options.get('args')}"))
        start(self, *arguments, **options)

    setattr(subprocess.Popen, "__init__", watched)  # noqa: B010 - mypy allows no assignment to a method
    sys.meta_path.insert(0, Watch)


def pytest_collection_modifyitems(items: Sequence[pytest.Item]) -> None:
    """Mark the tests by what their fixtures need."""
    for item in items:
        for name in {"process", "framework", "slow"} & set(getattr(item, "fixturenames", ())):
            item.add_marker(name)


def pytest_collection_finish() -> None:
    """Listing the tests costs nobody a framework."""
    imported = [what for mark, what in needed if mark == "framework"]
    if imported:
        raise pytest.UsageError(f"a module of tests {imported[0]} when it is imported")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, Any, Any]:
    """The fixtures of a test do what its marks allow."""
    return (yield from checked(item))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """A test does what its marks allow."""
    return (yield from checked(item))


def checked(item: pytest.Item) -> Generator[None, Any, Any]:
    """Run a phase of a test, and fail it where a mark is missing."""
    needed.clear()
    result = yield
    for mark, what in needed:
        if not any(item.get_closest_marker(name) for name in ALLOWED[mark]):
            pytest.fail(f"it {what}, and is not marked {mark}", pytrace=False)
    return result
