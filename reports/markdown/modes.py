"""Compiled modes in Markdown: whether they give the same bits, and how long they take to compile."""

from __future__ import annotations

from collections.abc import Iterable

from reports.analysis.differences import differences
from reports.analysis.report import Report
from reports.markdown.markup import fitting, prose
from reports.record.model import Column, Difference, Result
from reports.text import duration, label, percent, pluralize, ulps


def same_bits(report: Report) -> list[str]:
    """The section: how much of what each further mode gives differs from the first mode of its stack."""
    found = {column: formats for column, formats in differences(report).items() if formats}
    if not found:
        return ["No stack was compared in two modes."]
    forms = list(dict.fromkeys(form for formats in found.values() for form in formats))
    every = report.columns
    rows = [
        [prose(label(column, every)), _first(report, column), *(share(formats.get(form)) for form in forms)]
        for column, formats in found.items()
    ]
    asked = [formats for formats in found.values() if any(one.elements for one in formats.values())]
    changed = sum(any(one.differ for one in formats.values()) for formats in asked)
    said = "Yes: every bit that was compared is the same" if asked else "Nothing was compared"
    if changed:
        said = f"No: {changed} of {len(asked)} give other bits than the first mode of their stack"
    return [
        f"{said}. Each mode is compared with the first mode of its stack on the same weights, element by "
        "element: the share that differs in any bit, and the largest distance. Both may be right, for rounding "
        "leaves an interval of accepted results; a large distance comes of an intermediate that leaves the format's "
        "range in one mode and not in the other. A result that is reproduced bit by bit needs the same mode.",
        fitting(
            f"{pluralize(len(rows), 'mode')} compared",
            ("stack and mode", "compared with", *(prose(form) for form in forms)),
            rows,
            most=30,
        ),
    ]


def _first(report: Report, column: Column) -> str:
    stack = report.available.get((column.stack, column.device))
    return prose(stack.modes[0]) if stack and stack.modes else ""


def share(one: Difference | None) -> str:
    """How much differs, and by how much at most."""
    if one is None:
        return ""
    if not one.elements:
        return "nothing compared"
    of = f"of {one.elements:,}"
    if not one.differ:
        return f"✔ none {of}"
    return f"≠ {percent(one.differ / one.elements)} {of}, at most {ulps(one.ulps)} ulps"


def times(report: Report) -> list[str]:
    """How long each column took, how much of it were calls, and how much of those the first ones in compiled modes."""
    found = report.ordered
    if not found:
        return []
    every = report.columns
    rows = [
        [prose(label(column, every)), *_took(result for _, at, result in found if at == column)] for column in every
    ]
    took, calls, compiling = _took(result for _, _, result in found)
    return [
        f"The rules took {took}, of which {calls} were calls, and at most {compiling} tracing and compiling.",
        "Starting the frameworks is not in it. What is not in calls is drawing cases, sending, judging and reducing. "
        "*Tracing and compiling* is the time of the first call for each shape in a mode that compiles; such a call "
        "computes as well, so it is an upper bound.",
        fitting(
            "Time by stack and mode",
            ("stack and mode", "all", "in calls", "tracing and compiling, at most"),
            rows,
        ),
    ]


def _took(results: Iterable[Result]) -> list[str]:
    mine = list(results)
    every = sum(result.seconds for result in mine)
    calls = sum(result.calls.seconds for result in mine)
    compiling = sum(result.calls.compiling for result in mine)
    return [duration(every), _part(calls, every), _part(compiling, every)]


def _part(seconds: float, whole: float) -> str:
    return f"{duration(seconds)} ({percent(seconds / whole)})" if seconds and whole else duration(seconds)
