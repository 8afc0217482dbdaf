"""The evidence in Markdown: each finding once, with its case and a snippet to paste."""

from __future__ import annotations

from reports.analysis.aggregates import Probe, probes
from reports.analysis.merge import Report
from reports.analysis.report import Told, columns, findings, whole
from reports.markdown.markup import block, code, folded, prose, replay, table
from reports.record.model import Case, Column, Snippet
from reports.text import GLYPHS, call, count, label, names, ulps

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
    every = columns(report)
    found = findings(report)
    for section, (title, meaning) in TITLES.items():
        told = found[section]
        parts += [f"## {title}", f"{meaning} {count(len(told), 'finding')} here." if told else _none(report)]
        for place, one in enumerate(told):
            if place < OPEN[section]:
                parts.append(in_full(one, every))
            else:
                parts.append(evidence(one, every))
    return parts


def evidence(told: Told, every: tuple[Column, ...]) -> str:
    """All that is known of a finding, folded."""
    return folded(_title(told, every), _body(told, every))


def in_full(told: Told, every: tuple[Column, ...]) -> str:
    """The same under a heading."""
    return f"### {prose(_title(told, every))}\n\n{_body(told, every)}"


def _none(report: Report) -> str:
    if not whole(report):
        return "None in the part that ran; not all of it ran."
    return "None that is new; what is known stands below." if findings(report)["KNOWN"] else "None."


def _title(told: Told, every: tuple[Column, ...]) -> str:
    finding = told.finding
    return (
        f"{GLYPHS[finding['grade']]} {finding['grade']}: {told.rule['id']} ({finding['contract']}, "
        f"{finding['format']}) on {names(told.columns, every)}"
    )


def _body(told: Told, every: tuple[Column, ...]) -> str:
    column, finding, path = told.alike[0]
    rows = [
        ("case", _case(finding["case"])),
        ("weights", code(finding["weights"])),
        ("observed", code(finding["observed"])),
        ("accepted", code(finding["accepted"])),
    ]
    if finding["ulps"] is not None:
        rows.append(("distance in ulps", ulps(finding["ulps"])))
    if finding["model"]:
        rows.append(("explained by", prose(finding["model"])))
    if finding["tier"]:
        rows.append(("accumulation", prose(finding["tier"])))
    rows += [("weight groups alike", _alike(told, every)), ("replay", replay(str(path), finding["id"]))]
    ids = dict.fromkeys(prose(one["id"]) for _, one, _ in told.alike)
    anchors = "".join(f'<a id="finding-{id}"></a>' for id in ids)
    parts = [
        f"{anchors}**Rule:** {prose(told.rule['sentence'])}",
        f"**What happened:** {prose(finding['sentence'])}",
        table(("", ""), rows),
        *_snippet(finding["snippet"], label(column, every)),
    ]
    return "\n\n".join(parts + _elsewhere(told, every))


def _alike(told: Told, every: tuple[Column, ...]) -> str:
    counted = [f"{finding['count']:,} on {prose(label(column, every))}" for column, finding, _ in told.alike]
    return ", ".join(counted)


def _case(case: Case) -> str:
    weights = case["weights"]
    shape = ", ".join(map(str, weights["shape"])) + ("," if len(weights["shape"]) == 1 else "")
    calls = "" if case["calls"] == 1 else f", called {count(case['calls'], 'time')}"
    form, layout = prose(weights["format"]), prose(weights["layout"])
    return f"{code(call(case))} on {form} of shape ({shape}), layout {layout}{calls}; case {code(case['id'])}"


def _snippet(snippet: Snippet | None, where: str) -> list[str]:
    if snippet is None:
        return ["There is no snippet for this."]
    ran = (
        f"This was run by the suite on {prose(where)} in a fresh process and printed:"
        if snippet["reproduces"]
        else f"Run on {prose(where)} in a fresh process this did **NOT** reproduce; it printed:"
    )
    return [block(snippet["source"], "python"), ran, block(snippet["printed"], "text", 3000)]


def _elsewhere(told: Told, every: tuple[Column, ...]) -> list[str]:
    if told.finding["snippet"] is None:
        return []  # Then no other has one either: the best stands first.
    said = {True: "Reproduced too on", False: "Did **NOT** reproduce on", None: "Without a snippet on"}
    parts = []
    for state, words in said.items():
        same = [
            f"{label(column, every)} ({finding['id']})"
            for column, finding, _ in told.alike[1:]
            if (finding["snippet"]["reproduces"] if finding["snippet"] else None) is state
        ]
        parts += [f"{words} {prose(', '.join(same))}."] if same else []
    return [" ".join(parts)] if parts else []


def disagreements(report: Report) -> list[str]:
    """Unspecified input by what was done with it: where stacks disagree, with examples, then the rest."""
    found = probes(report)
    every = columns(report)
    if not found:
        return ["No unspecified input was tried." if whole(report) else "None in the part that ran."]
    split = [probe for probe in found if probe.disagree]
    parts = ["Nothing specifies these, so none of it is wrong; code that relies on any of it is not portable."]
    parts += [_behaviours(split, every)] if split else ["On all of it the stacks agree."]
    parts += [_examples(probe, every) for probe in split]
    if same := [probe for probe in found if not probe.disagree]:
        parts += ["Unspecified too, and the same wherever it was tried:", _behaviours(same, every)]
        parts += [_examples(probe, every) for probe in same]
    return parts


def _behaviours(shown: list[Probe], every: tuple[Column, ...]) -> str:
    rows = []
    for probe in shown:
        for place, (text, where) in enumerate(probe.behaviours().items()):
            name = [code(probe.name), prose(probe.contract)] if place == 0 else ["", ""]
            rows.append([*name, prose(text), prose(names(where, every))])
    return table(("unspecified input", "contract", "what happens", "on"), rows)


def _examples(probe: Probe, every: tuple[Column, ...]) -> str:
    parts = []
    for character, (column, one) in probe.examples.items():
        rows = [
            ("case", _case(one["case"])),
            ("weights", code(one["weights"])),
            ("observed", code(one["observed"])),
        ]
        where = label(column, every)
        parts += [f"**{prose(where)}:** {prose(character)}", table(("", ""), rows)]
        parts += _snippet(one["snippet"], where) if one["snippet"] else []
    return folded(f"Examples: {probe.name}, {probe.contract}", "\n\n".join(parts))
