"""Tasks: parts of a run that do not depend on each other, so that each can be done in a process of its own."""

from __future__ import annotations

import math
import sys
import time
import traceback
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from conformance.hints.infer import hint
from conformance.known.entries import Divergence
from conformance.known.recheck import asked_again
from conformance.rules.registry import catalog
from conformance.schedule.ask import ask, news
from conformance.schedule.plan import Question
from conformance.stacks.session import Session
from reports.record.chapters import CHAPTERS
from reports.record.events import Event
from reports.record.model import Hint, Result

# the rule that what depends on earlier calls breaks
REPEATS = "same_input_gives_the_same_bits"


@dataclass(frozen=True)
class Task:
    """Rules, by their ids, that are put to a stack, each in one of these modes: all modes of somebody's subject.

    `depth`: how deep; empty for that of the run. `rechecks`: what is known of the stack is asked again, too.
    """

    stack: str
    modes: tuple[str, ...]
    questions: tuple[tuple[str, str], ...]
    depth: str = ""
    rechecks: bool = True

    def asking(self, questions: Iterable[tuple[str, str]]) -> Task:
        """The task with these questions instead."""
        return replace(self, questions=tuple(questions))


def tasks_of(
    session: Session,
    questions: Sequence[Question],
    divergences: Sequence[Divergence] = (),
    depth_of: Callable[[str], str] = lambda stack: "",
) -> list[Task]:
    """The tasks that questions are, stack by stack and mode by mode; what is known is asked where nothing else is.

    What is asked of a subject in one mode depends on what it gave in its plainest.
    """
    known = {(one.stack, mode) for one in divergences for mode in one.modes}
    asked: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for question in questions:
        asked.setdefault((question.stack, question.mode), []).append((question.rule.id, question.mode))
    places = [place for place in session.targets() if place in asked or place in known]

    def subject(place: tuple[str, str]) -> tuple[str, str]:
        name, mode = place
        return name, "" if session.known[name].declaration is not None else mode

    return [
        Task(
            name,
            tuple(mode for _, mode in modes),
            tuple(each for place in modes for each in asked.get(place, ())),
            depth_of(name),
            bool(divergences),
        )
        for (name, _), modes in ((place, list(together)) for place, together in groupby(places, subject))
    ]


@dataclass(frozen=True)
class Fault:
    """A question that could not be asked, through a fault of the suite; `said` is the traceback."""

    said: str


def carry_out(
    session: Session,
    task: Task,
    rules: Collection[str],
    divergences: Sequence[Divergence] = (),
    until: float = math.inf,
) -> Iterator[Event | Fault]:
    """What comes of a task in a run of these rules; no question is begun after `until`, by the clock of time.monotonic.

    What is known comes first, so that only news is explored and reduced, and hints come last.
    """
    chosen = {rule.id: rule for rule in catalog()}
    for mode in task.modes if task.rechecks else ():
        yield from asked_again(divergences, session.target(task.stack, mode), rules)
    wrong: dict[str, None] = {}
    for rule, mode in task.questions:
        if time.monotonic() > until:
            break
        try:
            result = ask(session, chosen[rule], task.stack, mode, divergences, task.depth)
        except Exception:  # noqa: BLE001 - the others are asked all the same
            yield Fault(f"{rule} on {task.stack} {mode}: {traceback.format_exc()}")
            continue
        yield result
        if news(result):
            if rule == "config_round_trip_keeps_the_constraint":
                yield from _forgets(session, result)
            # the rules on what it gives, and not those on how it behaves
            if result.chapter in CHAPTERS[:4] or rule == REPEATS:
                wrong[mode] = None
    for mode in wrong if session.options.hints else ():
        yield from _hinted(session, task.stack, mode)


def _forgets(session: Session, result: Result) -> Iterator[Hint]:
    """Of a class that Keras cannot build again, say so where it is plain why."""
    declared = session.known[result.stack].declaration
    if declared is not None and not declared.has_config:
        takes = " and ".join(declared.names.get(one, one) for one in declared.takes)
        said = f"{declared.name} has no get_config of its own, so Keras loses {takes}"
        place = result.stack, result.mode, result.device
        yield Hint(*place, f"{said} where it saves or clones a model.", result.cases, result.groups)


def _hinted(session: Session, name: str, mode: str) -> Iterator[Hint]:
    """What a subject that breaks a MUST rule does instead, where that can be said."""
    target = session.target(name, mode)
    try:
        found = hint(target, session.options.seed)
    except Exception as error:  # noqa: BLE001 - it comes from what the subject gives, and costs it its hint
        print(f"{name}: no hint: {type(error).__name__}: {error}", file=sys.stderr)
        return
    if found:
        yield Hint(name, mode, target.device, found.sentence, found.cases, found.groups)
