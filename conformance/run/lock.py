"""One run at a time writes into a folder."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from conformance.errors import UsageError


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """The folder belongs to this process; raises UsageError where another one writes there."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UsageError(f"{folder} is being written by another run") from error
        except OSError:  # a file system without locks
            pass
        yield
    finally:
        os.close(descriptor)
