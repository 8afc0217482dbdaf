"""Reading files that others wrote: whole, and only where they are files of a size that memory holds."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

# the published report of all stacks has 8 MB and 0.6 million values; a value takes up to some 100 bytes of memory
MOST_BYTES = 64 << 20
MOST_VALUES = 4_000_000


def read_limited(path: Path, limit: int = MOST_BYTES) -> bytes:
    """What a regular file of at most `limit` bytes holds; raises OSError, whose strerror says why it is not read.

    A device, a pipe or a file that still grows cannot fill the memory, and nothing is waited for.
    """
    # opening a pipe to which nobody writes would wait for ever
    number = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    try:
        found = os.fstat(number)
        if stat.S_ISDIR(found.st_mode):
            raise OSError(errno.EISDIR, os.strerror(errno.EISDIR))
        if not stat.S_ISREG(found.st_mode):
            raise OSError(errno.EINVAL, "it is a device, a pipe or a socket, and only files are read")
        content = b"" if found.st_size > limit else _content(number, limit + 1)
    finally:
        os.close(number)
    if found.st_size > limit or len(content) > limit:
        raise OSError(errno.EFBIG, f"it has more than {limit:,} bytes, which is the most that is read")
    return content


def _content(number: int, most: int) -> bytes:
    """The first bytes of a file: one of /proc says that it is empty, and one that grows that it is small."""
    with open(number, "rb", closefd=False) as file:
        return file.read(most)
