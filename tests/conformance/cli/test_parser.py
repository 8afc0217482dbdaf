"""Arguments that several commands take, as the options of a run."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

import pytest

from conformance.cli.parser import add_depth, add_device, add_stacks, options_of, with_folders
from conformance.errors import UsageError
from conformance.stacks.options import Options


def parse(*arguments: str) -> Namespace:
    """What a command gets that takes all of them."""
    parser = ArgumentParser()
    for add in (add_stacks, add_device, add_depth):
        add(parser)
    return parser.parse_args(arguments)


def test_without_arguments_the_defaults_hold() -> None:
    """Those of a run."""
    assert options_of(parse()) == Options()


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
