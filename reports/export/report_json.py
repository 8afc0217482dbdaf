"""report.json: what records say together, for machines, and the records themselves, so that it is as good as they are.

`report.schema.json` says what stands in it, and is enforced when it is read.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

from reports.analysis.ids import named
from reports.analysis.merge import Report, merge, with_absent
from reports.analysis.report import Told, passed
from reports.analysis.summary import verdict
from reports.record.file import Record
from reports.record.model import Result
from reports.record.report_file import VERSION, read_source

# characters of a program
LONGEST = 20_000


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
