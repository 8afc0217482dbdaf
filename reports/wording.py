"""How numbers, axes, cases and verdicts are worded, for the console and for Markdown alike."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from reports.events import Axis, Case, Grade, Level, Result, Stack, Ulps
from reports.merge import Report
from reports.views import BROKEN, Column, breaches, groups, missing, ordered, probes, whole

# A glyph and a word, so that nothing is said by colour alone.
GLYPHS: dict[Grade, str] = {
    "EXACT": "✔",
    "BOUNDED": "✔",
    "RANGE": "◐",
    "DIVERGENT": "✘",
    "ERROR": "✘",
    "ACCEPTED": "✘",
    "CRASH": "✘",
    "TIMEOUT": "✘",
    "UNSUPPORTED": "∅",
}
NOT_RUN = "· not run"


def plain(text: str) -> str:
    """The text with everything a terminal or a page could act on (controls, bidi, surrogates) spelled out."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def cut(text: str, limit: int) -> str:
    """The text, or its beginning and how much was cut."""
    more = len(text) - limit
    return text if more <= 0 else f"{text[:limit]} ... ({count(more, 'more character')} cut)"


def count(number: int, noun: str) -> str:
    """1 stack, 2 stacks, 16,200,000 weight groups."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def listed(parts: Sequence[str]) -> str:
    """a, b and c."""
    return " and ".join(filter(None, [", ".join(parts[:-1]), *parts[-1:]]))


def decimal(text: str) -> str:
    """The shortest decimal that names the same float64; what is no hex float stays as it is."""
    try:
        return repr(float.fromhex(text))
    except (ValueError, OverflowError):
        return text


def axis(value: Axis) -> str:
    """The axis as Python would write it."""
    if not isinstance(value, dict):
        return repr(value)
    ((kind, inner),) = value.items()
    return repr(tuple(inner)) if kind == "tuple" and isinstance(inner, list) else str(inner)


def call(case: Case) -> str:
    """The case as a call with readable decimals."""
    named = [f"{name}={decimal(value)}" for name, value in case["parameters"].items()]
    named.append(f"axis={axis(case['axis'])}")
    return f"{case['contract']}({', '.join(named)})"


def ulps(value: Ulps) -> str:
    """A distance as a number that can be read."""
    if isinstance(value, str):
        return {"inf": "∞", "nan": "NaN"}[value]
    return f"{value:.1f}" if value < 100 else f"{value:,.0f}" if value < 1e9 else f"{value:.1e}"


def duration(seconds: float) -> str:
    """1.2 s, 3 min 20 s, 2 h 5 min."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60:,} h {minutes % 60} min"


def label(column: Column, among: Iterable[Column]) -> str:
    """The column's name, as long as it must be to be told from the others."""
    same = [other for other in among if other.stack == column.stack]
    parts = [column.stack]
    if len({other.mode for other in same}) > 1:
        parts.append(column.mode)
    if len({other.device for other in same}) > 1 or column.device != "cpu":
        parts.append(f"on {column.device}")
    return " ".join(parts)


def grade(result: Result | None) -> str:
    """A glyph and a word for one cell."""
    if result is None:
        return NOT_RUN
    if result["level"] == "RECORD" and result["grade"] not in BROKEN and result["observations"]:
        return "○ recorded"
    return f"{GLYPHS[result['grade']]} {result['grade']}"


def worst(result: Result) -> str | None:
    """The largest distance over the formats, None where none was measured."""
    found = list(result["worst_ulps"].values())
    if not found:
        return None
    words = [value for value in found if isinstance(value, str)]
    return "∞" if words else ulps(max(value for value in found if not isinstance(value, str)))


def missing_stacks(report: Report) -> list[Stack]:
    """Stacks that did not run."""
    return [stack for stack in report.stacks if not stack["available"]]


def verdict(report: Report) -> str:
    """One sentence: who breaks what; it never sounds like a pass unless all of it ran and passed."""
    clauses = [*_troubles(report), _head(report)]
    if not report.results:
        return f"{'; '.join([*clauses[:-1], clauses[-1] + ': nothing was checked'])}."
    outcomes = [*_broken(report), *_rest(report)]
    return plain("; ".join([*clauses[:-1], f"{clauses[-1]}: {'; '.join(outcomes)}"])) + "."


def _troubles(report: Report) -> list[str]:
    found = []
    for record in report.records:
        note = f" ({cut(record.footer['note'], 300)})" if record.footer and record.footer["note"] else ""
        if record.footer is None:
            found.append(f"INCOMPLETE: {record.path} has no footer, so its run was killed or still goes on")
        elif not record.complete:
            found.append(f"INCOMPLETE: {record.path} says that it did not finish{note}")
        elif record.footer["exit"] == 3:
            found.append(f"THE SUITE ITSELF FAILED in {record.path}{note}")
    return found


def _head(report: Report) -> str:
    ran = {stack["name"] for stack in report.stacks if stack["available"]}
    checked = groups(result for _, _, result in ordered(report))
    return f"{count(len(ran), 'stack')}, {count(len(report.rules), 'rule')}, {count(checked, 'weight group')}"


def _broken(report: Report) -> list[str]:
    if not breaches(report, "MUST"):
        none = "no stack breaks a MUST rule" if whole(report) else "no breach of a MUST rule in the part that ran"
        return [none, *_who(report, "SHOULD")]
    return [*_who(report, "MUST"), *_who(report, "SHOULD")]


def _rest(report: Report) -> list[str]:
    found = []
    if absent := missing(report):
        found.append(f"{count(absent, 'result')} missing")
    if ranged := sum(result["grades"].get("RANGE", 0) for _, _, result in ordered(report)):
        found.append(f"{count(ranged, 'weight group')} left the range of their format")
    if asked := probes(report):
        split = sum(probe.disagree for probe in asked)
        found.append(f"the stacks disagree on {split} of {count(len(asked), 'kind')} of unspecified input")
    if gone := missing_stacks(report):
        named = [f"{stack['name']} ({cut(stack['reason'] or '', 200).rstrip('.')})" for stack in gone]
        found.append(f"not available: {listed(named)}")
    return found


def _who(report: Report, level: Level) -> list[str]:
    by_number: dict[int, list[str]] = {}
    for stack, rules in breaches(report, level).items():
        by_number.setdefault(len(rules), []).append(stack)
    return [
        f"{listed(stacks)} {'breaks' if len(stacks) == 1 else 'break'} {count(number, f'{level} rule')}"
        for number, stacks in sorted(by_number.items(), reverse=True)
    ]
