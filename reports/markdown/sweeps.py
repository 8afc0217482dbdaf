"""Sweeps in Markdown: what became of every number of a format, which is a fact about a build and no sample."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from reports.analysis.report import Report
from reports.analysis.sweeps.alike import Alike, Swept, not_swept, setting, swept
from reports.analysis.sweeps.sentences import sentences, space
from reports.markdown.markup import fitting, prose, table
from reports.record.model import Column
from reports.record.sweeps import Sweep
from reports.text import KNOWN, names, pluralize

TITLE = "Every number of a format"
INTRODUCTION = (
    "Here nothing is sampled: every number of a narrow format was asked as a group of its own, NaN and infinities "
    "among them, so each line holds for all weights of that kind on this build. *Inside* counts results in the "
    "accepted interval, *left the range* those that an overflow or underflow of an intermediate explains, *broken* "
    "all others. w is a weight and |w| its size; what becomes of NaN and infinities is described only where it is "
    "broken."
)
PICTURES = (
    "Each picture shows sizes from the smallest to the largest number of the format on a logarithmic axis: blue is "
    "inside the accepted interval; yellow became 0, purple infinite, pink NaN and green another number, because an "
    "intermediate left the range; orange is broken; pale where only some of the numbers did. Above the strip are the "
    "sizes at which the outcome changes."
)
APART = "; two lines that read alike differ in what they do not show, such as the sign of a zero"
HEAD = ("what, on which stacks and modes", "inside", "left the range", "broken", "what stands out")
MOST_NAMED = 2
Figure = Callable[[Sweep], str]


def sweeps(report: Report, figure: Figure | None = None) -> list[str]:
    """The section; `figure` draws a sweep, on a page that can hold pictures."""
    found = swept(report)
    if not found:
        return ["No record holds a sweep.", *_left_out(report)]
    shown = [(one, each) for one in found for each in one.classes if one.is_first or each.broken]
    rows = [_row(one, each, report.columns, figure) for one, each in shown]
    return [
        INTRODUCTION,
        _same(found),
        *([PICTURES] if figure else []),
        table(HEAD, rows) if figure else fitting(f"{pluralize(len(rows), 'outcome')} of sweeps", HEAD, rows, most=30),
        *_others(found),
        *_left_out(report),
    ]


def _same(found: Sequence[Swept]) -> str:
    """What it means that columns stand in one line."""
    several = [each for one in found for each in one.classes if len(each.columns) > 1]
    if all(each.sweep.digest is not None for each in several):
        return f"Stacks and modes in one line gave the same bits for every number{APART}."
    return (
        "Stacks and modes in one line gave the same bits for every number of a format of 16 bits; in larger spaces "
        f"their bits were not compared, and the same ranges came out alike{APART}."
    )


def _row(one: Swept, each: Alike, every: Sequence[Column], figure: Figure | None) -> list[str]:
    known = (
        f"{KNOWN}\N{NO-BREAK SPACE}{each.broken:,}, known" if each.is_known else f"✘\N{NO-BREAK SPACE}{each.broken:,}"
    )
    said = [prose(sentence) for sentence in sentences(each, every)]
    drawn = figure(each.sweep) if figure else ""
    return [
        f"**{prose(f'{one.what.name}: {space(one.what)}')}**<br>{prose(names(each.columns, every))}",
        f"{each.inside:,}",
        f"◐\N{NO-BREAK SPACE}{each.ranged:,}" if each.ranged else "0",
        known if each.broken else "0",
        "<br>".join([*said, drawn] if drawn else said),
    ]


def _others(found: Sequence[Swept]) -> list[str]:
    """A line on the parameters that have no rows of their own."""
    others = [one for one in found if not one.is_first]
    if not others:
        return []
    sets = len({setting(one.what) for one in others})
    broken = sum(one.broken for one in others)
    came = f"{broken:,} of them are broken, as shown above" if broken else "none of them is broken"
    groups = sum(one.groups for one in others)
    return [
        f"The lines are of each contract's first parameters. {pluralize(sets, 'other parameter set')} "
        f"{'was' if sets == 1 else 'were'} swept as well, {pluralize(groups, 'group')} over all stacks and modes: "
        f"{came}."
    ]


def _left_out(report: Report) -> list[str]:
    """What was not swept, a line for each reason."""
    lines = []
    for reason, (what, where) in not_swept(report).items():
        more = len(what) - MOST_NAMED
        named = "; ".join(what[:MOST_NAMED]) + (f"; and {more:,} more" if more > 0 else "")
        lines.append(f"- {prose(named)}: {prose(reason)} ({prose(names(where, report.columns))})")
    return ["Not swept:", "\n".join(lines)] if lines else []
