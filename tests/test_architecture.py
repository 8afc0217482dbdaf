"""Imports run downwards only: what a line of code may touch is known from the folder that it stands in."""

from __future__ import annotations

import ast
import sys
from collections import Counter
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOLDERS = ("reference", "adapters", "conformance", "reports")
# the floors of each folder, from the top; a room may import what stands on a lower floor
FLOORS = {
    "conformance": (
        ("conftest", "__main__"),
        ("cli",),
        ("claims", "bench"),
        ("run",),
        ("schedule",),
        ("known", "hints", "version"),
        ("rules",),
        ("sweeps",),
        ("strategies",),
        ("judging",),
        ("stacks",),
        ("processes",),
        ("cases", "toml_entries"),
        ("errors",),
    ),
    "reports": (
        ("write",),
        ("html",),
        ("export", "console"),
        ("markdown",),
        ("charts",),
        ("changes", "gating"),
        ("analysis",),
        ("text",),
        ("record",),
        ("reading", "schema"),
    ),
    "adapters": (("worker",), ("user",), ("FRAMEWORKS",), ("programs",), ("core",)),
}
# what a folder takes from others: any of it, or the rooms that are named
ELSEWHERE = {
    "reference": (),
    "adapters": (),
    "reports": (),
    "conformance": (
        "reference",
        "adapters.core",
        "reports.record",
        "reports.reading",
        "reports.schema",
        "reports.text",
    ),
}
# and what single rooms take besides: those that write reports, find somebody's code, or run inside a worker
BESIDES = {
    "conformance.cli": ("reports", "adapters"),
    "conformance.claims": ("reports",),
    "conformance.run": ("reports",),
    "conformance.stacks": ("adapters.user",),
    "conformance.bench": ("adapters.worker",),
}
# rule chapters and experiments are lists of what there is, and grow
LISTS = ("conformance.rules", "conformance.claims.experiments")
MOST_MODULES = 14


@cache
def modules() -> dict[str, Path]:
    """Every module of the four folders, by its dotted name."""
    paths = (path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))
    named = {".".join(path.relative_to(ROOT).with_suffix("").parts): path for path in paths}
    return {name.removesuffix(".__init__"): path for name, path in named.items()}


@cache
def imports() -> dict[str, set[str]]:
    """Of each module what it imports, at its top or inside functions."""
    found: dict[str, set[str]] = {name: set() for name in modules()}
    for name, path in modules().items():
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                found[name] |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{name} has a relative import"
                inner = {f"{node.module}.{alias.name}" for alias in node.names}
                found[name] |= inner & set(modules()) or {str(node.module)}
    return found


def arrows() -> Iterator[tuple[str, str]]:
    """Every import of one module of ours by another."""
    for name, imported in imports().items():
        yield from ((name, other) for other in imported if other in modules() and other != name)


def room(name: str) -> str:
    """The part of its folder in which a module stands; every framework of adapters/ is in the same one."""
    folder, _, rest = name.partition(".")
    first = rest.partition(".")[0]
    floors = [one for floor in FLOORS.get(folder, ()) for one in floor]
    return "FRAMEWORKS" if folder == "adapters" and first not in floors else first


def floor(name: str) -> int:
    """The number of the floor on which a module stands, from the top."""
    folder = name.partition(".")[0]
    return next(number for number, rooms in enumerate(FLOORS[folder]) if room(name) in rooms)


def inside(name: str, places: tuple[str, ...]) -> bool:
    """Whether a module is one of these places, or lies in one."""
    return any(name == place or name.startswith(f"{place}.") for place in places)


def test_no_module_imports_itself_through_others() -> None:
    """There is no circle of imports."""
    graph: dict[str, set[str]] = {}
    for name, other in arrows():
        graph.setdefault(name, set()).add(other)
    TopologicalSorter(graph).prepare()


@pytest.mark.parametrize("folder", FLOORS)
def test_every_module_stands_on_a_floor(folder: str) -> None:
    """A room that nobody gave a floor is an oversight."""
    rooms = [one for rooms in FLOORS[folder] for one in rooms]
    assert {room(name) for name in modules() if name.startswith(f"{folder}.")} <= set(rooms)


@pytest.mark.parametrize("folder", FLOORS)
def test_imports_run_downwards(folder: str) -> None:
    """No room imports one on its own floor or above."""
    inner = [(a, b) for a, b in arrows() if a.startswith(f"{folder}.") and b.startswith(f"{folder}.")]
    upwards = [f"{a} -> {b}" for a, b in inner if room(a) != room(b) and floor(a) >= floor(b)]
    assert inner and not upwards


@pytest.mark.parametrize("folder", ELSEWHERE)
def test_a_folder_takes_from_others_what_it_may(folder: str) -> None:
    """reference, adapters and reports stand alone; conformance is built on them."""
    across = [(a, b) for a, b in arrows() if a.startswith(folder) and not b.startswith(folder)]
    allowed = ELSEWHERE[folder]
    besides = {place: taken for place, taken in BESIDES.items() if place.startswith(folder)}
    wrong = [
        f"{a} -> {b}"
        for a, b in across
        if not inside(b, allowed)
        and not any(inside(a, (place,)) and inside(b, taken) for place, taken in besides.items())
    ]
    assert not wrong


def test_the_reference_needs_numpy_only() -> None:
    """What is right is told by NumPy and the standard library."""
    packages = {
        other.partition(".")[0]
        for name, others in imports().items()
        if inside(name, ("reference",))
        for other in others
    }
    assert packages - set(sys.stdlib_module_names) == {"numpy", "reference"}


def test_no_folder_holds_more_than_can_be_seen_at_a_glance() -> None:
    """Lists of rules and experiments aside, a folder has at most fourteen modules of its own."""
    held = Counter(
        ".".join(path.parent.relative_to(ROOT).parts) for path in modules().values() if path.stem != "__init__"
    )
    assert {name: count for name, count in held.items() if count > MOST_MODULES and name not in LISTS} == {}
