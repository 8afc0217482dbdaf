"""A stack that is Python itself, and a worker that runs programs in this process: enough to try experiments on."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Mapping
from typing import Any

from adapters.core.stack import Stack
from conformance.errors import WorkerDied
from conformance.stacks.workers import Worker

STACK = Stack("python", __name__, (), {}, ("eager",), "Python, for the tests.")
STACKS = {"python": STACK}


def prelude(stack: Stack) -> tuple[str, ...]:
    """Programs need no framework here."""
    return ("import math",)


class Here(Worker):
    """A worker without a process; `requests` are those that came, and `dies` says that it is lost at the first."""

    def __init__(self, dies: bool = False) -> None:
        super().__init__(STACK)
        self.requests: list[Mapping[str, Any]] = []
        self.dies = dies

    def request(self, message: Mapping[str, Any], timeout: float) -> dict[str, Any]:
        """What the program printed, or how it ended."""
        self.requests.append(message)
        if self.dies:
            raise WorkerDied("Segmentation fault")
        with contextlib.redirect_stdout(io.StringIO()) as stdout:
            try:
                exec(message["source"], {"__name__": "__main__"})
            except Exception as error:  # noqa: BLE001 - as a worker does
                return {
                    "outcome": "error",
                    "type": type(error).__name__,
                    "message": str(error),
                    "stdout": stdout.getvalue(),
                }
        return {"outcome": "ran", "stdout": stdout.getvalue()}
