"""What subjects call things, as text that can be sent: a subject's own types may answer anything, or nothing."""

from __future__ import annotations

import linecache
import os
import re
import sys
import traceback

# of a name and of a message; more is no reading matter
MOST_NAME, MOST_TEXT = 200, 10_000
_NAME = type.__dict__["__name__"]


def type_name(kind: type) -> str:
    """Return the name that a type was made with, whatever its metaclass says of it."""
    name: str = _NAME.__get__(kind)
    return plain(name, MOST_NAME)


def one_line(error: BaseException) -> str:
    """Return the exception's type and message on one line."""
    return f"{type_name(type(error))}: {' '.join(plain(error).split())}"


def plain(message: object, most: int = MOST_TEXT) -> str:
    """Return a message as text of at most so many characters, in which modules stand without their folders here."""
    # A subject's message may fail to print itself, be a str that encodes itself, or hold half a surrogate pair.
    try:
        text = str.encode(str(message), "utf-8", "backslashreplace").decode()
    except BaseException:  # noqa: BLE001 - a subject's __str__ may raise anything
        return "(its message cannot be shown)"
    if len(text) > most:
        text = f"{text[: most // 2]} ... {text[-most // 3 :]}"
    # a traceback is the same wherever it was made
    for folder in sorted({place for place in sys.path if isinstance(place, str)}, key=len, reverse=True):
        if len(folder) > 1:
            text = text.replace(os.path.join(folder, ""), "")
    return text


def line_reached(error: BaseException, file: str) -> str:
    """Return the last line of a file that an exception came by, as "line 9 of file.py: text"; empty where none is."""
    try:
        frames = traceback.walk_tb(error.__traceback__)
        numbers = [number for frame, number in frames if os.path.abspath(frame.f_code.co_filename) == file]
        # what a framework has rewritten has no frame of its own, and is named in the message
        numbers = numbers or [int(one) for one in re.findall(rf'File "{re.escape(file)}", line (\d+)', str(error))]
        text = linecache.getline(file, numbers[-1]).strip()
    except BaseException:  # noqa: BLE001 - somebody's exception may refuse anything
        return ""
    return plain(f"line {numbers[-1]} of {os.path.basename(file)} ({text})", MOST_NAME)
