"""What workers have started and left: on Linux it becomes this process's child, and is ended with them."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

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


@dataclass(frozen=True)
class _Child:
    """A child of this process."""

    pid: int
    ended: bool
    session: int


@cache
def adopt() -> None:
    """What detaches itself from a worker becomes a child of this process, where the system can do that."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def start(command: Sequence[str], log: int, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """Start a worker, with two pipes and a log, in a session of its own."""
    adopt()
    with _lock:
        worker = subprocess.Popen(
            [SHELL, "-c", BETWEEN, "worker", *command] if Path(SHELL).exists() else command,
            bufsize=0,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            env={**os.environ, **environment, MARK: str(os.getpid())},
            start_new_session=True,
        )
        _running.add(worker.pid)
        _started.add(worker.pid)
    return worker


def terminate(worker: subprocess.Popen[bytes]) -> None:
    """Ask a worker to end, and what it has started in its own group."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(worker.pid, signal.SIGTERM)


def end(worker: subprocess.Popen[bytes]) -> None:
    """End a worker, and everything that any worker has left."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(worker.pid, signal.SIGKILL)
    worker.kill()
    worker.wait()
    with _lock:
        _running.discard(worker.pid)
        for _ in range(ROUNDS):
            left = list(_left())
            if not left:
                return
            for process in left:
                with contextlib.suppress(ProcessLookupError, PermissionError, ChildProcessError):
                    os.kill(process, signal.SIGKILL)
                    os.waitpid(process, 0)


def _left() -> Iterator[int]:
    mark, here = f"{MARK}={os.getpid()}".encode(), os.getsid(0)
    for child in _children():
        if child.pid in _running or child.session == here:
            continue
        # of one that has ended there is no environment to read, and it may be somebody else's to wait for
        if child.session in _started or (not child.ended and mark in _environment(child.pid)):
            yield child.pid


def _children() -> Iterator[_Child]:
    for place in Path("/proc").glob("[0-9]*") if sys.platform == "linux" else ():
        with contextlib.suppress(OSError, ValueError, IndexError):
            # after the name in parentheses, which may hold anything
            state, parent, _, session = (place / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()[:4]
            if int(parent) == os.getpid():
                yield _Child(int(place.name), state == "Z", int(session))


def _environment(process: int) -> list[bytes]:
    try:
        return Path(f"/proc/{process}/environ").read_bytes().split(b"\0")
    except OSError:
        return []
