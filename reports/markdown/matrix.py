"""Rules and stacks in Markdown: a table for each chapter, a row for each stack and mode, a column for each rule."""

from __future__ import annotations

from reports.analysis.report import Report
from reports.markdown.markup import code, folded, prose, source, table
from reports.record.header import RuleStatement
from reports.record.model import Column, Result
from reports.text import grade, label, pluralize, worst

FOLD = 12  # rows


def matrix(report: Report) -> list[str]:
    """For each chapter what its rules say, and how they ended wherever they apply."""
    parts = []
    for chapter in dict.fromkeys(rule.chapter for rule in report.rules):
        rules = [rule for rule in report.rules if rule.chapter == chapter]
        said = [f"- {rule.level} {code(rule.id)}: {prose(rule.sentence)}{_source(rule.source)}" for rule in rules]
        parts += [f"### Chapter: {prose(chapter)}", "\n".join(said), _table(report, chapter, rules)]
    return parts


def _source(text: str) -> str:
    return f" Source: {source(text)}" if text else ""


def _table(report: Report, chapter: str, rules: list[RuleStatement]) -> str:
    every = report.columns
    rows = [column for column in every if any(report.applies(rule, column) for rule in rules)]
    asked = [rule for rule in rules if any(report.applies(rule, column) for column in rows)]
    if not asked:
        return "None of these rules applies to a stack that ran."
    cells = [
        [
            prose(label(column, every)),
            *(_cell(report.result(rule.id, column), rule, column, report) for rule in asked),
        ]
        for column in rows
    ]
    shown = table(("stack and mode", *(code(rule.id) for rule in asked)), cells)
    if len(rows) <= FOLD:
        return shown
    results = [report.result(rule.id, column) for rule in asked for column in rows if report.applies(rule, column)]
    what = pluralize(len(rows), "stack and mode", "stacks and modes")
    return folded(f"{chapter}: {what}, {pluralize(len(asked), 'rule')}: {_ended(results)}", shown)


def _ended(results: list[Result | None]) -> str:
    """How many cells ended how, the commonest last."""
    counts: dict[str, int] = {}
    for result in results:
        counts[grade(result)] = counts.get(grade(result), 0) + 1
    return "; ".join(f"{number:,} {said}" for said, number in sorted(counts.items(), key=lambda one: one[1]))


def _cell(result: Result | None, rule: RuleStatement, column: Column, report: Report) -> str:
    if not report.applies(rule, column):
        return "–"
    text = grade(result)
    if result is None:
        return text
    broken = result.broken_findings
    new = [one for one in broken if one.is_new]
    shown = new or broken or result.findings
    linked = f"[{text}](#finding-{prose(shown[0].id)})" if shown else text
    distance = worst(result)
    return linked if distance is None else f"{linked} {distance}"
