"""A second copy of a file while it is written: what runs beside can write to the file, but not to what has no name."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from pathlib import Path
from typing import BinaryIO

PIECE = 1 << 20


class Copy:
    """What was written to a file, on disk and without a name."""

    def __init__(self) -> None:
        # without a buffer, which a full disk would make fail again later
        self._file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 - closed by `close`

    def write(self, data: bytes) -> None:
        """Add what was added to the file; raises OSError."""
        while data:
            data = data[self._file.write(data) :]

    def restore(self, path: Path) -> bool:
        """The file at the path holds what was written; False where it had to be put there again; raises OSError."""
        with contextlib.suppress(OSError):
            if path.is_file() and not path.is_symlink():
                with path.open("rb") as file:
                    if _same(file, self._file):
                        return True
        self._put(path)
        return False

    def _put(self, path: Path) -> None:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=path.name, dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                self._file.seek(0)
                shutil.copyfileobj(self._file, file)
            os.replace(name, path)
        except OSError:
            os.unlink(name)
            raise

    def close(self) -> None:
        """The copy is gone."""
        self._file.close()


def _same(one: BinaryIO, other: BinaryIO) -> bool:
    one.seek(0)
    other.seek(0)
    while piece := one.read(PIECE):
        if piece != other.read(len(piece)):
            return False
    return not other.read(1)
