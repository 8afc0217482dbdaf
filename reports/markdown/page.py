"""The report as one Markdown page: the verdict first, then the evidence, each divergence with its case."""

from __future__ import annotations

from pathlib import Path

from reports.analysis.aggregates import tiers, unsupported
from reports.analysis.report import Report, weight_groups
from reports.analysis.summary import summary_sentence
from reports.markdown.devices import TITLE as DEVICES
from reports.markdown.devices import devices
from reports.markdown.drawn import TITLE as DRAWN
from reports.markdown.drawn import drawn
from reports.markdown.findings import disagreements, sections
from reports.markdown.known import divergences
from reports.markdown.markup import code, fitting, prose, replay, table, within
from reports.markdown.matrix import matrix
from reports.markdown.modes import same_bits, times
from reports.markdown.power import POWER, power, read_power
from reports.markdown.promises import TITLE as PROMISES
from reports.markdown.promises import promises
from reports.markdown.replacements import replacements
from reports.markdown.sweeps import TITLE as SWEEPS
from reports.markdown.sweeps import sweeps
from reports.markdown.verdicts import verdict_table
from reports.record.codec import to_json
from reports.record.file import Record
from reports.record.header import StackDescription
from reports.text import carried, duration, label, names, pluralize, shallow

HOW_TO_READ = """\
- ✔ EXACT: the correctly rounded value. ✔ BOUNDED: inside the interval that rounding errors alone can reach.
- ◐ RANGE: an intermediate value overflowed or underflowed in the format. ∅ UNSUPPORTED: could not be asked.
- ✘ DIVERGENT: outside the interval. ✘ ERROR, CRASH, TIMEOUT: no value where one is specified. ✘ ACCEPTED: a
  value where an error is specified. ○ recorded: nothing is specified, and what happened is written down.
- ◆ a grade that is *known*: its reason stands under "Known divergences", and only what is not known fails a run.
- – the rule does not apply there. · not run: it applies, and there is no result.
- MUST is what the specification says, SHOULD what users expect, RECORD what nobody has specified.
- The number beside a grade is the worst distance from the exact value in ulps; no tolerance is used."""

VERDICTS = """\
For each format the worst that came of a MUST rule, over contracts and modes, and the largest distance in ulps:
✔ inside the interval, ◐ the same, but for groups of which an intermediate left the format's range, ◆ broken, known,
✘ broken, news, ∅ the stack lacks the format. A distance is large, and no error, where a contract jumps at its bound, or
a parameter is another number in a narrow format."""


def render(report: Report, found: Path = POWER) -> str:
    """The whole page, with what is in the file of the rules' power; `RecordError` where that is broken."""
    return "\n\n".join(_parts(report, found)) + "\n"


def step_summary(report: Report, found: Path = POWER) -> str:
    """The same for the summary of a step in CI, which holds less than 1 MiB: what has no room is counted."""
    return "\n\n".join(within(_parts(report, found))) + "\n"


def _parts(report: Report, found: Path) -> list[str]:
    return [
        "# Weight-norm constraints: conformance report",
        f"**{prose(summary_sentence(report), limit=10_000)}**",
        "## Verdicts",
        VERDICTS,
        verdict_table(report),
        "## Can I use this call in place of Keras's max_norm?",
        *replacements(report),
        "## What was tested",
        _tested(report),
        "## How to read the grades",
        HOW_TO_READ,
        f"## {PROMISES}",
        *promises(report),
        "## Rules and stacks",
        *matrix(report),
        "## Where stacks disagree on unspecified input",
        *disagreements(report),
        *sections(report),
        "## Known divergences",
        *divergences(report),
        "## Do compiled modes give the same bits?",
        *same_bits(report),
        f"## {DEVICES}",
        *devices(report),
        f"## {SWEEPS}",
        *sweeps(report),
        f"## {DRAWN}",
        *drawn(report),
        "## Accumulation of the norm",
        *accumulation(report),
        "## What could not be asked",
        *unasked(report),
        "## How this was run",
        runs(report),
        *times(report),
        "## How to replay a case",
        "Every finding has an id; this asks the same question again:",
        "\n".join(f"- {replay(str(record.path), 'ID', _subject(record))}" for record in report.records),
        *power(read_power(found)),
    ]


def _subject(record: Record) -> str | None:
    """What stands for the name of somebody's own constraint, where the record holds any."""
    return "SUBJECT" if any(stack.declared is not None for stack in record.header.stacks) else None


def _tested(report: Report) -> str:
    head = ("stack", "held to", "versions", "device", "formats", "modes", "weight groups checked")
    return table(head, [_stack(report, stack) for stack in report.stacks])


def _stack(report: Report, stack: StackDescription) -> list[str]:
    name = f"**{prose(stack.name)}**<br>{prose(stack.sentence)}"
    if not stack.available:
        return [name, "", f"not available: {prose(stack.reason or '')}", "", "", "", "none"]
    versions = [f"{prose(package)} {prose(version)}" for package, version in stack.versions.items()]
    kind = stack.device.kind if stack.device else ""
    device = f"{prose(kind)}: {prose(stack.device.name)}" if stack.device else ""
    formats = [
        prose(form) if reason is None else f"no {prose(form)}: {prose(reason)}"
        for form, reason in stack.formats.items()
    ]
    modes = ", ".join(f"{prose(mode)}{' (compiles)' if mode in stack.compiled else ''}" for mode in stack.modes)
    contracts = ", ".join(prose(name) for name in stack.contracts)
    where = (stack.name, kind)
    checked = weight_groups(result for _, at, result in report.ordered if (at.stack, at.device) == where)
    versions.append(f"Python {prose(stack.python or 'unknown')}")
    if stack.backend:
        versions.append(f"backend {prose(stack.backend)}")
    return [name, contracts, "<br>".join(versions), device, "<br>".join(formats), modes, f"{checked:,}"]


def accumulation(report: Report) -> list[str]:
    """How the squares of a norm must have been added up, by stack, format and length."""
    found = tiers(report)
    if not found:
        return ["No accumulation was measured."]
    every = report.columns
    buckets = sorted({bucket for one in found.values() for bucket in one}, key=_first_number)
    rows = []
    for (column, form), one in found.items():
        cells = [f"{prose(one[bucket][0])} ({one[bucket][1]:,})" if bucket in one else "" for bucket in buckets]
        rows.append([prose(label(column, every)), prose(form), *cells])
    return [
        "The loosest reading of the sum of squares that the results need, by the number of weights in a "
        "group, and how many groups need it: *wide* as if summed in a wider format, *pairwise* as in a "
        "balanced tree, *any order* no better than one after the other.",
        fitting("Accumulation by stack and format", ("stack", "format", *map(prose, buckets)), rows, most=20),
    ]


def _first_number(bucket: str) -> tuple[int, str]:
    digits = bucket.split("-")[0].strip("<>=+ ")
    return (int(digits) if digits.isascii() and digits.isdecimal() else 0, bucket)


def unasked(report: Report) -> list[str]:
    """What could not be asked, and why."""
    every = report.columns
    rows = [
        [prose(what), prose(reason), f"{cases:,}", prose(names(where, every))]
        for what, reason, cases, where in unsupported(report)
    ]
    if not rows:
        return ["All that ran was asked in full."]
    return [fitting(pluralize(len(rows), "reason"), ("what", "reason", "cases", "stacks"), rows, most=30)]


def runs(report: Report) -> str:
    """Where each record comes from."""
    head = ("record", "suite", "started", "took", "seed", "depth", "options", "host")
    rows = []
    for record in report.records:
        header, footer = record.header, record.footer
        took = f"{duration(footer.seconds)}, exit {footer.exit}" if footer else "**no footer: incomplete**"
        if footer and footer.note:
            took += f" ({prose(footer.note)})"
        options = ", ".join(code(f"{name}={value}") for name, value in header.options.items()) or "none"
        host = ", ".join(prose(f"{name} {value}") for name, value in to_json(header.host).items())
        results = pluralize(len(record.results) + len(record.claims), "result") + prose(carried(record.carried))
        when = [prose(header.suite), code(header.started), f"{took}, {results}"]
        rows.append(
            [code(str(record.path)), *when, str(header.seed), header.depth + shallow(record.shallow), options, host]
        )
    return table(head, rows)
