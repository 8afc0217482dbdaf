"""The fork server: a process that has imported a framework, and nothing else, and hands out copies of itself.

Importing a framework takes seconds, and each worker is to be a process that nobody has called before. A copy is that:
the server runs no constraint, so what it copies is what an interpreter has after its imports.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import importlib.util
import os
import signal
import socket
import sys
import warnings
from collections.abc import Sequence
from typing import Optional

import numpy as np

from adapters.core.channel import Channel, take_standard_pipes
from adapters.core.messages import LONGEST_FORK, NUMBER, READY

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def worker_channel(descriptor: int, modules: Sequence[str]) -> Optional[Channel]:
    """Serve until the suite is gone, and return None; in a worker that is forked, return the channel to the suite.

    `descriptor` is that of a socket to the suite. For each message that comes with four descriptors (a worker's
    standard input, output and error, and its folder) a number goes back: that of the process that guards the worker,
    which becomes a child of the suite, leads a session, and ends with the worker. What the message names is imported
    before.
    """
    _import(modules)
    with socket.socket(fileno=descriptor) as suite:
        suite.sendall(READY)
        while True:
            asked, received, _, _ = socket.recv_fds(suite, LONGEST_FORK, 4)
            if not asked:
                return None
            _import(asked.decode().split()[1:])
            guard = _forked(suite, received)
            if guard is None:
                break
            for each in received:
                os.close(each)
            suite.sendall(NUMBER.pack(guard))
    np.random.seed()  # else all workers would draw the same
    return take_standard_pipes()


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


def _forked(suite: socket.socket, received: Sequence[int]) -> Optional[int]:
    """The number of the guard of a new worker; None in the worker itself."""
    reading, writing = os.pipe()
    middle = _fork()
    if middle == 0:  # whose end makes the guard an orphan, and so a child of the suite
        guard = _fork()
        if guard == 0:
            os.close(reading)
            os.close(writing)
            _guarded(suite, received)
            return None
        os.write(writing, NUMBER.pack(guard))
        os._exit(0)
    os.close(writing)
    with open(reading, "rb") as pipe:
        (number,) = NUMBER.unpack(pipe.read())
    os.waitpid(middle, 0)
    return int(number)


def _guarded(suite: socket.socket, received: Sequence[int]) -> None:
    """Return in the worker only: its guard waits for it, and what signals a worker's parent reaches nobody else."""
    os.setsid()
    before = {number: signal.signal(number, _nothing) for number in SIGNALS}
    worker = _fork()
    if worker == 0:
        for number, handler in before.items():
            signal.signal(number, handler)
        *pipes, folder = received
        for target, pipe in enumerate(pipes):
            os.dup2(pipe, target)
        os.fchdir(folder)
    for each in received:
        os.close(each)
    if worker == 0:
        return
    suite.close()
    with contextlib.suppress(ChildProcessError):
        os.waitpid(worker, 0)
    os._exit(0)


def _nothing(*_: object) -> None:
    """Outlive a signal."""


def _fork() -> int:
    with warnings.catch_warnings():  # of threads, of which a framework that was imported only has none that hold a lock
        warnings.simplefilter("ignore")
        return os.fork()
