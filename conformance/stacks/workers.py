"""Workers: stacks in processes of their own, started again when they die or hang; only that case is lost."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

from adapters.core.messages import Describe, Description, Load, Recipient, Request, Unavailable
from adapters.core.stack import Stack
from conformance.errors import StackUnavailable, WorkerDied, WorkerHung
from conformance.processes.process import START_TIMEOUT, Process

A = TypeVar("A")
ROOT = Path(__file__).resolve().parents[2]


class Worker:
    """A stack that answers requests, in a process that it may share; started at the first one and after every loss."""

    def __init__(
        self,
        stack: Stack,
        python: str = sys.executable,
        device: str = "cpu",
        root: Path = ROOT,
        process: Process | None = None,
        compiled: str | None = None,
    ) -> None:
        self.stack, self.root = stack, root
        self.process = process or Process(
            stack.process or stack.name, stack.environment, python, device, stack.requires
        )
        self.description: Description | None = None
        self._recipient = Recipient(stack.name, stack.module, stack.declaration, compiled)

    @property
    def formats(self) -> Mapping[str, str | None]:
        """Of each format, None or why the stack cannot hold it; empty before the stack was started."""
        return {} if self.description is None else self.description.formats

    @property
    def python(self) -> str:
        """The interpreter."""
        return self.process.python

    def start(self) -> Description:
        """Start the process, load the stack, and return what it says of itself; raises StackUnavailable."""
        self.description = self._loaded(Describe())
        return self.description

    def _loaded(self, request: Request[A]) -> A:
        """Start the process, and the answer to the first request, which has the time that loading may take."""
        self.process.start(self.root)
        try:
            answer = self.process.request(request, self._recipient, START_TIMEOUT)
        except (WorkerDied, WorkerHung) as error:
            raise StackUnavailable(f"{self.stack.name} did not start with {self.python}: {error}") from error
        available = _available(answer)
        self.process.loaded.add(self.stack.name)
        return available

    def load(self) -> None:
        """The process runs and has loaded the stack; raises StackUnavailable."""
        if self.stack.name not in self.process.loaded:
            self._loaded(Load())

    def request(self, request: Request[A], timeout: float) -> A:
        """The answer to one request; raises WorkerDied or WorkerHung, after which the next request starts afresh."""
        self.load()
        return _available(self.process.request(request, self._recipient, timeout))

    def close(self) -> None:
        """End the process."""
        self.process.stop()


def _available(answer: A | Unavailable) -> A:
    if isinstance(answer, Unavailable):
        raise StackUnavailable(answer.reason)
    return answer
