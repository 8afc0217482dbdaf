"""Finding the subjects that people bring: in a file or a module, imported as their own interpreter would."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, Optional

from adapters.core.framework import Unsupported

# set on what normconf.subject marks
MARK = "__normconf__"
ROOT = str(Path(__file__).resolve().parents[2])


@dataclass(frozen=True)
class Parameter:
    """A parameter of a subject; one that is `required` has no default."""

    name: str
    required: bool


@dataclass(frozen=True)
class SubjectDescription:
    """A subject as it was found: what its mark says, where it is, and what it takes.

    `parameters` is None where it does not say which it takes; `takes_any`: it takes keywords of any name.
    """

    name: str
    mark: Optional[Mapping[str, Any]]
    is_class: bool
    file: str
    line: int
    parameters: Optional[tuple[Parameter, ...]]
    takes_any: bool


def find(where: str, names: Sequence[str]) -> tuple[SubjectDescription, ...]:
    """Return the named subjects of a file or module, or those that are marked; raises Unsupported with the reason."""
    module = imported(where)
    wanted = list(names) or [name for name, value in vars(module).items() if MARK in _own(value)]
    if not wanted:
        raise Unsupported(f"{where} marks no subject; say {where}:NAME, or mark one with normconf.subject")
    return tuple(_described(where, name, named(module, where, name)) for name in wanted)


def _own(value: Any) -> Mapping[str, Any]:
    found: Mapping[str, Any] = getattr(value, "__dict__", {})
    return found


def _described(where: str, name: str, value: Any) -> SubjectDescription:
    if not callable(value):
        raise Unsupported(f"{where}:{name} is {type(value).__name__}, which cannot be called")
    file, line = _source(value)
    parameters, takes_any = _parameters(value)
    return SubjectDescription(name, _own(value).get(MARK), inspect.isclass(value), file, line, parameters, takes_any)


def _parameters(value: Callable[..., Any]) -> tuple[Optional[tuple[Parameter, ...]], bool]:
    try:
        parameters = inspect.signature(value).parameters.values()
    except (TypeError, ValueError):  # as of some functions written in C
        return None, False
    several = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    named = tuple(Parameter(each.name, each.default is each.empty) for each in parameters if each.kind not in several)
    return named, any(each.kind == inspect.Parameter.VAR_KEYWORD for each in parameters)


def _source(value: Any) -> tuple[str, int]:
    try:
        return os.path.relpath(inspect.getsourcefile(value) or ""), inspect.getsourcelines(value)[1]
    except (TypeError, OSError, ValueError):  # of what has no source, or lies on another drive
        return "", 1


def named(module: ModuleType, where: str, name: str) -> Any:
    """Return what a module has under a dotted name; raises Unsupported."""
    value: Any = module
    for part in name.split("."):
        if not hasattr(value, part):
            raise Unsupported(f"{where} has no {name}")
        value = getattr(value, part)
    return value


def imported(where: str) -> ModuleType:
    """Return the module, as in its author's own interpreter: this project's folders are out of its way."""
    _open_front_door()
    folder, name = place_of(where)
    for ours in [m for m in sys.modules if m.partition(".")[0] in ("adapters", "reference", "conformance", "reports")]:
        if str(getattr(sys.modules[ours], "__file__", None) or "").startswith(ROOT):
            del sys.modules[ours]
    sys.path[:] = [folder, *(path for path in sys.path if path not in (ROOT, folder))]
    try:
        module = importlib.import_module(name)
    except BaseException as error:
        said = " ".join(str(error).split())
        raise Unsupported(f"{where} cannot be imported: {type(error).__name__}: {said}") from error
    if where.endswith(".py") and Path(str(module.__file__)).resolve() != Path(where).resolve():
        raise Unsupported(f"{where} has the name of another module, {module.__file__}; rename it")
    return module


def _open_front_door() -> None:
    """Subjects import the mark; nothing else of this project is to be found on their path."""
    if "normconf" not in sys.modules:
        path = next(p for p in (Path(ROOT, "normconf.py"), Path(ROOT, "__init__.py")) if p.is_file())
        spec = importlib.util.spec_from_file_location("normconf", path)
        assert spec is not None and spec.loader is not None
        sys.modules["normconf"] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules["normconf"])


def place_of(where: str) -> tuple[str, str]:
    """Return the folder that has to be on the path, and the module's name there; raises Unsupported."""
    if not where.endswith(".py"):
        return os.getcwd(), where
    path = Path(where).resolve()
    if not path.is_file():
        raise Unsupported(f"there is no file {where}")
    folder, parts = path.parent, [path.stem]
    while (folder / "__init__.py").exists():
        folder, parts = folder.parent, [folder.name, *parts]
    return str(folder), ".".join(parts)
