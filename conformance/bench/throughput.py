"""The bench: weight groups checked per second by bare calls, by the whole suite, and by a naive harness, in one run."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from adapters.core.messages import Time, Timed
from adapters.core.stack import discover
from conformance.bench import bandwidth
from conformance.bench.sweeping import SweepRate, sweep_rate
from conformance.cases.case import Case
from conformance.cases.codec import to_request
from conformance.rules.execute import DEPTHS
from conformance.rules.explore import Evaluation, explore
from conformance.rules.registry import catalog
from conformance.rules.rule import CaseRule
from conformance.stacks.options import Options
from conformance.stacks.session import Session
from conformance.stacks.target import Target

BARE_CASES = 24
BARE_REPEATS = 10
# figures are never cut short, so a line has to fit into 80 columns
RATES = ("bare\ncalls", "suite", "naive", "suite /\nnaive", "bare /\nsuite", "groups", "seconds")
SWEEPS = ("bare\ncalls", "sweep", "sweep /\nbare", "all of\nfloat32")
MEMORY = ("format", "groups/s", "call\nGB/s", "copy\nGB/s", "call /\ncopy")
NAIVE_EXAMPLES, NAIVE_COMPILED = 200, 12  # a mode that compiles does so for every example


@dataclass(frozen=True)
class Rates:
    """Weight groups per second."""

    bare: float
    suite: float
    naive: float
    suite_groups: int
    suite_seconds: float


def bench(devices: Sequence[Options], console: Console) -> int:
    """Measure every port of Keras's constraints in every mode on each device; print the rates and their ratios."""
    known = {name: stack for name, stack in discover().items() if "min_max_norm" in stack.contracts}
    rates = _table("thousands of weight groups checked per second, and ratios within this run", RATES)
    length, groups = bandwidth.SHAPE
    memory = _table(f"max_norm of {groups:,} groups of {length:,} weights against a copy of them", MEMORY)
    swept = _table("max_norm of float32 numbers from all over the format, in millions per second", SWEEPS)
    for options in devices:
        session = Session(options, known)
        with session.opened(console):
            for name, mode in session.targets():
                console.print(Text(f"measuring {name} {mode} on the {options.device}"))
                target = session.target(name, mode)
                rates.add_row(options.device, f"{name} {mode}", *_of_rates(_measure(target, options)))
                if isinstance(found := sweep_rate(target), str):
                    console.print(Text(f"{name} {mode} is not swept: {found}"), soft_wrap=True)
                else:
                    swept.add_row(options.device, f"{name} {mode}", *_of_sweep(found))
                for one in bandwidth.bandwidths(target):
                    if isinstance(one, str):
                        console.print(Text(f"{name} {mode}: {one}"), soft_wrap=True)
                    else:
                        memory.add_row(options.device, f"{name} {mode}", *_of_memory(one))
    console.print(rates)
    console.print(memory)
    console.print(swept)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    console.print(Text("bare calls: the constraint on arrays that are already tensors, compiled and warm."))
    console.print(Text("suite: the rules on values at default depth: drawing, sending, calling, compiling, judging."))
    console.print(Text("naive: one Hypothesis array of at most 88 x 88 and one allclose per example, in one process."))
    console.print(Text(f"Peak memory of the suite's own process: {peak:,.0f} MB."))
    return 0


def _table(title: str, numbers: Sequence[str]) -> Table:
    table = Table(title=title, box=box.SIMPLE, padding=0)
    table.add_column("device")
    table.add_column("stack", min_width=16)
    for heading in numbers:
        table.add_column(heading, justify="right", no_wrap=True)
    return table


def _of_rates(rates: Rates) -> tuple[str, ...]:
    return (
        f"{rates.bare / 1e3:,.0f}",
        f"{rates.suite / 1e3:,.0f}",
        f"{rates.naive / 1e3:.2g}",
        f"{rates.suite / rates.naive:,.0f}",
        f"{rates.bare / rates.suite:,.1f}",
        f"{rates.suite_groups / 1e3:,.0f}",
        f"{rates.suite_seconds:.1f}",
    )


def _of_sweep(rate: SweepRate) -> tuple[str, ...]:
    return f"{rate.bare / 1e6:.1f}", f"{rate.sweep / 1e6:.1f}", f"{rate.ratio:.2f}", f"{rate.whole:,.0f} s"


def _of_memory(one: bandwidth.Bandwidth) -> tuple[str, ...]:
    # each byte is read once and written once
    call, copy = (2.0 * one.size / seconds / 1e9 for seconds in (one.call, one.copy))
    return one.format, f"{one.groups:,.0f}", f"{call:,.1f}", f"{copy:,.1f}", f"{one.ratio:.2f}"


def _measure(target: Target, options: Options) -> Rates:
    groups = 0
    sample: list[tuple[Case, int]] = []

    def add(case: Case, evaluation: Evaluation) -> None:
        nonlocal groups
        groups += evaluation.verdict.groups
        if evaluation.verdict.unsupported is None and len(sample) < BARE_CASES:
            sample.append((case, evaluation.verdict.groups))

    start = time.perf_counter()
    for rule in catalog():
        if isinstance(rule, CaseRule) and rule.chapter == "values" and rule.applies(target.stack, target.mode):
            cases = rule.cases.of(target.stack, target.mode, seed=str(options.seed))
            explore(rule.check, target, cases, round(DEPTHS["default"] * rule.share), options.seed, add)
    seconds = time.perf_counter() - start
    return Rates(_bare(target, sample), groups / seconds, _naive(target, options.seed), groups, seconds)


def _bare(target: Target, sample: list[tuple[Case, int]]) -> float:
    """The rate of the constraint alone on the first cases of the suite, each called several times."""
    total, seconds = 0, 0.0
    for case, groups in sample:
        answer = target.worker.request(Time(to_request(case, target.mode), BARE_REPEATS), target.timeout)
        if isinstance(answer, Timed):
            total += groups // case.calls * BARE_REPEATS
            seconds += answer.seconds
    return total / seconds


def _naive(target: Target, seed: int) -> float:
    worker = target.worker
    stack = worker.stack
    examples = NAIVE_COMPILED if target.compiles else NAIVE_EXAMPLES
    command = [worker.python, "-m", "conformance.bench.naive", stack.module, stack.name, target.mode, str(examples)]
    done = subprocess.run(
        [*command, str(seed)],
        cwd=worker.root,
        env={**os.environ, **worker.process.environment, "PYTHONPATH": str(worker.root)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        check=True,
        text=True,
    )
    answer = json.loads(done.stdout.splitlines()[-1])
    return float(answer["groups"] / answer["seconds"])
