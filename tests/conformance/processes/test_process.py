"""Processes of workers: what a subject does to its own costs it a case, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from adapters.core.messages import Ran, RunProgram
from conformance.errors import StackUnavailable, WorkerDied, WorkerHung
from conformance.processes.process import Few, Process
from conformance.schedule.crew import Crew
from conformance.stacks.workers import ROOT, Worker
from tests.mutants.adapter import KNOWN

pytestmark = pytest.mark.process
CHANNEL = """
import sys
frame = sys._getframe()
while frame.f_code.co_name != "serve":
    frame = frame.f_back
channel = frame.f_locals["channel"]
"""
DETACHED = """
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        open({path!r}, "w").write(str(os.getpid()))
        time.sleep(600)
    os._exit(0)
while not os.path.exists({path!r}) or not open({path!r}).read():
    time.sleep(0.01)
"""


@pytest.fixture
def worker() -> Iterator[Worker]:
    """A worker of a stack that is NumPy."""
    worker = Worker(KNOWN["mutants"])
    yield worker
    worker.close()


FORGED = ["'hello'", "{}", "{'answer': 'Ran'}", "{'answer': 'Refused', 'content': {'reason': 'no'}}", "[1] * 9"]


@pytest.mark.parametrize("answer", FORGED)
def test_a_forged_answer_is_a_death(answer: str, worker: Worker) -> None:
    """The suite says what is wrong with it, and starts another process for the next request."""
    with pytest.raises(WorkerDied, match="its answer is none"):
        worker.request(RunProgram(f"{CHANNEL}\nchannel.send({answer})"), 30.0)
    assert worker.request(RunProgram("print(1)"), 30.0) == Ran("1\n")


def test_bytes_that_are_no_message_are_a_death(worker: Worker) -> None:
    """Whatever length they claim to have."""
    with pytest.raises(WorkerDied, match="its answer is none"):
        worker.request(RunProgram(f"import os\n{CHANNEL}\nos.write(channel._writing, b'x' * 100)"), 30.0)


@pytest.mark.slow
def test_a_worker_that_stops_is_not_waited_for(worker: Worker) -> None:
    """Neither for its answer, nor to take a request that is larger than its pipe."""
    stop = "threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGSTOP)).start()"
    worker.request(RunProgram(f"import os, signal, threading\n{stop}"), 30.0)
    time.sleep(0.5)
    with pytest.raises(WorkerHung, match=r"no answer within 0\.5 s"):
        worker.request(RunProgram("#" * 1_000_000), 0.5)


def test_what_a_worker_has_detached_ends_with_it(worker: Worker, tmp_path: Path) -> None:
    """Though it is in a session of its own, and its parent is gone."""
    path = tmp_path / "pid"
    worker.request(RunProgram(DETACHED.format(path=str(path))), 30.0)
    detached = int(path.read_text())
    worker.close()
    with pytest.raises(ProcessLookupError):
        os.kill(detached, signal.SIGCONT)


@pytest.mark.slow
@pytest.mark.parametrize("at_once", [False, True], ids=["asked to", "by force"])
def test_what_a_worker_of_a_crew_has_detached_ends_with_it(at_once: bool, worker: Worker, tmp_path: Path) -> None:
    """It is no child of the member that ends the worker, nor is the fork server, which was there before."""
    path = tmp_path / "pid"
    worker.request(RunProgram("print(1)"), 30.0)

    def detached(part: int) -> Iterator[bool]:
        process = Process("mutants", {})
        Worker(KNOWN["mutants"], process=process).request(RunProgram(DETACHED.format(path=str(path))), 30.0)
        process.stop(at_once)
        yield Path(f"/proc/{path.read_text()}").exists()

    with Crew(2, detached, lambda: None) as crew:
        assert list(crew.do([1])) == [(0, False)]


def test_last_words_are_those_that_the_worker_wrote(worker: Worker) -> None:
    """A file that is put in the place of its log is not read."""
    log = "os.readlink('/proc/self/fd/1')"
    spoil = f"path = {log}; os.unlink(path); os.symlink('/etc/passwd', path)"
    with pytest.raises(WorkerDied, match=r"^Error: mine$"):
        worker.request(RunProgram(f"import os\n{spoil}\nos.write(2, b'Error: mine\\n'); os._exit(1)"), 30.0)


def test_a_flood_of_output_costs_its_end_only(worker: Worker) -> None:
    """Of 100 MB the last words are found."""
    flood = "for _ in range(100): os.write(1, b'y' * 1_000_000)"
    with pytest.raises(WorkerDied, match=r"^Error: last$"):
        worker.request(RunProgram(f"import os\n{flood}\nos.write(2, b'\\nError: last\\n'); os._exit(1)"), 60.0)


@pytest.mark.slow
def test_a_process_that_becomes_another_program_hangs(worker: Worker) -> None:
    """It has not ended, and does not answer."""
    with pytest.raises(WorkerHung):
        worker.request(RunProgram("import os; os.execv('/bin/sleep', ['sleep', '1000'])"), 2.0)


@pytest.mark.parametrize("python", ["/", "/no/such/python", "/bin/true", "/bin/cat", "a\0b"])
def test_what_is_no_python_is_named(python: str) -> None:
    """In one sentence."""
    with pytest.raises(StackUnavailable, match="did not start with"):
        Process("any", {}, python).start(ROOT)


@pytest.mark.slow
def test_few_processes_run_at_once() -> None:
    """The one that was asked longest ago ends for the next."""
    few, made = Few(2), [Process(str(number), {}) for number in range(3)]
    for process in made:
        process.start(ROOT)
        with few.asking(process):
            pass
    running = [process.runs for process in made]
    for process in made:
        process.stop()
    assert running == [False, True, True]


@pytest.mark.slow
def test_a_process_that_is_asked_is_not_ended_for_another() -> None:
    """However many others are started meanwhile."""
    few, (asked, other) = Few(1), [Process(name, {}) for name in ("asked", "other")]
    asked.start(ROOT)
    with few.asking(asked), few.asking(other):
        other.start(ROOT)
        running = [asked.runs, other.runs]
    for process in (asked, other):
        process.stop()
    assert running == [True, True]


@pytest.mark.slow
def test_threads_that_make_room_at_once_end_each_process_once() -> None:
    """No file is closed twice, which would be somebody else's by then."""
    few, made = Few(1), [Process(str(number), {}) for number in range(6)]

    def ask(process: Process) -> None:
        with few.asking(process):
            process.start(ROOT)

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(ask, made))
    running = [process for process in made if process.runs]
    for process in running:
        process.stop()
    assert 1 <= len(running) <= 3


@pytest.mark.parametrize(("said", "told"), [(None, "1"), ("2", None)])
def test_a_process_computes_with_one_thread_if_nobody_says_otherwise(
    said: str | None, told: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the environment says of it is left as it is."""
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    if said:
        monkeypatch.setenv("OMP_NUM_THREADS", said)
    assert Process("any", {}).environment.get("OMP_NUM_THREADS") == told
