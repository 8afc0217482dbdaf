"""report.json: what records say together, for machines, and the records themselves, so that it is as good as they are.

`report.schema.json` says what stands in it, and is enforced when it is read.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from reports.analysis.ids import named
from reports.analysis.merge import merge, with_absent
from reports.analysis.report import FindingGroup, Report
from reports.analysis.summary import summary_sentence
from reports.record.codec import to_json
from reports.record.file import Record
from reports.record.model import Finding, Result
from reports.record.report_file import VERSION, read_source

# characters of a program
LONGEST = 20_000


def as_json(report: Report) -> str:
    """The report on one line of ASCII; what it is made of stands last, under `runs`."""
    document = {
        "schema": VERSION,
        "suite": report.records[0].header.suite,
        "verdict": summary_sentence(report),
        "passed": report.passed,
        "complete": report.complete,
        "stacks": [to_json(stack) for stack in report.stacks],
        "rules": [to_json(rule) for rule in report.rules],
        "known": [to_json(recheck) for recheck in report.rechecks],
        "divergences": [_divergence(name, group) for name, group in named(report)],
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
        "header": to_json(record.header),
        "results": [to_json(_without_long_programs(result)) for result in record.results],
        "known": [to_json(recheck) for recheck in record.rechecks],
        "hints": [to_json(hint) for hint in record.hints],
        **({"claims": [to_json(claim) for claim in record.claims]} if record.claims else {}),
        "footer": to_json(record.footer) if record.footer else None,
    }


def _without_long_programs(result: Result) -> Result:
    """The result, in which a program that is mostly one literal of weights is left out: its case says the same."""
    return replace(result, findings=tuple(map(_without_long_program, result.findings)))


def _without_long_program(finding: Finding) -> Finding:
    program = finding.program
    if program is None or len(program.source) <= LONGEST:
        return finding
    source = f"# {len(program.source):,} characters: replay the case\n"
    return replace(finding, program=replace(program, source=source))


def _divergence(name: str, group: FindingGroup) -> dict[str, Any]:
    finding = group.finding
    return {
        "id": name,
        "rule": group.rule.id,
        "level": finding.level,
        "grade": finding.grade,
        "section": group.section,
        "known": finding.known,
        "contract": finding.contract,
        "format": finding.format,
        "sentence": finding.sentence,
        "failure": finding.failure,
        "where": [{**vars(seen.column), "case": seen.finding.case.id} for seen in group.occurrences],
    }
