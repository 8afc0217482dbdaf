"""The gate as a command in a folder, as somebody would run it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from conformance.stacks.workers import ROOT


@dataclass(frozen=True)
class Gate:
    """A gate that has ended, and the folder in which it was run."""

    code: int
    said: str
    errors: str
    folder: Path

    def text(self, name: str) -> str:
        """What stands in a file that it wrote."""
        return (self.folder / name).read_text("utf-8")


def gate(folder: Path, *arguments: str, environment: Mapping[str, str] | None = None) -> Gate:
    """Run the command in a folder."""
    command = [sys.executable, str(ROOT / "normconf.py"), "gate", *arguments]
    # a CI system's own variables are not for this test
    clean = {name: value for name, value in os.environ.items() if name != "GITHUB_STEP_SUMMARY"}
    ran = subprocess.run(
        command, cwd=folder, env={**clean, **(environment or {})}, capture_output=True, text=True, check=False
    )
    return Gate(ran.returncode, ran.stdout, ran.stderr, folder)
