"""A gate for machines: JUnit XML, JSON, Markdown for a step summary, and annotations for GitHub Actions."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any
from xml.etree import ElementTree

from reports.events import Result
from reports.findings import in_full
from reports.gate_view import Subject
from reports.markup import code, prose, table
from reports.merge import Report
from reports.views import Told, columns
from reports.wording import call, count, grade, plain, worst

SCHEMA = 1
# GitHub cuts a step summary at 1 MiB
MOST_BYTES = 1_000_000
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(found: Sequence[Subject]) -> str:
    """JUnit XML: a test case for each rule, subject, mode and device; the worst distance in ulps is a property."""
    root = ElementTree.Element("testsuites", name="normconf")
    for subject in found:
        place = f"{subject.column.stack} {subject.column.mode} {subject.column.device}"
        failures = {told.rule["id"]: told for told in reversed(subject.counts)}
        suite = ElementTree.SubElement(
            root,
            "testsuite",
            name=_xml(place),
            tests=str(len(subject.results)),
            failures=str(len(failures)),
            errors="0",
            skipped=str(sum(_not_asked(result) for result in subject.results)),
            time=f"{sum(result['seconds'] for result in subject.results):.3f}",
        )
        for result in subject.results:
            _test(suite, place, result, failures.get(result["rule"]))
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _test(suite: ElementTree.Element, place: str, result: Result, told: Told | None) -> None:
    test = ElementTree.SubElement(
        suite,
        "testcase",
        classname=_xml(f"normconf.{place}"),
        name=_xml(f"{result['rule']} [{place}]"),
        time=f"{result['seconds']:.3f}",
    )
    properties = ElementTree.SubElement(test, "properties")
    said = {"grade": grade(result), "level": result["level"], "worst ulps": worst(result)}
    for name, value in said.items():
        if value is not None:
            ElementTree.SubElement(properties, "property", name=name, value=_xml(value))
    if told is not None:
        failure = ElementTree.SubElement(
            test, "failure", message=_xml(told.finding["sentence"]), type=told.finding["grade"]
        )
        failure.text = _xml(_text(told))
    elif _not_asked(result):
        reasons = "; ".join(dict.fromkeys(one["reason"] for one in result["unsupported"]))
        ElementTree.SubElement(test, "skipped", message=_xml(reasons))


def _not_asked(result: Result) -> bool:
    return result["grade"] == "UNSUPPORTED"


def _text(told: Told) -> str:
    finding = told.finding
    lines = [
        told.rule["sentence"],
        f"case: {call(finding['case'])} on {finding['format']} ({finding['id']})",
        f"weights: {finding['weights']}",
        f"observed: {finding['observed']}",
        f"accepted: {finding['accepted']}",
    ]
    snippet = finding["snippet"]
    return "\n".join([*lines, "", snippet["source"]] if snippet else lines)


def _xml(text: str) -> str:
    """The text without what XML 1.0 cannot hold."""
    return _NO_XML.sub(lambda match: match[0].encode("unicode_escape").decode("ascii"), text)


def as_json(report: Report, found: Sequence[Subject], fails: Sequence[str], code: int) -> str:
    """The verdict as JSON; `schema` counts up when a field changes its meaning."""
    document = {
        "normconf": report.records[0].header["suite"].removeprefix("normconf "),
        "schema": SCHEMA,
        "exit": code,
        "seed": report.records[0].header["seed"],
        "depth": report.records[0].header["depth"],
        "fails": list(fails),
        "subjects": [_subject(subject) for subject in found],
    }
    return json.dumps(document, indent=2) + "\n"


def _subject(subject: Subject) -> dict[str, Any]:
    names = ("rule", "level", "grade", "cases", "groups", "grades", "worst_ulps", "unsupported", "seconds")
    return {
        "name": subject.column.stack,
        "mode": subject.column.mode,
        "device": subject.column.device,
        "contract": subject.contract,
        "versions": subject.stack["versions"],
        "conforms": subject.conforms,
        "verdict": subject.verdict,
        "hint": subject.hint,
        "rules": [{name: value for name, value in result.items() if name in names} for result in subject.results],
        "divergences": [
            {"rule": told.rule["id"], "counts": told in subject.counts, **told.finding} for told in subject.news
        ],
        "stale": list(subject.stale),
    }


def markdown(report: Report, found: Sequence[Subject]) -> str:
    """The verdict, a table of rules and every divergence that counts; whole divergences are left out past 1 MB."""
    every = columns(report)
    parts = []
    for subject in found:
        sign = "✔" if subject.conforms else "✘"
        parts.append(f"## {sign} {prose(subject.column.stack)}\n\n{prose(subject.verdict)}")
        if subject.hint:
            parts.append(f"**Hint:** {prose(subject.hint)}")
        rows = [(code(r["rule"]), r["level"], grade(r), f"{r['groups']:,}", worst(r) or "") for r in subject.results]
        parts.append(table(("rule", "level", "verdict", "groups", "worst ulps"), rows))
        parts += [f"**Stale:** {prose(one['rule'])}: {prose(one['said'])}" for one in subject.stale]
        parts += [in_full(told, every) for told in subject.counts]
    return "\n\n".join(_within(parts)) + "\n"


def _within(parts: Sequence[str]) -> Iterator[str]:
    left = MOST_BYTES
    for place, part in enumerate(parts):
        left -= len(part.encode("utf-8", "replace")) + 2
        if left < 0:
            yield f"{count(len(parts) - place, 'more part')} left out here; report.md has all."
            return
        yield part


def github(found: Sequence[Subject]) -> Iterator[str]:
    """Workflow commands that put each divergence on the line where its subject is defined."""
    for subject in found:
        declared = subject.stack.get("declared", {})
        place = f"file={_property(declared.get('file', ''))},line={declared.get('line', 1)}"
        for told in subject.counts:
            finding = told.finding
            said = f"{finding['sentence']}: {call(finding['case'])} on {finding['weights']} ({finding['format']}) "
            said += f"gives {finding['observed']}, accepted is {finding['accepted']}"
            yield f"::error {place},title={_property('normconf: ' + told.rule['id'])}::{_data(said)}"
        if subject.hint:
            yield f"::notice {place},title=normconf::{_data(subject.hint)}"


def _data(text: str) -> str:
    return plain(text).replace("%", "%25")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
