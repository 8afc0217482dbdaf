"""What a compiler has made for one worker serves the others of a run: modes, programs and restarts share much of it."""

from __future__ import annotations

import os
import shutil
import tempfile
import weakref
from collections.abc import Mapping
from pathlib import Path

from adapters.core.stack import Stack

# where JAX keeps what it has compiled, and that it keeps all of it: what compiles fast is called most
FOLDER = "JAX_COMPILATION_CACHE_DIR"
EVERYTHING = {
    "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
    "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
}


class Compiled:
    """A folder that is there as long as this is, made when it is first used; nobody's own code is told of it."""

    def __init__(self) -> None:
        self._folder: Path | None = None

    def environment(self, stack: Stack) -> Mapping[str, str]:
        """What a stack of ours on JAX is told; nothing where the user has said where that is kept."""
        if stack.declaration is not None or "jax" not in stack.requires or FOLDER in os.environ:
            return {}
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="normconf-compiled-"))
            weakref.finalize(self, _remove, self._folder, os.getpid())
        return {**EVERYTHING, FOLDER: str(self._folder)}


def _remove(folder: Path, owner: int) -> None:
    """It is gone, unless this process is a copy of the one that has made it."""
    if os.getpid() == owner:
        shutil.rmtree(folder, ignore_errors=True)
