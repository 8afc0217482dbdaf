"""A crew: copies of this process that do parts of a run side by side, each with workers of its own."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import sys
import traceback
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkProcess
from types import TracebackType
from typing import Generic, Protocol, TypeVar

from conformance.errors import NormconfError
from conformance.processes import descendants, fork_servers
from conformance.processes.process import ALIVE
from conformance.schedule.queue import Kinds, Queue

P = TypeVar("P")
R = TypeVar("R")
P_contra = TypeVar("P_contra", contravariant=True)
R_co = TypeVar("R_co", covariant=True)
# seconds that a member gets to end its workers
END_TIMEOUT = 5.0


class MemberFailed(NormconfError):
    """A part of the run could not be done, which is a fault of the suite; the message is its traceback."""


@dataclass(frozen=True)
class Done:
    """A part is done; `fault` is the traceback where it could not be."""

    fault: str | None = None


@dataclass
class Member(Generic[P]):
    """A process of the crew, the number of the part that it does, and what it has done."""

    process: ForkProcess
    connection: Connection
    part: int | None = None
    kinds: Kinds = field(default_factory=Kinds)


class Doers(Protocol[P_contra, R_co]):
    """Whoever does parts: a crew here, or a cluster."""

    @property
    def is_spread(self) -> bool:
        """Whether there are other processes than this one."""

    def do(self, parts: Sequence[P_contra]) -> Iterator[tuple[int, R_co]]:
        """What comes of the parts, each with the number of its part; raises MemberFailed in the end."""


@dataclass
class Crew(Generic[P, R]):
    """`jobs` processes that do parts: each part is given to `work`, and what that yields arrives one by one.

    `close` is called in each process before it ends, and `begin` in each other than this before its first part. Parts
    of one `kind` are done by one process, as far as that leaves none without work. Of a process that is lost, its part
    is a fault, and another takes its place. On a system that cannot do so, and for one job, the parts are done here,
    one after the other.
    """

    jobs: int
    work: Callable[[P], Iterator[R]]
    close: Callable[[], None]
    begin: Callable[[], None] = lambda: None
    kind: Callable[[P], object] = lambda part: None
    _members: list[Member[P]] = field(default_factory=list)
    _kinds: Kinds = field(default_factory=Kinds)

    def __enter__(self) -> Crew[P, R]:
        if self.is_spread:
            descendants.adopt()  # what a lost member leaves is ended here
            self._members = [self._member() for _ in range(self.jobs)]
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for member in self._members:  # one that still does a part does it for nobody
            self._end(member, at_once=error is not None or member.part is not None)
        self._members.clear()
        if not self.is_spread:
            self.close()

    @property
    def is_spread(self) -> bool:
        """Whether there are other processes than this one."""
        return self.jobs > 1 and sys.platform == "linux"

    def do(self, parts: Sequence[P]) -> Iterator[tuple[int, R]]:
        """What comes of the parts, each with the number of its part, begun in their order where kinds do not matter.

        More parts may be appended to them meanwhile. Raises MemberFailed, once all that could be done is done.
        """
        faults: list[str] = []
        for number, result in self._spread(parts) if self.is_spread else self._here(parts):
            if not isinstance(result, Done):
                yield number, result
            elif result.fault:
                faults.append(result.fault)
        if faults:
            raise MemberFailed("\n".join(faults))

    def _here(self, parts: Sequence[P]) -> Iterator[tuple[int, R | Done]]:
        waiting = Queue(parts, self.kind)
        while waiting:
            number, part = waiting.take(self._kinds)
            try:
                for result in self.work(part):
                    yield number, result
            except Exception:  # noqa: BLE001 - it is told where faults are
                yield number, Done(traceback.format_exc())

    def _spread(self, parts: Sequence[P]) -> Iterator[tuple[int, R | Done]]:
        waiting = Queue(parts, self.kind)
        self._hand_out(waiting)
        while busy := {member.connection: member for member in self._members if member.part is not None}:
            for ready in wait(list(busy)):
                member = busy[ready]  # type: ignore[index]  # what can be waited for is more than connections
                number = member.part
                assert number is not None
                try:
                    message = member.connection.recv()
                except (EOFError, OSError):
                    message = Done(self._replaced(member))
                if isinstance(message, Done):
                    member.part = None
                    self._hand_out(waiting)
                yield number, message
                self._hand_out(waiting)  # what was appended

    def _hand_out(self, waiting: Queue[P]) -> None:
        for member in self._members:
            if member.part is None and waiting:
                others = [other.kinds for other in self._members if other is not member]
                member.part, part = waiting.take(member.kinds, others)
                with contextlib.suppress(OSError):  # it is lost, and will be found to be
                    member.connection.send(part)

    def _replaced(self, member: Member[P]) -> str:
        """Another process is in the place of one that is lost; what became of that."""
        member.process.join(END_TIMEOUT)
        said = f"a process of the suite was lost (exit code {member.process.exitcode})"
        self._end(member, at_once=True)
        other = self._member()
        member.process, member.connection, member.kinds = other.process, other.connection, other.kinds
        return said

    def _member(self) -> Member[P]:
        ours, theirs = multiprocessing.Pipe()
        shared = fork_servers.share()
        arguments = (theirs, ours, shared)
        process = multiprocessing.get_context("fork").Process(target=self._run, args=arguments, daemon=True)
        with warnings.catch_warnings(), descendants.starting() as started:
            warnings.simplefilter("ignore")  # of threads, of which none holds what a member uses
            process.start()
            started(process.pid or 0)
        theirs.close()
        fork_servers.close(shared)
        return Member(process, ours)

    def _run(self, connection: Connection, theirs: Connection, shared: fork_servers.Shared) -> None:
        """What a member does until there is no more to do, or nobody to do it for."""
        theirs.close()
        for member in self._members:
            member.connection.close()
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, _leave)
        descendants.forget(os.getppid())
        fork_servers.forget(shared)
        ALIVE.forget()
        try:
            self.begin()
            with contextlib.suppress(EOFError, OSError):
                while (part := connection.recv()) is not None:
                    connection.send(Done(self._done(connection, part)))
        except KeyboardInterrupt:  # it was asked to leave
            pass
        finally:
            self.close()
            fork_servers.stop_all()

    def _done(self, connection: Connection, part: P) -> str | None:
        try:
            for result in self.work(part):
                connection.send(result)
        except OSError:
            raise
        except Exception:  # noqa: BLE001 - it is told where faults are
            return traceback.format_exc()
        return None

    @staticmethod
    def _end(member: Member[P], at_once: bool) -> None:
        if at_once:
            member.process.terminate()
        with contextlib.suppress(OSError):
            member.connection.send(None)
        member.process.join(END_TIMEOUT)
        member.process.kill()
        member.process.join()
        member.connection.close()
        descendants.ended(member.process.pid or 0)


def _leave(*_: object) -> None:
    for number in (signal.SIGTERM, signal.SIGHUP):  # another does not interrupt what is done now
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt  # what Hypothesis takes for no failure of what it runs
