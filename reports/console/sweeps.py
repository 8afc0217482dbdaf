"""What was swept, in one line of a summary."""

from __future__ import annotations

from collections.abc import Hashable, Iterable

from rich.text import Text

from reports.analysis.report import Report
from reports.analysis.sweeps.alike import broken, every_sweep, setting
from reports.record.sweeps import SpaceKind, Sweep
from reports.text import escape_control, join_and, names, pluralize

_MOST = 8  # names of stacks
SPACES: dict[SpaceKind, str] = {
    "numbers": "every number of",
    "pairs": "every pair of numbers of",
    "equal weights": "every group of equal numbers of",
}


def swept_line(report: Report) -> list[Text]:
    """How many groups of which spaces were asked, and how many of them are broken; nothing where there is no sweep."""
    every = list(every_sweep(report))
    if not every:
        return []
    stacks = {column.stack for column, _, _ in every}
    stopped = sum(not sweep.is_whole for _, _, sweep in every)
    said = [
        f"Swept: {_spaces(sweep for _, _, sweep in every)} of {pluralize(len(stacks), 'stack')}, ",
        f"{_many(sum(sweep.groups for _, _, sweep in every))} groups: ",
        _broken(report) or "none broken",
        f"; {pluralize(stopped, 'sweep')} stopped early." if stopped else ".",
    ]
    return [Text(escape_control("".join(said)))]


def _broken(report: Report) -> str:
    """How many groups break a rule, whether that is known, and where; empty where none does."""
    wrong = [(column, result, sweep) for column, result, sweep in every_sweep(report) if broken(sweep)]
    if not wrong:
        return ""
    where = names(dict.fromkeys(column for column, _, _ in wrong), report.columns, _MOST)
    known = ", known" if all(result.is_known for _, result, _ in wrong) else ""
    return f"{_many(sum(broken(sweep) for _, _, sweep in wrong))} broken{known}, on {where}"


def _spaces(sweeps: Iterable[Sweep]) -> str:
    """The spaces, formats together in which as many settings were swept: parameters, and lengths of equal weights."""
    settings: dict[tuple[str, str], set[Hashable]] = {}
    for sweep in sweeps:
        settings.setdefault((SPACES[sweep.space], sweep.format), set()).add((setting(sweep), sweep.length))
    forms: dict[tuple[str, int], list[str]] = {}
    for (every, form), found in settings.items():
        forms.setdefault((every, len(found)), []).append(form)
    return join_and(
        [f"{every} {join_and(of)} in {pluralize(number, 'setting')}" for (every, number), of in forms.items()]
    )


def _many(number: int) -> str:
    """A number in millions or billions, where it is as large."""
    for unit, least in (("billion", 10**9), ("million", 10**6)):
        if number >= least:
            return f"{number / least:.1f} {unit}"
    return f"{number:,}"
