"""The cases in which rules were broken in a new way, in an example database of Hypothesis beside the record.

The next run there asks them first, whatever its seed and depth are. Whatever lies in that folder is not trusted: what
is no case that the rule would put to the stack is not asked.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TypeAlias

from hypothesis.database import DirectoryBasedExampleDatabase

from conformance.cases.case import Case
from conformance.cases.codec import from_json
from conformance.errors import CaseError
from reports.record.codec import to_json
from reports.record.grades import Level
from reports.record.model import Result

# a rule and a stack
Asked: TypeAlias = tuple[str, str]
# cases of each that are asked first, the smallest ones; what is kept in all, and the bytes of one that is read
MOST, MOST_FILES, MOST_BYTES = 10, 20_000, 1 << 20


class Examples:
    """What a run in a folder begins with, and what it leaves there for the next."""

    def __init__(self, folder: Path) -> None:
        self._database = DirectoryBasedExampleDatabase(folder) if _is_plain(folder) else None
        self._kept: dict[Asked, list[bytes]] = {}
        # what was asked, and whether something about it is new
        self._news: dict[Asked, bool] = {}

    def first(self, asked: Iterable[Asked]) -> Mapping[Asked, tuple[Case, ...]]:
        """The cases that are kept of rules and stacks; of those alone are any forgotten later."""
        found = {}
        for each in dict.fromkeys(asked):
            kept = sorted(self._database.fetch(_key(each)), key=len) if self._database else []
            if kept:
                self._kept[each] = kept
                found[each] = tuple(case for value in kept[:MOST] for case in _cases(value))
        return found

    def take(self, result: Result) -> None:
        """Keep the cases in which a result shows something new."""
        each = result.rule, result.stack
        new = [finding for finding in result.findings if finding.is_new and finding.level is not Level.RECORD]
        self._news[each] = self._news.get(each, False) or bool(new)
        if self._database:
            for finding in new:
                self._database.save(_key(each), json.dumps(to_json(finding.case), sort_keys=True).encode())

    def forget(self) -> None:
        """Of what was asked again and is broken no more, no case is kept."""
        for each, values in self._kept.items():
            if self._database and not self._news.get(each, True):
                for value in values:
                    self._database.delete(_key(each), value)


def _key(asked: Asked) -> bytes:
    return json.dumps(asked).encode()


def _cases(value: bytes) -> Iterable[Case]:
    try:
        yield from_json(json.loads(value))
    except (CaseError, ValueError, RecursionError):
        return


def _is_plain(folder: Path) -> bool:
    """Whether a folder holds nothing but folders and a moderate number of small files: nothing there can hold us up."""
    number = 0
    for place, folders, files in os.walk(folder):
        for name in (*folders, *files):
            try:
                found = os.lstat(os.path.join(place, name))
            except OSError:
                return False
            number += 1
            small = stat.S_ISREG(found.st_mode) and found.st_size <= MOST_BYTES
            if number > MOST_FILES or not (small or stat.S_ISDIR(found.st_mode)):
                return False
    return True
