"""Files of entries that somebody damaged: each is read, or refused in one sentence that names file and line."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from conformance.claims import catalog
from conformance.errors import EntryError
from conformance.known import entries
from tests.support.bounds import bounded

pytestmark = pytest.mark.slow
TRIES = 300
# values of every type of TOML, and what its reader finds hard
ODD = (
    *("0", "-1", "1.5", "nan", "inf", "1e999", "true", '""', '"x"', "''", "[]", "[[]]", "{}", "{a = 1}", "[1, 'a']"),
    *("1979-05-27", "07:32:00", "1979-05-27T07:32:00Z", '"\\u0000"', '"\\uD800"', "9" * 5000, "[" * 3000, "{a=" * 500),
    *('"[[divergence]]"', "'''\n[[claim]]\n'''", '"{}"', "'[1, 2'", '\'{"a": ' + "9" * 5000 + "}'", "a." * 3000, "="),
)


def some_entries(random: Random, content: bytes) -> bytes:
    """A few entries of a file, which are read faster than all."""
    entries = re.split(rb"(?m)^(?=\[\[)", content)[1:]
    return b"".join(random.sample(entries, min(3, len(entries))))


def damaged_bytes(random: Random, content: bytes) -> bytes:
    """A few bytes are others, gone, or too many."""
    for _ in range(random.randint(1, 4)):
        place, size = random.randrange(len(content)), random.choice((0, 1, 1, 5))
        content = content[:place] + random.randbytes(random.choice((0, 1, 1, 3))) + content[place + size :]
    return content


def damaged_lines(random: Random, content: bytes) -> bytes:
    """A line is gone, twice there, elsewhere, or cut."""
    lines = content.split(b"\n")
    place = random.randrange(len(lines))
    line = lines.pop(place)
    for _ in range(random.randint(0, 2)):
        lines.insert(random.randrange(len(lines)), line[: random.choice((None, len(line) // 2))])
    return b"\n".join(lines)


def damaged_values(random: Random, content: bytes) -> bytes:
    """The value of a field is another one."""
    fields = list(re.finditer(rb"(?m)^[a-z_.]+ = (.*)$", content))
    (start, end), odd = random.choice(fields).span(1), random.choice(ODD)
    return content[:start] + odd.encode() + content[end:]


def kinds() -> dict[str, tuple[list[Path], Callable[[Path], object]]]:
    """The files of each kind, and what reads one that lies in a folder of its own."""
    return {
        "known": ([entries.FILE], entries.load),
        "claims": (sorted(catalog.FOLDER.glob("*.toml")), lambda path: catalog.load(path.parent)),
    }


@pytest.mark.parametrize("damaged", [damaged_bytes, damaged_lines, damaged_values])
@pytest.mark.parametrize("kind", kinds())
def test_a_damaged_file_is_read_or_refused_with_its_line(
    kind: str, damaged: Callable[[Random, bytes], bytes], tmp_path: Path
) -> None:
    """Nothing else is raised, in little time and memory."""
    files, load = kinds()[kind]
    path, refused = tmp_path / "damaged.toml", 0
    with bounded(seconds=60, mebibytes=100):
        for seed in range(TRIES):
            random = Random(seed)
            path.write_bytes(damaged(random, some_entries(random, random.choice(files).read_bytes())))
            try:
                load(path)
            except EntryError as error:
                assert re.fullmatch(rf"{re.escape(str(path))}:[1-9]\d*: .+", str(error)), (seed, error)
                refused += 1
    assert refused > TRIES // 10
