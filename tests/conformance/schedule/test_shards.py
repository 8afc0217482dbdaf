"""Several machines share a run: together they ask what one asks, and each about as much."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from adapters.core.stack import discover
from conformance.cli.main import main
from conformance.errors import UsageError
from conformance.schedule.costs import cost
from conformance.schedule.shards import divided, places_of
from conformance.schedule.tasks import Task
from conformance.stacks.options import Options
from reports.analysis.merge import merge
from reports.analysis.report import Key, Report
from reports.record.file import read
from reports.record.model import CallTimes, Result
from tests.support import SUBJECTS

EVERY = {(stack.name, mode) for stack in discover().values() for mode in stack.mode_names}


@pytest.mark.parametrize("count", [1, 2, 8, len(EVERY)])
def test_every_place_is_asked_by_one_shard(count: int) -> None:
    """And no shard asks none."""
    parts = [places_of(Options(shard=(number, count)), discover()) or frozenset() for number in range(1, count + 1)]
    assert Counter(place for part in parts for place in part) == Counter(EVERY) and all(parts)


def test_shards_take_about_as_long() -> None:
    """No more apart than the longest task takes."""
    tasks = [Task(name, (mode,), ()) for name, mode in sorted(EVERY)]
    loads = [sum(map(cost, part)) for part in divided(tasks, 8)]
    assert max(loads) - min(loads) <= max(map(cost, tasks))


def test_what_documents_say_is_divided_by_stack() -> None:
    """All modes of a stack are one task."""
    parts = [places_of(Options(shard=(number, 4)), discover(), together=True) or () for number in range(1, 5)]
    stacks = [{name for name, _ in part} for part in parts]
    assert sum(map(len, stacks)) == len(set.union(*stacks)) == len(discover())


def test_more_shards_than_tasks_are_refused() -> None:
    """For one of them would have nothing to ask."""
    with pytest.raises(UsageError, match="there are 1 tasks, which are not enough for 2 shards"):
        places_of(Options(stacks=("keras-1-formula",), shard=(1, 2)), discover())


@pytest.mark.parametrize("shard", ["0/2", "3/2", "1", "1/", "a/b", "1/99999"])
def test_a_shard_that_there_cannot_be_is_named(shard: str, capsys: pytest.CaptureFixture[str]) -> None:
    """In one sentence, with exit code 2."""
    with pytest.raises(SystemExit) as ended:
        main(["run", f"--shard={shard}"])
    assert ended.value.code == 2 and "takes NUMBER/COUNT, such as 1/8" in capsys.readouterr().err


def ask(folder: Path, *options: str) -> Path:
    """The record of a stack and two subjects, or of a shard of them."""
    subjects = [f"{SUBJECTS / 'flat.py'}:flat", f"{SUBJECTS / 'plain.py'}:max_norm"]
    asked = ["run", "--stack", "keras-1-formula", *subjects, "-k", "input_is_not_modified or shape", "--depth", "quick"]
    main([*asked, "--jobs", "1", "--out", str(folder), *options])
    return folder / "run.jsonl"


@pytest.mark.slow
@pytest.mark.process
def test_shards_together_are_the_whole(tmp_path: Path) -> None:
    """Their records make the report that one machine's makes."""
    whole = merge([read(ask(tmp_path / "whole"))])
    shards = [read(ask(tmp_path / str(number), "--shard", f"{number}/3")) for number in (1, 2, 3)]
    together = merge(shards)
    assert {len(record.results) for record in shards} != {0} and together.missing == 0
    assert results(whole) == results(together)
    assert {stack.name for stack in whole.stacks} == {stack.name for stack in together.stacks}


def results(report: Report) -> dict[Key, Result]:
    """Each result without its times."""
    return {key: replace(one, seconds=0.0, calls=CallTimes(0.0, 0.0)) for key, one in report.results.items()}
