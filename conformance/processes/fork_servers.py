"""Fork servers: workers in milliseconds, as copies of a process that has imported their framework and called nobody."""

from __future__ import annotations

import atexit
import contextlib
import io
import os
import signal
import socket
import subprocess
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from adapters.core.channel import DeadlinePassed
from adapters.core.messages import FORK, FORK_SERVER, NUMBER, READY
from conformance.processes import descendants

# each holds a framework in memory, most of which its workers share with it
MOST = 4
# seconds; a server that takes longer for a copy was stopped by somebody
PATIENCE = 20.0
END_TIMEOUT = 1.0
# what pytest says of itself in the environment changes with every test, and what Hypothesis is told with every run
PASSING = ("PYTEST_", "HYPOTHESIS_")

Key = tuple[object, ...]


class Forked:
    """A worker from a fork server: the process that guards it, as `subprocess.Popen` would have it."""

    def __init__(self, pid: int, stdin: int, stdout: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self.stdin, self.stdout = io.FileIO(stdin, "w"), io.FileIO(stdout, "r")

    def poll(self) -> int | None:
        """The exit code, or None while it runs."""
        if self.returncode is None:
            try:
                ended, status = os.waitpid(self.pid, os.WNOHANG)
            except ChildProcessError:  # somebody else has waited for it
                self.returncode = 0
            else:
                self.returncode = os.waitstatus_to_exitcode(status) if ended else None
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """The exit code, once it has ended; raises subprocess.TimeoutExpired."""
        deadline = None if timeout is None else time.monotonic() + timeout
        pause = 0.0005
        while (code := self.poll()) is None:
            if deadline is not None and time.monotonic() > deadline:
                raise subprocess.TimeoutExpired(["worker"], timeout or 0.0)
            time.sleep(pause)
            pause = min(2 * pause, 0.02)
        return code

    def kill(self) -> None:
        """End it by force."""
        if self.poll() is None:
            os.kill(self.pid, signal.SIGKILL)


@dataclass
class Server:
    """A fork server of this process; `ready` once it has imported what it is for."""

    process: subprocess.Popen[bytes]
    suite: socket.socket
    ready: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    def await_ready(self, seconds: float) -> None:
        """It has imported its framework; raises DeadlinePassed, or OSError where it ends before."""
        with self.lock:
            if not self.ready:
                self.suite.settimeout(seconds)
                try:
                    self.ready = self._received(len(READY)) == READY
                except TimeoutError:
                    raise DeadlinePassed from None

    def fork(self, log: int, modules: Sequence[str], seconds: float) -> Forked:
        """A worker here, with two pipes, a log, and these modules too; raises OSError if the server does not answer."""
        here = os.open(".", os.O_PATH)
        pipes = [*os.pipe(), *os.pipe()]
        theirs, (stdin, stdout) = [pipes[0], pipes[3], log, here], (pipes[1], pipes[2])
        try:
            with self.lock, descendants.starting() as started:
                self.suite.settimeout(seconds if modules else PATIENCE)
                socket.send_fds(self.suite, [" ".join((FORK, *modules)).encode()], theirs)
                (guard,) = NUMBER.unpack(self._received(NUMBER.size))
                started(guard)
        except BaseException:  # raised again: nobody else would close them
            os.close(stdin)
            os.close(stdout)
            raise
        finally:
            for each in (pipes[0], pipes[3], here):
                os.close(each)
        return Forked(guard, stdin, stdout)

    def _received(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            piece = self.suite.recv(size - len(data))
            if not piece:
                raise ConnectionResetError("the fork server has ended")
            data += piece
        return data

    def stop(self) -> None:
        """End it; its workers go on."""
        self.suite.close()
        self.process.terminate()
        try:
            self.process.wait(END_TIMEOUT)
        except subprocess.TimeoutExpired:  # somebody has stopped it
            self.process.kill()
            self.process.wait()


_lock = threading.Lock()
_servers: OrderedDict[Key, Server] = OrderedDict()
# what gives no server that works, and is started plainly
_without: set[Key] = set()


def fork(
    python: str,
    root: Path,
    modules: Sequence[str],
    environment: Mapping[str, str],
    log: int,
    patience: float,
    also: Sequence[str] = (),
) -> Forked | None:
    """A worker with an environment, from a server that has imported `modules`; None where it has to be started plainly.

    What it is to have imported besides (`also`) the server imports when it is first asked for it.
    Raises DeadlinePassed where a server is not ready within so many seconds.
    """
    key = _key(python, root, modules, environment)
    if key is None:
        return None
    for _ in range(2):  # one that somebody has ended is started again once
        server = _server(key, python, root, modules, environment)
        if server is None:
            return None
        try:
            server.await_ready(patience)
            return server.fork(log, also, patience)
        except DeadlinePassed:
            _dropped(key, server)
            raise
        except OSError:
            _dropped(key, server)
            if not server.ready:
                break
    with _lock:
        _without.add(key)
    return None


def warm(python: str, root: Path, modules: Sequence[str], environment: Mapping[str, str]) -> None:
    """There is a server, which begins to import `modules`, if there can be one."""
    key = _key(python, root, modules, environment)
    if key is not None:
        _server(key, python, root, modules, environment)


def _key(python: str, root: Path, modules: Sequence[str], environment: Mapping[str, str]) -> Key | None:
    """What tells servers apart; None where there can be none."""
    if not descendants.adopt():  # a copy would be no child of this process
        return None
    told = {name: value for name, value in {**os.environ, **environment}.items() if not name.startswith(PASSING)}
    return python, str(root), tuple(modules), tuple(sorted(told.items()))


def _server(key: Key, python: str, root: Path, modules: Sequence[str], environment: Mapping[str, str]) -> Server | None:
    """The server for a key, started if need be; None where there can be none."""
    with _lock:
        if key in _without:
            return None
        if key not in _servers:
            try:
                _servers[key] = _start(python, root, modules, environment)
            except (OSError, ValueError):
                _without.add(key)
                return None
        server = _servers[key]
        _servers.move_to_end(key)
        surplus = [_servers.pop(old) for old in list(_servers)[:-MOST]]
    for old in surplus:
        with old.lock:  # not while it makes a copy
            old.stop()
    return server


def _start(python: str, root: Path, modules: Sequence[str], environment: Mapping[str, str]) -> Server:
    ours, theirs = socket.socketpair()
    with theirs:
        command = [python, "-c", FORK_SERVER, str(root), str(theirs.fileno()), *modules]
        try:
            return Server(descendants.start_server(command, environment, theirs.fileno()), ours)
        except BaseException:  # raised again: nobody else would close it
            ours.close()
            raise


def _dropped(key: Key, server: Server) -> None:
    with _lock:
        if _servers.get(key) is server:
            del _servers[key]
    server.stop()


def forget() -> None:
    """The servers are those of the process that this one is a copy of."""
    global _lock
    _lock = threading.Lock()
    for server in _servers.values():
        server.suite.close()
    _servers.clear()


@atexit.register
def stop_all() -> None:
    """End every fork server of this process."""
    with _lock:
        servers = list(_servers.values())
        _servers.clear()
    for server in servers:
        with contextlib.suppress(OSError):
            server.stop()
