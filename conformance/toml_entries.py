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
from reports.record.schema import Schema
from reports.text import escape_control, truncate

LONGEST = 400


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
        return [number for number, line in enumerate(self.lines, 1) if head.match(line) and self._is_outside(number)]

    def _is_outside(self, number: int) -> bool:
        """Whether a line lies outside strings and arrays: else what stands before it is not complete."""
        try:
            tomllib.loads("\n".join(self.lines[: number - 1]))
        except tomllib.TOMLDecodeError:
            return False
        return True

    def line_of(self, field: str, first: int = 1, last: int | None = None) -> int:
        """The first line of some that begins with a field or a table of this name, or the first of all."""
        begins = re.compile(rf"\s*\[*\s*({self.table}\s*\.\s*)?[\"']?{re.escape(field)}[\"']?\s*[=.\]]")
        numbered = enumerate(self.lines[first - 1 : last], first)
        return next((number for number, line in numbered if field and begins.match(line)), first)

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
    try:
        data = tomllib.loads(file.text)
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"line (\d+)", str(error))
        line = int(place[1]) if place else len(file.text.splitlines())
        raise file.error(f"this is no TOML file: {error}", line) from error
    except RecursionError as error:
        raise EntryError(f"{path}: this is no TOML file: {error}") from error
    tables = data.pop(table, [])
    if data or not isinstance(tables, list):
        other = next(iter(data), table)
        raise file.error(f"{other}: only [[{table}]] tables belong here", file.line_of(other))
    return [Entry(file, number, fields) for number, fields in enumerate(tables, 1)]


def _text(path: Path) -> str:
    try:
        content = path.read_bytes()
        return content.decode("utf-8").replace("\r\n", "\n")
    except OSError as error:
        raise EntryError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise EntryError(f"{path}:{line}: this is no TOML file: it is not UTF-8: {error.reason}") from error
