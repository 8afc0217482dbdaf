"""A gate as SARIF 2.1.0: each divergence on the line on which its subject is defined, for code scanning."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any
from urllib.parse import quote

from reports.analysis.report import Report
from reports.gating.subject import Subject
from reports.record.codec import to_json
from reports.record.grades import Level
from reports.record.header import RuleStatement
from reports.record.model import Finding, Recheck, Result
from reports.text import escape_control, happened, truncate

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
LEVELS: dict[Level, str] = {Level.MUST: "error", Level.SHOULD: "warning", Level.RECORD: "note"}
_LONG = 1000  # GitHub takes 1,024 characters


def sarif(report: Report, found: Sequence[Subject], fails: Collection[str]) -> str:
    """A SARIF log with every finding of every subject; what is known is suppressed, what fails the gate is an error."""
    driver = {
        "name": "normconf",
        "version": report.records[0].header.suite.removeprefix("normconf "),
        "rules": [_rule(rule) for rule in report.rules],
    }
    run = {
        "tool": {"driver": driver},
        "invocations": [{"executionSuccessful": report.whole}],
        "results": [result for subject in found for result in _results(subject, fails)],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=1, allow_nan=False) + "\n"


def _rule(rule: RuleStatement) -> dict[str, Any]:
    return {
        "id": rule.id,
        "shortDescription": _message(rule.sentence),
        "fullDescription": _message(f"{rule.sentence} ({rule.level}, {rule.chapter})"),
        "help": _message(f"{rule.sentence} Source: {rule.source}"),
        "defaultConfiguration": {"level": LEVELS[rule.level]},
    }


def _results(subject: Subject, fails: Collection[str]) -> Iterator[dict[str, Any]]:
    for result in subject.results:
        for finding in result.findings:
            if finding.is_broken:
                yield _finding(subject, result, finding, fails)
        if result.is_unexplained and result.level in fails:
            said = f"{result.rule} is broken; the record holds no case of it"
            yield _result(subject, result.rule, result.mode, "error", said, (result.grade,))
    for stale in subject.stale:
        yield _stale(subject, stale)


def _finding(subject: Subject, result: Result, finding: Finding, fails: Collection[str]) -> dict[str, Any]:
    known = finding.known
    level = "error" if finding.level in fails else LEVELS[finding.level]
    said = happened(finding)
    if known is None and subject.hint:
        said = f"{subject.hint} {said}"
    key = finding.kind
    properties = {
        "case": finding.id,
        "ulps": to_json(finding.ulps),
        "observed": truncate(finding.observed, _LONG),
        "accepted": truncate(finding.accepted, _LONG),
    }
    suppressed = [{"kind": "external", "status": "accepted", "justification": truncate(known, _LONG)}] if known else []
    found = _result(subject, result.rule, result.mode, level, said, key)
    return {**found, "properties": {**found["properties"], **properties}, "suppressions": suppressed}


def _stale(subject: Subject, one: Recheck) -> dict[str, Any]:
    said = f"A known divergence no longer shows, and has to go from the list: {one.observed}"
    return _result(subject, one.rule, one.mode, "error", said, ("stale", one.contract, one.format, one.failure))


def _result(subject: Subject, rule: str, mode: str, level: str, said: str, key: Sequence[str]) -> dict[str, Any]:
    declared = subject.stack.declared or {}
    place = {"stack": subject.name, "mode": mode, "device": subject.device}
    stable = json.dumps([rule, *place.values(), *key])
    found: dict[str, Any] = {
        "ruleId": rule,
        "level": level,
        "message": _message(said),
        "partialFingerprints": {"normconfFailure/v1": hashlib.sha256(stable.encode()).hexdigest()},
        "properties": {**place, "failure": truncate(" ".join(key), _LONG)},
        "suppressions": [],  # of all results or of none
    }
    if declared.get("file"):
        uri = quote(Path(declared["file"]).as_posix(), errors="replace")
        region = {"startLine": declared.get("line", 1)}
        found["locations"] = [{"physicalLocation": {"artifactLocation": {"uri": uri}, "region": region}}]
    return found


def _message(text: str) -> dict[str, str]:
    """Plain text in which nothing is a placeholder ({0}) or a link ([words](target))."""
    pieces = [c * 2 if c in "{}" else c for c in escape_control(truncate(text, _LONG)).replace("](", "] (")]
    fitting = sum(length <= _LONG for length in accumulate(map(len, pieces)))
    return {"text": "".join(pieces[:fitting]) + (" ..." if pieces[fitting:] else "")}
