"""Outputs are what they were: a change of structure changes nothing that users read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.golden.outputs import OUTPUTS, golden

pytestmark = [pytest.mark.process, pytest.mark.slow, pytest.mark.framework]


@pytest.mark.parametrize("outputs", OUTPUTS, ids=lambda outputs: str(outputs.__name__))
def test_outputs_are_what_they_were(outputs: Callable[[Path], Mapping[str, str]], tmp_path: Path) -> None:
    """Every file and every printed line is that of the golden file."""
    for name, text in outputs(tmp_path).items():
        assert text.splitlines() == golden(name).splitlines(), f"{name} is not what it was: python -m tests.golden"
