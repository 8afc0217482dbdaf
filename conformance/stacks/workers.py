"""Workers: stacks in processes of their own, started again when they die or hang; only that case is lost."""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import signal
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import execnet

from adapters.core.messages import (
    BOOTSTRAP,
    Describe,
    Description,
    Recipient,
    Refused,
    Request,
    Unavailable,
    request_to_wire,
)
from adapters.core.stack import Stack
from conformance.errors import StackUnavailable, WorkerDied, WorkerHung

A = TypeVar("A")
ROOT = Path(__file__).resolve().parents[2]
START_TIMEOUT = 180.0
END_TIMEOUT = 1.0
# a worker on the CPU must not touch a GPU that is there; several on one GPU must leave each other memory
VISIBLE: Mapping[str, Mapping[str, str]] = {
    "cpu": {
        "CUDA_VISIBLE_DEVICES": "-1",
        "HIP_VISIBLE_DEVICES": "-1",
        "ROCR_VISIBLE_DEVICES": "-1",
        "JAX_PLATFORMS": "cpu",
    },
    "gpu": {"XLA_PYTHON_CLIENT_PREALLOCATE": "false", "TF_FORCE_GPU_ALLOW_GROWTH": "true"},
}


class Process:
    """An interpreter that answers requests for one stack or several; `loaded` are those loaded since its start."""

    def __init__(
        self, name: str, environment: Mapping[str, str], python: str = sys.executable, device: str = "cpu"
    ) -> None:
        self.name, self.python, self.device = name, python, device
        self.loaded: set[str] = set()
        self._environment = dict(environment)
        self._group: execnet.Group | None = None
        self._channel: Any = None
        self._pid: int | None = None
        self._log: Path | None = None

    @property
    def environment(self) -> dict[str, str]:
        """What the process is told, with the devices that it may see."""
        return {**self._environment, **VISIBLE[self.device]}

    def suits(self, stack: Stack) -> bool:
        """Whether the process has the environment that a stack wants."""
        return self._environment == dict(stack.environment)

    def start(self, root: Path) -> None:
        """The process runs, or StackUnavailable says why not."""
        if self._channel is not None:
            return
        spec = "//".join(
            ["popen", f"python={shlex.quote(self.python)}", *(f"env:{k}={v}" for k, v in self.environment.items())]
        )
        plain = re.sub(r"[^\w.]+", "-", self.name)  # it may hold the path of somebody's file
        handle, log = tempfile.mkstemp(prefix=f"normconf-{plain}-", suffix=".log")
        os.close(handle)
        self._log = Path(log)
        self._group = execnet.Group()
        try:
            self._channel = self._group.makegateway(spec).remote_exec(BOOTSTRAP)
            self._channel.send({"root": str(root), "log": str(self._log)})
            answer = self._channel.receive(START_TIMEOUT)
        # execnet asserts that what answers is its own bootstrap
        except (OSError, EOFError, AssertionError, execnet.gateway_base.TimeoutError, execnet.RemoteError) as error:
            self.stop()
            raise StackUnavailable(f"{self.name} did not start with {self.python}: {_first_line(error)}") from error
        if "unavailable" in answer:
            self.stop()
            raise StackUnavailable(answer["unavailable"])
        self._pid = answer["ready"]

    def request(self, request: Request[A], recipient: Recipient | None, timeout: float) -> A | Unavailable:
        """The answer of a stack; raises WorkerDied or WorkerHung, after which the process has to be started again.

        Raises MessageError for what is no answer to the request, and RuntimeError where the request is at fault.
        """
        try:
            self._channel.send(request_to_wire(request, recipient))
            answer = request.read_answer(self._channel.receive(timeout))
        except execnet.gateway_base.TimeoutError:
            self.stop()
            raise WorkerHung(f"no answer within {timeout:g} s") from None
        except (EOFError, OSError, execnet.RemoteError) as error:
            last = self._last_words() or _first_line(error)
            self.stop()
            raise WorkerDied(last) from None
        if isinstance(answer, Refused):
            raise RuntimeError(f"the worker refused the request: {answer.reason}")
        return answer

    def stop(self) -> None:
        """End the process, by force if it does not end by itself, and remove its log."""
        if self._pid is not None:
            self._signal(os.kill, signal.SIGTERM)  # what measures the process writes down what it has seen
            self._await_end()
            self._signal(os.kill, signal.SIGKILL)
            self._signal(os.killpg, signal.SIGKILL)  # what a constraint has started, if it is still there
        if self._group is not None:
            self._group.terminate(timeout=1.0)
        if self._log is not None:
            self._log.unlink(missing_ok=True)
        self._group = self._channel = self._pid = self._log = None
        self.loaded.clear()

    def _signal(self, send: Callable[[int, int], None], number: int) -> None:
        assert self._pid is not None
        with contextlib.suppress(ProcessLookupError):
            send(self._pid, number)

    def _await_end(self) -> None:
        with contextlib.suppress(OSError, EOFError, execnet.gateway_base.TimeoutError, execnet.RemoteError):
            self._channel.waitclose(END_TIMEOUT)

    def _last_words(self) -> str:
        assert self._log is not None  # there is one as long as the process runs
        with contextlib.suppress(OSError):
            lines = self._log.read_text("utf-8", "replace").splitlines()
            fatal = [line for line in lines[-60:] if "Fatal" in line or "Error" in line]
            return (fatal or lines or [""])[-1][:300]
        return ""


class Worker:
    """A stack that answers requests, in a process that it may share; started at the first one and after every loss."""

    def __init__(
        self,
        stack: Stack,
        python: str = sys.executable,
        device: str = "cpu",
        root: Path = ROOT,
        process: Process | None = None,
    ) -> None:
        self.stack, self.root = stack, root
        self.process = process or Process(stack.process or stack.name, stack.environment, python, device)
        self.description: Description | None = None
        self._recipient = Recipient(stack.name, stack.module, stack.declaration)

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
        self.process.start(self.root)
        try:
            answer = self.process.request(Describe(), self._recipient, START_TIMEOUT)
        except (WorkerDied, WorkerHung) as error:
            raise StackUnavailable(f"{self.stack.name} did not start with {self.python}: {error}") from error
        self.description = _available(answer)
        self.process.loaded.add(self.stack.name)
        return self.description

    def request(self, request: Request[A], timeout: float) -> A:
        """The answer to one request; raises WorkerDied or WorkerHung, after which the next request starts afresh."""
        if self.stack.name not in self.process.loaded:
            self.start()
        return _available(self.process.request(request, self._recipient, timeout))

    def close(self) -> None:
        """End the process."""
        self.process.stop()


def _available(answer: A | Unavailable) -> A:
    if isinstance(answer, Unavailable):
        raise StackUnavailable(answer.reason)
    return answer


def _first_line(error: BaseException) -> str:
    lines = [line for line in str(error).splitlines() if line.strip()]
    return f"{type(error).__name__}: {lines[-1] if lines else ''}"
