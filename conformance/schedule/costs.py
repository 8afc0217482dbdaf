"""What tasks have cost before: the longest are begun first, so that no core waits for the last one.

`python -m conformance.schedule.costs RECORD...` writes costs.json anew from records that together are of every stack.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from statistics import median

from conformance.schedule.tasks import Task
from reports.record.file import read
from reports.record.model import Result

FILE = Path(__file__).with_name("costs.json")


@cache
def measured() -> Mapping[str, float]:
    """Of each stack and mode, the share of the seconds of a whole run that its rules took."""
    found: dict[str, float] = json.loads(FILE.read_text("utf-8"))
    return found


def cost(task: Task) -> float:
    """The share of a whole run that a task takes; of what was never measured, that of a usual one for each mode."""
    usual = median(measured().values())
    return sum(measured().get(f"{task.stack} {mode}", usual) for mode in task.modes)


def longest_first(tasks: Sequence[Task]) -> list[Task]:
    """The tasks in the order in which several processes are to begin them."""
    return sorted(tasks, key=cost, reverse=True)


def shares(results: Sequence[Result]) -> dict[str, float]:
    """What `measured` gives, by the results of a run."""
    seconds: dict[str, float] = {}
    for result in results:
        name = f"{result.stack} {result.mode}"
        seconds[name] = seconds.get(name, 0.0) + result.seconds
    whole = sum(seconds.values())
    return {name: round(part / whole, 5) for name, part in sorted(seconds.items())}


if __name__ == "__main__":
    every = [result for path in sys.argv[1:] for result in read(Path(path)).results]
    FILE.write_text(json.dumps(shares(every), indent=2) + "\n", "utf-8")
