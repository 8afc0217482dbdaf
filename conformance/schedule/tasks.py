"""Tasks: parts of a run that do not depend on each other, so that each can be done in a process of its own."""

from __future__ import annotations

import math
import sys
import time
import traceback
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from conformance.hints.infer import hint
from conformance.known.entries import Divergence
from conformance.known.recheck import asked_again
from conformance.rules.registry import by_id
from conformance.schedule.ask import ask, news, remember
from conformance.schedule.plan import Question
from conformance.stacks.session import Session
from reports.record.chapters import CHAPTERS
from reports.record.events import Event
from reports.record.model import Hint, Result

# the rule that what depends on earlier calls breaks
REPEATS = "same_input_gives_the_same_bits"
# of somebody's subject the rules of these chapters are a task, and the others another: two cores share what it costs,
# and each takes about as long
HALVES = ("first half", "second half")
SECOND_HALF = ("axis", "symmetries", "identities", "gradients")


@dataclass(frozen=True)
class Task:
    """Rules, by their ids, that are put to a stack, each in one of these modes: those of somebody's subject in all.

    `depth`: how deep; empty for that of the run. `rechecks`: what is known of the stack is asked again, too.
    """

    stack: str
    modes: tuple[str, ...]
    questions: tuple[tuple[str, str], ...]
    depth: str = ""
    rechecks: bool = True


def tasks_of(
    session: Session,
    questions: Sequence[Question],
    divergences: Sequence[Divergence] = (),
    depth_of: Callable[[str], str] = lambda stack: "",
) -> list[Task]:
    """The tasks that questions are, stack by stack and mode by mode; what is known is asked where nothing else is.

    A rule is put to a subject in all its modes by one task: in the others it depends on what came of the plainest.
    """
    asked: dict[tuple[str, str], list[Question]] = {}
    for question in questions:
        subject = session.known[question.stack].declaration is not None
        share = half_of(question.rule.chapter) if subject else question.mode
        asked.setdefault((question.stack, share), []).append(question)
    tasks = []
    for name, modes in groupby(session.targets(), lambda place: place[0]):
        order = [mode for _, mode in modes]
        known = {mode for one in divergences if one.stack == name for mode in one.modes}
        subject = session.known[name].declaration is not None
        for share in HALVES if subject else order:
            part = sorted(asked.get((name, share), ()), key=lambda question: order.index(question.mode))
            if part or share in known:
                modes_of_part = tuple(dict.fromkeys(question.mode for question in part)) or (share,)
                keys = tuple((question.rule.id, question.mode) for question in part)
                tasks.append(Task(name, modes_of_part, keys, depth_of(name), bool(divergences)))
    return tasks


def half_of(chapter: str) -> str:
    """The half of a subject's rules to which those of a chapter belong."""
    return HALVES[chapter in SECOND_HALF]


@dataclass(frozen=True)
class Hinting:
    """A hint to be looked for: what a subject does in a mode instead of what it promises."""

    stack: str
    mode: str


def is_of(task: Task | Hinting, result: Result) -> bool:
    """Whether a result says what need not be asked in a task: one of the same half of the rules of its subject."""
    if isinstance(task, Hinting) or task.stack != result.stack or not task.questions:
        return False
    return half_of(by_id()[task.questions[0][0]].chapter) == half_of(result.chapter)


def wants_hint(result: Result) -> bool:
    """Whether a result is news of what a subject gives, and not only of how it behaves."""
    return news(result) is not None and (result.chapter in CHAPTERS[:4] or result.rule == REPEATS)


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
    before: Sequence[Result] = (),
) -> Iterator[Event | Fault]:
    """What comes of a task in a run of these rules; no question is begun after `until`, by the clock of time.monotonic.

    `before`: what had come of it before the run was interrupted. What is known comes first, so that only news is
    explored and reduced.
    """
    for result in before:
        remember(session, result)
    for mode in task.modes if task.rechecks else ():
        yield from asked_again(divergences, session.target(task.stack, mode), rules)
    for rule, mode in task.questions:
        if time.monotonic() > until:
            break
        try:
            result = ask(session, by_id()[rule], task.stack, mode, divergences, task.depth)
        except Exception:  # noqa: BLE001 - the others are asked all the same
            yield Fault(f"{rule} on {task.stack} {mode}: {traceback.format_exc()}")
            continue
        yield result
        if news(result) and rule == "config_round_trip_keeps_the_constraint":
            yield from _forgets(session, result)


def _forgets(session: Session, result: Result) -> Iterator[Hint]:
    """Of a class that Keras cannot build again, say so where it is plain why."""
    declared = session.known[result.stack].declaration
    if declared is not None and not declared.has_config:
        takes = " and ".join(declared.names.get(one, one) for one in declared.takes)
        said = f"{declared.name} has no get_config of its own, so Keras loses {takes}"
        place = result.stack, result.mode, result.device
        yield Hint(*place, f"{said} where it saves or clones a model.", result.cases, result.groups)


def hinted(session: Session, wanted: Hinting) -> Iterator[Hint]:
    """What a subject that breaks a MUST rule does instead, where that can be said."""
    target = session.target(wanted.stack, wanted.mode)
    try:
        found = hint(target, session.options.seed)
    except Exception as error:  # noqa: BLE001 - it comes from what the subject gives, and costs it its hint
        print(f"{wanted.stack}: no hint: {type(error).__name__}: {error}", file=sys.stderr)
        return
    if found:
        yield Hint(wanted.stack, wanted.mode, target.device, found.sentence, found.cases, found.groups)
