"""What stands in front of every program on a stack: the imports of its framework."""

from __future__ import annotations

import importlib

from adapters.protocol import Stack


def has_prelude(stack: Stack) -> bool:
    """Whether the stack's adapter says how programs begin, and so can run experiments."""
    return hasattr(importlib.import_module(stack.module), "prelude")


def prelude(stack: Stack) -> str:
    """The first lines of a program on a stack."""
    lines: tuple[str, ...] = importlib.import_module(stack.module).prelude(stack)
    return "\n".join([*lines, "import numpy as np"]) + "\n\n\n"
