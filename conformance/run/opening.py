"""A session that is opened by a crew: its stacks are started where they are going to be asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

from rich.console import Console

from adapters.core.messages import Description
from conformance.run.crew import Crew
from conformance.stacks.session import Session


@dataclass(frozen=True)
class Opening:
    """Stacks that share a process, to be started."""

    names: tuple[str, ...]


Opened: TypeAlias = tuple[str, Description | str]


def said_by(session: Session, stack: str) -> Description:
    """What a stack that is available has said of itself, for those who have not heard it."""
    said = session.workers[stack].description
    assert said is not None
    return said


def open_session(session: Session, crew: Crew[Any, Any], console: Console) -> None:
    """Every stack is started, or the console says why not; raises UsageError as `Session.open` does."""
    if crew.is_spread:
        for _, found in crew.do([Opening(names) for names in session.together()]):
            session.learn(*found)
        session.require()
    else:
        session.open()
    session.say_reasons(console)
