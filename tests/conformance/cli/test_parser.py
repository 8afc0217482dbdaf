"""Arguments that several commands take, as the options of a run."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

import pytest

from conformance.cli import parser
from conformance.cli.parser import add_depth, add_device, add_jobs, add_stacks, options_of, with_folders
from conformance.errors import UsageError
from conformance.stacks.options import Options


def parse(*arguments: str) -> Namespace:
    """What a command gets that takes all of them."""
    made = ArgumentParser()
    for add in (add_stacks, add_device, add_depth, add_jobs):
        add(made)
    return made.parse_args(arguments)


def test_without_arguments_the_defaults_hold() -> None:
    """Those of a run."""
    assert options_of(parse()) == Options()


@pytest.mark.parametrize(("gigabytes", "cores", "jobs"), [(64, 4, 4), (5, 4, 2), (1, 4, 1)])
def test_there_are_as_many_jobs_as_there_is_memory_for(
    gigabytes: int, cores: int, jobs: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And no more than there are cores."""
    (tmp_path / "meminfo").write_text(f"MemTotal: 1 kB\nMemAvailable:   {gigabytes << 20} kB\n")
    monkeypatch.setattr(parser, "MEMORY", tmp_path / "meminfo")
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(cores)))
    monkeypatch.delenv(parser.JOBS, raising=False)
    assert parse().jobs == jobs


@pytest.mark.parametrize(("told", "jobs"), [("3", 3), ("many", 1), ("0", 1)])
def test_the_environment_may_say_how_many_jobs(told: str, jobs: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """If it is a number of jobs that there can be."""
    monkeypatch.setenv(parser.JOBS, told)
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {0})
    assert parse().jobs == jobs


def test_arguments_become_options() -> None:
    """Each has its type."""
    options = options_of(parse("--stack", "torch", "--python", "t=/p", "--timeout", "5", "--seed", "7"))
    assert options == Options(stacks=("torch",), pythons={"t": "/p"}, timeout=5.0, seed=7)


def test_one_interpreter_is_that_of_all() -> None:
    """As the gate takes it."""
    assert options_of(Namespace(python="/p", timeout=1.0, device="cpu")).pythons == {"*": "/p"}


@pytest.mark.parametrize("arguments", [("--python", "torch"), ("--python", "torch="), ("--timeout", "0")])
def test_what_no_run_can_use_is_refused(arguments: tuple[str, str]) -> None:
    """The message names the option."""
    with pytest.raises(UsageError, match=f"^{arguments[0]} takes "):
        options_of(parse(*arguments))


def test_a_device_writes_into_the_folder() -> None:
    """There is only one record."""
    assert with_folders(Options(), "cpu", Path("out")) == [(Options(), Path("out"))]


def test_each_of_several_devices_has_a_folder() -> None:
    """And only the CPU has to be there."""
    cpu, gpu = with_folders(Options(), "all", Path("out"))
    assert (cpu[1], cpu[0].optional, gpu[1], gpu[0].optional) == (Path("out/cpu"), False, Path("out/gpu"), True)
