"""The bench says how fast each device is, next to a copy on the same device, and why where it cannot."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import pytest

from adapters.core.messages import NotSupported, Time, TimeAnswer, Timed
from conformance.bench import bandwidth
from conformance.bench.bandwidth import Bandwidth, bandwidths
from conformance.cli.main import main
from conformance.rules.execute import DEPTHS
from conformance.stacks.workers import Worker
from tests.support.fakes import Fake
from tests.support.planted_gpu import BENCHED

pytestmark = pytest.mark.process

FORMATS = (("float16", 2), ("bfloat16", 2), ("float32", 4))
HIDDEN = {"CUDA_VISIBLE_DEVICES": "-1"}


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """The planted stack alone, a few cases, and an array of 64 groups of 32 weights."""
    monkeypatch.setattr("conformance.bench.throughput.discover", lambda: {BENCHED.name: BENCHED})
    monkeypatch.setitem(DEPTHS, "default", 3)
    monkeypatch.setattr(bandwidth, "SHAPE", (32, 64))


def answering(call: TimeAnswer, copy: TimeAnswer) -> Fake:
    """A subject whose worker gives one answer to calls, and one to copies."""
    subject = Fake(lambda case: pytest.fail("only times are asked for"))
    subject.worker = cast(
        Worker, SimpleNamespace(request=lambda message, _: call if isinstance(message, Time) else copy)
    )
    return subject


@pytest.mark.usefixtures("small")
def test_calls_are_held_against_copies_of_the_same_bytes() -> None:
    """Ten of each: a call of 4 s and a copy of 1 s share a quarter of the bandwidth."""
    found = bandwidths(answering(Timed(40.0), Timed(10.0)))
    assert found == [Bandwidth(name, 4.0, 1.0, 32 * 64 * size) for name, size in FORMATS]
    assert all(isinstance(one, Bandwidth) and (one.ratio, one.groups) == (0.25, 16.0) for one in found)


@pytest.mark.usefixtures("small")
def test_what_cannot_be_measured_says_why() -> None:
    """In each format."""
    found = bandwidths(answering(Timed(1.0), NotSupported("no copy is written here")))
    assert found == [f"{name}: no copy is written here" for name, _ in FORMATS]


@pytest.mark.slow
@pytest.mark.usefixtures("small")
def test_every_device_has_its_lines(capsys: pytest.CaptureFixture[str]) -> None:
    """One of rates, one of bandwidth for each format, and one of a sweep, whole."""
    assert main(["bench", "--device", "all"]) == 0
    said = capsys.readouterr().out
    lines = [line.split() for line in said.splitlines()]
    for kind in ("cpu", "gpu"):
        assert f"measuring benched alike on the {kind}" in said
        rows = [line for line in lines if line[:3] == [kind, "benched", "alike"]]
        assert [row[3] for row in rows[1:-1]] == [name for name, _ in FORMATS]
        assert all(float(row[4].replace(",", "")) > 0.0 for row in rows)
        assert [len(row) for row in rows] == [10, 8, 8, 8, 8]
    assert "…" not in said


@pytest.mark.slow
@pytest.mark.usefixtures("small")
def test_a_gpu_that_is_not_there_is_said_to_be_missing(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """And by name it is exit code 2."""
    monkeypatch.setattr("conformance.processes.process.VISIBLE", {"cpu": HIDDEN, "gpu": HIDDEN})
    assert main(["bench", "--device", "all"]) == 0
    assert "benched is unavailable: no gpu is found here, only a cpu" in capsys.readouterr().out
    assert main(["bench", "--device", "gpu"]) == 2
    assert capsys.readouterr().err == "normconf: no stack is available here: no gpu is found here, only a cpu\n"
