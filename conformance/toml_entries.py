"""Files of entries: TOML that holds one array of tables, each of which can be named by file, line and number."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from conformance.errors import EntryError
from reports.reading import read_limited
from reports.schema import Schema
from reports.text import escape_control, truncate

LONGEST = 400
# bytes of a file; those of this project have some ten thousands, and a million take seconds to read
MOST_BYTES = 1 << 20
# parts of a dotted name, for which the reader of TOML takes time that grows with their square
MOST_PARTS = 50
PARTS = re.compile(rf"""(?<![\w-])(?:(?:[\w-]++|"[^"\n]*"|'[^'\n]*')[ \t]*\.[ \t]*){{{MOST_PARTS}}}""")
# what hides a line that looks like the head of a table: a text of several lines; the others hide what begins one
TEXTS = re.compile(
    r'''"""(?:[^"\\]|\\.|"{1,2}(?!"))*+"{3,5}|'{3}(?:[^']|'{1,2}(?!'))*+'{3,5}|"(?:[^"\\\n]|\\.)*+"|'[^'\n]*+'|\#[^\n]*+''',
    re.DOTALL,
)


@dataclass(frozen=True)
class EntryFile:
    """A file, its text, and the name of its tables."""

    path: Path
    text: str
    table: str

    @cached_property
    def lines(self) -> list[str]:
        """The lines of the text; TOML knows no other ends of lines than these."""
        return self.text.split("\n")

    @cached_property
    def heads(self) -> list[int]:
        """The numbers of the lines at which the tables begin."""
        head = re.compile(rf"\s*\[\[\s*{self.table}\s*\]\]")
        return [number for number, line in enumerate(self._visible.split("\n"), 1) if head.match(line)]

    @cached_property
    def _visible(self) -> str:
        """The text, of whose strings and comments only the ends of lines are left."""
        return TEXTS.sub(lambda found: "\n" * found[0].count("\n"), self.text)

    def line_of(self, field: str, first: int = 1, last: int | None = None) -> int:
        """The first line of some that begins with a field or a table of this name, or the first of all."""
        begins = re.compile(rf"\s*\[*\s*({self.table}\s*\.\s*)?[\"']?{re.escape(field)}[\"']?\s*[=.\]]")
        numbered = enumerate(self.lines[first - 1 : last], first)
        return next((number for number, line in numbered if field and begins.match(line)), first)

    def line_of_error(self, message: str) -> int:
        """The line that a message of the reader of TOML names: the last one, where the text ends too early."""
        if place := re.search(r"at line (\d+)", message):
            return int(place[1])
        # Python reads no number of thousands of digits, and does not say where it was
        long = re.search(r"[0-9_]{4000}", self.text)
        return self.text.count("\n", 0, long.start()) + 1 if long else len(self.lines)

    @property
    def deepest(self) -> int:
        """The line on which most brackets open."""
        opened = [line.count("[") + line.count("{") for line in self.lines]
        return 1 + opened.index(max(opened))

    def error(self, message: str, line: int) -> EntryError:
        """What is wrong with a line."""
        return EntryError(f"{self.path}:{line}: {truncate(escape_control(message), LONGEST)}")


@dataclass(frozen=True)
class Entry:
    """The table of this number, from 1 on, in a file, with its fields as they stand there."""

    file: EntryFile
    number: int
    fields: Any  # what TOML can hold; a table with known fields only after `checked`

    def line(self, field: str = "") -> int:
        """The line of a field, or the first of the entry where it has none."""
        heads = self.file.heads
        if self.number > len(heads):  # an array of inline tables
            return self.file.line_of(self.file.table)
        following = heads[self.number] - 1 if self.number < len(heads) else None
        return self.file.line_of(field, heads[self.number - 1], following)

    def error(self, message: str, field: str = "") -> EntryError:
        """What is wrong with the entry, or with one field of it."""
        named = f"{field}: {message}" if field else message
        return self.file.error(f"entry {self.number}: {named}", self.line(field.partition("[")[0].partition(".")[0]))

    def checked(self, schema: Schema) -> Mapping[str, Any]:
        """The fields, which the schema allows; raises EntryError."""
        if wrong := schema.complaint(self.fields):
            missing = re.match(r'"(\w+)" is a required property', wrong.message)
            raise self.error(f"it has no {missing[1]}" if missing and not wrong.path else wrong.message, wrong.place)
        fields: Mapping[str, Any] = self.fields
        return fields


def load_entries(path: Path, table: str) -> list[Entry]:
    """Every table of this name in a file that holds no others; raises EntryError."""
    file = EntryFile(path, _text(path), table)
    if found := PARTS.search(file.text):
        line = file.text.count("\n", 0, found.start()) + 1
        raise file.error(f"a dotted name has more than {MOST_PARTS} parts", line)
    try:
        data = tomllib.loads(file.text)
    except RecursionError as error:
        raise file.error(f"this is no TOML file: {error}", file.deepest) from error
    except ValueError as error:  # TOMLDecodeError, or what a number or a date of thousands of digits raises
        raise file.error(f"this is no TOML file: {error}", file.line_of_error(str(error))) from error
    tables = data.pop(table, [])
    if data or not isinstance(tables, list):
        other = next(iter(data), table)
        raise file.error(f"{other}: only [[{table}]] tables belong here", file.line_of(other))
    return [Entry(file, number, fields) for number, fields in enumerate(tables, 1)]


def _text(path: Path) -> str:
    content = _content(path)
    try:
        return content.decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise EntryError(f"{path}:{line}: this is no TOML file: it is not UTF-8: {error.reason}") from error


def _content(path: Path) -> bytes:
    """The bytes of a file that ends, and not beyond all measure; raises EntryError for others."""
    try:
        return read_limited(path, MOST_BYTES)
    except OSError as error:
        raise EntryError(f"{path} cannot be read: {error.strerror}") from error
    except ValueError as error:  # the name of no file
        raise EntryError(f"{path} cannot be read: {error}") from error
