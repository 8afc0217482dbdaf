"""The evidence in Markdown: each finding once, with its case and a snippet to paste."""

from __future__ import annotations

from reports.analysis.aggregates import Characterization, characterizations
from reports.analysis.report import FindingGroup, Report
from reports.markdown.markup import block, code, folded, prose, replay, table
from reports.record.case import Case
from reports.record.model import Column, Program
from reports.text import GLYPHS, call, label, names, pluralize, ulps

TITLES = {
    "MUST": ("New divergences from MUST rules", "What the specification says does not hold."),
    "SHOULD": (
        "New divergences from SHOULD rules",
        "What users expect does not hold; the specification is silent.",
    ),
    "RANGE": ("Out of range", "An intermediate value left the format's range, and the result went with it."),
    "RECORD": (
        "Failures on unspecified input",
        "Nothing is specified here; a failure is recorded all the same.",
    ),
}
OPEN = {"MUST": 20, "SHOULD": 3, "RANGE": 3, "RECORD": 3}


def sections(report: Report) -> list[str]:
    """A section for each kind of new finding, even where there is none; much is folded, nothing left out."""
    parts = []
    every = report.columns
    found = report.findings
    for section, (title, meaning) in TITLES.items():
        groups = found[section]
        parts += [f"## {title}", f"{meaning} {pluralize(len(groups), 'finding')} here." if groups else _none(report)]
        for place, one in enumerate(groups):
            if place < OPEN[section]:
                parts.append(in_full(one, every))
            else:
                parts.append(evidence(one, every))
    return parts


def evidence(group: FindingGroup, every: tuple[Column, ...]) -> str:
    """All that is known of a finding, folded."""
    return folded(_title(group, every), _body(group, every))


def in_full(group: FindingGroup, every: tuple[Column, ...]) -> str:
    """The same under a heading."""
    return f"### {prose(_title(group, every))}\n\n{_body(group, every)}"


def _none(report: Report) -> str:
    if not report.whole:
        return "None in the part that ran; not all of it ran."
    return "None that is new; what is known stands below." if report.findings["KNOWN"] else "None."


def _title(group: FindingGroup, every: tuple[Column, ...]) -> str:
    finding = group.finding
    return (
        f"{GLYPHS[finding.grade]} {finding.grade}: {group.rule.id} ({finding.contract}, "
        f"{finding.format}) on {names(group.columns, every)}"
    )


def _body(group: FindingGroup, every: tuple[Column, ...]) -> str:
    first = group.occurrences[0]
    finding = first.finding
    rows = [
        ("case", _case(finding.case)),
        ("weights", code(finding.weights)),
        ("observed", code(finding.observed)),
        ("accepted", code(finding.accepted)),
    ]
    if finding.ulps is not None:
        rows.append(("distance in ulps", ulps(finding.ulps)))
    if finding.model:
        rows.append(("explained by", prose(finding.model)))
    if finding.tier:
        rows.append(("accumulation", prose(finding.tier)))
    again = replay(str(first.origin), finding.id, first.subject)
    rows += [("weight groups alike", _affected(group, every)), ("replay", again)]
    ids = dict.fromkeys(prose(seen.finding.id) for seen in group.occurrences)
    anchors = "".join(f'<a id="finding-{id}"></a>' for id in ids)
    parts = [
        f"{anchors}**Rule:** {prose(group.rule.sentence)}",
        f"**What happened:** {prose(finding.sentence)}",
        table(("", ""), rows),
        *_program(finding.program, label(first.column, every)),
    ]
    return "\n\n".join(parts + _elsewhere(group, every))


def _affected(group: FindingGroup, every: tuple[Column, ...]) -> str:
    counted = [f"{seen.finding.count:,} on {prose(label(seen.column, every))}" for seen in group.occurrences]
    return ", ".join(counted)


def _case(case: Case) -> str:
    weights = case.weights
    shape = ", ".join(map(str, weights.shape)) + ("," if len(weights.shape) == 1 else "")
    calls = "" if case.calls == 1 else f", called {pluralize(case.calls, 'time')}"
    form, layout = prose(weights.format), prose(weights.layout)
    return f"{code(call(case))} on {form} of shape ({shape}), layout {layout}{calls}; case {code(case.id)}"


def _program(program: Program | None, where: str) -> list[str]:
    if program is None:
        return ["There is no snippet for this."]
    if program.missing:
        return [f"No program is shown: {prose(program.missing)}."]
    ran = (
        f"This was run by the suite on {prose(where)} in a fresh process and printed:"
        if program.reproduces
        else f"Run on {prose(where)} in a fresh process this did **NOT** reproduce; it printed:"
    )
    return [block(program.source, "python"), ran, block(program.printed, "text", 3000)]


def _elsewhere(group: FindingGroup, every: tuple[Column, ...]) -> list[str]:
    if group.finding.program is None:
        return []  # Then no other has one either: the best stands first.
    said = {True: "Reproduced too on", False: "Did **NOT** reproduce on", None: "Without a program on"}
    parts = []
    for state, words in said.items():
        same = [
            f"{label(seen.column, every)} ({seen.finding.id})"
            for seen in group.occurrences[1:]
            if _reproduces(seen.finding.program) is state
        ]
        parts += [f"{words} {prose(', '.join(same))}."] if same else []
    return [" ".join(parts)] if parts else []


def _reproduces(program: Program | None) -> bool | None:
    """Whether a program shows it; None where there is no program, and so nothing that did not."""
    return None if program is None or program.missing else program.reproduces


def disagreements(report: Report) -> list[str]:
    """Unspecified input by what was done with it: where stacks disagree, with examples, then the rest."""
    found = characterizations(report)
    every = report.columns
    if not found:
        return ["No unspecified input was tried." if report.whole else "None in the part that ran."]
    split = [probe for probe in found if probe.disagree]
    parts = ["Nothing specifies these, so none of it is wrong; code that relies on any of it is not portable."]
    parts += [_behaviours(split, every)] if split else ["On all of it the stacks agree."]
    parts += [_examples(probe, every) for probe in split]
    if same := [probe for probe in found if not probe.disagree]:
        parts += ["Unspecified too, and the same wherever it was tried:", _behaviours(same, every)]
        parts += [_examples(probe, every) for probe in same]
    return parts


def _behaviours(shown: list[Characterization], every: tuple[Column, ...]) -> str:
    rows = []
    for probe in shown:
        for place, (text, where) in enumerate(probe.behaviours().items()):
            name = [code(probe.name), prose(probe.contract)] if place == 0 else ["", ""]
            rows.append([*name, prose(text), prose(names(where, every))])
    return table(("unspecified input", "contract", "what happens", "on"), rows)


def _examples(probe: Characterization, every: tuple[Column, ...]) -> str:
    parts = []
    for character, (column, one) in probe.examples.items():
        rows = [
            ("case", _case(one.case)),
            ("weights", code(one.weights)),
            ("observed", code(one.observed)),
        ]
        where = label(column, every)
        parts += [f"**{prose(where)}:** {prose(character)}", table(("", ""), rows)]
        parts += _program(one.program, where) if one.program else []
    return folded(f"Examples: {probe.name}, {probe.contract}", "\n\n".join(parts))
