"""report.json read: the records that a report was made of."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reports.record.claims import ClaimResult
from reports.record.codec import from_json
from reports.record.events import Event
from reports.record.file import SCHEMA as RECORD_SCHEMA
from reports.record.file import Record, RecordError, assembled, content, parsed, sentence, short
from reports.record.header import Footer, Header
from reports.record.model import Hint, Recheck, Result
from reports.schema import Schema

SCHEMA: dict[str, Any] = json.loads(Path(__file__).with_name("report.schema.json").read_text("utf-8"))
VERSION = 1
_KINDS: Mapping[str, type[Event]] = {"results": Result, "known": Recheck, "hints": Hint, "claims": ClaimResult}


_REPORT = Schema(SCHEMA, (RECORD_SCHEMA,))


@dataclass(frozen=True)
class Source:
    """What a report was made of: its records, and every stack that it names, with its sentence."""

    records: tuple[Record, ...]
    stacks: Mapping[str, str]


def read_source(path: Path) -> Source:
    """What the report at `path` was made of, or `RecordError` with what is wrong with it."""
    try:
        document = parsed(content(path))
    except ValueError as error:
        raise RecordError(f"{path} is not JSON: {error}.") from error
    version = document.get("schema", VERSION) if isinstance(document, dict) else VERSION
    if version != VERSION:
        said = short(repr(version))
        raise RecordError(
            f"{path} has schema {said}, and this version of normconf reads schema {VERSION}: use the one that wrote it."
        )
    if wrong := _REPORT.complaint(document):
        raise RecordError(f"{path} is no report of normconf: {sentence(wrong)}.")
    records = tuple(_record(path, place, run) for place, run in enumerate(document["runs"]))
    return Source(records, {stack["name"]: stack["sentence"] for stack in document["stacks"]})


def _record(path: Path, place: int, run: dict[str, Any]) -> Record:
    where = f"{path}, runs[{place}]"
    return assembled(Path(run["path"]), list(_events(where, run)), where)


def _events(where: str, run: dict[str, Any]) -> Iterator[tuple[str, Event]]:
    # the schema of the report holds that of each event
    yield _event(Header, f"{where}.header", run["header"])
    for key, kind in _KINDS.items():
        for number, data in enumerate(run.get(key, ())):
            yield _event(kind, f"{where}.{key}[{number}]", data)
    if run["footer"] is not None:
        yield _event(Footer, f"{where}.footer", run["footer"])


def _event(kind: type[Event], where: str, data: dict[str, Any]) -> tuple[str, Event]:
    try:
        return where, from_json(kind, data)
    except ValueError as error:
        raise RecordError(f"{where}: {short(str(error))}.") from error
