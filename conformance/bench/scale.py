"""How many workers help: what a task costs a scheduler, and what a run would take on ever more workers.

`python -m conformance.bench.scale` measures and prints both; the first needs Dask distributed.
"""

from __future__ import annotations

import heapq
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import distributed

from conformance.schedule.costs import measured

# tasks without work, and workers in processes of their own
TASKS, PROCESSES = 10_000, 2
WORKERS = (1, 2, 4, 8, 16, 64, 512)


def overhead(tasks: int = TASKS, processes: int = PROCESSES) -> float:
    """Seconds that a task costs in which nothing is done, with a scheduler and workers in processes of their own."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "scheduler.json"
        worker = _dask("dask_worker", place, "--nthreads", "1", "--no-nanny")
        started = [_started(scheduler(place))]
        try:
            while not place.exists():
                time.sleep(0.05)
            started += [_started(worker) for _ in range(processes)]
            with distributed.Client(scheduler_file=str(place), set_as_default=False) as client:
                client.wait_for_workers(processes)
                _done(client, 100)  # the first have connections to make
                start = time.perf_counter()
                _done(client, tasks)
                return (time.perf_counter() - start) / tasks
        finally:
            for each in started:
                each.kill()
                each.wait()


def scheduler(place: Path) -> list[str]:
    """The command that starts a scheduler of Dask on this machine, which writes down at `place` where it is."""
    return _dask("dask_scheduler", place, "--host", "127.0.0.1", "--port", "0", "--no-dashboard")


def _dask(name: str, place: Path, *options: str) -> list[str]:
    return [sys.executable, "-m", f"distributed.cli.{name}", "--scheduler-file", str(place), *options]


def _started(command: Sequence[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _done(client: distributed.Client, tasks: int) -> None:
    futures = client.map(_nothing, range(tasks), pure=False)
    client.gather(futures)


def _nothing(number: int) -> int:
    return number


def spans(costs: Sequence[float], workers: Sequence[int], each: float = 0.0) -> list[float]:
    """What tasks of these costs take on so many workers, begun longest first; a task costs its scheduler `each`.

    The scheduler hands out one after the other, so no number of workers makes less than `each` of every task.
    """
    found = []
    for count in workers:
        free = [0.0] * count
        for number, cost in enumerate(sorted(costs, reverse=True), 1):
            begun = max(heapq.heappop(free), each * number)
            heapq.heappush(free, begun + cost)
        found.append(max(free))
    return found


def main() -> None:
    """Print what was measured."""
    costs = list(measured().values())
    longest = max(costs)
    print(f"{len(costs)} tasks; the longest is {longest:.1%} of all, so no more than {1 / longest:.1f} times as fast")
    for count, span in zip(WORKERS, spans(costs, WORKERS), strict=True):
        print(f"{count:>4} workers: {1 / span:5.1f} times as fast as one")
    print(f"{TASKS:,} tasks without work cost a scheduler {1e3 * overhead():.2f} ms each")


if __name__ == "__main__":
    main()
