"""Fork servers: workers in milliseconds, as copies of a process that has imported their framework and called nobody."""

from __future__ import annotations

import atexit
import contextlib
import io
import os
import select
import signal
import socket
import subprocess
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TypeAlias

from adapters.core.channel import DeadlinePassed
from adapters.core.messages import FORK, FORK_SERVER, KNOWN, LEAVE, NUMBER, READY, SHARE
from conformance.processes import descendants

# each holds a framework in memory, most of which its workers share with it
MOST = 4
# seconds; a server that takes longer for a copy was stopped by somebody
PATIENCE = 20.0
END_TIMEOUT = 1.0
# what pytest says of itself in the environment changes with every test, and what Hypothesis is told with every run
PASSING = ("PYTEST_", "HYPOTHESIS_")

Key: TypeAlias = tuple[object, ...]
Shared: TypeAlias = Mapping[Key, socket.socket]


class Forked:
    """A worker from a fork server: the process that guards it, as `subprocess.Popen` would have it.

    It is the server's child, and so is seen through a descriptor; its exit code is 0 whatever its worker's was.
    """

    def __init__(self, pid: int, stdin: int, stdout: int) -> None:
        self._process = os.pidfd_open(pid)
        self.pid = pid
        self.returncode: int | None = None
        self.stdin, self.stdout = io.FileIO(stdin, "w"), io.FileIO(stdout, "r")

    def poll(self) -> int | None:
        """The exit code, or None while it runs."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.wait(0.0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """The exit code, once it has ended; raises subprocess.TimeoutExpired."""
        if self.returncode is None:
            ended = select.poll()
            ended.register(self._process, select.POLLIN)
            if not ended.poll(None if timeout is None else 1000.0 * timeout):
                raise subprocess.TimeoutExpired(["worker"], timeout or 0.0)
            self.returncode = 0
            os.close(self._process)
        return self.returncode

    def kill(self) -> None:
        """End it by force."""
        if self.poll() is None:
            signal.pidfd_send_signal(self._process, signal.SIGKILL)


@dataclass
class Server:
    """A fork server; `ready` once it has imported what it is for; `process` where it is this process's own."""

    process: subprocess.Popen[bytes] | None
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
                forked = Forked(guard, stdin, stdout)
                with contextlib.suppress(OSError):  # it has ended since, which is no fault of its copy
                    self.suite.sendall(KNOWN)
        except BaseException:  # raised again: nobody else would close them
            os.close(stdin)
            os.close(stdout)
            raise
        finally:
            for each in (pipes[0], pipes[3], here):
                os.close(each)
        return forked

    def share(self, theirs: socket.socket) -> None:
        """Whoever has the other end of a socket is served too; raises OSError where nobody is any more."""
        with self.lock:
            socket.send_fds(self.suite, [SHARE], [theirs.fileno()])

    def _received(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            piece = self.suite.recv(size - len(data))
            if not piece:
                raise ConnectionResetError("the fork server has ended")
            data += piece
        return data

    def stop(self, and_workers: bool = False) -> None:
        """End it, or leave it, if it is another's; its workers go on, or end with it."""
        if self.process is None:
            with contextlib.suppress(OSError):
                self.suite.sendall(LEAVE)
            self.suite.close()
            return
        if not and_workers:
            self.process.terminate()
        self.suite.close()  # by which it ends
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
    # what a copy detaches would be nobody's, or it would not be seen that it ends
    if not (descendants.adopt() and _sees_others()):
        return None
    told = {name: value for name, value in {**os.environ, **environment}.items() if not name.startswith(PASSING)}
    return python, str(root), tuple(modules), tuple(sorted(told.items()))


@cache
def _sees_others() -> bool:
    """Whether the system tells when a process ends that is no child of this one."""
    try:
        os.close(os.pidfd_open(os.getpid()))
    except (AttributeError, OSError):
        return False
    return True


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


def share() -> Shared:
    """Connections of their own to the servers of this process, for a copy of it."""
    shared = {}
    with _lock:
        servers = list(_servers.items())
    for key, server in servers:
        ours, theirs = socket.socketpair()
        shared[key] = ours
        with theirs, contextlib.suppress(OSError):  # else it is found to be gone when it is asked
            server.share(theirs)
    return shared


def close(shared: Shared) -> None:
    """The copy has them."""
    for suite in shared.values():
        suite.close()


def forget(shared: Shared) -> None:
    """The servers are those of the process that this one is a copy of, which are asked through these connections."""
    global _lock
    _lock = threading.Lock()
    for server in _servers.values():
        server.suite.close()
    _servers.clear()
    _servers.update({key: Server(None, suite) for key, suite in shared.items()})


@atexit.register
def stop_all() -> None:
    """End every fork server of this process, and what workers there still are."""
    with _lock:
        servers = list(_servers.values())
        _servers.clear()
    for server in servers:
        with contextlib.suppress(OSError):
            server.stop(and_workers=True)
