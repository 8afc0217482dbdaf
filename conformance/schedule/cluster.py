"""A cluster: tasks of a run that workers on other machines do, to which Dask distributed hands them."""

from __future__ import annotations

import contextlib
import time
import uuid
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Any, Generic, TypeVar

import distributed

from adapters.core.messages import Description
from conformance.errors import UsageError
from conformance.schedule.cluster_worker import PATIENCE, Errand, Said, do_errand, resource, said_here
from conformance.schedule.crew import MemberFailed
from conformance.schedule.opening import Asking, Opened, Opening
from conformance.schedule.tasks import Fault
from conformance.version import code_digest
from reports.record.events import Event

A = TypeVar("A")
# seconds after which it is looked who is still there, and those that a lost worker has to come back
TICK, RETURN = 5.0, 60.0


@dataclass(frozen=True)
class Sent:
    """A part that was sent, by its number, and the stack that a worker needs for it."""

    number: int
    stack: str


@dataclass
class Cluster(Generic[A]):
    """Workers at the address of a scheduler, in the place of a crew: each part is done by one that has its stack.

    `errand`: what is to be done for something that is asked. What a lost worker had is done by another. Raises
    UsageError where no scheduler answers, or workers differ in the code by which they ask or in what a stack is.
    """

    address: str
    errand: Callable[[A], Errand]
    _client: Any = None  # a distributed.Client
    _said: Mapping[str, Said] = field(default_factory=dict)
    # since when there has been no worker with a stack
    _missing: dict[str, float] = field(default_factory=dict)

    @property
    def is_spread(self) -> bool:
        """It is other processes that do the parts."""
        return True

    def __enter__(self) -> Cluster[A]:
        try:
            self._client = distributed.Client(self.address, timeout=PATIENCE, set_as_default=False)
        except (OSError, ValueError) as error:
            raise UsageError(f"no scheduler of Dask answers at {self.address}: {error}") from error
        try:
            self._require_same_code()
        except BaseException:
            self._client.close()
            raise
        return self

    def _require_same_code(self) -> None:
        """Scheduler and workers run this code; raises UsageError."""
        try:
            found = {"scheduler": self._client.run_on_scheduler(code_digest)}
        except Exception as error:
            where = "start it in a checkout, or where normconf is installed"
            raise UsageError(f"the scheduler at {self.address} cannot import the suite: {where}") from error
        try:
            self._said = self._client.run(said_here)
        except Exception as error:
            started = "python -m conformance worker"
            raise UsageError(f"at {self.address} is a worker that was not started by {started}: {error}") from error
        found |= {f"worker at {where}": said.code for where, said in self._said.items()}
        if others := [who for who, code in found.items() if code != code_digest()]:
            raise UsageError(f"the {others[0]} has other code than this: install the same version there")

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._client.close()

    def do(self, parts: Sequence[Opening | Asking[A]]) -> Iterator[tuple[int, Opened | Event | Fault]]:
        """What comes of the parts, each with its number; raises MemberFailed, once all that could be done is done."""
        sent: dict[Any, Sent] = {}
        run = uuid.uuid4().hex[:8]
        for number, part in enumerate(parts):
            if isinstance(part, Opening):
                yield from ((number, (name, self._opened(name))) for name in part.names)
                continue
            key, needs = f"normconf-{run}-{number}", {resource(part.stack): 1}
            future = self._client.submit(do_errand, self.errand(part.asked), key=key, resources=needs, pure=False)
            sent[future] = Sent(number, part.stack)
        faults: list[str] = []
        while sent:
            for future in self._done(sent):
                one = sent.pop(future)
                if future.status == "finished":
                    yield from ((one.number, event) for event in future.result())
                else:
                    faults.append(f"{one.stack}: {future.exception()}")
            lost = self._lost({one.stack for one in sent.values()})
            for future in [future for future, one in sent.items() if one.stack in lost]:
                faults.append(f"{sent.pop(future).stack}: no worker of the cluster has it any more")
                future.cancel()
        if faults:
            raise MemberFailed("\n".join(faults))

    def _done(self, sent: Mapping[Any, Sent]) -> list[Any]:
        """Those that have ended, once there are any or a moment has passed."""
        with contextlib.suppress(TimeoutError), self._client.as_current():
            distributed.wait(list(sent), timeout=TICK, return_when="FIRST_COMPLETED")
        return [future for future in sent if future.done()]

    def _lost(self, stacks: Collection[str]) -> set[str]:
        """Those of the stacks of which there has been no worker for so long that none will come back."""
        workers = self._client.scheduler_info(n_workers=-1)["workers"].values()
        there, now = {name for worker in workers for name in worker["resources"]}, time.monotonic()
        missing = [stack for stack in stacks if resource(stack) not in there]
        self._missing = {stack: self._missing.get(stack, now) for stack in missing}
        return {stack for stack, since in self._missing.items() if now - since > RETURN}

    def _opened(self, name: str) -> Description | str:
        """What the workers say of a stack, or that none has it."""
        found = [(where, said.stacks[name]) for where, said in sorted(self._said.items()) if name in said.stacks]
        if not found:
            return f"no worker of the cluster has {name}"
        first, one = found[0]
        for where, other in found[1:]:
            if replace(other, pid=one.pid) != one:
                raise UsageError(f"the workers at {first} and {where} have {name} in different versions")
        return one
