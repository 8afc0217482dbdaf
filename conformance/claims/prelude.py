"""What stands in front of every program on a stack: the imports of its framework."""

from __future__ import annotations

import importlib

from adapters.core.program import Program
from adapters.core.stack import Stack
from conformance.stacks.programs import on_device
from conformance.stacks.workers import Worker


def has_prelude(stack: Stack) -> bool:
    """Whether the stack's adapter says how programs begin, and so can run experiments."""
    return hasattr(importlib.import_module(stack.module), "prelude")


def prelude(worker: Worker) -> str:
    """The first lines of a program on a worker's stack and device."""
    lines: tuple[str, ...] = importlib.import_module(worker.stack.module).prelude(worker.stack)
    program = Program(before=(*lines, "import numpy as np"))
    return f"{on_device(program, worker.stack, worker.process.device).source}\n\n"
