"""The fork server: a process that has imported a framework, and nothing else, and hands out copies of itself.

Importing a framework takes seconds, and each worker is to be a process that nobody has called before. A copy is that:
the server runs no constraint, so what it copies is what an interpreter has after its imports.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib
import importlib.util
import os
import select
import signal
import socket
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Optional

import numpy as np

from adapters.core.channel import Channel, take_standard_pipes
from adapters.core.messages import KNOWN, LEAVE, LONGEST_FORK, NUMBER, READY, SHARE

# those who are served, each with the processes that guard its workers
Suites = dict[socket.socket, set[int]]
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
# those of a worker: its standard input, output and error, and its folder
DESCRIPTORS = 4
# as the Linux kernel has it
PR_SET_CHILD_SUBREAPER = 36
# seconds that a suite gets to say that it knows a number
PATIENCE = 5.0


def worker_channel(descriptor: int, modules: Sequence[str]) -> Optional[Channel]:
    """Serve until every suite is gone, and return None; in a worker that is forked, return the channel to its suite.

    `descriptor` is that of a socket to the first suite. For each message that comes with four descriptors (a worker's
    standard input, output and error, and its folder) a number goes back: that of the process that guards the worker,
    leads a session, and ends with the worker. It is not given to another process before the suite has answered. What
    the message names is imported before. One that comes with a socket asks to serve whoever has its other end, too.
    The workers of a suite that is gone end.
    """
    _import(modules)
    first = socket.socket(fileno=descriptor)
    first.sendall(READY)
    suites: Suites = {first: set()}
    while suites:
        for suite in select.select(list(suites), [], [])[0]:
            asked, received = _asked(suite)
            if asked == SHARE:
                other = socket.socket(fileno=received[0])
                suites[other] = set()
                with contextlib.suppress(OSError):  # it is gone already, which is found next
                    other.sendall(READY)
            elif len(received) == DESCRIPTORS:
                _reap(suites)
                _import(asked.decode().split()[1:])
                if _is_worker(suites, suite, received):
                    np.random.seed()  # else all workers would draw the same
                    return take_standard_pipes()
            elif asked in (b"", LEAVE):  # and not what comes later than it was waited for
                _gone(suites, suite, leaves=asked == LEAVE)
    os.kill(os.getpid(), signal.SIGTERM)  # what a framework does as its interpreter ends takes a while
    return None


def _asked(suite: socket.socket) -> tuple[bytes, list[int]]:
    """A message and what came with it; nothing from a suite that is gone."""
    try:
        asked, received, _, _ = socket.recv_fds(suite, LONGEST_FORK, DESCRIPTORS)
    except ConnectionError:
        return b"", []
    return asked, received


def _is_worker(suites: Suites, suite: socket.socket, received: Sequence[int]) -> bool:
    """Fork a worker: true in the worker itself; here its suite knows then which process guards it."""
    guard = _fork()
    if guard == 0:
        _guarded(suites, received)
        return True
    suites[suite].add(guard)
    for each in received:
        os.close(each)
    with contextlib.suppress(OSError):  # the suite is gone, or has been stopped
        suite.sendall(NUMBER.pack(guard))
        suite.settimeout(PATIENCE)
        suite.recv(len(KNOWN))
    return False


def _reap(suites: Suites) -> None:
    """Guards that have ended, each of which its suite knew, are none any more."""
    with contextlib.suppress(ChildProcessError):
        while ended := os.waitpid(-1, os.WNOHANG)[0]:
            for guards in suites.values():
                guards.discard(ended)


def _gone(suites: Suites, suite: socket.socket, leaves: bool) -> None:
    """A suite is gone, and its workers end, unless it only leaves this server."""
    _reap(suites)
    guards = suites.pop(suite)
    suite.close()
    for guard in guards if not leaves else ():
        with contextlib.suppress(ProcessLookupError):
            os.killpg(guard, signal.SIGKILL)


def _import(modules: Sequence[str]) -> None:
    new = [module for module in modules if module not in sys.modules]
    for module in new:
        if _is_there(module):  # else the worker says that it is not
            importlib.import_module(module)
    if new:
        gc.collect()
        gc.freeze()  # what is shared is not written to, and so stays shared


def _is_there(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:  # nor is the package in which it would be
        return False


def _guarded(suites: Suites, received: Sequence[int]) -> None:
    """Return in the worker only: its guard waits for it, and ends what it has left.

    What signals a worker's parent reaches nobody else.
    """
    os.setsid()
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    for suite in suites:
        suite.close()
    before = {number: signal.signal(number, _nothing) for number in SIGNALS}
    worker = _fork()
    if worker == 0:
        for number, handler in before.items():
            if signal.getsignal(number) is _nothing:  # what measures a copy has put its own there
                signal.signal(number, handler)
        *pipes, folder = received
        for target, pipe in enumerate(pipes):
            os.dup2(pipe, target)
        os.fchdir(folder)
    for each in received:
        os.close(each)
    if worker == 0:
        return
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, 0)[0] != worker:
            pass
    with contextlib.suppress(OSError):  # there are none, or the system does not list them
        _end_children()
    os._exit(0)


def _end_children() -> None:
    """End what the worker has detached from itself, which is this process's by now; raises OSError in the end."""
    children = Path(f"/proc/self/task/{os.getpid()}/children")
    while True:
        for child in children.read_text("ascii").split():
            os.kill(int(child), signal.SIGKILL)
        os.waitpid(-1, 0)  # what it leaves is this process's, too


def _nothing(*_: object) -> None:
    """Outlive a signal."""


def _fork() -> int:
    with warnings.catch_warnings():  # of threads, of which a framework that was imported only has none that hold a lock
        warnings.simplefilter("ignore")
        return os.fork()
