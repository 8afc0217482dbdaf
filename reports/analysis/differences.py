"""How modes and devices differ in bits."""

from __future__ import annotations

from reports.analysis.report import Report
from reports.record.model import Column, Difference
from reports.text import size

MODES, DEVICES = "the stack's first mode", "the CPU"


def differences(report: Report, compared: str = MODES) -> dict[Column, dict[str, Difference]]:
    """By column and format: how many elements were compared with MODES or with DEVICES, and how many differ."""
    found: dict[Column, dict[str, Difference]] = {}
    for rule, column, result in report.ordered:
        # a rule that is for one kind of device alone compares it with the other one
        if (rule.devices is not None) != (compared == DEVICES):
            continue
        for form, one in result.differences.items():
            formats = found.setdefault(column, {})
            formats[form] = _both(formats[form], one) if form in formats else one
    return found


def _both(one: Difference, other: Difference) -> Difference:
    return Difference(
        one.elements + other.elements,
        one.differ + other.differ,
        max(one.ulps, other.ulps, key=size),
    )
