"""Subjects: what a rule asks. A subject is a stack in one mode on one device; asking it a case gives an outcome."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from conformance.cases.case import Case
from conformance.cases.codec import to_request
from conformance.errors import StackUnavailable, WorkerDied, WorkerHung
from conformance.stacks.outcome import Outcome, to_outcome
from conformance.stacks.workers import Worker

# a subject that was lost so often is not asked for more: each time costs a new process, or the whole time limit
MOST_LOST = {"crash": 48, "timeout": 6}
# how many kinds of finding of each level are reduced and shown per rule and subject; the others are counted
MOST_KINDS = {"MUST": 8, "SHOULD": 8, "RECORD": 3}


class Subject:
    """A stack in one mode, asked through its worker; the calls since `begin` are kept for the snippet.

    `most_kinds`: of each level so many kinds of finding are reduced and shown for a rule; the others are counted.
    """

    most_kinds: Mapping[str, int] = MOST_KINDS

    def __init__(
        self,
        worker: Worker,
        mode: str,
        device: str = "cpu",
        timeout: float = 60.0,
        fresh: Worker | None = None,
        beside: Worker | None = None,
    ) -> None:
        self.worker = worker
        self.stack = worker.stack
        self.mode = mode
        self.device = device
        self.timeout = timeout
        self.asked: list[tuple[Case, Outcome]] = []
        self._lost: Counter[str] = Counter()
        # a second process that has seen none of the cases: what a snippet prints there, it prints anywhere
        self.fresh = fresh or Worker(worker.stack, worker.python, device, worker.root)
        # the same stack on the CPU, where this one is on another device
        self.beside = beside

    def begin(self) -> None:
        """Forget the calls so far: a new verdict begins."""
        self.asked.clear()

    @property
    def compiles(self) -> bool:
        """Whether every new shape costs a compilation in this mode."""
        return self.mode in self.stack.compiled

    @property
    def costly(self) -> bool:
        """Whether that compilation takes seconds."""
        return self.mode in self.stack.costly

    def ask(self, case: Case, even_unsupported: bool = False, mode: str | None = None) -> Outcome:
        """The outcome of one case; a lost worker is an outcome too.

        A stack is not held to values in a format that it says it does not support, but can still be asked; and it can
        be asked in another mode, to be compared with its own.
        """
        reason = self.worker.description.get("formats", {}).get(case.weights.format)
        if reason is not None and not even_unsupported:
            return self._noted(case, Outcome("unsupported", said=reason))
        return self._noted(case, self._answer(self.worker, case, mode or self.mode))

    def ask_on_cpu(self, case: Case) -> Outcome:
        """The outcome of a case of the same stack in the same mode on the CPU, to be compared with its own."""
        if self.beside is None:
            return self._noted(case, Outcome("unsupported", said=f"{self.stack.name} is on the CPU itself"))
        return self._noted(case, self._answer(self.beside, case, self.mode))

    def _answer(self, worker: Worker, case: Case, mode: str) -> Outcome:
        if self.given_up:
            return Outcome("unsupported", said=self.given_up)
        try:
            return to_outcome(worker.request(to_request(case, mode), self.timeout))
        except (WorkerDied, StackUnavailable) as died:  # or it cannot even be started again
            return Outcome("crash", said=str(died))
        except WorkerHung as hung:
            return Outcome("timeout", said=str(hung))

    @property
    def given_up(self) -> str:
        """Why it is not asked any more; empty as long as it is."""
        words = {"crash": "its process was lost", "timeout": f"it did not answer within {self.timeout:g} s"}
        for kind, most in MOST_LOST.items():
            if self._lost[kind] >= most:
                return f"not asked any more: {words[kind]} {most} times"
        return ""

    def _noted(self, case: Case, outcome: Outcome) -> Outcome:
        self._lost[outcome.kind] += outcome.kind in MOST_LOST
        self.asked.append((case, outcome))
        return outcome

    def close(self) -> None:
        """End its processes, whoever shares them."""
        for worker in (self.worker, self.fresh, self.beside):
            if worker is not None:
                worker.close()
