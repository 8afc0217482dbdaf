"""The table of a summary: a row for each stack and mode, a column for each chapter, the worst outcome in each cell."""

from __future__ import annotations

from collections.abc import Iterable

from rich.box import SIMPLE
from rich.table import Table
from rich.text import Text

from reports.analysis.report import Report
from reports.console.sweeps import swept_line
from reports.record.chapters import numbered
from reports.record.model import Column, Result
from reports.text import KNOWN, escape_control, grade, label

STYLES = {"✔": "green", "◐": "yellow", "✘": "bold red", KNOWN: "magenta", "○": "cyan"}
WORST_FIRST = f"✘·{KNOWN}◐○∅✔"
LEGEND = (
    f"The worst outcome, and of how many rules (1/4: of 1 in 4): ✘ broken  {KNOWN} broken, known  "
    "◐ left the format's range  ○ recorded  ∅ unsupported  · not run  ✔ all hold"
)
# columns of the terminal for a stack and mode; a longer name goes on in the next line
_NAME, _LEAST = 40, 16


def overview(report: Report, width: int) -> list[Table | Text]:
    """The table, its chapters by number where their names do not fit, what the glyphs mean, and what was swept."""
    every = report.columns
    chapters = numbered([rule.chapter for rule in report.rules])
    labels = {column: escape_control(label(column, every)) for column in every}
    cells = {column: [_chapter(report, chapter, column) for chapter in chapters] for column in every}
    longest = max(map(len, labels.values()), default=0)
    # a space before each column and at both edges
    narrow = [
        max([len(str(number)), *(len(row[place]) for row in cells.values())]) + 1
        for place, number in enumerate(chapters.values())
    ]
    wide = [max(least, len(escape_control(title)) + 1) for least, title in zip(narrow, chapters, strict=True)]
    by_number = min(longest, _NAME) + sum(wide) + 3 > width
    name = max(_LEAST, min(longest, width - sum(narrow) - 3)) if by_number else min(longest, _NAME)
    shown = Table(box=SIMPLE, padding=0)
    shown.add_column("stack", width=name, overflow="fold")
    for title, number in chapters.items():
        shown.add_column(Text(str(number) if by_number else escape_control(title)), no_wrap=True)
    grouped = _by_contracts(report, every)
    for contracts, members in grouped.items():
        if len(grouped) > 1:
            shown.add_section()
            shown.add_row(Text(escape_control(contracts), style="dim italic"))
        for column in members:
            shown.add_row(Text(labels[column]), *cells[column])
    parts: list[Table | Text] = [shown]
    if by_number:
        titles = "  ".join(f"{number}={escape_control(title)}" for title, number in chapters.items())
        parts.append(Text(f"Chapters: {titles}", style="dim"))
    return [*parts, Text(LEGEND, style="dim"), *swept_line(report)]


def _by_contracts(report: Report, every: Iterable[Column]) -> dict[str, list[Column]]:
    """Columns that are held to the same contracts stand together."""
    found: dict[str, list[Column]] = {}
    for column in every:
        stack = report.available.get((column.stack, column.device))
        found.setdefault(", ".join(stack.contracts) if stack else "", []).append(column)
    return found


def _chapter(report: Report, chapter: str, column: Column) -> Text:
    """How many of the chapter's rules ended worst, blank where none applies."""
    rules = [rule for rule in report.rules if rule.chapter == chapter and report.applies(rule, column)]
    glyphs = [_glyph(report.result(rule.id, column)) for rule in rules]
    if not glyphs:
        return Text()
    worst = min(glyphs, key=WORST_FIRST.index)
    number = glyphs.count(worst)
    of = "" if number == len(glyphs) else f"/{len(glyphs)}"
    return Text(f"{worst}{number}{of}", style=STYLES.get(worst, ""))


def _glyph(result: Result | None) -> str:
    if result is None or result.is_known or not result.grade.is_broken:
        return grade(result)[0]
    return "✘"
