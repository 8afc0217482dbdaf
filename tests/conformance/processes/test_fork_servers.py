"""Fork servers: each worker is a copy that nobody has called, and a server that is lost costs nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest

from adapters.core.messages import RunProgram
from conformance.processes import fork_servers
from conformance.processes.descendants import listed
from conformance.processes.fork_servers import Forked
from conformance.processes.process import Process
from conformance.schedule.crew import Crew, MemberFailed
from conformance.stacks.workers import ROOT, Worker
from tests.mutants.adapter import KNOWN
from tests.support.waiting import until

# each starts interpreters, and waits for them
pytestmark = [pytest.mark.process, pytest.mark.slow]


@pytest.fixture(autouse=True)
def servers() -> Iterator[None]:
    """Those of other tests are not there, nor are those of this one afterwards."""
    fork_servers.stop_all()
    yield
    fork_servers.stop_all()


@contextmanager
def started(modules: Sequence[str] = (), device: str = "cpu", **environment: str) -> Iterator[Worker]:
    """A worker of a stack that is NumPy, with what its fork server has imported."""
    process = Process("mutants", environment, device=device, modules=modules)
    worker = Worker(KNOWN["mutants"], process=process)
    process.start(ROOT)
    try:
        yield worker
    finally:
        worker.close()


def printed(worker: Worker, program: str) -> str:
    """What a program prints there."""
    return worker.request(RunProgram(program), 30.0).printed.strip()


def forked(worker: Worker) -> bool:
    """Whether the worker is a copy."""
    return isinstance(worker.process._running, Forked)


COLORSYS = "import sys; print('colorsys' in sys.modules)"


def test_a_copy_has_what_the_server_has_imported() -> None:
    """Before it has imported anything itself."""
    with started(["colorsys"]) as worker:
        assert forked(worker) and printed(worker, COLORSYS) == "True"


def test_a_server_imports_what_a_mode_needs_when_it_is_asked() -> None:
    """Once, for all copies from then on; the one that runs is ended, because it has not."""
    with started() as worker, started() as other:
        assert printed(worker, COLORSYS) == "False"
        worker.process.prepare(["colorsys"])
        assert not worker.process.runs and printed(worker, COLORSYS) == "True" and forked(worker)
        assert printed(other, COLORSYS) == "False" and len(fork_servers._servers) == 1


def test_a_copy_that_is_prepared_already_goes_on() -> None:
    """It is ended once for each module."""
    with started() as worker:
        worker.process.prepare(["colorsys"])
        running = (printed(worker, COLORSYS), worker.process._running)
        worker.process.prepare(["colorsys"])
        assert worker.process._running is running[1] and running[0] == "True"


def test_what_a_mode_needs_may_not_be_there() -> None:
    """The copy is there, and says itself what it lacks."""
    with started() as worker:
        worker.process.prepare(["there.is.no.such.module"])
        assert printed(worker, COLORSYS) == "False" and forked(worker)


def test_copies_have_nothing_of_each_other() -> None:
    """Neither what one has set, nor the random numbers that it draws."""
    draw = "import os, random, numpy; os.nothing = 1; print(random.random(), numpy.random.rand())"
    with started() as one, started() as other:
        assert forked(one) and forked(other) and len(fork_servers._servers) == 1
        drawn, set_before = printed(one, draw), printed(other, "import os; print(hasattr(os, 'nothing'))")
        assert set_before == "False" and set(drawn.split()).isdisjoint(printed(other, draw).split())


def test_another_environment_is_another_server() -> None:
    """What a framework reads when it is imported is what its worker is told."""
    told = "import os; print(os.environ['NORMCONF_TOLD'])"
    with started(NORMCONF_TOLD="one") as one, started(NORMCONF_TOLD="two") as two:
        assert (printed(one, told), printed(two, told)) == ("one", "two") and len(fork_servers._servers) == 2


@pytest.mark.parametrize("gone", [False, True], ids=["there", "gone"])
def test_a_copy_is_in_the_folder_of_its_suite(gone: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From a server that was started in another, and though the folder be gone."""
    with started() as one:
        monkeypatch.chdir(tmp_path)
        there = f"import os; print(os.stat('.').st_ino == {tmp_path.stat().st_ino})"
        if gone:
            tmp_path.rmdir()
        with started() as other:
            assert (printed(one, there), printed(other, there)) == ("False", "True") and forked(other)
            assert len(fork_servers._servers) == 1


def served(part: str) -> Iterator[int]:
    """The number of the fork server of a worker that a member of a crew has started."""
    with started(["colorsys"]) as worker:
        guard = printed(worker, "import os; print(os.getppid())")
        (number,) = [each.parent for each in listed() if each.pid == int(guard)]
        if part == "dies":
            os.kill(os.getpid(), signal.SIGKILL)
        yield number


@pytest.mark.parametrize("parts", [["one", "two", "three"], ["dies", "two", "three"]], ids=["all", "one dies"])
def test_a_crew_is_served_by_the_server_that_was_there_before(parts: list[str]) -> None:
    """No member imports again what its suite has imported, and a member that is lost leaves the others theirs."""
    with started(["colorsys"]):
        (server,) = fork_servers._servers.values()
        assert server.process is not None
        found: list[int] = []
        with suppress(MemberFailed), Crew(2, served, lambda: None) as crew:
            found += (number for _, number in crew.do(parts))
        assert found == [server.process.pid] * (len(parts) - parts.count("dies"))
        with started(["colorsys"]) as another:
            assert forked(another) and list(fork_servers._servers.values()) == [server]


def test_the_workers_of_a_member_that_is_lost_end() -> None:
    """And those of others go on."""

    def lost(part: int) -> Iterator[int]:
        with started(["colorsys"]) as worker:
            yield int(printed(worker, "import os; print(os.getpid())"))
            os.kill(os.getpid(), signal.SIGKILL)

    with started(["colorsys"]) as worker, Crew(2, lost, lambda: None) as crew:
        found: list[int] = []
        with pytest.raises(MemberFailed):
            found += (number for _, number in crew.do([1]))
        until(lambda: all(each.ended for each in listed() if each.pid in found))
        assert printed(worker, "print(1)") == "1" and len(found) == 1


def test_a_server_that_a_member_leaves_leaves_it_its_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    """A member that has too many servers asks one no more that is its suite's, and goes on with what it has of it."""
    monkeypatch.setattr(fork_servers, "MOST", 1)

    def leaves(part: int) -> Iterator[str]:
        with started(["colorsys"]) as one, started(["bisect"]) as other:
            yield printed(one, "print(1)") + printed(other, "print(2)")

    with started(["colorsys"]) as worker, Crew(2, leaves, lambda: None) as crew:
        assert [said for _, said in crew.do([1])] == ["12"] and printed(worker, "print(1)") == "1"


def test_few_servers_are_kept() -> None:
    """And the workers of one that is not go on."""
    with ExitStack() as stack:
        workers = [stack.enter_context(started(NORMCONF_TOLD=str(number))) for number in range(fork_servers.MOST + 1)]
        assert len(fork_servers._servers) == fork_servers.MOST and printed(workers[0], "print(1)") == "1"


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
def test_a_server_that_a_worker_ends_or_stops_is_started_again(
    number: signal.Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next worker is a copy of another."""
    monkeypatch.setattr(fork_servers, "PATIENCE", 1.0)
    with started() as one:
        (server,) = fork_servers._servers.values()
        assert server.process is not None
        printed(one, f"import os; os.kill({server.process.pid}, {int(number)})")
        with started() as other:
            assert forked(other) and list(fork_servers._servers.values()) != [server]


def test_a_server_that_can_import_nothing_leaves_it_to_the_worker() -> None:
    """Which says then what is wrong."""
    with started(["asyncio.windows_events"]) as worker:
        assert not forked(worker) and printed(worker, "print(1)") == "1"


def test_a_server_that_fails_at_what_a_mode_needs_leaves_it_to_the_worker() -> None:
    """It has ended, and so would the next."""
    with started() as worker:
        worker.process.prepare(["asyncio.windows_events"])
        assert printed(worker, "print(1)") == "1" and not forked(worker)


def test_a_module_that_is_not_there_is_no_fault_of_the_server() -> None:
    """The copy is made, and finds that out for itself."""
    with started(["no_such_module"]) as worker:
        assert forked(worker)


def test_a_worker_on_a_gpu_is_no_copy() -> None:
    """What a driver has set up does not outlive a fork."""
    with started(device="gpu") as worker:
        assert not forked(worker) and not fork_servers._servers


def test_what_signals_a_workers_parent_reaches_nobody_else() -> None:
    """The parent of a copy outlives it, as the shell between others does."""
    with started() as worker:
        assert printed(worker, "import os, signal; os.kill(os.getppid(), signal.SIGTERM); print(1)") == "1"
        assert printed(worker, "print(2)") == "2"


SUITE = """
import os, signal, sys
from conformance.processes import fork_servers
from conformance.processes.process import Process
from conformance.stacks.workers import ROOT
process = Process("any", {})
process.start(ROOT)
(server,) = fork_servers._servers.values()
print(server.process.pid, flush=True)
if sys.argv[1:]:
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("killed", [[], ["killed"]])
def test_a_server_ends_with_its_suite(killed: list[str]) -> None:
    """Whether the suite ends by itself or is killed."""
    ran = subprocess.run(
        [sys.executable, "-c", SUITE, *killed],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    ended = Path(f"/proc/{int(ran.stdout)}")
    for _ in range(100):
        if not ended.exists() or " Z " in (ended / "stat").read_text("utf-8"):
            break
        signal.sigtimedwait([], 0.05)
    assert not ended.exists() or " Z " in (ended / "stat").read_text("utf-8")
