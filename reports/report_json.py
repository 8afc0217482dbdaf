"""report.json: what records say together, for machines, and the records themselves, so that it is as good as they are.

`report.schema.json` says what stands in it, and is enforced when it is read.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match
from referencing import Registry, Resource

from reports.events import Event, Result
from reports.ids import named
from reports.judgement import verdict
from reports.merge import Report, merge, with_absent
from reports.record import SCHEMA as RECORD_SCHEMA
from reports.record import Record, RecordError, assembled, content, parsed, sentence, short
from reports.views import Told, passed

SCHEMA: dict[str, Any] = json.loads(Path(__file__).with_name("report.schema.json").read_text("utf-8"))
VERSION = 1
# characters of a program
LONGEST = 20_000
_KINDS = ("results", "known", "hints", "claims")
_VALIDATOR = Draft202012Validator(
    SCHEMA, registry=Registry().with_resource(RECORD_SCHEMA["$id"], Resource.from_contents(RECORD_SCHEMA))
)


@dataclass(frozen=True)
class Source:
    """What a report was made of: its records, and every stack that it names, with its sentence."""

    records: tuple[Record, ...]
    stacks: Mapping[str, str]


def as_json(report: Report) -> str:
    """The report on one line of ASCII; what it is made of stands last, under `runs`."""
    document = {
        "schema": VERSION,
        "suite": report.records[0].header["suite"],
        "verdict": verdict(report),
        "passed": passed(report),
        "complete": report.complete,
        "stacks": report.stacks,
        "rules": report.rules,
        "known": report.known,
        "divergences": [_divergence(name, told) for name, told in named(report)],
        "runs": [_run(record) for record in report.records],
    }
    return json.dumps(document, allow_nan=False, separators=(",", ":")) + "\n"


def load(path: Path) -> Report:
    """The report that was written to `path`, judged anew by its records; `RecordError` where it is broken."""
    source = read_source(path)
    return with_absent(merge(source.records), source.stacks)


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
    if wrong := best_match(_VALIDATOR.iter_errors(document)):
        raise RecordError(f"{path} is no report of normconf: {sentence(wrong)}.")
    records = tuple(_record(path, place, run) for place, run in enumerate(document["runs"]))
    return Source(records, {stack["name"]: stack["sentence"] for stack in document["stacks"]})


def _run(record: Record) -> dict[str, Any]:
    return {
        "path": str(record.path),
        "header": record.header,
        "results": [_without_long_programs(result) for result in record.results],
        "known": record.known,
        "hints": record.hints,
        **({"claims": record.claims} if record.claims else {}),
        "footer": record.footer,
    }


def _without_long_programs(result: Result) -> Result:
    """The result, in which a program that is mostly one literal of weights is left out: its case says the same."""
    findings = [
        {
            **one,
            "snippet": {
                **one["snippet"],
                "source": f"# {len(one['snippet']['source']):,} characters: replay the case\n",
            },
        }
        if one["snippet"] and len(one["snippet"]["source"]) > LONGEST
        else one
        for one in result["findings"]
    ]
    return cast(Result, {**result, "findings": findings})


def _record(path: Path, place: int, run: dict[str, Any]) -> Record:
    where = f"{path}, runs[{place}]"
    return assembled(Path(run["path"]), list(_events(where, run)), where)


def _events(where: str, run: dict[str, Any]) -> Iterator[tuple[str, Event]]:
    yield f"{where}.header", run["header"]
    for kind in _KINDS:
        for place, event in enumerate(run.get(kind, ())):
            yield f"{where}.{kind}[{place}]", event
    if run["footer"] is not None:
        yield f"{where}.footer", run["footer"]


def _divergence(name: str, told: Told) -> dict[str, Any]:
    finding = told.finding
    return {
        "id": name,
        "rule": told.rule["id"],
        "level": finding["level"],
        "grade": finding["grade"],
        "section": told.section,
        "known": finding["known"],
        "contract": finding["contract"],
        "format": finding["format"],
        "sentence": finding["sentence"],
        "failure": finding["failure"],
        "where": [
            {"stack": column.stack, "mode": column.mode, "device": column.device, "case": one["case"]["id"]}
            for column, one, _ in told.alike
        ],
    }
