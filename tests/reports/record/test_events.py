"""What the schema allows and no run can have written is refused, with one sentence that says what cannot be."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from reports.record.codec import to_json
from reports.record.file import RecordError, read
from tests.support.builder import CASE, RULES, claim, curve, finding, footer, header, result, stack, statement, tried

HEAD = to_json(header([stack("torch")], claims=[statement()]))
CURVE, FOUND = to_json(curve()), to_json(finding())
BITS = {"elements": 3, "differ": 4, "ulps": 1.0}


def of_max_norm(**changes: Any) -> Any:
    """A result as JSON data in which something is wrong."""
    return {**to_json(result("max_norm_value", "torch")), **changes}


def with_case(**changes: Any) -> Any:
    """A result with a finding whose case is changed, and keeps its id."""
    return of_max_norm(findings=[{**FOUND, "case": {**to_json(CASE), **changes}}])


WRONG: dict[str, tuple[list[Any], str]] = {
    "a curve that is cut": ([HEAD, of_max_norm(curves=[{**CURVE, "y": [1.0]}])], "a curve of 4 x has 1 y"),
    "a curve without a band": ([HEAD, of_max_norm(curves=[{**CURVE, "low": []}])], "other numbers of errors"),
    "a curve that turns": ([HEAD, of_max_norm(curves=[{**CURVE, "x": [4, 3, 2, 1]}])], "x that do not ascend"),
    "a negative norm": ([HEAD, of_max_norm(curves=[{**CURVE, "y": [-1e308, 0, 1, 2]}])], "numbers below 0"),
    "drift from nothing": (
        [HEAD, of_max_norm(curves=[{**CURVE, "shows": "drift", "errors": [], "low": [], "high": []}])],
        "a curve of drift begins at 0",
    ),
    "more differ than there are": ([HEAD, of_max_norm(differences={"float32": BITS})], "of 3 elements 4 differ"),
    "more grades than groups": ([HEAD, of_max_norm(groups=1)], "of 1 groups 500000 have a grade"),
    "an endless time": ([HEAD, of_max_norm(seconds=1e308)], "seconds: "),
    "another axis": ([HEAD, with_case(axis=1)], "a case says that its id is"),
    "another shape": ([HEAD, with_case(weights={**FOUND["case"]["weights"], "shape": [5]})], "are no float32 weights"),
    "no format": ([HEAD, with_case(weights={**FOUND["case"]["weights"], "format": "O"})], "'O' is no format"),
    "the same twice": ([HEAD, of_max_norm(), of_max_norm()], "it says anew what .*line 2 says"),
    "a stack twice": ([{**HEAD, "stacks": HEAD["stacks"] * 2}], "names stack 'torch' more than once"),
    "a rule twice": ([{**HEAD, "rules": [to_json(RULES[0])] * 2}], "names rule 'max_norm_value' more than once"),
    "broken more than tried": ([HEAD, to_json(claim("torch", parts=[tried(tried=7)]))], "of 3 groups 7 break"),
    "the 13th month": ([{**HEAD, "started": "2026-13-01T00:00:00Z"}], "started: "),
}
WRONG["broken more than tried"][0][1]["parts"][0]["tried"] = 3


@pytest.mark.parametrize(("events", "said"), WRONG.values(), ids=WRONG)
def test_what_cannot_be_is_refused(events: list[Any], said: str, tmp_path: Path) -> None:
    """By the line and what is wrong with it."""
    path = tmp_path / "run.jsonl"
    path.write_text("".join(json.dumps(event) + "\n" for event in [*events, to_json(footer(0))]), "utf-8")
    with pytest.raises(RecordError, match=f"line [0-9]: .*{said}"):
        read(path)
