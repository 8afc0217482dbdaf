"""Where there is no program, nothing is said of one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from reports.export.junit import junit
from reports.markdown.findings import evidence
from reports.record.model import Program
from reports.record.programs import no_program
from tests.support.builder import finding, report, result, stack, whole

ONE_CALL = Program("# optax.clip_by_global_norm takes one call per group\n", "", reproduces=False)


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("# it takes one call\n# per group", "it takes one call per group"),
        ("", "there is none for this call"),
        ("# a comment\nprint(1)\n", None),
    ],
)
def test_comments_alone_are_no_program(source: str, why: str | None) -> None:
    """They say why there is none."""
    assert no_program(source) == why


def test_what_cannot_be_run_did_not_fail_to_reproduce(tmp_path: Path) -> None:
    """The reason stands in its place."""
    broken = result("max_norm_value", "torch", grade="DIVERGENT", findings=[replace(finding(), program=ONE_CALL)])
    told = report(tmp_path, whole([stack("torch")], [broken]))
    (group,) = told.findings["MUST"]
    for text in (evidence(group, told.columns), junit(told)):
        assert "one call per group" in text and "NOT" not in text.replace("NOTE", "")
