"""Side by side: what several processes, and shards, make of a quick run, and the memory that all of it takes."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from conformance.errors import UsageError
from conformance.processes.descendants import below
from conformance.stacks.options import Options
from conformance.stacks.session import Session
from conformance.stacks.workers import ROOT

SHARDS = 8
# seconds between two looks at the memory
PAUSE = 0.25
# of a run that finds what is known to break, or something new
ENDED = (0, 1)


@dataclass(frozen=True)
class Cost:
    """What a run took: seconds, and the most bytes that all its processes had at once, 0 where nobody can tell."""

    seconds: float
    peak: int


def side_by_side(options: Options, jobs: int, console: Console) -> int:
    """Measure quick runs of the chosen stacks one after the other; print their ratios, and return the exit code."""
    # says what is wrong with the stacks that are named before any run begins
    Session(options)
    # first, because stacks of few modes are not enough for so many, which is then said at once
    shards = [_quick(options, "--jobs", "1", "--shard", f"{number}/{SHARDS}") for number in range(1, SHARDS + 1)]
    alone = _quick(options, "--jobs", "1")
    together = _quick(options, "--jobs", str(jobs))
    longest = max(shards, key=lambda shard: shard.seconds)
    table = Table(title="quick runs, one after the other, and ratios within them", box=box.SIMPLE, padding=(0, 1))
    for heading in ("", "seconds", "as fast", "peak MB"):
        table.add_column(heading, justify="right" if heading else "left", no_wrap=True)
    rows = (
        ("one process that asks", alone),
        (f"{jobs} processes that ask", together),
        (f"the longest of {SHARDS} shards", longest),
    )
    for words, cost in rows:
        peak = f"{cost.peak / 2**20:,.0f}" if cost.peak else "-"
        table.add_row(words, f"{cost.seconds:,.1f}", f"{alone.seconds / cost.seconds:.2f}", peak)
    console.print(table)
    console.print(Text("peak: of all processes of a run together, what they share counted once."))
    return 0


def _quick(options: Options, *arguments: str) -> Cost:
    stacks = [text for stack in options.stacks for text in ("--stack", stack)]
    pythons = [text for name, path in options.pythons.items() for text in ("--python", f"{name}={path}")]
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "conformance", "run", "--depth", "quick", "--seed", str(options.seed)]
        where = ["--device", options.device]
        return measured([*command, *stacks, *pythons, *where, *arguments, "--out", folder])


def measured(command: Sequence[str]) -> Cost:
    """What a command of the suite takes; raises UsageError with its last words where it fails."""
    start = perf_counter()
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as running:
        peak, over = 0, threading.Event()

        def look() -> None:
            nonlocal peak
            while not over.wait(PAUSE):
                peak = max(peak, memory_of(running.pid))

        looking = threading.Thread(target=look)
        looking.start()
        _, said = running.communicate()
        seconds = perf_counter() - start
        over.set()
        looking.join()
    if running.returncode not in ENDED:
        raise UsageError(f"a quick run ended with exit code {running.returncode}: {said.strip()[-300:]}")
    return Cost(seconds, peak)


def memory_of(process: int) -> int:
    """Bytes of a process and all that it has started, what several share counted once; 0 where Linux is not there."""
    return sum(map(_own_share, [process, *below(process)]))


def _own_share(process: int) -> int:
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text("utf-8").splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
