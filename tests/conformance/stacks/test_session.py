"""A session opens the stacks that are there, and says in one sentence why the others are not."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from adapters.core.stack import Stack
from conformance.errors import UsageError
from conformance.stacks.options import Options
from conformance.stacks.session import Session
from tests.mutants.adapter import KNOWN

pytestmark = pytest.mark.process

BOTH: Mapping[str, Stack] = {name: KNOWN[name] for name in ("mutants", "absent")}


@pytest.mark.parametrize("options", [Options(stacks=("nonsense",)), Options(pythons={"nonsense": sys.executable})])
def test_an_unknown_stack_is_refused(options: Options) -> None:
    """The sentence names those that there are."""
    with pytest.raises(UsageError, match="there is no stack named 'nonsense'; there are absent, mutants"):
        Session(options, known=BOTH)


def test_an_absent_framework_is_listed_with_its_reason() -> None:
    """The other stacks run."""
    session = Session(Options(), known=BOTH)
    session.open()
    told = {stack["name"]: (stack["available"], stack["reason"]) for stack in session.describe()}
    session.close()
    assert told["mutants"] == (True, None) and "import normconf_is_not_installed" in str(told["absent"][1])
    assert {name for name, _ in session.targets()} == {"mutants"}


@pytest.mark.parametrize("known", [BOTH, {"absent": KNOWN["absent"]}])
def test_an_absent_framework_that_was_asked_for_is_refused(known: Mapping[str, Stack]) -> None:
    """By name, or because there is no other."""
    stacks = ("absent",) if len(known) > 1 else ()
    with pytest.raises(UsageError, match="absent cannot be loaded: import normconf_is_not_installed"):
        Session(Options(stacks=stacks), known=known).open()


def test_a_python_that_is_not_there_is_refused() -> None:
    """The sentence names the stack and the path."""
    session = Session(Options(stacks=("mutants",), pythons={"mutants": "no/such/python"}), known=BOTH)
    with pytest.raises(UsageError, match="mutants did not start with no/such/python"):
        session.open()


def test_a_python_with_blanks_in_its_path(tmp_path: Path) -> None:
    """Another interpreter of the user's is used as it is."""
    python = tmp_path / "my python"
    python.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    python.chmod(0o755)
    session = Session(Options(stacks=("mutants",), pythons={"mutants": str(python)}), known=BOTH)
    session.open()
    session.close()
    assert not session.reasons
