"""The report as one Markdown page: the verdict first, then the evidence, each divergence with its case."""

from __future__ import annotations

from reports.events import Result, Stack
from reports.findings import disagreements, sections
from reports.markup import code, prose, replay, source, table
from reports.merge import Report
from reports.views import BROKEN, Column, cell, columns, groups, ordered, tiers, unsupported
from reports.wording import count, duration, grade, label, verdict, worst

HOW_TO_READ = """\
- ✔ EXACT: the correctly rounded value. ✔ BOUNDED: inside the interval that rounding errors alone can reach.
- ◐ RANGE: an intermediate value overflowed or underflowed in the format. ∅ UNSUPPORTED: could not be asked.
- ✘ DIVERGENT: outside the interval. ✘ ERROR, CRASH, TIMEOUT: no value where one is specified. ✘ ACCEPTED: a
  value where an error is specified. ○ recorded: nothing is specified, and what happened is written down.
- MUST is what the specification says, SHOULD what users expect, RECORD what nobody has specified.
- The number beside a grade is the worst distance from the exact value in ulps; no tolerance is used."""


def render(report: Report) -> str:
    """The whole page."""
    parts = [
        "# Weight-norm constraints: conformance report",
        f"**{prose(verdict(report), limit=10_000)}**",
        "## What was tested",
        _tested(report),
        "## How to read the grades",
        HOW_TO_READ,
        "## Rules and stacks",
        *_matrix(report),
        "## Where stacks disagree on unspecified input",
        *disagreements(report),
        *sections(report),
        "## Accumulation of the norm",
        *_tiers(report),
        "## What could not be asked",
        *_unsupported(report),
        "## How this was run",
        _runs(report),
        "## How to replay a case",
        "Every finding has an id; this asks the same question again:",
        "\n".join(f"- {replay(str(record.path), 'ID')}" for record in report.records),
    ]
    return "\n\n".join(parts) + "\n"


def _tested(report: Report) -> str:
    head = ("stack", "versions", "device", "formats", "modes", "weight groups checked")
    return table(head, [_stack(report, stack) for stack in report.stacks])


def _stack(report: Report, stack: Stack) -> list[str]:
    name = f"**{prose(stack['name'])}**<br>{prose(stack['sentence'])}"
    if not stack["available"]:
        return [name, f"not available: {prose(stack['reason'] or '')}", "", "", "", "none"]
    versions = [f"{prose(package)} {prose(version)}" for package, version in stack["versions"].items()]
    kind = stack["device"]["kind"] if stack["device"] else ""
    device = f"{prose(kind)}: {prose(stack['device']['name'])}" if stack["device"] else ""
    formats = [
        prose(form) if reason is None else f"no {prose(form)}: {prose(reason)}"
        for form, reason in stack["formats"].items()
    ]
    modes = ", ".join(prose(mode) for mode in stack["modes"])
    where = (stack["name"], kind)
    checked = groups(result for _, at, result in ordered(report) if (at.stack, at.device) == where)
    versions.append(f"Python {prose(stack['python'] or 'unknown')}")
    if stack["backend"]:
        versions.append(f"backend {prose(stack['backend'])}")
    return [name, "<br>".join(versions), device, "<br>".join(formats), modes, f"{checked:,}"]


def _matrix(report: Report) -> list[str]:
    every = columns(report)
    head = ("rule", "level", *(prose(label(column, every)) for column in every))
    parts = []
    for chapter in dict.fromkeys(rule["chapter"] for rule in report.rules):
        rules = [rule for rule in report.rules if rule["chapter"] == chapter]
        rows = [
            [code(rule["id"]), rule["level"], *(_cell(cell(report, rule["id"], column)) for column in every)]
            for rule in rules
        ]
        said = [f"- {code(rule['id'])}: {prose(rule['sentence'])}{_source(rule['source'])}" for rule in rules]
        parts += [f"### Chapter: {prose(chapter)}", table(head, rows), "\n".join(said)]
    return parts


def _source(text: str) -> str:
    return f" Source: {source(text)}" if text else ""


def _cell(result: Result | None) -> str:
    text = grade(result)
    if result is None:
        return text
    shown = [one for one in result["findings"] if one["grade"] in BROKEN] or result["findings"]
    linked = f"[{text}](#finding-{prose(shown[0]['id'])})" if shown else text
    distance = worst(result)
    return linked if distance is None else f"{linked} {distance}"


def _tiers(report: Report) -> list[str]:
    found = tiers(report)
    if not found:
        return ["No accumulation was measured."]
    every = columns(report)
    buckets = sorted({bucket for one in found.values() for bucket in one}, key=_first_number)
    rows = []
    for (column, form), one in found.items():
        cells = [f"{prose(one[bucket][0])} ({one[bucket][1]:,})" if bucket in one else "" for bucket in buckets]
        rows.append([prose(label(column, every)), prose(form), *cells])
    return [
        "The loosest reading of the sum of squares that the results need, by the number of weights in a "
        "group, and how many groups need it: *wide* as if summed in a wider format, *pairwise* as in a "
        "balanced tree, *any order* no better than one after the other.",
        table(("stack", "format", *(prose(bucket) for bucket in buckets)), rows),
    ]


def _first_number(bucket: str) -> tuple[int, str]:
    digits = bucket.split("-")[0].strip("<>=+ ")
    return (int(digits) if digits.isascii() and digits.isdecimal() else 0, bucket)


def _unsupported(report: Report) -> list[str]:
    every = columns(report)
    rows = [
        [prose(what), prose(reason), f"{cases:,}", _names(where, every)]
        for what, reason, cases, where in unsupported(report)
    ]
    return [table(("what", "reason", "cases", "stacks"), rows) if rows else "All that ran was asked in full."]


def _names(where: list[Column], every: tuple[Column, ...]) -> str:
    return ", ".join(prose(label(column, every)) for column in where)


def _runs(report: Report) -> str:
    head = ("record", "suite", "started", "took", "seed", "depth", "options", "host")
    rows = []
    for record in report.records:
        header, footer = record.header, record.footer
        took = f"{duration(footer['seconds'])}, exit {footer['exit']}" if footer else "**no footer: incomplete**"
        if footer and footer["note"]:
            took += f" ({prose(footer['note'])})"
        options = ", ".join(code(f"{name}={value}") for name, value in header["options"].items()) or "none"
        host = ", ".join(prose(f"{name} {value}") for name, value in header["host"].items())
        results = count(len(record.results), "result")
        when = [prose(header["suite"]), code(header["started"]), f"{took}, {results}"]
        rows.append([code(str(record.path)), *when, str(header["seed"]), header["depth"], options, host])
    return table(head, rows)
