"""What README says of the time that its main command takes: `python -m conformance.bench.main_command` measures it.

The command is run as it stands there, in a clone of what is committed and with a Python that has pip only.
"""

from __future__ import annotations

import math
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from conformance.errors import UsageError
from conformance.stacks.workers import ROOT

COMMAND = re.compile(r"^\$ (python -m pip install tox && tox)$", re.MULTILINE)
SENTENCE = re.compile(r"On \d+ cores it takes \d+ minutes; the first page is there after \d+\.")
PAGES = "normconf-out/*/report.html"
# seconds between two looks for a page
PAUSE = 0.5


@dataclass(frozen=True)
class Times:
    """Seconds from the start of a command to its first page, and to its end."""

    first_page: float
    whole: float

    def sentence(self) -> str:
        """What README says of them, in whole minutes that are not too few."""
        whole, first = (math.ceil(seconds / 60) for seconds in (self.whole, self.first_page))
        return f"On {os.cpu_count()} cores it takes {whole} minutes; the first page is there after {first}."


def measured(command: str, folder: Path, environment: Mapping[str, str]) -> Times:
    """The times of a command of a shell; raises UsageError where it fails, or writes no page."""
    start, first = time.monotonic(), math.inf
    with subprocess.Popen(["bash", "-c", command], cwd=folder, env=dict(environment)) as running:
        while running.poll() is None:
            if first == math.inf and any(folder.glob(PAGES)):
                first = time.monotonic() - start
            time.sleep(PAUSE)
    if running.returncode or first == math.inf:
        raise UsageError(f"{command!r} ended with exit code {running.returncode}, and is no figure")
    return Times(first, time.monotonic() - start)


def main(readme: Path) -> None:
    """Measure the command of a README, and write the times into it."""
    text = readme.read_text("utf-8")
    (command,), (_,) = COMMAND.findall(text), SENTENCE.findall(text)
    with tempfile.TemporaryDirectory() as place:
        clone, python = Path(place, "normconf"), Path(place, "python")
        subprocess.run(["git", "clone", "-q", str(ROOT), str(clone)], check=True)
        subprocess.run([sys.executable, "-m", "venv", str(python)], check=True)
        without = {name: value for name, value in os.environ.items() if name not in ("VIRTUAL_ENV", "PYTHONPATH")}
        path = os.pathsep.join([str(python / "bin"), os.environ["PATH"]])
        times = measured(command, clone, {**without, "PATH": path, "HOME": place})
    readme.write_text(SENTENCE.sub(times.sentence(), text), "utf-8")
    print(times.sentence())


if __name__ == "__main__":
    main(ROOT / "README.md")
