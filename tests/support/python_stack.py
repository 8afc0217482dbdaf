"""A stack that is Python itself, and a worker that runs programs in this process: enough to try experiments on."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, TypeVar, cast

from adapters.core.framework import Framework
from adapters.core.messages import Request
from adapters.core.stack import Mode, Stack
from adapters.worker.calling import Loaded
from adapters.worker.handlers import answer
from conformance.errors import WorkerDied
from conformance.stacks.workers import Worker

A = TypeVar("A")
STACK = Stack("python", __name__, (), {}, (Mode("eager"),), "Python, for the tests.")
STACKS = {"python": STACK}


def prelude(stack: Stack) -> tuple[str, ...]:
    """Programs need no framework here."""
    return ("import math",)


class Here(Worker):
    """A worker without a process; `requests` are those that came, and `dies` says that it is lost at the first."""

    def __init__(self, dies: bool = False) -> None:
        super().__init__(STACK)
        self.requests: list[Request[Any]] = []
        self.dies = dies

    def request(self, request: Request[A], timeout: float) -> A:
        """What the program printed, or how it ended."""
        self.requests.append(request)
        if self.dies:
            raise WorkerDied("Segmentation fault")
        return cast(A, answer(Loaded(STACK, cast(Framework, SimpleNamespace(reset=lambda: None))), request))
