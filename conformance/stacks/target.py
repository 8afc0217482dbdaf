"""Targets: a stack in one mode on one device, to which cases are put; and the trace of calls behind one verdict."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from adapters.core.stack import Stack
from conformance.cases.case import Case
from conformance.cases.codec import to_request
from conformance.errors import StackUnavailable, WorkerDied, WorkerHung
from conformance.stacks.outcome import Call, Crashed, Outcome, Returned, TimedOut, Unsupported, to_outcome
from conformance.stacks.patience import OF_A_SUBJECT, Patience
from conformance.stacks.workers import Worker

# a target that was lost so often is not asked for more: each time costs a new process, or the whole time limit
MAX_LOST: Mapping[type[Outcome], int] = {Crashed: 48, TimedOut: 6}
# the calls of one case share the time limit of so many cases at most
MOST_SHARES = 16
# and a compiler has that of so many: it takes seconds, and on a machine that does much else many
COMPILING_SHARES = 4


class Target:
    """A stack in one mode on one device, called through its worker; what it was asked it does not keep."""

    def __init__(
        self,
        worker: Worker,
        mode: str,
        device: str = "cpu",
        timeout: float = 60.0,
        clean_worker: Worker | None = None,
        cpu_worker: Worker | None = None,
    ) -> None:
        self.worker = worker
        self.stack = worker.stack
        self.mode = mode
        self.device = device
        self.timeout = timeout
        # a second process that has seen none of the cases: what a program prints there, it prints anywhere
        self.clean_worker = clean_worker or Worker(worker.stack, worker.python, device, worker.root)
        # the same stack on the CPU, where this one is on another device
        self.cpu_worker = cpu_worker
        for each in (self.worker, self.clean_worker):
            each.process.prepare(self.stack.mode(mode).requires)
        self.patience = Patience() if worker.stack.declaration is None else Patience(OF_A_SUBJECT)
        self._lost: Counter[type[Outcome]] = Counter()

    @property
    def compiles(self) -> bool:
        """Whether every new shape costs a compilation in this mode."""
        return self.stack.mode(self.mode).compiles

    @property
    def costly(self) -> bool:
        """Whether that compilation takes seconds."""
        return self.stack.mode(self.mode).slow

    @property
    def is_cheap(self) -> bool:
        """Whether hundreds of calls, each of another shape, take no time that anybody notices."""
        return not (self.stack.mode(self.mode).pays_for_shapes or self.costly or self.patience.is_strained)

    @property
    def lacks(self) -> frozenset[str]:
        """The formats that its stack does not hold."""
        return frozenset(name for name, reason in self.formats.items() if reason is not None)

    @property
    def formats(self) -> Mapping[str, str | None]:
        """Each format that its stack speaks of: None where it holds it, else the reason why it does not."""
        return self.worker.formats

    def call(self, case: Case, even_unsupported: bool = False, mode: str | None = None) -> Outcome:
        """The outcome of one case; a lost worker is an outcome too.

        A stack is not held to values in a format that it says it does not support, but can still be asked; and it can
        be asked in another mode, to be compared with its own.
        """
        reason = self.formats.get(case.weights.format)
        if reason is not None and not even_unsupported:
            return Unsupported(reason)
        return self._answer(self.worker, case, mode or self.mode)

    def call_afresh(self, case: Case) -> Outcome:
        """The outcome of a case in a process that has been asked nothing before."""
        self.clean_worker.close()
        try:
            return self._answer(self.clean_worker, case, self.mode)
        finally:
            self.clean_worker.close()  # the next program has one of its own, too

    def begin_afresh(self) -> None:
        """What `call_since` asks from now on is a process that has been asked nothing before."""
        self.clean_worker.close()

    def call_since(self, case: Case) -> Outcome:
        """The outcome of a case in the process that has been asked nothing but this since `begin_afresh`."""
        return self._answer(self.clean_worker, case, self.mode)

    def call_on_cpu(self, case: Case) -> Outcome:
        """The outcome of a case of the same stack in the same mode on the CPU, to be compared with its own."""
        if self.cpu_worker is None:
            return Unsupported(f"{self.stack.name} is on the CPU itself")
        return self._answer(self.cpu_worker, case, self.mode)

    def _answer(self, worker: Worker, case: Case, mode: str) -> Outcome:
        if self.disabled_reason:
            return Unsupported(self.disabled_reason)
        limit = self.patience_with(mode) * min(case.calls, MOST_SHARES)
        if case.calls * self.patience.seconds_per_call > limit:
            return Unsupported(f"not asked: {case.calls} calls would take longer than {limit:g} s")
        outcome = self._request(worker, case, mode, limit)
        self._lost[type(outcome)] += type(outcome) in MAX_LOST
        return outcome

    def _request(self, worker: Worker, case: Case, mode: str, limit: float) -> Outcome:
        if case.access in self.stack.accesses:
            worker.process.prepare(self.stack.accesses_require)
        try:
            with self.patience.spending():
                worker.load()  # which is no call
            before = self.patience.spent
            with self.patience.spending():
                outcome = to_outcome(worker.request(to_request(case, mode), limit))
            if isinstance(outcome, Returned):
                self.patience.returned(case.calls, self.patience.spent - before, outcome.compiling > 0)
            return outcome
        except (WorkerDied, StackUnavailable) as died:  # or it cannot even be started again
            return Crashed(str(died))
        except WorkerHung as hung:
            return TimedOut(str(hung))

    def patience_with(self, mode: str) -> float:
        """How many seconds a call in a mode may take."""
        return self.timeout * (COMPILING_SHARES if self.stack.mode(mode).compiles else 1)

    @property
    def disabled_reason(self) -> str:
        """Why it is not asked any more; empty as long as it is."""
        if self.patience.is_over:
            return f"not finished: its calls have taken more than {self.patience.in_all:g} s"
        reasons = {
            Crashed: "its process was lost",
            TimedOut: f"it did not answer within {self.patience_with(self.mode):g} s",
        }
        for kind, most in MAX_LOST.items():
            if self._lost[kind] >= most:
                return f"not asked any more: {reasons[kind]} {most} times"
        return ""

    def in_mode(self, mode: str) -> Target:
        """The same stack in another mode, for whose calls this one's time and patience are spent."""
        other = Target(self.worker, mode, self.device, self.timeout, self.clean_worker, self.cpu_worker)
        other.patience, other._lost = self.patience, self._lost
        return other

    def close(self) -> None:
        """End its processes, whoever shares them."""
        for worker in (self.worker, self.clean_worker, self.cpu_worker):
            if worker is not None:
                worker.close()


class Trace:
    """A target while one verdict is formed: the calls that are made through it are kept, in their order."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self.calls: list[Call] = []

    @property
    def stack(self) -> Stack:
        """The stack that is asked."""
        return self.target.stack

    @property
    def mode(self) -> str:
        """The mode in which it is asked."""
        return self.target.mode

    @property
    def formats(self) -> Mapping[str, str | None]:
        """The formats of the stack that is asked, as `Target.formats` has them."""
        return self.target.formats

    def call(self, case: Case, even_unsupported: bool = False, mode: str | None = None) -> Outcome:
        """The outcome of one case, as `Target.call` gives it."""
        return self._kept(case, self.target.call(case, even_unsupported, mode))

    def call_afresh(self, case: Case) -> Outcome:
        """The outcome of one case in another process, as `Target.call_afresh` gives it; no part of what is shown."""
        return self.target.call_afresh(case)

    def call_on_cpu(self, case: Case) -> Outcome:
        """The outcome of one case on the CPU, as `Target.call_on_cpu` gives it."""
        return self._kept(case, self.target.call_on_cpu(case))

    def _kept(self, case: Case, outcome: Outcome) -> Outcome:
        self.calls.append(Call(case, outcome))
        return outcome
