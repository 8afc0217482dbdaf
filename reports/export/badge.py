"""A badge for a README, in the JSON that shields.io asks an endpoint for (https://shields.io/badges/endpoint-badge)."""

from __future__ import annotations

import json
from collections.abc import Mapping

from reports.analysis.known import known_divergences
from reports.analysis.report import Report
from reports.record.grades import Level
from reports.text import pluralize


def badge(report: Report, label: str = "normconf") -> str:
    """The JSON of a badge that is green only where all of it ran, and no MUST rule is broken or known to be.

    A new divergence is a rule that a stack breaks, as in the verdict; a known one is a root cause, as in the reports.
    """
    message, color = _said(report)
    return json.dumps({"schemaVersion": 1, "label": label, "message": message, "color": color}) + "\n"


def _said(report: Report) -> tuple[str, str]:
    new, known = _total(report.breaches(Level.MUST, new=True)), known_divergences(report)
    stale = known_divergences(report, "stale")
    bad = [pluralize(new, "new divergence")] if new else []
    bad += [pluralize(stale, "stale divergence")] if stale else []
    if not report.results:
        return "nothing checked", "lightgrey"
    if not report.whole:
        return ", ".join(["incomplete", *bad]), "red" if bad else "lightgrey"
    if bad:
        return ", ".join(bad), "red"
    return (pluralize(known, "known divergence"), "yellow") if known else ("conforms", "brightgreen")


def _total(breaches: Mapping[str, set[str]]) -> int:
    return sum(len(rules) for rules in breaches.values())
