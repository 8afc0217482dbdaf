"""What changed, for a maintainer who reads a log of CI, and the same in Markdown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rich.console import Console

from reports.changes.diff import CATEGORIES, Category, Change, Diff
from reports.console.run import say
from reports.markdown.markup import folded, prose
from reports.record.model import Column
from reports.text import call, names, pluralize, truncate

IN_FULL: tuple[Category, ...] = ("added", "changed")
IN_A_LINE: tuple[Category, ...] = ("fixed", "no longer run")
_LINE = 300
_MOST = 8  # names in a line


@dataclass(frozen=True)
class Entry:
    """Changes that say the same in one or several places: a title, and what there is to know by name."""

    title: str
    rows: tuple[tuple[str, str], ...]
    where: tuple[Column, ...]

    def named(self, diff: Diff) -> str:
        """The title, and where it is so."""
        return f"{self.title} on {names(self.where, diff.columns)}" if self.where else self.title


def head(diff: Diff) -> str:
    """How many changes there are of each category."""
    return ", ".join(f"{len(diff.changes[category]):,} {category}" for category in CATEGORIES) + "."


def updates(diff: Diff) -> list[str]:
    """A line for each package of which the versions differ."""
    return [f"{name} {old} -> {new} ({', '.join(stacks)})" for (name, old, new), stacks in diff.updates.items()]


def entries(diff: Diff, category: Category) -> tuple[Entry, ...]:
    """The changes of a category, in order."""
    found: dict[tuple[str, tuple[tuple[str, str], ...]], list[Column]] = {}
    for change in diff.changes[category]:
        where = change.fact.where
        found.setdefault((change.fact.title, tuple(_rows(change))), []).extend([where] if where else [])
    return tuple(Entry(title, rows, tuple(where)) for (title, rows), where in found.items())


def _rows(change: Change) -> Iterator[tuple[str, str]]:
    fact, differences = change.fact, change.differences
    if change.why:
        yield "note", change.why
    if fact.known is not None:
        yield "known", fact.known
    if fact.sentence:
        yield "what", fact.sentence
    if fact.case is not None:
        yield "asked", f"{call(fact.case)} on {fact.case.weights.format} ({fact.case.id})"
    for name in dict.fromkeys([*fact.values, *differences]):
        if name in differences:
            yield name, " -> ".join(truncate(one, _LINE) for one in differences[name])
        elif name != "case" and fact.values[name] != "none":
            yield name, fact.values[name]
    if fact.versions:
        before = change.before.versions if change.before and change.before.versions else fact.versions
        yield "versions", ", ".join(_version(name, before.get(name), new) for name, new in fact.versions.items())


def _version(name: str, old: str | None, new: str) -> str:
    return f"{name} {new}" if old == new else f"{name} {old or 'none'} -> {new}"


def show(diff: Diff, console: Console) -> None:
    """Counts, versions, and each addition and change with its case; what is no news has a line each."""
    say(console, head(diff), "bold red" if diff.anything_new else "bold yellow" if diff.warnings else "bold green")
    for text in [*diff.warnings, *updates(diff)]:
        say(console, truncate(text, _LINE))
    for category in IN_FULL:
        _heading(category, diff, console)
        for entry in entries(diff, category):
            say(console, f"  ✘ {truncate(entry.named(diff), _LINE)}")
            for name, text in entry.rows:
                say(console, f"      {name:<12} {truncate(text, 3 * _LINE)}")
    lines: dict[Category, list[str]] = {
        "fixed": [_line(diff, entry) for entry in entries(diff, "fixed")],
        "no longer run": list(_summed(diff)),
    }
    for category, found in lines.items():
        _heading(category, diff, console)
        for line in found:
            say(console, f"  {truncate(line, _LINE)}")


def markdown(diff: Diff) -> str:
    """The same as a page."""
    parts = ["# What changed", f"**{head(diff)}**", *map(prose, diff.warnings)]
    if diff.updates:
        parts.append("\n".join(f"- {prose(text)}" for text in updates(diff)))
    for category in IN_FULL:
        if diff.changes[category]:
            parts.append(f"## {category.capitalize()}")
        for entry in entries(diff, category):
            rows = [f"  - **{name}:** {prose(text)}" for name, text in entry.rows]
            parts.append("\n".join([f"- ✘ **{prose(entry.named(diff))}**", *rows]))
    for category in IN_A_LINE:
        if found := entries(diff, category):
            said = "\n".join(f"- {prose(_line(diff, entry))}" for entry in found)
            parts.append(folded(f"{category.capitalize()}: {len(diff.changes[category]):,}", said))
    return "\n\n".join(parts) + "\n"


def _heading(category: Category, diff: Diff, console: Console) -> None:
    if diff.changes[category]:
        say(console, category.upper(), "bold")


def _summed(diff: Diff) -> Iterator[str]:
    """A line for each kind of what no longer runs and each reason: how many, and in which stacks or of what name."""
    found: dict[tuple[str, str], list[str]] = {}
    for change in diff.changes["no longer run"]:
        fact = change.fact
        found.setdefault((fact.kind, change.why), []).append(fact.where.stack if fact.where else fact.about[0])
    for (kind, why), where in found.items():
        different = list(dict.fromkeys(where))
        more = f" and {len(different) - _MOST} more" if different[_MOST:] else ""
        yield f"{pluralize(len(where), kind)} ({why}): {', '.join(different[:_MOST])}{more}"


def _line(diff: Diff, entry: Entry) -> str:
    return entry.named(diff) + "".join(f" ({text})" for name, text in entry.rows if name == "note")
