"""What a compiler has made for one worker serves the others of a run: modes, programs and restarts share much of it."""

from __future__ import annotations

import os
import shutil
import tempfile
import weakref
from pathlib import Path

from adapters.core.stack import Stack

# by which a user says where JAX keeps what it has compiled
VARIABLE = "JAX_COMPILATION_CACHE_DIR"
OURS = "ours"


class Compiled:
    """Folders that are there as long as this is, made when they are first needed: one of our own stacks, one a subject.

    A subject could put something else there, which then meets nobody but itself.
    """

    def __init__(self) -> None:
        self._parent: Path | None = None
        self._subjects: dict[str, str] = {}

    def folder(self, stack: Stack) -> str | None:
        """Where it is kept for a stack; None where JAX compiles nothing of it, or the user has said where that is."""
        if "jax" not in stack.requires or VARIABLE in os.environ:
            return None
        if self._parent is None:
            self._parent = Path(tempfile.mkdtemp(prefix="normconf-compiled-"))
            weakref.finalize(self, _remove, self._parent, os.getpid())
        name = OURS
        if stack.declaration is not None:  # its name may hold whatever a file is called
            name = self._subjects.setdefault(stack.name, str(len(self._subjects)))
        folder = self._parent / name
        folder.mkdir(exist_ok=True)
        return str(folder)


def _remove(folder: Path, owner: int) -> None:
    """It is gone, unless this process is a copy of the one that has made it."""
    if os.getpid() == owner:
        shutil.rmtree(folder, ignore_errors=True)
