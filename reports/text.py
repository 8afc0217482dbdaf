"""How numbers, axes, cases and columns are worded, for the console and for Markdown alike."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Iterable, Mapping, Sequence

from reports.record.case import Case
from reports.record.grades import Grade
from reports.record.measurements import Curve
from reports.record.model import Column, Finding, Result

# A glyph and a word, so that nothing is said by colour alone.
GLYPHS: dict[Grade, str] = {
    Grade.EXACT: "✔",
    Grade.BOUNDED: "✔",
    Grade.RANGE: "◐",
    Grade.DIVERGENT: "✘",
    Grade.ERROR: "✘",
    Grade.CRASH: "✘",
    Grade.TIMEOUT: "✘",
    Grade.UNSUPPORTED: "∅",
}
NOT_RUN = "· not run"
KNOWN = "◆"
MILD = "△"
# How a constraint is got or used, where that needs more words than its name; any other is named behind the call.
ACCESS = {
    "call": "{}",
    "gradient": "the gradient of {}",
    "from_config": "{} rebuilt from its JSON config",
    "serialized": "{} rebuilt from its serialized form",
    "identifier": "{} got by its name",
    "cloned": "{} in a model that was cloned",
    "saved": "{} in a model that was saved and loaded",
    "subclass": "{} of a subclass of the tensor's type",
    "inference": "{} in inference mode",
    "got": "{} got by constraints.get from its serialized form",
}


def escape_control(text: str) -> str:
    """The text with everything a terminal or a page could act on (controls, bidi, surrogates) spelled out."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def truncate(text: str, limit: int) -> str:
    """The text, or its beginning and how much was cut."""
    more = len(text) - limit
    return text if more <= 0 else f"{text[:limit]} ... ({pluralize(more, 'more character')} cut)"


def pluralize(number: int, noun: str, many: str = "") -> str:
    """1 stack, 2 stacks, 16,200,000 weight groups, 3 entries."""
    return f"{number:,} {noun if number == 1 else many or noun + 's'}"


def carried(counts: Mapping[str, int]) -> str:
    """How many results of which runs before are in a record, as the end of a phrase; empty where there are none."""
    return "".join(
        f", {pluralize(count, 'result')} carried over from the run of {began}" for began, count in counts.items()
    )


def shallow(counts: Mapping[str, int]) -> str:
    """How many results are less deep than a run was to go, as the end of a phrase; empty where there are none."""
    return "".join(f", {pluralize(count, 'result')} at depth {depth} only" for depth, count in counts.items())


def percent(share: float) -> str:
    """A share that is never rounded to none or to all."""
    if 0 < share < 0.0001:
        return "less than 0.01 %"
    if 0.9999 < share < 1:
        return "more than 99.99 %"
    return f"{100 * share:.3g} %" if share < 0.99 else f"{100 * share:.4g} %"


def join_and(parts: Sequence[str]) -> str:
    """a, b and c."""
    return " and ".join(filter(None, [", ".join(parts[:-1]), *parts[-1:]]))


def _call(contract: str, arguments: Mapping[str, object]) -> str:
    return f"{contract}({', '.join(f'{name}={value!r}' for name, value in arguments.items())})"


def call(case: Case) -> str:
    """The case as a call with readable decimals, and the way in which it is asked."""
    said = _call(case.contract, {**case.parameters, "axis": case.axis})
    if case.access in ACCESS:
        return ACCESS[case.access].format(said)
    return f"{said}, {case.access.replace('_', ' ')}"


# the bits of a number of each format
_PRECISION = {"float16": 11, "bfloat16": 8, "float32": 24, "float64": 53}


def distance(finding: Finding) -> str:
    """How far off a result is: in ulps, and where that is thousands of them about how much of itself."""
    if finding.ulps is None:
        return ""
    # an ulp is from 2^-p to 2^(1 - p) of a number
    share = finding.ulps * 2.0 ** (0.5 - _PRECISION.get(finding.format, 0))
    return ulps(finding.ulps) + (f", about {share:.0e} of it" if finding.ulps >= 1000 and share < 1 else "")


def happened(finding: Finding) -> str:
    """What was asked, what came back, and what would have been right, in one line."""
    asked = f"{call(finding.case)} on {finding.weights} ({finding.format})"
    return f"{finding.sentence}: {asked} gives {finding.observed}, accepted is {finding.accepted}"


def ulps(value: float) -> str:
    """A distance as a number that can be read."""
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "∞"
    return f"{value:.1f}" if value < 100 else f"{value:,.0f}" if value < 1e9 else f"{value:.1e}"


def size(value: float) -> float:
    """A distance as a number to compare; a NaN is as far as can be."""
    return value if math.isfinite(value) else math.inf


def duration(seconds: float) -> str:
    """1.2 s, 3 min 20 s, 2 h 5 min."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60:,} h {minutes % 60} min"


def on_device(stack: str, device: str) -> str:
    """The stack's name, with its device where that is not the CPU."""
    return stack if device == "cpu" else f"{stack} on {device}"


def label(column: Column, among: Iterable[Column]) -> str:
    """The column's name, as long as it must be to be told from the others."""
    same = [other for other in among if other.stack == column.stack]
    parts = [column.stack]
    if len({other.mode for other in same}) > 1:
        parts.append(column.mode)
    if len({other.device for other in same}) > 1 or column.device != "cpu":
        parts.append(f"on {column.device}")
    return " ".join(parts)


def names(where: Iterable[Column], every: Iterable[Column], most: int | None = None) -> str:
    """The columns by name, the first `most` of them; a stack that is there in all its modes is named once."""
    there, every = list(where), list(every)
    said = dict.fromkeys(_name(column, there, every) for column in there)
    more = 0 if most is None else len(said) - most
    return ", ".join(said) if more <= 0 else f"{', '.join(list(said)[:most])} and {more} more"


def _name(column: Column, there: Sequence[Column], every: Sequence[Column]) -> str:
    same = [other for other in every if other.stack == column.stack]
    return column.stack if len(same) > 1 and all(other in there for other in same) else label(column, every)


def grade(result: Result | None) -> str:
    """A glyph and a word for one cell."""
    if result is None:
        return NOT_RUN
    if result.is_known:
        return f"{KNOWN} {result.grade}, known"
    told = result.grade == "DIVERGENT" or (not result.grade.is_broken and result.observations)
    if result.level == "RECORD" and told:
        return "○ recorded"
    return f"{GLYPHS[result.grade]} {result.grade}"


def sign(finding: Finding) -> str:
    """A glyph: broken is one thing, what users expect and nobody promises another."""
    if not finding.is_new:
        return KNOWN
    return MILD if finding.is_broken and finding.level != "MUST" else GLYPHS[finding.grade]


def outcome(result: Result | None) -> str:
    """The grade for one cell of a page, and the distance in ulps: of what is broken, or else of what holds."""
    said = grade(result)
    if result is None:
        return said
    broken = result.broken_findings
    if result.level != "MUST" and result.grade.is_broken and not result.is_known:
        said = f"{MILD} {result.grade}"
    measured = [finding.ulps for finding in broken if finding.ulps is not None]
    if measured:
        return f"{said}, {ulps(max(measured, key=size))} ulps"
    distance = None if broken else worst(result)
    return said if distance is None else f"{said}, {distance} ulps"


def worst(result: Result) -> str | None:
    """The largest distance over the formats, None where none was measured."""
    found = result.worst_ulps.values()
    if not found:
        return None
    return ulps(max(found)) if all(map(math.isfinite, found)) else "∞"


def slug(text: str) -> str:
    """A text as part of an address or of a file's name, without spaces and signs; other texts become other ones."""
    plain = re.sub(r"[^A-Za-z0-9_.]+", "-", text).strip("-.")[:60]
    if plain == text.replace(" ", "-"):
        return plain
    return f"{plain}-{hashlib.sha256(text.encode('utf-8', 'replace')).hexdigest()[:6]}"


def call_of(curve: Curve) -> str:
    """The call, but for its epsilon, which is the contract's own."""
    return _call(curve.contract, {name: value for name, value in curve.parameters.items() if name != "epsilon"})
