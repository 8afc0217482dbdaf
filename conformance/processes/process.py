"""Processes of workers: each exchange has a deadline and a limit of size, and nothing that one started outlives it."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from adapters.core.channel import PIECE, Channel, ChannelClosed, DeadlinePassed
from adapters.core.messages import BOOTSTRAP, Recipient, Refused, Request, Unavailable, request_to_wire
from adapters.core.stack import Stack
from adapters.core.wire import MessageError
from conformance.errors import StackUnavailable, WorkerDied, WorkerHung
from conformance.processes import descendants, fork_servers
from conformance.processes.fork_servers import Forked

A = TypeVar("A")
START_TIMEOUT = 180.0
END_TIMEOUT = 1.0
# of what a worker has printed, its last bytes are looked at
LAST_WORDS = 64 * 1024
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
# workers run side by side, and what they are asked about is small: threads of one would wait for those of the others,
# and sums depend on how many there are; whoever wants more says so in the environment
THREADS: Mapping[str, str] = {"OMP_NUM_THREADS": "1"}


class Few:
    """The processes that run, of which there are few: for one more, the one that was asked longest ago is ended."""

    def __init__(self, most: int) -> None:
        self._most, self._lock = most, threading.Lock()
        self._order: dict[Process, None] = {}
        self._asked: set[Process] = set()

    def forget(self) -> None:
        """They are those of the process that this one is a copy of."""
        self._lock = threading.Lock()
        self._order.clear()
        self._asked.clear()

    @contextlib.contextmanager
    def asking(self, process: Process) -> Iterator[None]:
        """A process is asked, by this thread alone, and is not ended by another that needs room."""
        with self._lock:
            self._asked.add(process)
            self._order.pop(process, None)
            kept = [each for each in self._order if each.runs or each in self._asked]
            self._order = dict.fromkeys([*kept, process])
            surplus = list(self._order)[: -self._most]
            # ended before another thread can take it for one that runs
            for each in surplus:
                if each not in self._asked:
                    each.stop()
        try:
            yield
        finally:
            with self._lock:
                self._asked.discard(process)


# subjects are as many as somebody writes, and each has an interpreter or two
ALIVE = Few(16)


def _widen(pipe: int) -> None:
    """Let a pipe hold a large array, so that neither side waits for the other with each 64 KiB; where that can be."""
    with contextlib.suppress(AttributeError, OSError):  # not Linux, or the user has too many such pipes
        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, PIECE)


class Process:
    """An interpreter that answers requests for one stack or several; `loaded` are those loaded since its start."""

    def __init__(
        self,
        name: str,
        environment: Mapping[str, str],
        python: str = sys.executable,
        device: str = "cpu",
        modules: Sequence[str] = (),
    ) -> None:
        self.name, self.python, self.device = name, python, device
        # what its stacks import before anything else
        self._modules = tuple(modules)
        # and besides, since a mode was asked that needs it
        self._also: tuple[str, ...] = ()
        self.loaded: set[str] = set()
        self._environment = dict(environment)
        self._running: subprocess.Popen[bytes] | Forked | None = None
        self._channel: Channel | None = None
        self._log: int | None = None
        self._folder: Path | None = None

    @property
    def environment(self) -> dict[str, str]:
        """What the process is told, with the devices that it may see and the threads that it may start."""
        threads = {name: value for name, value in THREADS.items() if name not in os.environ}
        return {**threads, **self._environment, **VISIBLE[self.device]}

    @property
    def runs(self) -> bool:
        """Whether there is a process."""
        return self._running is not None

    def suits(self, stack: Stack) -> bool:
        """Whether the process has the environment that a stack wants, and imports what it needs."""
        return self._environment == dict(stack.environment) and self._modules == tuple(stack.requires)

    @property
    def needs(self) -> tuple[object, ...]:
        """What processes have to have in common to be forked from one."""
        return self.python, self._modules, tuple(sorted(self.environment.items()))

    def warm(self, root: Path) -> None:
        """Begin to import what the process will need, so that it is there when the process is started."""
        if self.device == "cpu":
            fork_servers.warm(self.python, root, self._modules, self.environment)

    def prepare(self, modules: Sequence[str]) -> None:
        """From its next start on it has imported these modules too; a copy that runs without them is ended."""
        if new := tuple(module for module in modules if module not in self._also):
            self._also += new
            if isinstance(self._running, Forked):  # in milliseconds there is another
                self.stop()

    def start(self, root: Path) -> None:
        """The process runs, or StackUnavailable says why not."""
        if self._running is not None:
            return
        try:
            with ALIVE.asking(self):
                self._channel = self._open(root)
                ready = self._channel.receive(START_TIMEOUT)
        except (OSError, ValueError, ChannelClosed, DeadlinePassed) as error:
            last = self._last_words() or f"{type(error).__name__}: {error}".strip(": ")
            self.stop()
            raise StackUnavailable(f"{self.name} did not start with {self.python}: {last}") from error
        if not isinstance(ready, dict) or "ready" not in ready:
            self.stop()
            reason = ready.get("unavailable") if isinstance(ready, dict) else None
            raise StackUnavailable(str(reason or f"{self.python} is no Python that runs a worker"))

    def _open(self, root: Path) -> Channel:
        """Start the interpreter, with a log that is open here before anybody can put something else in its place."""
        plain = re.sub(r"[^\w.]+", "-", self.name)[-40:]  # it may hold the path of somebody's file
        self._folder = Path(tempfile.mkdtemp(prefix=f"normconf-{plain}-"))
        self._log = os.open(self._folder / "log", os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        running = self._running = self._forked(root, self._log) or descendants.start(
            [self.python, "-c", BOOTSTRAP, str(root)], self._log, self.environment
        )
        assert running.stdin is not None and running.stdout is not None
        for pipe in (running.stdin, running.stdout):
            os.set_blocking(pipe.fileno(), False)
            _widen(pipe.fileno())
        return Channel(running.stdout.fileno(), running.stdin.fileno(), lambda: running.poll() is None)

    def _forked(self, root: Path, log: int) -> Forked | None:
        if self.device != "cpu":  # what a driver has set up is not copied with a process
            return None
        return fork_servers.fork(self.python, root, self._modules, self.environment, log, START_TIMEOUT, self._also)

    def request(self, request: Request[A], recipient: Recipient | None, timeout: float) -> A | Unavailable:
        """The answer of a stack; raises WorkerDied or WorkerHung, after which the process has to be started again.

        A process whose answer is none to the request is as good as dead: whatever it says next would be as odd.
        """
        try:
            with ALIVE.asking(self):
                assert self._channel is not None
                self._channel.send(request_to_wire(request, recipient), timeout)
                answer = request.read_answer(self._channel.receive(timeout))
            if isinstance(answer, Refused):
                raise MessageError(f"the request was refused: {answer.reason}")
        except DeadlinePassed:
            self.stop(at_once=True)
            raise WorkerHung(f"no answer within {timeout:g} s") from None
        except MessageError as error:
            self.stop()
            raise WorkerDied(f"its answer is none: {error}") from None
        except ChannelClosed as error:
            last = self._last_words() or f"{type(error).__name__}: {error}"
            self.stop()
            raise WorkerDied(last) from None
        return answer

    def stop(self, at_once: bool = False) -> None:
        """End the process and all that it has started, by force if it does not end by itself, and remove its log."""
        running, log, folder = self._running, self._log, self._folder
        # nothing is ended or closed twice, whatever raises below
        self._running = self._channel = self._log = self._folder = None
        self.loaded.clear()
        if running is not None:
            self._end(running, at_once)
        if log is not None:
            os.close(log)
        if folder is not None:  # in which may lie what the process has put there
            shutil.rmtree(folder, ignore_errors=True)

    @staticmethod
    def _end(running: subprocess.Popen[bytes] | Forked, at_once: bool) -> None:
        if not at_once:
            descendants.terminate(running)  # what measures the process writes down what it has seen
            with contextlib.suppress(subprocess.TimeoutExpired):
                running.wait(END_TIMEOUT)
        descendants.end(running)
        for pipe in (running.stdin, running.stdout):
            if pipe is not None:
                pipe.close()

    def _last_words(self) -> str:
        if self._log is None:
            return ""
        size = os.fstat(self._log).st_size
        text = os.pread(self._log, LAST_WORDS, max(0, size - LAST_WORDS)).decode("utf-8", "replace")
        lines = [line for line in text.splitlines() if line.strip()]
        fatal = [line for line in lines[-60:] if "Fatal" in line or "Error" in line]
        return (fatal or lines or [""])[-1][:300]
