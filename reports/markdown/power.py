"""The power of the rules: which wrong implementation each rule finds, and how soon."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from reports.markdown.markup import code, fitting, prose
from reports.record.codec import from_json
from reports.record.file import SCHEMA, RecordError, sentence
from reports.record.grades import Level
from reports.schema import Schema
from reports.text import pluralize

POWER = Path(__file__).parents[1] / "power.json"
NAME, LEVEL, COUNT = ({"$ref": f"#/$defs/{name}"} for name in ("name", "level", "count"))
ENTRY = {"miniature": NAME, "sentence": NAME, "rule": NAME, "level": LEVEL, "cases": COUNT}
ENTRIES = Schema(
    {
        "type": "array",
        "items": {"type": "object", "properties": ENTRY, "required": list(ENTRY), "additionalProperties": False},
        "$defs": SCHEMA["$defs"],
    }
)


@dataclass(frozen=True)
class Power:
    """A wrong implementation, the rule that finds it, and how many cases a run needs until it does."""

    miniature: str
    sentence: str
    rule: str
    level: Level
    cases: int


def read_power(path: Path = POWER) -> tuple[Power, ...]:
    """What the file holds, nothing where there is none, `RecordError` where it is broken."""
    try:
        found = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise RecordError(f"{path} cannot be read: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        raise RecordError(f"{path} is not JSON: {error}.") from error
    if wrong := ENTRIES.complaint(found):
        raise RecordError(f"{path} is no table of the rules' power: {sentence(wrong)}.")
    return tuple(from_json(Power, entry) for entry in found)


def power(found: tuple[Power, ...]) -> list[str]:
    """The appendix, nothing where nothing was measured."""
    if not found:
        return []
    worst = max(one.cases for one in found)
    rows = [[code(one.miniature), prose(one.sentence), code(one.rule), one.level, f"{one.cases:,}"] for one in found]
    return [
        "## The power of the rules",
        "A rule that finds nothing may be blind, so the rules are tried on wrong implementations too, each with one "
        f"mistake: how many cases a run needs until the rule finds it. The slowest needs {pluralize(worst, 'case')}.",
        fitting(
            pluralize(len(found), "wrong implementation"),
            ("wrong implementation", "what is wrong", "found by", "level", "cases needed"),
            rows,
            most=0,
        ),
    ]
