"""What commands print and write, with everything masked that depends on the machine or the moment.

`python -m tests.golden` writes the golden files anew: only a change that means to change what users read does that.
"""

from __future__ import annotations

import lzma
import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDER = Path(__file__).parent
PUBLISHED = ROOT / "reports" / "published" / "report.json"

ROWS = """import torch
from normconf import subject


@subject("max_norm", framework="torch", ranks=[2])
def max_norm(w, max_value, epsilon):
    norm = w.norm(dim=1, keepdim=True)
    return w * (norm.clamp(0, max_value) / (epsilon + norm))
"""

# sums come out alike on every x86-64 machine only where no wider vector instructions are used
BASELINE = {"NPY_DISABLE_CPU_FEATURES": "X86_V3 X86_V4 AVX512_ICL AVX512_SPR", "ATEN_CPU_CAPABILITY": "default"}

_MASKS = (
    (r'"(seconds|compiling|calling|worst_seconds)": ?[0-9.e+-]+', r'"\1":0'),
    (r'"(started|finished)": ?"[^"]*"', r'"\1":""'),
    (r'"code": ?"[0-9a-f]{12}"', '"code":""'),
    (r'"host": ?\{[^}]*\}', '"host":{}'),
    (r'"device": ?\{[^}]*\}', '"device":{}'),
    (r'"versions": ?\{[^}]*\}', '"versions":{}'),
    (r'"python": ?"[^"]*"', '"python":""'),
    (r'\btime="[0-9.]+"', 'time="0"'),
    (r" in [0-9.,]+ s\b", " in # s"),
    (r"\b(torch|numpy|Python) [0-9][0-9A-Za-z.+]*", r"\1 #"),
)


def masked(text: str) -> str:
    """The text without times, versions and the machine's own names."""
    for pattern, replacement in _MASKS:
        text = re.sub(pattern, replacement, text)
    return text


def command(folder: Path, *arguments: str) -> str:
    """What a command prints in a folder, masked."""
    environment = {**os.environ, **BASELINE, "PYTHONPATH": str(ROOT), "COLUMNS": "120", "PYTHONWARNINGS": "default"}
    environment.pop("GITHUB_STEP_SUMMARY", None)
    done = subprocess.run(
        [sys.executable, "-m", "conformance", *arguments],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    return f"{masked(done.stdout.decode())}exit {done.returncode}\n"


def listed(folder: Path) -> Mapping[str, str]:
    """Every stack and every rule."""
    return {"list.txt": command(folder, "list")}


def report(folder: Path) -> Mapping[str, str]:
    """The published report, written once more in every format."""
    names = ("report.html", "report.md", "report.json", "report.xml")
    printed = command(folder, "report", str(PUBLISHED), *(f"--out={name}" for name in names))
    written = {name: (folder / name).read_text("utf-8") for name in names}
    # too large to be here twice
    assert written.pop("report.json") == PUBLISHED.read_text("utf-8")
    return {"report.txt": printed, **written}


def run(folder: Path) -> Mapping[str, str]:
    """A quick run of a stack that needs NumPy only."""
    printed = command(folder, "run", "--stack", "keras-1-formula", "--depth", "quick", "--out", "out")
    return {"run.txt": printed, "run.jsonl": masked((folder / "out" / "run.jsonl").read_text("utf-8"))}


def gate(folder: Path) -> Mapping[str, str]:
    """README's subject, which takes the norms over the rows, with every file that a gate writes."""
    (folder / "rows.py").write_text(ROWS, "utf-8")
    names = ("gate.json", "gate.md", "gate.xml", "gate.sarif")
    options = dict(zip(("--json", "--markdown", "--junit", "--sarif"), names, strict=True))
    printed = command(folder, "gate", "rows.py", "--depth", "quick", *(f"{o}={name}" for o, name in options.items()))
    return {"gate.txt": printed, **{name: masked((folder / name).read_text("utf-8")) for name in names}}


OUTPUTS: tuple[Callable[[Path], Mapping[str, str]], ...] = (listed, report, run, gate)


def golden(name: str) -> str:
    """What a file held when it was last accepted."""
    return lzma.decompress((FOLDER / f"{name}.xz").read_bytes()).decode()


def accept(name: str, text: str) -> None:
    """The text is from now on what the file has to hold."""
    (FOLDER / f"{name}.xz").write_bytes(lzma.compress(text.encode()))
