"""A line for each stack and device: how its rules ended, and the worst that came of each format."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from reports.analysis.format_matrix import FORMATS, ORDER, Row, Square, grid
from reports.analysis.report import Report
from reports.markdown.markup import prose, table
from reports.record.grades import LEVELS, Level
from reports.text import on_device


def verdict_table(report: Report) -> str:
    """The table in Markdown, with a line for each device of a stack; a stack that did not run is in it."""
    places = [(stack.name, stack.device.kind if stack.device else "cpu") for stack in report.stacks]
    rows: dict[tuple[str, str], list[Row]] = {place: [] for place in places}
    for row in grid(report):
        rows[row.column.stack, row.column.device].append(row)
    broken = {device: [_by_stack(_on(report, device), level) for level in LEVELS] for device in {d for _, d in rows}}
    lines = []
    for (name, device), own in rows.items():
        cells = [found[name] for found in broken[device]] + [_worst(own, form) for form in FORMATS if own]
        none = ["not available", *[""] * (1 + len(FORMATS))]
        lines.append([prose(on_device(name, device)), *(cells if own else none)])
    return table(("stack", *(f"{level} rules broken" for level in LEVELS), *FORMATS), lines)


def _on(report: Report, device: str) -> Report:
    """What was found on a device."""
    return replace(report, results={key: result for key, result in report.results.items() if key[3] == device})


def _by_stack(report: Report, level: Level) -> dict[str, str]:
    """How many rules each stack breaks, of how many it was asked, and whether that is new (SHOULD is not counted).

    A rule of another level that is broken at this one stands apart, behind a plus.
    """
    asked: dict[str, set[str]] = {}
    for rule, column, result in report.ordered:
        if rule.level == level and result.grade != "UNSUPPORTED":
            asked.setdefault(column.stack, set()).add(rule.id)
    broken, new = report.breaches(level), report.breaches(level, new=True)
    found = {}
    for name in (stack.name for stack in report.stacks):
        every, wrong, fresh = asked.get(name, set()), broken.get(name, set()), new.get(name, set())
        said = f"{len(wrong & every)} of {len(every)}" + (f" + {len(wrong - every)}" if wrong - every else "")
        counted = f"**{said}**, {len(fresh)} new" if fresh else f"{said}, known"
        found[name] = counted if wrong and level == "MUST" else said
    return found


def _worst(rows: Sequence[Row], form: str) -> str:
    """The worst state over contracts and modes; of equal ones, the one that is furthest off."""
    squares = [row.squares[form] for row in rows]
    return min(squares, key=_badness).words


def _badness(square: Square) -> tuple[int, float]:
    return ORDER.index(square.state), -(square.worst or 0.0)
