"""The report as one HTML file that needs nothing else: no other host, no other file, no JavaScript to be read."""

from __future__ import annotations

import base64
import hashlib
import html
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from markdown_it import MarkdownIt
from markupsafe import Markup, escape

from reports import text as wording
from reports.analysis.aggregates import characterizations
from reports.analysis.claims import Answered
from reports.analysis.format_matrix import FORMATS, ORDER, WORDS, grid
from reports.analysis.ids import named
from reports.analysis.known import STATES, reasons
from reports.analysis.report import FindingGroup, Report
from reports.analysis.responses import contract_views
from reports.analysis.summary import summary_parts
from reports.charts.charts import series
from reports.charts.strips import strip
from reports.charts.svg import MARKS, STRIPS
from reports.html.changes import changes
from reports.html.stacks import stack_views
from reports.markdown import claims as claims_page
from reports.markdown import page as markdown
from reports.markdown.devices import TITLE as DEVICES
from reports.markdown.devices import devices
from reports.markdown.drawn import TITLE as DRAWN
from reports.markdown.drawn import drawn
from reports.markdown.markup import URL, lines, replay_command
from reports.markdown.modes import same_bits, times
from reports.markdown.power import POWER, power, read_power
from reports.markdown.promises import TITLE as PROMISES
from reports.markdown.promises import promises
from reports.markdown.replacements import replacements
from reports.markdown.sweeps import TITLE as SWEEPS
from reports.markdown.sweeps import sweeps
from reports.record.claims import Series

HERE = Path(__file__).parent
# of one value; a message of 10 MB is no reading matter
MOST = 4000


def page(report: Report, since: Report | None = None, found: Path = POWER) -> str:
    """The whole page; what is new is said against `since`, where that is given."""
    ids = named(report)
    links = {(group.rule.id, seen.column, seen.finding.id): name for name, group in ids for seen in group.occurrences}
    script = (HERE / "script.js").read_text("utf-8")
    template = _environment().get_template("page.html")
    return template.render(
        report=report,
        verdict=summary_parts(report),
        versions=_versions(report),
        state="passed" if report.passed else "failed" if report.whole else "incomplete",
        whole=report.whole,
        formats=FORMATS,
        order=ORDER,
        words=WORDS,
        rows=grid(report),
        anchor=lambda rule, column, finding: links.get((rule, column, finding), ""),
        by_section=_by_section(ids),
        changes=None if since is None else changes(since, report),
        reasons=reasons(report),
        states=STATES,
        characterizations=characterizations(report),
        contracts=contract_views(report),
        stacks=stack_views(report),
        sections=[(title, Markup(_html(parts))) for title, parts in _others(report, found)],
        replacements=Markup(_html(replacements(report))),
        claims_title=claims_page.TITLE,
        claims=Markup(_html(claims_page.parts(report, _figure, "###", examples=False))) if report.claims else "",
        wording=wording,
        replay=replay_command,
        slug=wording.slug,
        style=Markup((HERE / "style.css").read_text("utf-8") + MARKS + STRIPS),
        script=Markup(script),
        script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
    )


def _versions(report: Report) -> list[tuple[str, str]]:
    """Every package in every version that ran, and every device."""
    found: dict[str, dict[str, None]] = {}
    for stack in report.available.values():
        for name, version in [*stack.versions.items(), ("Python", stack.python or "unknown")]:
            found.setdefault(name, {})[version] = None
    devices = {stack.device.kind: stack.device.name for stack in report.available.values() if stack.device}
    return [*((name, ", ".join(versions)) for name, versions in sorted(found.items())), *devices.items()]


def _others(report: Report, found: Path) -> list[tuple[str, list[str]]]:
    """What is shown as it is in Markdown."""
    return [
        (PROMISES, list(promises(report))),
        ("Do compiled modes give the same bits?", same_bits(report)),
        (DEVICES, devices(report)),
        (SWEEPS, sweeps(report, strip)),
        (DRAWN, drawn(report)),
        ("Accumulation of the norm", markdown.accumulation(report)),
        ("What could not be asked", markdown.unasked(report)),
        ("How this was run", [markdown.runs(report), *times(report)]),
        ("The power of the rules", power(read_power(found))[1:]),
    ]


def _figure(one: Answered, drawn: Series) -> str:
    return series(drawn)


def _html(parts: Iterable[str]) -> str:
    # the Markdown is ours, and holds no text that it does not escape
    return str(MarkdownIt("commonmark", {"html": True}).enable("table").render("\n\n".join(parts)))


@dataclass(frozen=True)
class Entry:
    """A finding under its stable name, with the ids of the cases that no entry before it has."""

    name: str
    group: FindingGroup
    cases: tuple[str, ...]


def _by_section(ids: Iterable[tuple[str, FindingGroup]]) -> dict[str, list[Entry]]:
    found: dict[str, list[Entry]] = {}
    seen: set[str] = set()
    for name, group in ids:
        cases = tuple(dict.fromkeys(one.finding.id for one in group.occurrences if one.finding.id not in seen))
        seen.update(cases)
        found.setdefault(group.section, []).append(Entry(name, group, cases))
    return found


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )
    environment.tests["contains"] = lambda text, part: part in text
    # the short names of stacks depend on which others the report has
    environment.filters |= {
        "label": pass_context(lambda context, column: wording.label(column, context["report"].columns)),
        "names": pass_context(lambda context, where: wording.names(where, context["report"].columns)),
    }
    environment.filters |= {"lines": _lines, "linked": _linked, "number": lambda number: f"{number:,}"}
    return environment


def _shown(value: Any) -> Any:
    """Text from records as it is shown: what a page could act on is spelled out, and what is too long is cut."""
    return wording.escape_control(wording.truncate(value, MOST)) if type(value) is str else value


def _lines(text: str) -> Markup:
    """Several lines, as they are; between tags a quote needs no escape, and programs are full of them."""
    return Markup(html.escape(lines(text, MOST), quote=False))


def _linked(text: str) -> Markup:
    """Running text, the https addresses in it as links."""
    parts = URL.split(wording.escape_control(wording.truncate(text, MOST)))
    return Markup("").join(
        Markup('<a href="{0}">{0}</a>').format(part) if place % 2 else escape(part) for place, part in enumerate(parts)
    )
