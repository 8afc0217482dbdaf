"""How long tasks take on so many workers, by what each costs."""

from __future__ import annotations

import pytest

from conformance.bench.scale import overhead, spans


def test_workers_share_the_tasks_until_the_longest_is_all_that_counts() -> None:
    """One does all, two about half, and no number of them less than the longest takes."""
    assert spans([1.0, 4.0, 3.0, 2.0], [1, 2, 3, 100]) == [10.0, 5.0, 4.0, 4.0]


def test_a_scheduler_hands_out_one_task_after_the_other() -> None:
    """With ever more workers its own time is what is left."""
    assert spans([1.0] * 8, [8, 100], each=0.5) == [5.0, 5.0]


@pytest.mark.process
@pytest.mark.slow
def test_a_task_without_work_costs_something() -> None:
    """What it is depends on the machine."""
    assert overhead(tasks=20, processes=1) > 0.0
