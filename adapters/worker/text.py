"""What subjects call things, as text that can be sent: a subject's own types may answer anything, or nothing."""

from __future__ import annotations

import os
import sys

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
