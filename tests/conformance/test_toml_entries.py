"""Files of entries: what is wrong in one is named with its file, its line and its number."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from conformance.errors import EntryError
from conformance.toml_entries import Entry, load_entries
from reports.schema import Schema

TWO = '''\
# things
[[thing]]
name = "first"
text = """
[[thing]]
name = 5
"""

[[ thing ]]
name = "second"
[thing.sizes]
width = 3
'''
SCHEMA = Schema(
    {
        "type": "object",
        "properties": {"name": {"type": "string"}, "sizes": {"additionalProperties": {"type": "string"}}},
        "required": ["name"],
    }
)


def entries(folder: Path, text: str) -> list[Entry]:
    """The things of a file."""
    (folder / "things.toml").write_text(text, "utf-8")
    return load_entries(folder / "things.toml", "thing")


def test_entries_are_numbered_from_1(tmp_path: Path) -> None:
    """In the order of the file."""
    names = [(entry.number, entry.fields["name"]) for entry in entries(tmp_path, TWO)]
    assert names == [(1, "first"), (2, "second")]


@pytest.mark.parametrize(
    ("number", "field", "line"),
    [(1, "", 2), (1, "name", 3), (1, "sizes", 2), (2, "", 9), (2, "name", 10), (2, "sizes", 11), (2, "text", 9)],
)
def test_a_field_has_its_line(number: int, field: str, line: int, tmp_path: Path) -> None:
    """One that is not there has that of its entry, and no text looks like a table."""
    assert entries(tmp_path, TWO)[number - 1].line(field) == line


def test_inline_tables_have_the_line_of_their_array(tmp_path: Path) -> None:
    """They have no line of their own."""
    (_, second) = entries(tmp_path, '# two\nthing = [{name = "a"}, {name = "b"}]\n')
    assert second.line("name") == 2


def test_a_wrong_field_is_named(tmp_path: Path) -> None:
    """With file, line, number and field."""
    _, second = entries(tmp_path, TWO)
    with pytest.raises(EntryError, match=r'things\.toml:11: entry 2: sizes\.width: 3 is not of type "string"$'):
        second.checked(SCHEMA)


def test_a_field_that_is_missing_is_named(tmp_path: Path) -> None:
    """With the line at which its entry begins."""
    (entry,) = entries(tmp_path, "\n[[thing]]\n")
    with pytest.raises(EntryError, match=r"things\.toml:2: entry 1: it has no name$"):
        entry.checked(SCHEMA)


@pytest.mark.parametrize(
    ("content", "line"),
    [(b"[[thing]\n", 1), (b"[[thing]]\nname =", 2), (b"# \xc3\xa9\n# \xff\n", 2), (b"\r\n[[other]]\r\n", 2)],
)
def test_a_file_of_another_kind_is_named_with_its_line(content: bytes, line: int, tmp_path: Path) -> None:
    """Bytes that are no text included."""
    (tmp_path / "things.toml").write_bytes(content)
    with pytest.raises(EntryError, match=rf"things\.toml:{line}: "):
        load_entries(tmp_path / "things.toml", "thing")


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("[[thing]]\nname = " + "9" * 5000 + "\n\n", 2, "4300 digits"),
        ("[[thing]]\n\na" + ".a" * 60 + " = 1\n", 3, "more than 50 parts"),
        ("[[thing]]\nname = " + "[" * 5000, 2, "recursion"),
    ],
)
def test_what_the_reader_of_toml_cannot_cope_with_has_its_line(text: str, line: int, said: str, tmp_path: Path) -> None:
    """Though the reader itself does not say it."""
    with pytest.raises(EntryError, match=rf"things.toml:{line}: .*{said}"):
        entries(tmp_path, text)


def test_a_file_without_an_end_is_not_read(tmp_path: Path) -> None:
    """Neither a device, nor a pipe to which nobody writes."""
    os.mkfifo(tmp_path / "pipe")
    for path in (Path("/dev/zero"), tmp_path / "pipe"):
        with pytest.raises(EntryError, match="it is a device, a pipe or a socket"):
            load_entries(path, "thing")


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    """Not beyond a limit, whatever it holds."""
    with pytest.raises(EntryError, match="it has more than 1,048,576 bytes"):
        entries(tmp_path, "#" * (1 << 20) + "\n")
