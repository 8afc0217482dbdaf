"""Finding the subjects that people bring: in a file or a module, imported as their own interpreter would."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, Optional

from adapters.core.framework import Unsupported
from adapters.core.layers import base_of, weights_of
from adapters.core.mark import Mark, is_name, message_of, read_mark, shown
from adapters.core.place import ROOT, Place, make_importable, place_of

# set on what normconf.subject marks
MARK = "__normconf__"


@dataclass(frozen=True)
class Parameter:
    """A parameter of a subject; one that is `required` has no default."""

    name: str
    required: bool


@dataclass(frozen=True)
class SubjectDescription:
    """A subject as it was found: what its mark says, where it is, and what it takes.

    `parameters` is None where it does not say which it takes; `takes_any`: it takes keywords of any name.
    `has_config`: it is no class, or one that says of itself what Keras saves; `module`: of
    a layer of PyTorch or Keras, or a callback, from which one it is derived. `weights`: of a layer or model that is
    built already, the name of its own.
    """

    name: str
    mark: Optional[Mark]
    is_class: bool
    file: str
    line: int
    parameters: Optional[tuple[Parameter, ...]]
    takes_any: bool
    has_config: bool = True
    module: str = ""
    weights: str = ""


def find(where: str, names: Sequence[str]) -> tuple[SubjectDescription, ...]:
    """Return the named subjects of a file or module, or those that are marked; raises Unsupported with the reason."""
    module = imported(where)
    try:
        wanted = list(names) or _marked(where, module)
        if not wanted:
            raise Unsupported(f"{where} marks no subject; say {where}:NAME, or mark one with normconf.subject")
        return tuple(_described(where, name, named(module, where, name)) for name in wanted)
    except Unsupported:
        raise
    except BaseException as error:
        raise Unsupported(f"{where} cannot be read: {message_of(error)}") from error


def _marked(where: str, module: ModuleType) -> list[str]:
    names = [name for name, value in list(vars(module).items()) if _mark(value) is not None]
    for name in names:
        if not isinstance(name, str) or not is_name(name):
            raise Unsupported(f"{where} marks {shown(name)}, which is no name by which it could be called")
    return names


def _mark(value: Any) -> Any:
    """What marks a value, None for one that is not marked; classes do not inherit the mark."""
    try:
        return vars(value).get(MARK)
    except BaseException:  # noqa: BLE001 - most values have no __dict__, and somebody's may raise anything
        return None


def _described(where: str, name: str, value: Any) -> SubjectDescription:
    if not callable(value):
        raise Unsupported(f"{where}:{name} is {type(value).__name__}, which cannot be called")
    given = _mark(value)
    mark = None if given is None else read_mark(f"{where}:{name}", given)
    file, line = _source(value)
    parameters, takes_any = _parameters(value)
    is_class = inspect.isclass(value)
    has_config = not is_class or _has_config(value)
    module = base_of(value) if is_class else ""
    weights = "" if is_class else weights_of(value)
    return SubjectDescription(name, mark, is_class, file, line, parameters, takes_any, has_config, module, weights)


def _has_config(kind: type) -> bool:
    """Whether a class has a get_config that is not the one which Keras gives to everything."""
    own = (each for each in kind.__mro__ if each.__module__.partition(".")[0] not in ("keras", "tf_keras", "builtins"))
    return any("get_config" in vars(each) for each in own)


def _parameters(value: Callable[..., Any]) -> tuple[Optional[tuple[Parameter, ...]], bool]:
    try:
        parameters = inspect.signature(value).parameters.values()
    except Exception:  # noqa: BLE001 - as of some functions written in C; and a __signature__ may be anything
        return None, False
    several = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    named = tuple(Parameter(each.name, each.default is each.empty) for each in parameters if each.kind not in several)
    return named, any(each.kind == inspect.Parameter.VAR_KEYWORD for each in parameters)


def _source(value: Any) -> tuple[str, int]:
    try:
        return os.path.relpath(inspect.getsourcefile(value) or ""), inspect.getsourcelines(value)[1]
    except Exception:  # noqa: BLE001 - of what has no source, or lies on another drive, or says so of itself
        return "", 1


def named(module: ModuleType, where: str, name: str) -> Any:
    """Return what a module has under a dotted name; raises Unsupported."""
    value: Any = module
    for part in name.split("."):
        try:
            value = getattr(value, part)
        except AttributeError:
            raise Unsupported(f"{where} has no {name}") from None
        except BaseException as error:
            raise Unsupported(f"{where} gives no {name}: {message_of(error)}") from error
    return value


def imported(where: str) -> ModuleType:
    """Return the module, as in its author's own interpreter: this project's folders are out of its way."""
    _open_front_door()
    place = place_of(where)
    for ours in [m for m in sys.modules if m.partition(".")[0] in ("adapters", "reference", "conformance", "reports")]:
        if str(getattr(sys.modules[ours], "__file__", None) or "").startswith(ROOT):
            del sys.modules[ours]
    make_importable(place.folder)
    try:
        module = importlib.import_module(place.module) if not place.by_path else _loaded(place)
    except BaseException as error:
        raise Unsupported(f"{where} cannot be imported: {message_of(error)}{_line(error, place.file)}") from error
    if place.file and not place.by_path and not _is_from(module, place.file):
        raise Unsupported(f"{where} has the name of another module, {shown(module)}; rename it")
    return module


def _is_from(module: ModuleType, file: str) -> bool:
    try:
        return Path(str(module.__file__)).resolve() == Path(file)
    except Exception:  # noqa: BLE001 - a module may put anything in its place, or in the place of its name
        return False


def _loaded(place: Place) -> ModuleType:
    """The module of a file whose name cannot be imported, or is that of another module."""
    if place.module not in sys.modules:
        spec = importlib.util.spec_from_file_location(place.module, place.file)
        assert spec is not None and spec.loader is not None
        sys.modules[place.module] = importlib.util.module_from_spec(spec)
        try:
            spec.loader.exec_module(sys.modules[place.module])
        except BaseException:
            sys.modules.pop(place.module, None)
            raise
    return sys.modules[place.module]


def _line(error: BaseException, file: str) -> str:
    """The last line of a file that had a part in an exception."""
    try:
        lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == file]
    except Exception:  # noqa: BLE001 - an exception may be one of somebody's
        return ""
    return f" (line {lines[-1]})" if lines else ""


def _open_front_door() -> None:
    """Subjects import the mark; nothing else of this project is to be found on their path."""
    if "normconf" not in sys.modules:
        path = next(p for p in (Path(ROOT, "normconf.py"), Path(ROOT, "__init__.py")) if p.is_file())
        spec = importlib.util.spec_from_file_location("normconf", path)
        assert spec is not None and spec.loader is not None
        sys.modules["normconf"] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules["normconf"])
