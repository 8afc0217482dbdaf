"""A worker of a cluster: says which stacks it has, and does tasks of a run that somebody else has planned."""

from __future__ import annotations

import asyncio
import math
import time
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import distributed
from hypothesis.errors import HypothesisDeprecationWarning

from adapters.core.messages import Description
from conformance.known.entries import load
from conformance.schedule.tasks import Fault, Task, carry_out
from conformance.stacks.options import Options
from conformance.stacks.session import Session
from conformance.version import code_digest
from reports.record.events import Event

# seconds in which a scheduler has to answer
PATIENCE = 20.0
# under which name a worker keeps what it has said of itself
SAID = "normconf_said"


@dataclass(frozen=True)
class Said:
    """What a worker has: the code by which it asks, and what its stacks say of themselves."""

    code: str
    stacks: Mapping[str, Description]


@dataclass(frozen=True)
class Errand:
    """A task of a run with these options and rules; no question of it is begun after so many seconds."""

    options: Options
    task: Task
    rules: frozenset[str]
    seconds: float = math.inf


def resource(stack: str) -> str:
    """What a worker is known by that has a stack."""
    return f"normconf {stack}"


def do_errand(errand: Errand) -> Sequence[Event | Fault]:
    """All that comes of an errand, in a process of a worker."""
    stack = errand.task.stack
    mine = Options()  # where things lie is another matter on each machine
    session = Session(replace(errand.options, stacks=(stack,), pythons=mine.pythons, root=mine.root))
    try:
        session.open()
        return list(
            carry_out(
                session,
                errand.task,
                errand.rules,
                load(stacks=session.known),
                time.monotonic() + errand.seconds,
            )
        )
    finally:
        session.close()


def said_here(dask_worker: Any) -> Said:  # a distributed.Worker, which distributed gives to what has such an argument
    """What the worker of this process has said of itself."""
    said: Said = getattr(dask_worker, SAID)
    return said


def serve(address: str, session: Session) -> None:
    """Do errands until the scheduler is gone; raises OSError where none answers.

    `session`: the stacks that were started here, to see what there is.
    """
    # it says so where another thread, such as those of distributed, draws from the module `random`
    warnings.simplefilter("ignore", HypothesisDeprecationWarning)
    there = {name: worker.description for name, worker in session.workers.items() if name not in session.reasons}
    said = Said(code_digest(), {name: found for name, found in there.items() if found is not None})
    asyncio.run(_serve(address, said))


async def _serve(address: str, said: Said) -> None:
    resources = {resource(name): 1.0 for name in said.stacks}
    made = distributed.Worker(address, nthreads=1, resources=resources, death_timeout=PATIENCE, dashboard=False)
    setattr(made, SAID, said)
    async with made as worker:
        await worker.finished()
