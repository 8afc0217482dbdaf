"""Every test of this folder asks a real framework."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="session", autouse=True)
def real_framework(framework: None, process: None) -> None:
    """Marks the tests."""
