"""Workers on other machines do the tasks of a run; here they are processes of this one, with different stacks."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from adapters.core.messages import Description, Device
from conformance.bench.scale import scheduler
from conformance.errors import UsageError
from conformance.processes.descendants import below
from conformance.schedule.cluster import Cluster
from conformance.schedule.cluster_worker import Errand, Said
from conformance.schedule.opening import Opening
from conformance.stacks.workers import ROOT
from tests.support.records import events
from tests.support.waiting import until

pytestmark = [pytest.mark.process, pytest.mark.framework, pytest.mark.slow]
DESCRIBED = Description({}, "3.11", "torch", Device("cpu", "x"), {"float16": None}, ("eager",), 0, 1e-7)
HAVE = {"one": "keras-1-formula", "two": "keras-1-formula", "three": "torch.renorm"}
ASKED = ["--stack", "keras-1-formula", "--stack", "torch.renorm", "--depth", "quick"]


@dataclass
class Machines:
    """A scheduler, the workers that it knows, and where they write what they say."""

    address: str
    workers: dict[str, subprocess.Popen[bytes]]
    folder: Path

    def complete(self) -> None:
        """There is each worker, also where a test has ended one."""
        logs = {name: self.folder / f"{name}.log" for name in HAVE}
        for name, stack in HAVE.items():
            if name not in self.workers or self.workers[name].poll() is not None:
                asked = command("worker", self.address, "--stack", stack)
                with logs[name].open("wb") as log:
                    self.workers[name] = subprocess.Popen(asked, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=log)
        until(lambda: all("Registered to" in log.read_text() for log in logs.values()))


def command(*arguments: str) -> list[str]:
    """A command of the suite."""
    return [sys.executable, "-m", "conformance", *arguments]


def otherwise(module: str, statement: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """What a command does with another value in a module of conformance, set before anything uses it."""
    changed = f"import sys, conformance.{module} as m; exec({statement!r}, vars(m))"
    program = f"{changed}; from conformance.cli.main import main; sys.exit(main(sys.argv[1:]))"
    asked = [sys.executable, "-c", program, *arguments]
    return subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machines]:
    """One scheduler, and no worker yet, each of which will be a process; who does not answer for 5 s is given up."""
    folder = tmp_path_factory.mktemp("cluster")
    place, quickly = folder / "scheduler.json", {**os.environ, "DASK_DISTRIBUTED__SCHEDULER__WORKER_TTL": "5s"}
    with (folder / "scheduler.log").open("wb") as log:
        started = subprocess.Popen(scheduler(place), env=quickly, stderr=log, cwd=ROOT)
    until(lambda: place.exists() and place.read_text())
    there = Machines(json.loads(place.read_text())["address"], {}, folder)
    yield there
    for each in (*there.workers.values(), started):
        stop(each)


@pytest.fixture
def machines(cluster: Machines) -> Machines:
    """The scheduler and three workers."""
    cluster.complete()
    return cluster


def stop(started: subprocess.Popen[bytes]) -> None:
    """End a process, be it stopped."""
    started.kill()
    started.wait()


def ask(machines: Machines, out: Path, *options: str) -> subprocess.Popen[str]:
    """A run that the workers do."""
    asked = command("run", "--cluster", machines.address, *ASKED, "--out", str(out), *options)
    return subprocess.Popen(asked, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def busy(workers: list[subprocess.Popen[bytes]], before: dict[int, set[int]]) -> list[subprocess.Popen[bytes]]:
    """The workers that do a task, for which they start others than those before."""
    return [worker for worker in workers if {*below(worker.pid)} - before[worker.pid]]


def written(out: Path) -> bytes:
    """The record of a run."""
    return (out / "run.jsonl").read_bytes()


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Counter[str]:
    """What one machine finds."""
    out = tmp_path_factory.mktemp("alone")
    subprocess.run(command("run", *ASKED, "--out", str(out)), cwd=ROOT, check=True, capture_output=True)
    return events(written(out))


def test_the_record_is_that_of_one_machine(machines: Machines, alone: Counter[str], tmp_path: Path) -> None:
    """Each task is done by a worker that has its stack."""
    said = ask(machines, tmp_path).communicate(timeout=300)
    assert events(written(tmp_path)) == alone, said


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "hung"])
def test_what_a_lost_worker_had_is_done_by_another(
    machines: Machines, number: signal.Signals, alone: Counter[str], tmp_path: Path
) -> None:
    """Whether it is gone or answers no more, and each result arrives once."""
    both = [machines.workers["one"], machines.workers["two"]]
    before = {worker.pid: {*below(worker.pid)} for worker in both}
    run = ask(machines, tmp_path)
    lost = until(lambda: busy(both, before))[0]
    lost.send_signal(number)
    said = run.communicate(timeout=300)
    stop(lost)
    assert run.returncode == 0 and events(written(tmp_path)) == alone, said


def test_a_stack_that_no_worker_has_is_unavailable(machines: Machines, tmp_path: Path) -> None:
    """Where it was asked for by name that is one sentence, and exit code 2."""
    run = ask(machines, tmp_path, "--stack", "torch.renorm_")
    said = run.communicate(timeout=300)[1]
    assert run.returncode == 2 and "torch.renorm_ is not available: no worker of the cluster has torch.renorm_" in said


def test_another_code_is_refused(machines: Machines, tmp_path: Path) -> None:
    """Nothing is merged that was not asked and judged alike."""
    asked = ["run", "--cluster", machines.address, *ASKED, "--out", str(tmp_path / "out")]
    run = otherwise("version", "_KINDS = ('.py',)", *asked)
    assert run.returncode == 2 and "has other code than this: install the same version there" in run.stderr
    assert not (tmp_path / "out/run.jsonl").exists()


def test_a_scheduler_that_is_elsewhere_is_one_sentence(tmp_path: Path) -> None:
    """It has to know what it hands out."""
    place = tmp_path / "scheduler.json"
    with (tmp_path / "log").open("wb") as log:
        started = subprocess.Popen(scheduler(place), stderr=log, cwd=tmp_path)
    until(lambda: place.exists() and place.read_text())
    asked = command("run", "--cluster", json.loads(place.read_text())["address"], *ASKED, "--out", str(tmp_path))
    run = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=False)
    stop(started)
    assert run.returncode == 2 and "cannot import the suite: start it in a checkout" in run.stderr


@pytest.mark.parametrize(("versions", "differ"), [("11", False), ("112", True)])
def test_versions_that_differ_between_workers_are_refused(versions: str, differ: bool) -> None:
    """One record is of one version of each stack; that each worker has a process of its own is no difference."""
    stacks = [replace(DESCRIBED, versions={"torch": version}, pid=pid) for pid, version in enumerate(versions)]
    workers = {f"tcp://{one.pid}": Said("code", {"torch": one}) for one in stacks}
    cluster = Cluster[Errand]("", lambda errand: errand, _said=workers)
    with pytest.raises(UsageError, match="tcp://0 and tcp://2 have torch in different") if differ else nullcontext():
        assert list(cluster.do([Opening(("torch",))])) == [(0, ("torch", stacks[0]))]


@pytest.mark.parametrize("asked", [["run", "--cluster", "tcp://127.0.0.1:9"], ["worker", "tcp://127.0.0.1:9"]])
def test_a_scheduler_that_does_not_answer_is_one_sentence(asked: list[str], tmp_path: Path) -> None:
    """And exit code 2, for a run and for a worker."""
    out = ["--out", str(tmp_path)] if asked[0] == "run" else []
    run = otherwise("schedule.cluster_worker", "PATIENCE = 2.0", *asked, "--stack", "keras-1-formula", *out)
    last = run.stderr.splitlines()[-1]
    assert run.returncode == 2 and last.startswith("normconf: no scheduler of Dask answers at tcp://127.0.0.1:9: ")
