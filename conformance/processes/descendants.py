"""What workers have started and left: on Linux it becomes this process's child, and is ended with them."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Protocol

# in the environment of a worker, and so of what it starts: the process that has started the worker
MARK = "NORMCONF_WORKER_OF"
PR_SET_CHILD_SUBREAPER = 36
# of those that start others as they end
ROUNDS = 100
# between this process and a worker stands a shell, so that what signals its parent does not reach this process; it
# outlives such signals itself, and ends with the worker
SHELL = "/bin/sh"
BETWEEN = 'trap : INT TERM HUP; exec 3<&0; "$@" <&3 3<&- & exec 3<&-; while kill -0 $! 2> /dev/null; do wait $!; done'
# no worker is taken for a leftover while it starts
_lock = threading.Lock()
_running: set[int] = set()
_started: set[int] = set()
# the process that leftovers belong to: this one, or the suite whose work it does
_owner = os.getpid()


@dataclass(frozen=True)
class Listed:
    """A process of this machine."""

    pid: int
    parent: int
    ended: bool
    session: int


class Running(Protocol):
    """A process that this one has started, and may wait for and end."""

    pid: int

    def poll(self) -> int | None:
        """The exit code, or None while it runs."""

    def wait(self, timeout: float | None = None) -> int:
        """The exit code, once it has ended; raises subprocess.TimeoutExpired."""

    def kill(self) -> None:
        """End it by force."""


def adopt() -> bool:
    """What detaches itself from a worker becomes a child of this process; False where the system cannot do that."""
    return _adopted(os.getpid())


@cache
def _adopted(process: int) -> bool:
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            return int(ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)) == 0
    return False


@contextlib.contextmanager
def starting() -> Iterator[Callable[[int], None]]:
    """While a child is started nobody is taken for a leftover; what is yielded is told the child's number."""

    def started(pid: int) -> None:
        _running.add(pid)
        _started.add(pid)

    with _lock:
        yield started


def start(command: Sequence[str], log: int, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """Start a worker, with two pipes and a log, in a session of its own."""
    adopt()
    with starting() as started:
        worker = subprocess.Popen(
            [SHELL, "-c", BETWEEN, "worker", *command] if Path(SHELL).exists() else command,
            bufsize=0,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            env=_told(environment),
            start_new_session=True,
        )
        started(worker.pid)
    return worker


def start_server(command: Sequence[str], environment: Mapping[str, str], descriptor: int) -> subprocess.Popen[bytes]:
    """Start a fork server, with one descriptor of this process, in a session of its own."""
    with starting() as started:
        server = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=_told(environment),
            start_new_session=True,
            pass_fds=[descriptor],
        )
        started(server.pid)
    return server


def _told(environment: Mapping[str, str]) -> dict[str, str]:
    return {**os.environ, **environment, MARK: str(_owner)}


def forget(owner: int) -> None:
    """This process is a copy that does the work of another: it has no children, and what it leaves is the other's."""
    global _lock, _owner
    _lock, _owner = threading.Lock(), owner
    _running.clear()
    _started.clear()


def terminate(worker: Running) -> None:
    """Ask a worker to end, and what it has started in its own group."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(worker.pid, signal.SIGTERM)


def end(worker: Running) -> None:
    """End a worker, and everything that any worker has left."""
    for _ in range(ROUNDS):  # what guards it is last, because what is detached from it belongs to that
        family = list(below(worker.pid)) if worker.poll() is None else []
        if not family:
            break
        for process in family:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(process, signal.SIGKILL)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(worker.pid, signal.SIGKILL)
    worker.kill()
    worker.wait()
    ended(worker.pid)


def ended(pid: int) -> None:
    """A child has ended, and everything is ended that any child has left."""
    with _lock:
        _running.discard(pid)
        for _ in range(ROUNDS):
            left = list(_left())
            if not left:
                return
            for process in left:
                with contextlib.suppress(ProcessLookupError, PermissionError, ChildProcessError):
                    os.kill(process, signal.SIGKILL)
                    os.waitpid(process, 0)


def below(process: int) -> Iterator[int]:
    """The processes that one has started and that have not ended, and those that they have."""
    children: dict[int, list[int]] = {}
    for each in listed():
        if not each.ended:
            children.setdefault(each.parent, []).append(each.pid)
    family = children.get(process, [])
    for one in family:
        yield one
        family += children.get(one, [])


def _left() -> Iterator[int]:
    mark, here = f"{MARK}={_owner}".encode(), os.getsid(0)
    for child in listed():
        if child.parent != os.getpid() or child.pid in _running or child.session == here:
            continue
        # of one that has ended there is no environment to read, and it may be somebody else's to wait for
        if child.session in _started or (not child.ended and mark in _environment(child.pid)):
            yield child.pid


def listed() -> Iterator[Listed]:
    """Every process that there is now; none where the system is not Linux."""
    for place in Path("/proc").glob("[0-9]*") if sys.platform == "linux" else ():
        with contextlib.suppress(OSError, ValueError, IndexError):
            # after the name in parentheses, which may hold anything
            state, parent, _, session = (place / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()[:4]
            yield Listed(int(place.name), int(parent), state == "Z", int(session))


def _environment(process: int) -> list[bytes]:
    try:
        return Path(f"/proc/{process}/environ").read_bytes().split(b"\0")
    except OSError:
        return []
