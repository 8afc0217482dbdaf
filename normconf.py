"""normconf's front door: the command, the mark of a subject, one assertion for test suites, and normconf.strategies.

Importing it imports nothing else of this project, whose folders have names that other packages have too. What
normconf.strategies needs of them is imported as parts of normconf, and leaves those names to whoever has them.
"""

from __future__ import annotations

import builtins
import importlib
import inspect
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from importlib.util import spec_from_file_location, spec_from_loader
from types import ModuleType
from typing import Any, TypeVar

__all__ = ["assert_conforms", "main", "subject"]

__version__ = "0.1.0"

HERE = os.path.dirname(os.path.abspath(__file__))
MARK = "__normconf__"
FOLDERS = ("adapters", "conformance", "reference", "reports")
# a module that is no package yet, in a checkout, is one of what is found below
__path__: list[str] = globals().get("__path__", [])

Subject = TypeVar("Subject", bound=Callable[..., Any])


def subject(
    contract: str,
    *,
    framework: str,
    names: Mapping[str, str] | None = None,
    fixed: Mapping[str, float] | None = None,
    axes: Iterable[int | Sequence[int] | None] | Mapping[int, int | Sequence[int] | None] | str | None = None,
    ranks: Iterable[int] | None = None,
    formats: Iterable[str] | None = None,
    devices: Iterable[str] | None = None,
    in_place: bool = False,
    modes: Iterable[str] | None = None,
    no_grad: bool = False,
    kind: str | None = None,
    layer: Mapping[str, Any] | None = None,
    frozen: str | None = None,
    others: str | None = None,
    values: Mapping[str, Sequence[float]] | None = None,
    tied: Mapping[str, str] | None = None,
) -> Callable[[Subject], Subject]:
    """Mark a function f(w, **parameters), or a class or factory whose instance is called with w, as a subject.

    contract: what it promises, such as "max_norm". framework: "torch", "jax", "tensorflow", "numpy", "keras", or
    "keras-torch" and the like. names: the subject's own name of a parameter, by that of the contract. fixed:
    parameters that the subject does not take, and their values; those not named here have the contract's defaults.
    axes, ranks, formats, devices: all that it takes, where that is not everything. axes may be a dictionary from
    ranks to axes, or "all but the first" or "all but the last" (dimension). in_place: it changes w. modes: those in
    which it is asked, such as "eager" and "jit", where that is not every way in which its framework runs a
    function. no_grad: where the weights require grad, it is called under torch.no_grad(). kind: "layer" for a class
    of layers, "model" for a function of a model, "hook" for one of an optimizer, "dict", "list" or "tree" for one
    of several weights, where neither its base class nor the name of its first parameter says so. layer: further
    arguments of the class of layers. frozen: what a function of a model does to weights that are not trained,
    "bounded" or "left alone". others: what it does to biases and normalisation, "left alone" if nothing is said, or
    "not asked". values: by parameter the least and the greatest that it may be. tied: where one number serves two
    parameters, the one that is taken by the one that is not, such as {"clip_value_min": "-clip_value_max"}.
    """
    # as it was given: the gate reads it, and says what is wrong with it
    said = {"contract": contract, "framework": framework, "names": names, "fixed": fixed}
    limits = {"axes": axes, "ranks": ranks, "formats": formats, "devices": devices, "modes": modes}
    called = {"in_place": in_place, "no_grad": no_grad, "values": values, "tied": tied}
    what = {"kind": kind, "layer": layer, "frozen": frozen, "others": others}

    def mark(function: Subject) -> Subject:
        if not callable(function):
            raise TypeError(f"normconf.subject marks what can be called, not {type(function).__name__}")
        try:
            setattr(function, MARK, {**said, **limits, **called, **what})
        except (AttributeError, TypeError):
            kind = type(function).__name__
            raise TypeError(f"normconf.subject cannot mark a {kind}; mark a function that calls it") from None
        return function

    return mark


def assert_conforms(subject: str | Callable[..., Any], *options: str) -> None:
    """Raise AssertionError, with what the gate says, where a subject does not conform; options are those of the gate.

    subject: what `normconf gate` takes, or a function or class at the top of a module.
    """
    __tracebackhide__ = True
    if not isinstance(subject, str):
        subject = f"{inspect.getsourcefile(subject)}:{subject.__qualname__}"
    command = [sys.executable, os.path.abspath(__file__), "gate", subject, *options]
    ran = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if ran.returncode:
        raise AssertionError(f"normconf gate ended with {ran.returncode}:\n{ran.stdout.decode('utf-8', 'replace')}")


def main() -> int:
    """Run the command; this project's folders come first on the path of its own process."""
    sys.path.insert(0, HERE)
    from conformance.cli.main import main as command

    return command(prog="normconf")


class _Folders(MetaPathFinder):
    """Finds this project's folders as parts of normconf, and its strategies under the name that users know."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        """Where a part of normconf is; None for every other module."""
        package, *parts = name.split(".")
        if package != "normconf" or not parts:
            return None
        if parts == ["strategies"]:
            return spec_from_loader(name, _Strategies())
        if parts[0] not in FOLDERS or _are_ours():
            return None
        found = PathFinder.find_spec(name, [os.path.join(HERE, *parts[:-1])])
        if found is None or found.origin is None:
            return None
        places, loader = found.submodule_search_locations, _PartLoader(name, found.origin)
        return spec_from_file_location(name, found.origin, loader=loader, submodule_search_locations=places)


class _PartLoader(SourceFileLoader):
    """Runs a module so that what it imports of this project's folders are parts of normconf."""

    def exec_module(self, module: ModuleType) -> None:
        module.__dict__["__builtins__"] = {**vars(builtins), "__import__": _import_part}
        super().exec_module(module)


class _Strategies(Loader):
    """Gives the room of the strategies, which is imported once, whatever it is called."""

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return importlib.import_module("conformance.strategies" if _are_ours() else "normconf.conformance.strategies")

    def exec_module(self, module: ModuleType) -> None:
        """It was run when it was imported."""


def _are_ours() -> bool:
    """Whether this is a process of the suite's own, in which its folders have their own names."""
    found = getattr(sys.modules.get("conformance"), "__file__", None)
    return found is not None and os.path.dirname(os.path.abspath(found)) == os.path.join(HERE, "conformance")


def _import_part(
    name: str, within: Any = None, names: Any = None, wanted: Sequence[str] | None = (), level: int = 0
) -> Any:
    if level == 0 and name.partition(".")[0] in FOLDERS:
        name = f"normconf.{name}"
    return builtins.__import__(name, within, names, wanted or (), level)


if __name__ == "normconf":
    sys.meta_path.insert(0, _Folders())

if __name__ == "__main__":
    sys.exit(main())
