"""What a report is made from: records, folders of records, and reports that were written before."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from reports.analysis.merge import merge, with_absent
from reports.analysis.report import Report
from reports.record.file import Record, RecordError, read
from reports.record.report_file import read_source


def read_report(paths: Iterable[Path]) -> Report:
    """One report of all that stands at the paths; `RecordError` where that is nothing, broken, or contradicts itself.

    A path is that of a report where it ends with .json, and otherwise that of a record, or of a folder of records.
    """
    records: list[Record] = []
    named: dict[str, str] = {}
    for path in paths:
        if path.suffix == ".json":
            source = read_source(path)
            records += source.records
            named |= source.stacks
        else:
            records += map(read, _records_in(path))
    return with_absent(merge(records), named)


def _records_in(path: Path) -> Iterator[Path]:
    if not path.is_dir():
        yield path
        return
    found = sorted(path.rglob("run.jsonl"))
    if not found:
        raise RecordError(f"{path} holds no run.jsonl.")
    yield from found
