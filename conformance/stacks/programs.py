"""Programs: each shown call in the framework's own code, executed in a clean process beforehand."""

from __future__ import annotations

import ast
import importlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from adapters.core.framework import NO_GRADIENT, Unsupported
from adapters.core.messages import WHILE_CALLED, RunProgram
from adapters.core.program import Program
from adapters.core.stack import Stack
from conformance.cases.codec import to_request
from conformance.errors import StackUnavailable, WorkerDied, WorkerHung
from conformance.stacks.outcome import Call, Crashed, NotAnArray, Raised, Returned, TimedOut, describe
from conformance.stacks.outcome import Unsupported as NotAsked
from conformance.stacks.target import Target
from conformance.stacks.workers import Worker
from reports.record import model

TIMEOUT = 120.0
LONGEST = 4000
# of a case that is about one constraint that is called again and again
NO_PROGRAM = "no short program is written here for what comes of later calls, or of calls by several threads"


@dataclass(frozen=True)
class Execution:
    """What came of a program: what it printed and, if it did not end by itself, the type and message of the error.

    `lost`: the error is not the program's own, but says what became of its process.
    """

    stdout: str = ""
    error: str = ""
    message: str = ""
    lost: bool = False

    @property
    def printed(self) -> str:
        """What a terminal would show."""
        return f"{self.stdout}\n{self.error}: {self.message}".lstrip("\n") if self.error else self.stdout


def execute(source: str, worker: Worker, timeout: float = TIMEOUT) -> Execution:
    """Run a program in a worker."""
    try:
        answer = worker.request(RunProgram(source), timeout)
    except (WorkerDied, WorkerHung, StackUnavailable) as error:
        return Execution(error=type(error).__name__, message=str(error), lost=True)
    stdout = answer.printed.rstrip("\n")
    if answer.raised is None:
        return Execution(stdout)
    return Execution(stdout, answer.raised.exception, answer.raised.message)


def on_device(program: Program, stack: Stack, device: str) -> Program:
    """The program of a stack with what makes its tensors lie on the device, where the framework has to be told."""
    return program if device == "cpu" else program.preceded_by(stack.on_gpu)


def program_for(target: Target, traced: Sequence[Call]) -> model.Program:
    """The program that repeats the traced calls, what it printed, and whether that is what was observed."""
    # a call that gave two results is shown twice, and one that was not made not at all
    made = [call for call in traced if not isinstance(call.outcome, NotAsked)] or traced
    calls = list({(call.case.id, call.outcome): call for call in made}.values())
    adapter = importlib.import_module(target.stack.module)
    if any(call.case.access in WHILE_CALLED for call in calls):
        return model.Program(f"# {NO_PROGRAM}", "", reproduces=False)
    try:
        program: Program = adapter.snippet(target.stack, [to_request(call.case, target.mode) for call in calls])
    except Unsupported as reason:
        return model.Program(f"# {reason}", "", reproduces=False)
    outcomes = [call.outcome for call in calls]
    no_array = all(isinstance(outcome, NotAnArray) for outcome in outcomes)
    if no_array:  # what is no array cannot be printed as one
        program = program.showing_type()
    source = on_device(program, target.stack, target.device).source
    patience = target.timeout if any(isinstance(outcome, TimedOut) for outcome in outcomes) else TIMEOUT
    with target.patience.spending():
        ran = execute(source, target.clean_worker, patience)
    if ran.lost:
        lost = any(isinstance(outcome, Crashed | TimedOut) for outcome in outcomes)
        return model.Program(source, ran.printed, reproduces=lost)
    printed = ran.printed
    if ran.error:
        same = any(isinstance(outcome, Raised) and outcome.type == ran.error for outcome in outcomes)
        same |= any(isinstance(outcome, NotAsked) and outcome.reason == NO_GRADIENT for outcome in outcomes)
    elif no_array:
        same = all(f"returned {printed}, not" in describe(outcome) for outcome in outcomes)
    else:
        returned = [outcome for outcome in outcomes if isinstance(outcome, Returned)]
        observed = [result.values.tolist() for outcome in returned for result in outcome.results]
        same = len(returned) == len(outcomes) and _parsed(printed) == _plain(observed)
    return model.Program(source, printed[:LONGEST], reproduces=same)


def _parsed(printed: str) -> Any:
    """The printed lists as data, NaN as a string so that it equals itself; None if they are not lists."""
    tree = []
    for line in printed.splitlines():
        text = line.replace("nan", "'nan'").replace("inf", "1e999")
        try:
            tree.append(_plain(ast.literal_eval(text)))
        except (ValueError, SyntaxError):
            return None
    return tree


def _plain(data: Any) -> Any:
    if isinstance(data, list):
        return [_plain(item) for item in data]
    if isinstance(data, complex):
        return [_plain(data.real), _plain(data.imag)]
    if isinstance(data, float | int) and not isinstance(data, bool):
        return "nan" if math.isnan(data) else float(data)
    return data
