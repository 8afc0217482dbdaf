"""A gate for machines: JSON, Markdown for a step summary, and annotations for GitHub Actions."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from reports.analysis.report import Report
from reports.gating.asked import assumptions, meanings
from reports.gating.subject import Subject
from reports.markdown.findings import in_full
from reports.markdown.markup import code, prose, table, within
from reports.record.codec import to_json
from reports.text import escape_control, grade, happened, worst

SCHEMA = 2


def as_json(report: Report, found: Sequence[Subject], fails: Sequence[str], code: int) -> str:
    """The verdict as JSON; `schema` counts up when a field changes its meaning."""
    document = {
        "normconf": report.records[0].header.suite.removeprefix("normconf "),
        "schema": SCHEMA,
        "exit": code,
        "seed": report.records[0].header.seed,
        "depth": report.records[0].header.depth,
        "fails": list(fails),
        "subjects": [_subject(subject) for subject in found],
    }
    return json.dumps(document, indent=2, allow_nan=False) + "\n"


def _subject(subject: Subject) -> dict[str, Any]:
    names = ("rule", "level", "mode", "grade", "cases", "groups", "grades", "worst_ulps", "unsupported", "seconds")
    return {
        "name": subject.name,
        "modes": list(subject.stack.modes),
        "left_out": dict(subject.left_out),
        "device": subject.device,
        "contract": subject.contract,
        "versions": subject.stack.versions,
        "conforms": subject.conforms,
        "verdict": subject.verdict,
        "asked": assumptions(subject.stack),
        "axis_means": [said for said, _ in meanings(subject.stack)],
        "hint": subject.hint,
        "rules": [_picked(to_json(result), names) for result in subject.results],
        "divergences": [
            {
                "rule": group.rule.id,
                "modes": group.modes,
                "counts": group in subject.counts,
                **to_json(group.finding),
            }
            for group in subject.new
        ],
        "stale": [to_json(recheck) for recheck in subject.stale],
    }


def _picked(data: dict[str, Any], names: Collection[str]) -> dict[str, Any]:
    return {name: value for name, value in data.items() if name in names}


def markdown(report: Report, found: Sequence[Subject]) -> str:
    """The verdict, a table of rules and every divergence that counts; whole divergences are left out past 1 MB."""
    every = report.columns
    parts = []
    for subject in found:
        sign = "✔" if subject.conforms else "✘"
        parts.append(f"## {sign} {prose(subject.name)}\n\n{prose(subject.verdict)}")
        parts.append(prose(assumptions(subject.stack)))
        parts += [f"**Axis:** {prose(said)}" for said, expected in meanings(subject.stack) if not expected]
        if subject.hint:
            parts.append(f"**Hint:** {prose(subject.hint)}")
        rows = [(code(r.rule), r.level, r.mode, grade(r), f"{r.groups:,}", worst(r) or "") for r in subject.results]
        parts.append(table(("rule", "level", "mode", "verdict", "groups", "worst ulps"), rows))
        parts += [f"**Stale:** {prose(one.rule)}: {prose(one.observed)}" for one in subject.stale]
        parts += [in_full(group, every) for group in subject.counts]
    return "\n\n".join(within(parts)) + "\n"


def github(found: Sequence[Subject]) -> Iterator[str]:
    """Workflow commands that put each divergence on the line where its subject is defined."""
    for subject in found:
        declared = subject.stack.declared or {}
        place = f"file={_property(declared.get('file', ''))},line={declared.get('line', 1)}"
        for group in subject.counts:
            yield f"::error {place},title={_property('normconf: ' + group.rule.id)}::{_data(happened(group.finding))}"
        if subject.hint:
            yield f"::notice {place},title=normconf::{_data(subject.hint)}"


def _data(text: str) -> str:
    return escape_control(text).replace("%", "%25")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
