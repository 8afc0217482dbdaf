"""A badge for a README, in the JSON that shields.io asks an endpoint for (https://shields.io/badges/endpoint-badge)."""

from __future__ import annotations

import json

from reports.analysis.merge import Report
from reports.analysis.report import breaches, known, whole
from reports.text import count


def badge(report: Report, label: str = "normconf") -> str:
    """The JSON of a badge that is green only where all of it ran, and no MUST rule is broken or known to be.

    A divergence is a rule that a stack breaks, as in the verdict.
    """
    message, color = _said(report)
    return json.dumps({"schemaVersion": 1, "label": label, "message": message, "color": color}) + "\n"


def _said(report: Report) -> tuple[str, str]:
    new, every = (sum(map(len, breaches(report, "MUST", new=only).values())) for only in (True, False))
    stale = len(known(report, "stale"))
    bad = [count(new, "new divergence")] if new else []
    bad += [count(stale, "stale divergence")] if stale else []
    if not report.results:
        return "nothing checked", "lightgrey"
    if not whole(report):
        return ", ".join(["incomplete", *bad]), "red" if bad else "lightgrey"
    if bad:
        return ", ".join(bad), "red"
    return (count(every, "known divergence"), "yellow") if every else ("conforms", "brightgreen")
