"""Text from records as Markdown that shows it and acts on none of it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator, Sequence

from reports.text import escape_control, pluralize, truncate

# A word such as min_value needs no escape, `_emphasis_` does; a colon can begin a link or an emoji's name.
_ACTIVE = re.compile(r"[\\`*\[\]<>|~$&@#]|(?<![^\W_])_|_(?![^\W_])|:(?=[\w/+-])|(?<=www)\.")
_NOT_WORD = re.compile(r"[^A-Za-z0-9 ]")
URL = re.compile(r"(https://[\w./=?%+-]+(?:#[\w.-]+)?)", re.ASCII)
_LONG = 400
# GitHub cuts a step summary at 1 MiB
MOST_BYTES = 1_000_000


def prose(text: str, limit: int = 4 * _LONG) -> str:
    """Running text, which must not stand at the beginning of a line."""
    return _ACTIVE.sub(_entity, escape_control(truncate(text, limit)))


def code(text: str, limit: int = _LONG) -> str:
    """A value on one line, literal in a paragraph, a heading and a table alike."""
    text = escape_control(truncate(text, limit))
    if not text.strip():
        return "(empty)"
    # No fence of backticks is safe in a table cell that holds a pipe, so such text is spelled in entities.
    if "`" in text or "|" in text or text != text.strip():
        return f"<code>{_NOT_WORD.sub(_entity, text)}</code>"
    return f"`{text}`"


def source(text: str) -> str:
    """Where a rule comes from; https addresses in it become links, nothing else does."""
    parts = URL.split(escape_control(truncate(text, _LONG)))
    return "".join(f"<{part}>" if place % 2 else prose(part) for place, part in enumerate(parts))


def replay_command(path: str, name: str, subject: str | None = None) -> str:
    """The command that asks a case again: of somebody's own constraint only if it is named."""
    command = ["python", "-m", "conformance", "replay", path, name, *([] if subject is None else [subject])]
    return shlex.join(command)


def replay(path: str, name: str, subject: str | None = None) -> str:
    """The same, as code."""
    return code(replay_command(path, name, subject), 10 * _LONG)


def lines(text: str, limit: int) -> str:
    """Several lines as they are, with everything that a page could act on spelled out."""
    shown = truncate(text.rstrip("\r\n"), limit).replace("\r\n", "\n").expandtabs(4)
    return "\n".join(map(escape_control, shown.split("\n")))


def block(text: str, language: str = "", limit: int = 6000) -> str:
    """Several lines in a fence that is longer than any in the text."""
    body = lines(text, limit)
    fence = "`" * max([3, *(len(run) + 1 for run in re.findall("`+", body))])
    return f"{fence}{language}\n{body}\n{fence}"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of cells that are Markdown already."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def fitting(summary: str, head: Sequence[str], rows: Sequence[Sequence[str]], most: int = 12) -> str:
    """A table, folded where it has more than `most` rows."""
    return table(head, rows) if len(rows) <= most else folded(summary, table(head, rows))


def folded(summary: str, body: str) -> str:
    """A body behind a summary; the summary is plain text, for Markdown does not work inside it."""
    return f"<details><summary>{re.sub(r'[&<>]', _entity, escape_control(summary))}</summary>\n\n{body}\n\n</details>"


def within(parts: Sequence[str], most: int = MOST_BYTES) -> Iterator[str]:
    """The first parts that have room together in so many bytes, and how many were left out."""
    left = most - 200  # the note needs some itself
    for place, part in enumerate(parts):
        left -= len(part.encode("utf-8", "replace")) + 2
        if left < 0:
            yield f"{pluralize(len(parts) - place, 'more part')} left out here; report.md has all."
            return
        yield part


def _entity(match: re.Match[str]) -> str:
    # The comment keeps `@name` from being read as a mention after the entity is resolved.
    return "".join(f"&#{ord(c)};" + ("<!-- -->" if c == "@" else "") for c in match[0])
