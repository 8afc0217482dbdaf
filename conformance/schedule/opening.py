"""A session and its crew: stacks are started where they are going to be asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Generic, TypeAlias, TypeVar

from rich.console import Console

from adapters.core.messages import Description
from conformance.schedule.crew import Crew, Doers
from conformance.stacks.session import Session

A = TypeVar("A")
R = TypeVar("R")


@dataclass(frozen=True)
class Opening:
    """Stacks that share a process, to be started."""

    names: tuple[str, ...]


@dataclass(frozen=True)
class Asking(Generic[A]):
    """Something to be asked of a stack, and what that has said of itself, for those who have not heard it."""

    stack: str
    said: Description
    asked: A


Opened: TypeAlias = tuple[str, Description | str]
SessionCrew: TypeAlias = Crew[Opening | Asking[A], Opened | R]
SessionDoers: TypeAlias = Doers[Opening | Asking[A], Opened | R]


def crew_of(session: Session, jobs: int, ask: Callable[[A], Iterator[R]], in_order: bool = False) -> SessionCrew[A, R]:
    """A crew in which each has the session's stacks for itself; `ask` is what is done with what is asked.

    One process asks the stacks that need the same imports, unless all is to be asked in its order.
    """

    def work(part: Opening | Asking[A]) -> Iterator[Opened | R]:
        if isinstance(part, Opening):
            yield from session.start(part.names)
            return
        session.learn(part.stack, part.said)
        session.forget(part.stack)
        yield from ask(part.asked)
        session.end(part.stack)  # compilers keep what they have made, and what comes next is another's

    def kind(part: Opening | Asking[A]) -> object:
        if in_order:
            return None
        name = part.names[0] if isinstance(part, Opening) else part.stack
        return session.workers[name].process.needs

    crew: SessionCrew[A, R] = Crew(jobs, work, session.close, session.warm, kind)
    if crew.is_spread:
        session.learn_from_running()
        session.close()  # what runs here is of no use to the others
    return crew


def asking(session: Session, stack: str, asked: A) -> Asking[A]:
    """Something to be asked of a stack that is available."""
    said = session.workers[stack].description
    assert said is not None
    return Asking(stack, said, asked)


def open_session(session: Session, crew: SessionDoers[Any, Any], console: Console) -> None:  # whatever it will do later
    """Every stack is started, or the console says why not; raises UsageError as `Session.open` does."""
    if crew.is_spread:
        unknown = [names for names in session.together() if session.workers[names[0]].description is None]
        for _, found in crew.do([Opening(names) for names in unknown]):
            session.learn(*found)
        session.require()
    else:
        session.open()
    session.say_reasons(console)
