"""Where the code that somebody brings lies, and how it is imported without standing in the way of what is installed."""

from __future__ import annotations

import os
import re
import sys
import sysconfig
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType
from typing import Optional

from adapters.core.framework import Unsupported
from adapters.core.mark import is_name

ROOT = str(Path(__file__).resolve().parents[2])
# what a subject imports by these names is what is installed, whatever lies beside it
INSTALLED = (
    *("numpy", "scipy", "torch", "jax", "jaxlib", "tensorflow", "keras", "tf_keras", "optax", "ml_dtypes"),
    "normconf",
)
# of Python 3.9 only those that are built in are known by name
STANDARD = frozenset(getattr(sys, "stdlib_module_names", sys.builtin_module_names))


@dataclass(frozen=True)
class Place:
    """The folder that has to be on the path, and the name of a module there, of whose `file` nothing else is known.

    `by_path`: it can only be loaded from its file, because Python cannot import its name, or gives another module.
    """

    folder: str
    module: str
    file: str = ""
    by_path: bool = False


def place_of(where: str) -> Place:
    """Return the place of a file FILE.py, or of a module by its dotted name; raises Unsupported."""
    if not where.endswith(".py"):
        return Place(os.getcwd(), where)
    try:
        path = Path(where).resolve()
        there, is_file = path.exists(), path.is_file()
    except (OSError, RuntimeError, ValueError) as error:  # too long, a loop of links, or no name of a file at all
        raise Unsupported(f"{where} cannot be read: {getattr(error, 'strerror', None) or error}") from error
    if not is_file:
        raise Unsupported(f"{where} is no file" if there else f"there is no file {where}")
    folder, parts = path.parent, [path.stem]
    while (folder / "__init__.py").exists() and is_name(folder.name):
        folder, parts = folder.parent, [folder.name, *parts]
    if parts[0] in INSTALLED:  # no program in that folder could import what is installed
        raise Unsupported(f"{where} has the name of another module, {parts[0]}; rename it")
    if is_name(path.stem) and parts[0] not in STANDARD:
        return Place(str(folder), ".".join(parts), str(path))
    # a neighbour may have the name that is left of it
    name = f"subject_{re.sub(r'[^0-9A-Za-z_]', '_', path.stem)}"
    package = [] if parts[0] in STANDARD else parts[:-1]
    return Place(str(folder), ".".join([*package, name]), str(path), by_path=True)


def hides_others(folder: str) -> bool:
    """Whether something in a folder has the name of a module that others need, so that it must not come first."""
    try:
        return any(name.partition(".")[0] in (*STANDARD, *INSTALLED) for name in os.listdir(folder))
    except OSError:
        return False


def make_importable(folder: str) -> None:
    """The folder is on the path, before what is installed, but behind the standard library.

    A file random.py in it is in nobody's way then; INSTALLED are found as if the folder were not there.
    """
    standard = {os.path.realpath(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib")}
    path = [each for each in sys.path if each not in ("", ROOT, folder)]
    behind = [
        number
        for number, each in enumerate(path, 1)
        if os.path.realpath(each) in standard or os.path.basename(each) == "lib-dynload"
    ]
    place = behind[-1] if behind else 0
    sys.path[:] = [*path[:place], folder, *path[place:]]
    sys.meta_path[:] = [_Installed(folder), *(finder for finder in sys.meta_path if not isinstance(finder, _Installed))]


class _Installed:
    """Finds what is INSTALLED without looking into a folder."""

    def __init__(self, folder: str) -> None:
        self._folder = folder

    def find_spec(
        self, name: str, path: Optional[Sequence[str]] = None, target: Optional[ModuleType] = None
    ) -> Optional[ModuleSpec]:
        """The spec of one of these modules; None for others, or where it is not installed."""
        if path is not None or name not in INSTALLED:
            return None
        return PathFinder.find_spec(name, [each for each in sys.path if each != self._folder])
