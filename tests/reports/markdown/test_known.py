"""What is known is no news; what is new or stale is, and never sounds like a pass."""

from __future__ import annotations

from pathlib import Path

import pytest

from reports.analysis.known import reasons
from reports.analysis.report import Report
from reports.analysis.summary import summary_sentence
from reports.markdown.page import render
from reports.record.events import Event
from reports.record.grades import Level
from reports.record.model import Finding, Recheck
from tests.support import builder
from tests.support.builder import REASON, finding, known, report, result, stack, varied

NEWS = finding(id="0bad", observed="[9.0]")
KNOWN = finding(known=REASON)


def run(folder: Path, *found: Finding, also: tuple[Recheck, ...] = (), keep: int | None = None) -> Report:
    """A run of torch with these findings of one rule."""
    broken = [result("max_norm_value", "torch", grade="DIVERGENT", findings=list(found))] if found else []
    events: list[Event] = builder.whole([stack("torch")], broken, also)
    return report(folder, events[:keep])


SAID = {
    "all known": ((KNOWN,), (known(),), "no new divergence; torch breaks 1 MUST rule, known"),
    "new": ((NEWS,), (), "groups: torch breaks 1 MUST rule, new"),
    "new beside known": ((KNOWN, NEWS), (known(),), "groups: torch breaks 1 MUST rule, new"),
    "stale": ((), (known("stale"),), "groups: 1 known divergence is stale"),
    "known and stale": (
        (KNOWN,),
        (known(), known("stale", format="float64"), known("stale", format="float16")),
        "groups: torch breaks 1 MUST rule, known; 1 known divergence is stale",
    ),
    "not tried": ((), (known("not run"),), "no stack breaks a MUST rule; 1 known divergence was not tried"),
}


@pytest.mark.parametrize(("found", "also", "said"), SAID.values(), ids=SAID)
def test_the_verdict_tells_new_from_known_from_stale(
    tmp_path: Path, found: tuple[Finding, ...], also: tuple[Recheck, ...], said: str
) -> None:
    """And sounds like a pass only where it is one."""
    told = run(tmp_path, *found, also=also)
    assert said in summary_sentence(told) and told.passed == (said.startswith("no "))


def test_what_is_known_is_no_pass_for_what_did_not_run(tmp_path: Path) -> None:
    """A killed run with known divergences says nothing of no news."""
    told = run(tmp_path, KNOWN, also=(known(),), keep=-1)
    assert (
        summary_sentence(told).startswith("INCOMPLETE") and "no new" not in summary_sentence(told) and not told.passed
    )


def test_some_of_what_is_broken_may_be_new(tmp_path: Path) -> None:
    """A stack is counted once, with how much of it is news."""
    broken = [
        result("max_norm_value", "torch", grade="DIVERGENT", findings=[KNOWN]),
        result("groups_are_independent", "torch", grade="DIVERGENT", findings=[NEWS]),
    ]
    told = report(tmp_path, builder.whole([stack("torch")], broken))
    assert "torch breaks 2 MUST rules, 1 of them new" in summary_sentence(told)


def test_a_breach_without_a_finding_is_new(tmp_path: Path) -> None:
    """The grade alone cannot be known."""
    told = report(tmp_path, builder.whole([stack("torch")], [result("max_norm_value", "torch", grade="CRASH")]))
    assert told.breaches(Level.MUST, new=True) == {"torch": {"max_norm_value"}}


def test_many_stacks_that_break_a_should_rule_are_counted(tmp_path: Path) -> None:
    """The sentence stays one that can be read."""
    mild = finding(level="SHOULD")
    many = [stack(f"stack{place}") for place in range(9)]
    broken = [result("unchanged_inside_the_bound", one.name, grade="DIVERGENT", findings=[mild]) for one in many]
    assert "9 stacks break 1 SHOULD rule." in summary_sentence(report(tmp_path, builder.whole(many, broken)))


def test_known_findings_stand_in_their_own_section(tmp_path: Path) -> None:
    """Not among the new ones."""
    found = run(tmp_path, KNOWN, NEWS).findings
    assert [len(found[name]) for name in ("MUST", "KNOWN")] == [1, 1]


def test_a_reason_has_its_entries_and_its_findings(tmp_path: Path) -> None:
    """The worst state of its entries is its own, and stale ones come first."""
    told = run(tmp_path, KNOWN, also=(known(), known("stale", reason="It rained.", format="float64")))
    assert [(one.state, len(one.entries), len(one.findings)) for one in reasons(told)] == [
        ("stale", 1, 0),
        ("known", 1, 1),
    ]


def test_a_known_finding_without_an_entry_is_shown_with_its_reason(tmp_path: Path) -> None:
    """Nothing that was found is left out."""
    page = render(run(tmp_path, KNOWN))
    assert f"**Why:** {REASON}" in page and 'id="finding-f1d0"' in page


def section(page: str) -> str:
    return page.partition("## Known divergences\n")[2].partition("\n## ")[0]


def test_the_section_says_why_and_what_was_seen_now(tmp_path: Path) -> None:
    """Reason, links, versions, state."""
    text = section(render(report(tmp_path, varied())))
    wanted = (REASON, "<https://github.com/keras-team/keras/issues/1>", "keras 3.15.1", "✘ STALE", "3.0000002")
    assert all(part in text for part in wanted) and "[javascript" not in text


def test_the_section_counts_the_states(tmp_path: Path) -> None:
    """Of root causes, before the cases: one cause of which a case is stale is stale."""
    text = section(render(report(tmp_path, varied())))
    assert "Of 1 known divergence, 1 is **STALE** (it no longer shows, and has to go) (3 cases asked again)." in text


def test_no_known_divergence_is_said(tmp_path: Path) -> None:
    """An empty section would be silent."""
    assert section(render(run(tmp_path))).strip() == "No divergence is known of the stacks in this report."


def test_the_section_of_new_ones_points_to_the_known_ones(tmp_path: Path) -> None:
    """None that is new is not none."""
    assert "None that is new; what is known stands below." in render(run(tmp_path, KNOWN, also=(known(),)))
