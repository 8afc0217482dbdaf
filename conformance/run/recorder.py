"""The recorder: a pytest plugin that writes the record as results come in, so that a killed run has lost nothing."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest

from conformance.known.entries import Divergence
from conformance.known.recheck import asked_again, not_asked_again
from conformance.run.copy import Copy
from conformance.run.earlier import Earlier, diverged, key_of, ran_out_of_time
from conformance.run.examples import Examples
from conformance.run.header import changed, footer, header
from conformance.schedule.plan import Key, Question, plan, planned
from conformance.schedule.tasks import Fault, wants_hint
from conformance.stacks.session import Place, Session
from reports.console.run import Progress
from reports.record.codec import from_json
from reports.record.events import Event
from reports.record.file import Record, RecordError, Writer
from reports.record.header import Exit, Header
from reports.record.model import Hint, Recheck, Result


@dataclass(frozen=True)
class Found:
    """How deep a question was asked, of how many groups; whether something broke that counts, or time ran out first."""

    depth: str
    groups: int
    diverged: bool
    unfinished: bool


class Recorder:
    """Writes header, one event per result, and footer; knows in the end what the run's exit code is."""

    def __init__(
        self,
        path: Path,
        session: Session,
        divergences: Sequence[Divergence] = (),
        progress: Progress | None = None,
        before: Record | None = None,
        earlier: Earlier | None = None,
        examples: Examples | None = None,
    ) -> None:
        self.path, self.session, self.divergences, self.progress = path, session, divergences, progress
        # the record of a run that was interrupted, which goes on
        self.before = before
        # another run before, from which what cannot have changed is carried over
        self.earlier = earlier
        # what was broken in this folder before, and will be asked first
        self.examples = examples
        self.faults: list[str] = []
        self.stale = False
        self.expected = self.deselected = 0
        # of each question that was asked, the deepest result, without what it is made of
        self.found: dict[Key, Found] = {}
        # stack and mode of what gives something else than it promises
        self.wrong: set[Place] = set()
        self.interrupted = False
        # why the run ended before all of it was asked as deep as it was to be
        self.note: str | None = None
        self.broken: RecordError | None = None
        # the rules of this run
        self.rules: frozenset[str] = frozenset()
        # whether what is known is asked again here, before the first rule
        self.asks_again = True
        self._copy = Copy()
        self._writer = Writer(path, self._copy.write, goes_on=before is not None)
        self._start = time.monotonic()

    @cached_property
    def plan(self) -> tuple[Question, ...]:
        """What the run is going to ask, once its session is open."""
        failed = self.earlier.failed(self.session.options.fails) if self.earlier and self.earlier.only_failed else None
        return tuple(
            question
            for question in self._whole_plan
            if not self._is_done(question) and (failed is None or question.key in failed)
        )

    @cached_property
    def _whole_plan(self) -> tuple[Question, ...]:
        return plan(self.session)

    @cached_property
    def _carried(self) -> tuple[Result, ...]:
        if self.earlier is None:
            return ()
        asked = {question.key for question in self._whole_plan}
        found = self.earlier.carried(header(self.session, ()), self.session.options.fails)
        return tuple(result for result in found if key_of(result) in asked)

    @cached_property
    def _done(self) -> frozenset[Key]:
        results = [result for result in self.before.results if result.depth is None] if self.before else []
        return frozenset(map(key_of, (*results, *self._carried)))

    def _is_done(self, question: Question) -> bool:
        return question.key in self._done

    @property
    def results(self) -> int:
        """How many questions have a result."""
        return len(self.found)

    @property
    def is_whole(self) -> bool:
        """Whether every question has a result, as deep as the run was to go."""
        depth = self.session.options.depth
        return self.results == self.expected and all(found.depth == depth for found in self.found.values())

    @property
    def exit_code(self) -> Exit:
        """3 if the suite itself failed, 1 if a rule that counts is broken anew or what is known is stale, else 0.

        3 also where a subject's time ran out before anything broke.
        """
        if self.faults or self.interrupted or self.results < self.expected:
            return 3
        found = self.found.values()
        if self.stale or any(one.diverged for one in found):
            return 1
        return 3 if any(one.unfinished for one in found) else 0

    def open(self) -> None:
        """Open the record, if it is a new one; raises RecordError if it cannot be written."""
        if self.before is None:
            self._writer.__enter__()

    def seal(self) -> bool:
        """The record on disk is what was written to it; False where it had to be written again; raises RecordError."""
        try:
            return self._copy.restore(self.path)
        except OSError as error:
            raise RecordError(f"{self.path} cannot be written again: {error.strerror}.") from error

    def close(self) -> None:
        """What was kept beside the record is gone."""
        self._copy.close()

    def _write(self, event: Event) -> None:
        """Write an event; a record that can be written no more ends the run."""
        if self.broken is None:
            try:
                self._writer.write(event)
            except RecordError as error:
                self.broken = error
                raise pytest.exit.Exception(str(error)) from error

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """The header, once the rules of the run are known; under xdist the controller itself collects nothing."""
        if hasattr(session.config, "workerinput"):
            return
        planned, asked = len(self.plan), len(session.items) + self.deselected
        if asked != planned and not self.interrupted:  # whatever kept some away, fewer questions are no pass
            self.faults.append(f"{asked} of the {planned} questions that were planned reached pytest")
        if session.items:
            self._begin([item.nodeid for item in session.items])

    def pytest_deselected(self, items: Sequence[pytest.Item]) -> None:
        """Those that -k leaves out."""
        self.deselected += len(items)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, node: object, ids: list[str]) -> None:
        """The header, when the first xdist worker has collected."""
        if not self.expected:
            self._begin(ids)

    def _begin(self, ids: list[str]) -> None:
        """Write what is going to be run, on what."""
        names = {test.rpartition("::test_")[2] for test in ids}
        chosen = [q for q in self._whole_plan if q.name.removeprefix("test_") in names or self._is_done(q)]
        rules = list({question.rule.id: question.rule for question in chosen}.values())
        self.expected = len(chosen)
        self.rules = frozenset(rule.id for rule in rules)
        first = header(self.session, rules, planned(self.session.targets(), chosen))
        if self.before is None:
            self._write(first)
        else:
            self._go_on(self.before, first)
        for result in self._carried:
            self._write(result)
            self._count(result)
        if self.progress and self.earlier:
            began = self.earlier.record.header.started
            self.progress.carried(len(self._carried), began, self._left_out(self.earlier))
        self._not_asked()

    def begin_round(self, questions: int) -> None:
        """So many questions come next."""
        if self.progress:
            self.progress.start(questions)

    def _left_out(self, earlier: Earlier) -> int:
        """How many questions that were asked before are not asked and not carried over, because they did not fail."""
        asked = {question.key for question in self._whole_plan} & set(map(key_of, earlier.record.results))
        return len(asked - self._done - {question.key for question in self.plan})

    def _go_on(self, before: Record, first: Header) -> None:
        """What was recorded counts, if this run would ask the same."""
        if what := changed(before.header, first):
            self.broken = RecordError(f"{self.path} cannot be gone on with: this run has another {what}.")
            raise pytest.exit.Exception(str(self.broken))
        self._writer.__enter__()  # only now: what is not gone on with stays as it is
        for result in before.results:
            self._count(result)
        self.stale |= any(event.state == "stale" for event in before.rechecks)

    def _not_asked(self) -> None:
        """What is known and cannot be asked again in this run; and all else, where nobody else does that."""
        session, targets = self.session, self.session.targets()
        stacks = {name: session.reasons.get(name) for name in session.workers}
        for event in not_asked_again(self.divergences, targets, stacks, self.rules, session.options.device):
            self.take(event)
        for name, mode in targets if self.asks_again else ():
            for event in asked_again(self.divergences, session.target(name, mode), self.rules):
                self.take(event)

    def take(self, event: Event | Fault, done: float | None = None) -> None:
        """Write down what has come, at once; `done` is the share of the run that it completes, if that is known."""
        match event:
            case Fault():
                self.faults.append(event.said)
            case Result():
                self._record(event, done)
            case Recheck() | Hint() if self.before and event in (*self.before.rechecks, *self.before.hints):
                pass  # it is there already
            case _:
                self._write(event)
                self.stale |= isinstance(event, Recheck) and event.state == "stale"

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """A module that cannot be collected is a fault of the suite."""
        if report.failed:
            self.faults.append(str(report.longrepr))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """One result, written at once."""
        # from another process it comes as JSON data
        data = getattr(report, "normconf", None)
        if data is not None and report.when == "call":
            self._record(from_json(Result, data))  # the writer holds it to the schema
        elif report.failed:
            self.faults.append(f"{report.nodeid}: {report.longrepr}")

    def _record(self, result: Result, done: float | None = None) -> None:
        self._write(result)
        self._count(result)
        if self.examples:
            self.examples.take(result)
        if self.progress:
            self.progress.advance(result, done)

    def _count(self, result: Result) -> None:
        fails = self.session.options.fails
        if wants_hint(result):
            self.wrong.add((result.stack, result.mode))
        self.found[key_of(result)] = Found(
            result.depth or self.session.options.depth,
            result.groups,
            diverged(result, fails),
            ran_out_of_time(result, fails),
        )

    def pytest_keyboard_interrupt(self) -> None:
        """The user stopped the run: the record stays incomplete."""
        self.interrupted = True

    def pytest_internalerror(self, excrepr: object) -> None:
        """Something in the suite or in pytest broke."""
        self.faults.append(str(excrepr))

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self) -> None:
        """The footer."""
        if self.progress:
            self.progress.stop()
        if not self.expected:
            self._begin([])
        note = self.faults[0].splitlines()[-1] if self.faults else "interrupted" if self.interrupted else self.note
        code = self.exit_code
        self._write(footer(self.results, code, time.monotonic() - self._start, note))
        self._writer.__exit__(None, None, None)
