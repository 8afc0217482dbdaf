"""Shards: the parts of a run that several machines do, each without knowing of the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from adapters.core.stack import Stack
from conformance.errors import UsageError
from conformance.schedule.costs import cost, longest_first
from conformance.schedule.tasks import Task
from conformance.stacks.options import Options
from conformance.stacks.session import Place, select_stacks


def places_of(options: Options, stacks: Mapping[str, Stack], together: bool = False) -> frozenset[Place] | None:
    """The stacks and modes that a shard asks, None where a run is not divided; raises UsageError for one with none.

    `together`: all modes of a stack are one task, as they are of a subject, and of what documents say.
    """
    if options.shard is None:
        return None
    names = select_stacks(stacks, options.stacks) or tuple(stacks)
    tasks = [task for name in names for task in _tasks(stacks[name], together)]
    number, count = options.shard
    if count > len(tasks):
        raise UsageError(f"there are {len(tasks)} tasks, which are not enough for {count} shards")
    return frozenset((task.stack, mode) for task in divided(tasks, count)[number - 1] for mode in task.modes)


def _tasks(stack: Stack, together: bool) -> list[Task]:
    if together or stack.declaration is not None:
        return [Task(stack.name, stack.mode_names, ())]
    return [Task(stack.name, (mode,), ()) for mode in stack.mode_names]


def divided(tasks: Sequence[Task], count: int) -> list[list[Task]]:
    """The tasks in so many parts that take about as long: each task, the longest first, goes where least is to do."""
    parts: list[list[Task]] = [[] for _ in range(count)]
    loads = [0.0] * count
    for task in longest_first(tasks):
        place = loads.index(min(loads))
        parts[place].append(task)
        loads[place] += cost(task)
    return parts
