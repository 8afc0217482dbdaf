"""The stacks that there are: those of every module of adapters/."""

from __future__ import annotations

import importlib
import pkgutil

from adapters.core.stack import Stack


def discover() -> dict[str, Stack]:
    """Find the stacks of every module in this package, by name."""
    package = importlib.import_module("adapters")
    stacks: dict[str, Stack] = {}
    for module in pkgutil.iter_modules(package.__path__, "adapters."):
        for stack in getattr(importlib.import_module(module.name), "STACKS", ()):
            if stack.name in stacks:
                raise ValueError(f"{stacks[stack.name].module} and {stack.module} both define {stack.name}")
            stacks[stack.name] = stack
    return stacks
